"""Products and convolutions in 8 bits, where processors multiply whole numbers faster.

Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference" (2018), equations 1 to 4. A weight has a scale for each output. The input has one for all
that a call is given, of its own range: quiet speech is as exact as loud speech, and nothing has to
be known of a network beforehand. Sums are whole numbers of 32 bits.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Final, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Then = Literal["none", "relu", "gelu"]
THEN: Final[dict[Then, Callable[[Tensor], Tensor]]] = {
    "none": lambda x: x,
    "relu": torch.relu,
    "gelu": F.gelu,
}
"""What is done with each value of a product at last."""

_LEVELS: Final = 255
_MOST: Final = 127
_ZERO: Final = 128
"""Any zero point but 0: the packed form is to have room for what it takes to correct for one."""
FEW_ROWS: Final = 32
"""What oneDNN is told to pack for; the packed form serves any other number of rows as well."""
_COARSEST: Final = 1 / 16
"""Of a step, in root mean squares of what is rounded, which then keeps 35 dB. A few large values
among many small ones make a coarser one; then 16 bits are computed with."""
_HIGH: Final = 256
_FINE_MOST: Final = 32_512
_FINE_ZERO: Final = _ZERO * _HIGH + _ZERO
"""The zero point of both bytes."""


def rounded_weight(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Int8 like `weight` [out, ...] and float32 scales [out]: weight = scale * whole."""
    weight = weight.float()
    scales = weight.flatten(1).abs().amax(1).clamp_min(1e-12) / _MOST
    each = scales.view(-1, *(1,) * (weight.ndim - 1))
    return (weight / each).round_().to(torch.int8), scales


def overlapping(rows: Tensor, width: int) -> Tensor:
    """Windows of `width` neighbouring rows of [N, C], one a row: [N - width + 1, width * C].

    They overlap in memory: nothing is copied.
    """
    count, channels = rows.shape
    return rows.as_strided((count - width + 1, width * channels), (channels, 1))


def packed_matrix(whole: Tensor) -> Tensor:
    """A matrix [out, in] in oneDNN's own order, for `Int8Matrix`."""
    order: Tensor = torch.ops.onednn.qlinear_prepack(whole, [FEW_ROWS, whole.shape[1]])
    return order


def packed_kernel(whole: Tensor, spacing: int, rows: int) -> Tensor:
    """A kernel [out, C, k] in oneDNN's own order, for `Int8Kernel`.

    `rows`: how many it is packed for; others may come.
    """
    image = [1, whole.shape[1], 1, rows + (whole.shape[2] - 1) * spacing]
    scales = torch.ones(1)  # have no part in the order
    order: Tensor = torch.ops.onednn.qconv_prepack(
        whole.unsqueeze(2).contiguous(), scales, 1.0, _ZERO, [1, 1], [0, 0], [1, spacing], 1, image
    )
    return order


