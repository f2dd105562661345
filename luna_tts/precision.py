"""In which numbers voices compute: in fewer bits where that is faster and nobody hears it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from luna_tts.int8 import Int8Kernel, packed_kernel, rounded_weight
from luna_tts.modules import packed, product
from luna_tts.types import Precision
from luna_tts.weight_cache import KeptWeights

Network = TypeVar("Network", bound=nn.Module)

_LOSS = "snr"
"""The note of what was found by measuring."""
_WORTH_IT = 1.2
"""How much faster fewer bits have to be: where a processor only imitates them, they are slower."""
_ROUNDS = 7
_ROWS, _OUT, _IN = 160, 768, 960
"""A product as the flow of a voice has them."""
_MANY_ROWS = 16_384
"""Enough of them to keep a graphics card busy for longer than it takes to ask it."""
_SAMPLES, _CHANNELS, _TAPS = 1536, 128, 7
"""A convolution as its decoder has them."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The numbers in which a voice computes."""

    dtype: torch.dtype = torch.float32
    """Of the products in flow, decoder and BERT."""
    int8: bool = False
    """Whether the widest products and convolutions are in 8 bits, the sums around in float32."""

    @property
    def kind(self) -> torch.dtype:
        """Of the numbers in which most weights are."""
        return torch.int8 if self.int8 else self.dtype

    @property
    def finer(self) -> Arithmetic:
        """What to compute in where this loses too much."""
        return replace(self, int8=False) if self.int8 else EXACT


EXACT = Arithmetic()


def signal_to_noise(said: Tensor, expected: Tensor) -> float:
    """Of what was said in fewer bits, in decibels; minus infinity where a value is no number."""
    said, expected = said.double(), expected.double()
    noise = (said - expected).square().sum().clamp_min(1e-20)
    found = float(10 * torch.log10(expected.square().sum() / noise))
    return found if math.isfinite(found) else -math.inf


def fine_enough(
    fill: Callable[[Arithmetic, KeptWeights | None], Network],
    arithmetic: Arithmetic,
    source: Path,
    exact: Callable[[Arithmetic], Arithmetic | None],
    measure: Callable[[Network, Network], float],
    least: float,
) -> Network:
    """What `fill` makes of a file in `arithmetic`, or in a finer one where that loses too much.

    The first load measures this, and notes it beside the file.

    Args:
        fill: a network in an arithmetic, of weights that are kept for the next time.
        arithmetic: what is hoped for.
        source: the weights file.
        exact: what an arithmetic has to be compared with; `None` = it is good enough.
        measure: signal to noise of a network against an exact one, in decibels.
        least: below so many a finer one is taken.
    """
    kept, reference = KeptWeights(source, arithmetic.kind), exact(arithmetic)
    if reference is None:
        return fill(arithmetic, kept)
    found = kept.note(_LOSS)
    if found is None:
        network = fill(arithmetic, kept)
        found = measure(network, fill(reference, None))
        kept.write_note(_LOSS, round(found, 1))
        if found >= least:
            return network
        del network
    elif found >= least:
        return fill(arithmetic, kept)
    return fine_enough(fill, arithmetic.finer, source, exact, measure, least)


def choose_arithmetic(precision: Precision, device: str) -> Arithmetic:
    """What `precision` means on `device`; "auto" and "int8" measure for some milliseconds."""
    if precision == "fp32":
        return EXACT
    dtype = torch.bfloat16 if precision == "bf16" else _faster_dtype(torch.device(device))
    if precision == "bf16" or torch.device(device).type != "cpu":
        return Arithmetic(dtype)
    limit = math.inf if precision == "int8" else _convolution_seconds(dtype) / _WORTH_IT
    return Arithmetic(dtype, int8=_int8_seconds() < limit)


@torch.inference_mode()
def _faster_dtype(device: torch.device) -> torch.dtype:
    exact, short = torch.float32, torch.bfloat16
    try:
        faster = _product_seconds(exact, device) > _product_seconds(short, device) * _WORTH_IT
    except RuntimeError:  # a device or a build without bfloat16
        return exact
    return short if faster else exact


@torch.inference_mode()
def _convolution_seconds(dtype: torch.dtype) -> float:
    image = torch.ones(_SAMPLES, _CHANNELS, dtype=dtype).T[None, :, None]
    kernel = torch.ones(_CHANNELS, _CHANNELS, 1, _TAPS, dtype=dtype)
    return _median(lambda: F.conv2d(image, kernel)[0, :, 0])


@torch.inference_mode()
def _int8_seconds() -> float:
    """Infinite where PyTorch was built without what it takes."""
    rows, weight = torch.ones(_SAMPLES, _CHANNELS), torch.ones(_CHANNELS, _CHANNELS, _TAPS)
    try:
        whole, scales = rounded_weight(weight)
        kernel = Int8Kernel(packed_kernel(whole, 1, _SAMPLES), scales, 1)
        return _median(lambda: kernel.convolve(rows, None))
    except (RuntimeError, AttributeError):
        return math.inf


def _product_seconds(dtype: torch.dtype, device: torch.device) -> float:
    count = _ROWS if device.type == "cpu" else _MANY_ROWS
    rows = torch.ones(count, _IN, dtype=dtype, device=device)
    matrix = torch.ones(_OUT, _IN, dtype=dtype, device=device)
    order = packed(matrix)
    return _median(lambda: product(rows, matrix, order, None))


def _median(work: Callable[[], Tensor]) -> float:
    return median(_timed(work) for _ in range(_ROUNDS))


def _timed(work: Callable[[], Tensor]) -> float:
    began = time.perf_counter()
    work()[0, 0].item()  # waits for the device
    return time.perf_counter() - began
