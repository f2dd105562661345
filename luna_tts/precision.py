"""In which precision voices compute: in half the bits where that is faster and nobody hears it."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor

from luna_tts.modules import packed, product
from luna_tts.types import Precision

_WORTH_IT = 1.2
"""How much faster bfloat16 has to be: where a processor only imitates it, it is slower."""
_ROUNDS = 7
_ROWS, _OUT, _IN = 160, 768, 960
"""A product as the flow of a voice has them."""


def choose_dtype(precision: Precision, device: str) -> torch.dtype:
    """What `precision` means on `device`; "auto" measures for some milliseconds."""
    if precision == "auto":
        return torch.bfloat16 if _is_bfloat16_faster(torch.device(device)) else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


@torch.inference_mode()
def _is_bfloat16_faster(device: torch.device) -> bool:
    try:
        exact, short = (_seconds(dtype, device) for dtype in (torch.float32, torch.bfloat16))
    except RuntimeError:  # a device or a build without bfloat16
        return False
    return exact > short * _WORTH_IT


def _seconds(dtype: torch.dtype, device: torch.device) -> float:
    rows = torch.ones(_ROWS, _IN, dtype=dtype, device=device)
    matrix = torch.ones(_OUT, _IN, dtype=dtype, device=device)
    order = packed(matrix)
    return median(_timed(lambda: product(rows, matrix, order, None)) for _ in range(_ROUNDS))


def _timed(work: Callable[[], Tensor]) -> float:
    began = time.perf_counter()
    work()[0, 0].item()  # waits for the device
    return time.perf_counter() - began