class Int8Matrix:
    """A matrix [out, in], and what is needed to multiply rows with it."""

    def __init__(self, packed: Tensor, scales: Tensor) -> None:
        """`packed`: what `packed_matrix` gives; `scales` [out]."""
        self._scales = scales
        self._packed = packed
        self._zeros = torch.zeros(len(scales), dtype=torch.int32)

    def product(self, rows: Tensor, bias: Tensor | None, then: Then = "none") -> Tensor:
        """float32 [n, in] -> float32 [n, out]: rows times matrix.T, plus bias [out], float32.

        Raises `FloatingPointError` where a row is not finite.
        """
        least, most = _range(rows)
        step = (most - least) / _LEVELS
        if step <= _COARSEST * _root_mean_square(rows):
            whole, scale, zero = _rounded(rows, least, most)
            return self._times(whole, scale, zero, bias, then)
        halves, scale = _halves(rows, max(-least, most))
        # The bias belongs to the sum of both, in which one half counts 256 times.
        bias = None if bias is None else bias / (_HIGH + 1)
        low, high = (self._times(half, scale, _ZERO, bias, "none") for half in halves)
        return THEN[then](low.add_(high, alpha=_HIGH))

    def convolve(self, rows: Tensor, bias: Tensor | None, then: Then = "none") -> Tensor:
        """float32 [N, C], of a matrix [out, k * C], -> float32 [N - k + 1, out].

        As a kernel, oneDNN would bring it into another order in some calls, by the number of rows.
        Raises `FloatingPointError` where a row is not finite.
        """
        whole, scale, zero = _rounded(rows, *_range(rows))
        windows = overlapping(whole, self._packed.shape[0] // rows.shape[1])
        return self._times(windows, scale, zero, bias, then)

    def _times(
        self, whole: Tensor, scale: float, zero: int, bias: Tensor | None, then: Then
    ) -> Tensor:
        output: Tensor = torch.ops.onednn.qlinear_pointwise(
            whole, scale, zero, self._packed, self._scales, self._zeros, bias,
            1.0, 0, torch.float32, then, [], "none" if then == "gelu" else "",
        )  # fmt: skip
        return output


class Int8Kernel:
    """A kernel [out, C, k], and what is needed to convolve rows with it."""

    def __init__(self, packed: Tensor, scales: Tensor, spacing: int) -> None:
        """`packed`: what `packed_kernel` gives; `scales` [out]; `spacing`: of its taps, in rows."""
        self._scales, self._spacing = scales, [1, spacing]
        self._packed = packed
        self._zeros = torch.zeros(len(scales), dtype=torch.int32)

    def convolve(self, rows: Tensor, bias: Tensor | None) -> Tensor:
        """float32 [N, C], bias float32 [out] -> float32 [n, out], where the kernel fits in.

        Raises `FloatingPointError` where a row is not finite.
        """
        whole, scale, zero = _rounded(rows, *_range(rows))
        (count, channels), (row, channel) = whole.shape, whole.stride()
        # An image of one line; one view takes a third of what three take.
        line = whole.as_strided(
            (1, channels, 1, count), (whole.numel(), channel, whole.numel(), row)
        )
        image = torch.ops.onednn.qconv2d_pointwise(
            line, scale, zero, self._packed, self._scales, self._zeros, bias,
            [1, 1], [0, 0], self._spacing, 1, 1.0, 0, torch.float32, "none", [], "",
        )  # fmt: skip
        output: Tensor = image.as_strided(
            (image.shape[3], image.shape[1]), (image.stride(3), image.stride(1))
        )
        return output


def _range(rows: Tensor) -> tuple[float, float]:
    """The least and the most, and 0 between them."""
    least, most = (float(value) for value in torch.aminmax(rows))
    if not math.isfinite(most - least):
        raise FloatingPointError("the network gave values that are no numbers")
    return min(least, 0.0), max(most, 0.0)


def _root_mean_square(rows: Tensor) -> float:
    return float(torch.linalg.vector_norm(rows)) / math.sqrt(rows.numel())


def _rounded(rows: Tensor, least: float, most: float) -> tuple[Tensor, float, int]:
    """uint8 [N, C], scale and zero point: rows = scale * (whole - zero point)."""
    scale = max((most - least) / _LEVELS, 1e-12)
    zero = round(-least / scale)
    with warnings.catch_warnings():
        # PyTorch means to drop the type that this gives, for which there is no other fast way yet.
        warnings.simplefilter("ignore", UserWarning)
        typed = torch.quantize_per_tensor(rows, scale, zero, torch.quint8)
    whole = torch.empty(0, dtype=torch.uint8)
    whole.set_(typed.untyped_storage(), 0, typed.shape, typed.stride())  # no copy
    return whole, scale, zero


def _halves(rows: Tensor, largest: float) -> tuple[Tensor, float]:
    """uint8 [2, N, C], low and high, and scale: rows = scale * (low + 256 * high), less `_ZERO`."""
    scale = max(largest / _FINE_MOST, 1e-12)
    fine = (rows * (1 / scale) + (_FINE_ZERO + 0.5)).to(torch.int32)
    halves = torch.empty(2, *rows.shape, dtype=torch.uint8)
    halves[0] = fine  # its low byte
    halves[1] = fine >> 8
    return halves, scale
