"""From a DeBERTa's checkpoint to the network of deberta.py, one tensor after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from luna_tts.modules import converted, is_scales, weight_of
from luna_tts.nlp.checkpoint import checkpoint_file, open_checkpoint
from luna_tts.nlp.deberta import Deberta, attention_scale
from luna_tts.nlp.deberta_config import DebertaConfig, read_deberta_config
from luna_tts.packed_weights import filled
from luna_tts.precision import EXACT, Arithmetic, fine_enough, signal_to_noise
from luna_tts.weight_cache import Form, KeptWeights, Weights

_PREFIX: Final = "deberta."
"""Before the names of a checkpoint that has a head as well."""
_NAMES: Final = {
    "embedding": "embeddings.word_embeddings",
    "embedding_norm": "embeddings.LayerNorm",
    "conv.conv": "encoder.conv.conv",
    "conv.norm": "encoder.conv.LayerNorm",
}
_LAYER_NAMES: Final = {
    "attention.out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "output_norm": "output.LayerNorm",
}
"""Ours -> theirs; our `qkv` is three of theirs, one below the other."""


_RELATIVE: Final = "encoder.rel_embeddings"
_RELATIVE_NORM: Final = "encoder.LayerNorm"
_KEYS: Final = "position_keys"
_POSITIONS: Final = (_KEYS, "position_queries")
"""Ours alone: the relative positions, projected with the weights that project content."""

_CHECKED: Final = 32
"""Tokens by which a BERT is judged."""
_LEAST_SNR: Final = 20.0
"""Decibels of signal to noise of its features below which a BERT computes in more bits.

Noise of 20 dB in the features is 42 dB or more below the speech, the durations being the same
(benchmarks/bert_error.py); from 30 on nobody hears it (vits/self_check.py).
"""

Read = Callable[[str], Tensor]


def load_deberta(
    folder: Path, device: torch.device | str, arithmetic: Arithmetic = EXACT
) -> Deberta:
    """Loads config.json and model.safetensors, or pytorch_model.bin, of a folder.

    Weights of any precision go straight to `device`, to compute in `arithmetic`, or in a finer one
    where 8 bits would lose too much. Raises `InvalidConfig`, `InvalidWeights` with all names that
    are missing or misshapen, and `InvalidVoice`.
    """
    config = read_deberta_config(folder / "config.json")
    source = checkpoint_file(folder)
    fill = partial(_filled, config, source, device)
    return fine_enough(
        fill, arithmetic, source,
        exact=lambda rounded: rounded.finer if rounded.int8 else None,
        measure=_features_signal_to_noise,
        least=_LEAST_SNR,
    )  # fmt: skip


def _filled(
    config: DebertaConfig,
    source: Path,
    device: torch.device | str,
    arithmetic: Arithmetic,
    kept: KeptWeights | None = None,
) -> Deberta:
    build = partial(Deberta, config, int8=arithmetic.int8)
    dtype = partial(_dtype, arithmetic=arithmetic)
    return filled(build, dtype, partial(_read, source, config), device, kept)


def _features_signal_to_noise(model: Deberta, careful: Deberta) -> float:
    """Of the features that both give of some tokens, in decibels."""
    last = model.config.vocab_size - 1
    tokens = [last * place // _CHECKED for place in range(_CHECKED)]
    try:
        return signal_to_noise(model(tokens), careful(tokens))
    except FloatingPointError:
        return -math.inf


def _dtype(name: str, arithmetic: Arithmetic) -> torch.dtype:
    """Of a parameter that is not in 8 bits, in a network that computes so."""
    # Sums in 8 bits come out as float32: positions that differ would be converted in each call.
    exact = is_scales(name) or "norm" in name or (arithmetic.int8 and name.endswith(_POSITIONS))
    return torch.float32 if exact else arithmetic.dtype


def _read(source: Path, config: DebertaConfig, form: Form) -> Weights:
    """Every weight of ours, in the order of `form`. Raises what `load_deberta` raises."""
    with open_checkpoint(source) as checkpoint:
        prefix = _PREFIX if any(name.startswith(_PREFIX) for name in checkpoint.names) else ""

        def read(name: str) -> Tensor:
            return checkpoint.read(prefix + name)

        for name, shape in _expected(form, config):
            checkpoint.expect(prefix + name, shape)
        checkpoint.check()
        positions = _positions(read, config)
        for name, (_, dtype) in form.items():
            if sources := _sources(weight_of(name)):
                weight = torch.cat([read(theirs).clone() for theirs in sources])
                yield name, converted(name, weight, dtype)
            else:
                yield name, _projected(name, positions, read, config, dtype)
        checkpoint.check()


def _expected(form: Form, config: DebertaConfig) -> Iterator[tuple[str, list[int]]]:
    """The checkpoint's tensors that are read."""
    for name, (shape, _) in form.items():
        sources = () if is_scales(name) else _sources(name)
        for source in sources:
            yield source, [shape[0] // len(sources), *shape[1:]]
    hidden = config.hidden_size
    yield f"{_RELATIVE}.weight", [2 * config.span, hidden]
    if config.normalizes_positions:
        yield from ((f"{_RELATIVE_NORM}.{end}", [hidden]) for end in ("weight", "bias"))


def _positions(read: Read, config: DebertaConfig) -> Tensor:
    """The embedded relative positions, [2 * span, hidden]."""
    embedded = read(f"{_RELATIVE}.weight")
    if not config.normalizes_positions:
        return embedded
    weight, bias = (read(f"{_RELATIVE_NORM}.{end}") for end in ("weight", "bias"))
    return F.layer_norm(embedded, weight.shape, weight, bias, config.layer_norm_eps)


def _projected(
    name: str, positions: Tensor, read: Read, config: DebertaConfig, dtype: torch.dtype
) -> Tensor:
    """Q_r or K_r of section 3.1, constants from then on: [2 * span, heads, head_size].

    Short lines look at few rows: the others are never fetched from the disk.
    """
    _, index, _, table = name.split(".")
    kind, scale = ("key", 1.0) if table == _KEYS else ("query", attention_scale(config))
    module = f"encoder.layer.{index}.attention.self.{kind}_proj"
    weight, bias = (read(f"{module}.{end}").to(dtype) for end in ("weight", "bias"))
    rows = F.linear(positions.to(dtype), weight, bias).float() * scale
    return rows.view(len(rows), config.num_attention_heads, config.head_size).to(dtype)


def _sources(name: str) -> list[str]:
    """The checkpoint's names for our `name`, e.g. layers.3.attention.qkv.weight; or none."""
    module, _, parameter = name.rpartition(".")
    if parameter in _POSITIONS:
        return []
    if not module.startswith("layers."):
        return [f"{_NAMES[module]}.{parameter}"]
    _, index, part = module.split(".", 2)
    if part == "attention.qkv":
        theirs = [f"attention.self.{kind}_proj" for kind in ("query", "key", "value")]
    else:
        theirs = [_LAYER_NAMES[part]]
    return [f"encoder.layer.{index}.{source}.{parameter}" for source in theirs]
