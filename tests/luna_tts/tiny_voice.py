"""Random voices, made on the spot: what they say is noise, but it walks the whole way.

`tiny_voice` is small enough for a test, `full_size_voice` as large as a real one (for benchmarks).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch

from luna_tts.hyper_parameters import parse_hyper_parameters
from luna_tts.vits.synthesizer import Synthesizer
from luna_tts.vits.text_encoder import TextInput

GOLDEN = Path(__file__).parents[1] / "data/golden"

TINY_MODEL: Mapping[str, Any] = {
    "inter_channels": 8,
    "hidden_channels": 8,
    "filter_channels": 12,
    "n_heads": 2,
    "n_layers": 3,
    "kernel_size": 3,
    "resblock": "1",
    "resblock_kernel_sizes": [3, 5],
    "resblock_dilation_sizes": [[1, 3, 5]] * 2,
    "upsample_rates": [8, 8, 8],
    "upsample_initial_channel": 16,
    "upsample_kernel_sizes": [16, 16, 8],
    "gin_channels": 6,
}


def tiny_voice(
    folder: Path,
    *,
    jp_extra: bool = True,
    styles: Sequence[str] = ("Neutral", "Happy"),
    speakers: Sequence[str] = ("alice", "bob"),
    model: Mapping[str, Any] | None = None,
    seed: int = 0,
    suffix: str = ".safetensors",
) -> Path:
    """Writes a voice of random weights into `folder` and returns it; suffix ".pth" or ".pt" too."""
    folder.mkdir(parents=True, exist_ok=True)
    config = voice_config(folder.name, jp_extra, styles, speakers, {**TINY_MODEL, **(model or {})})
    (folder / "config.json").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    vectors = np.random.default_rng(seed).standard_normal((len(styles), 256)).astype(np.float32)
    np.save(folder / "style_vectors.npy", vectors)
    state = random_state_dict(config, seed)
    weights = folder / f"{folder.name}_e1_s10{suffix}"
    if suffix == ".safetensors":
        safetensors.torch.save_file({**state, "iteration": torch.tensor([10])}, weights)
    else:
        torch.save({"model": state, "iteration": 1, "learning_rate": 1e-4}, weights)
    return folder


def full_size_voice(folder: Path) -> Path:
    """Writes a JP-Extra voice with as many weights as real ones have (251 MB) into `folder`."""
    return tiny_voice(folder, model=full_size_model())


def full_size_model() -> Mapping[str, Any]:
    """The model section of real voices, spelt out."""
    return {
        "inter_channels": 192,
        "hidden_channels": 192,
        "filter_channels": 768,
        "n_heads": 2,
        "n_layers": 6,
        "kernel_size": 3,
        "resblock_kernel_sizes": [3, 7, 11],
        "resblock_dilation_sizes": [[1, 3, 5]] * 3,
        "upsample_rates": [8, 8, 2, 2, 2],
        "upsample_initial_channel": 512,
        "upsample_kernel_sizes": [16, 16, 8, 2, 2],
        "gin_channels": 512,
    }


def voice_config(
    name: str,
    jp_extra: bool,
    styles: Sequence[str],
    speakers: Sequence[str],
    model: Mapping[str, Any],
) -> dict[str, Any]:
    """A config.json."""
    return {
        "model_name": name,
        "version": "2.7.0-JP-Extra" if jp_extra else "2.7.0",
        "data": {
            "sampling_rate": 44100,
            "hop_length": 512,
            "n_speakers": len(speakers),
            "spk2id": {speaker: number for number, speaker in enumerate(speakers)},
            "num_styles": len(styles),
            "style2id": {style: number for number, style in enumerate(styles)},
        },
        "model": dict(model),
    }


def random_state_dict(config: Mapping[str, Any], seed: int = 0) -> dict[str, torch.Tensor]:
    """Weights as a checkpoint names them: with weight norm, and some that inference never needs."""
    parameters = parse_hyper_parameters(json.dumps(config).encode(), Path("tiny/config.json"))
    with torch.device("meta"):
        shapes = {n: w.shape for n, w in Synthesizer(parameters).state_dict().items()}
    generator = torch.Generator().manual_seed(seed)
    state: dict[str, torch.Tensor] = {}
    for name, shape in shapes.items():
        weight = _random(name, shape, generator)
        if name.startswith(("dec.ups.", "dec.resblocks.")) and name.endswith("weight"):
            dims = list(range(1, weight.ndim))
            state[f"{name}_g"] = torch.linalg.vector_norm(weight, dim=dims, keepdim=True)
            state[f"{name}_v"] = weight * 2
        else:
            state[name] = weight
    return state | _training_only(state)


def _training_only(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights in real files that inference never needs: not even numbers, so that it shows."""
    pairs = [(name, f"sdp.post_{name[4:]}") for name in state if name.startswith("sdp.")]
    pairs += [(n, n.replace(".3.", ".1.", 1)) for n in state if n.startswith("sdp.flows.3.")]
    unused = {new: torch.full_like(state[old], torch.nan) for old, new in pairs if old in state}
    return unused | {"enc_q.pre.bias": torch.full((1,), torch.nan)}


def _random(name: str, shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
    """Scaled so that activations keep their size; about four frames per token."""
    if name.endswith("gamma"):
        return torch.ones(shape)
    if name == "dp.proj.bias":
        return torch.full(shape, 1.2)
    if name.endswith(("beta", "bias", ".m", ".logs")):
        return torch.randn(shape, generator=generator) * 0.05
    fan_in = max(1, shape[1:].numel()) if len(shape) > 1 else 1
    return torch.randn(shape, generator=generator) * 0.7 / fan_in**0.5


def walked(network: Synthesizer) -> torch.Tensor:
    """All that a network makes of one text: what two networks with the same weights share."""
    generator = torch.Generator().manual_seed(7)
    ids = [torch.randint(0, high, (20,), generator=generator) for high in (112, 12, 3)]
    bert, style = (torch.randn(size, generator=generator) for size in ((1024, 20), (256,)))
    speaker = network.speaker(0)
    encoded, logs = network.ask_prior(TextInput(*ids, bert, style), speaker, 0.5, 0.8, generator)()
    z = network.expand(encoded, torch.full((20,), 2), 0.6, generator)
    for step in range(network.flow.steps()):
        z = network.flow_step(z, speaker, step)
    return torch.cat((logs, z.flatten(), network.decode(z, speaker)))


def wide_bert(folder: Path) -> Path:
    """Writes a BERT as wide as voices need it, but with three layers, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    index = json.loads((GOLDEN / "bert_h1024_golden.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(index["config"]))
    weights = seeded_weights(index["seed"], index["shapes"])
    safetensors.torch.save_file(weights, folder / "model.safetensors")
    shutil.copyfile(GOLDEN / "bert_h64/vocab.txt", folder / "vocab.txt")
    return folder


def seeded_weights(seed: int, shapes: dict[str, list[int]]) -> dict[str, torch.Tensor]:
    """The recipe of tests/data/golden/README.md."""
    generator = np.random.Generator(np.random.PCG64(seed))
    weights = {}
    for name, shape in sorted(shapes.items()):
        x = generator.standard_normal(shape, dtype=np.float32)
        if name.endswith("LayerNorm.weight"):
            x = 1 + np.float32(0.1) * x
        elif name.endswith("bias"):
            x = np.float32(0.1) * x
        elif "embeddings" not in name:
            x = x * np.float32(1.5 / np.sqrt(np.prod(shape[1:])))
        weights[name] = torch.from_numpy(np.ascontiguousarray(x, np.float32))
    return weights
