"""How fast the stages of the yardstick compute, beside a product of matrices: no straw man."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import DebertaV2Config, DebertaV2ForMaskedLM

from benchmarks.yardstick import Voice
from luna_tts.vits.text_encoder import TextInput

TOKENS, CHARACTERS, FRAMES = 57, 12, 155
WHY = {
    "text encoder": "small matrices: 57 rows, and as much copying for the relative positions",
    "flow": "matrices of 155 rows, and the same copying in each of 24 layers",
    "durations": "hundreds of small operations, 0.1 GFLOP in all: their calls take the time",
}


def show(folder: Path, device: str) -> None:
    """Prints a line for each stage."""
    gemm = _gemm(device)
    print(f"the yardstick's stages, 10 characters; a plain fp32 product here: {gemm:.0f} GFLOP/s")
    for name, work in _stages(folder, device).items():
        with FlopCounterMode(display=False) as counter:
            work()
        seconds = min(_timed(work, device) for _ in range(7))
        gflop = counter.get_total_flops() / 1e9
        share = gflop / seconds / gemm
        why = f"  ({WHY.get(name, 'unexplained')})" if share < 0.4 else ""
        print(
            f"  {name:14}{gflop:8.1f} GFLOP{seconds * 1000:8.0f} ms"
            f"{gflop / seconds:8.0f} GFLOP/s{share:8.0%}{why}"
        )


def _stages(folder: Path, device: str) -> dict[str, Callable[[], object]]:
    config = DebertaV2Config(**json.loads((folder / "bert/config.json").read_text()))
    bert = DebertaV2ForMaskedLM(config).requires_grad_(False).eval().to(device)
    voice = Voice(folder / "voices/one").requires_grad_(False).eval().to(device)
    generator = torch.Generator().manual_seed(0)
    ids = [torch.randint(0, high, (TOKENS,), generator=generator) for high in (112, 12, 3)]
    features, style = (torch.randn(size, generator=generator) for size in ((1024, TOKENS), (256,)))
    text = TextInput(*(tensor.to(device) for tensor in (*ids, features, style)))
    tokens = torch.randint(5, 22000, (1, CHARACTERS), generator=generator).to(device)
    g = voice.emb_g.weight[0].detach()[None, :, None]
    hidden = torch.randn(1, 192, TOKENS, generator=generator).to(device)
    noise = torch.randn(1, 2, TOKENS, generator=generator).to(device)
    z = torch.randn(1, 192, FRAMES, generator=generator).to(device)

    def flow() -> None:
        moved = z
        for coupling in voice.flow["flows"].values():
            moved = coupling(moved.flip(1), g)

    return {
        "BERT": _kept(lambda: bert(tokens, output_hidden_states=True)),
        "text encoder": _kept(lambda: voice.enc_p(text, g)),
        "durations": _kept(lambda: (voice.sdp(hidden, g, noise), voice.dp(hidden, g))),
        "flow": _kept(flow),
        "decoder": _kept(lambda: voice.dec(z, g)),
    }


def _kept(work: Callable[[], object]) -> Callable[[], object]:
    return torch.inference_mode()(work)


def _gemm(device: str) -> float:
    """GFLOP/s."""
    a, b = (torch.randn(1536, 1536, device=device) for _ in range(2))
    with torch.inference_mode():
        seconds = min(_timed(lambda: a @ b, device) for _ in range(9))
    return 2 * 1536**3 / seconds / 1e9


def _timed(work: Callable[[], object], device: str) -> float:
    began = time.perf_counter()
    work()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - began
