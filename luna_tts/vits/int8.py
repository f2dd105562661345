"""Convolutions in 8 bits, for processors that multiply whole numbers faster than others.

Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference" (2018), equations 1 to 4. A kernel has a scale for each output channel. The input has one
for all that a call is given, of its own range: quiet speech is as exact as loud speech, and nothing
has to be known of a voice beforehand. Sums are whole numbers of 32 bits.
"""

from __future__ import annotations

import math
import warnings
from typing import Final

import torch
from torch import Tensor

_LEVELS: Final = 255
_MOST: Final = 127
_ZERO: Final = 128
"""Any zero point but 0: the packed form is to have room for what it takes to correct for one."""


class Int8Kernel:
    """A kernel [out, C, k], and what is needed to convolve rows with it."""

    def __init__(self, weight: Tensor, spacing: int, rows: int) -> None:
        """`spacing`: of its taps, in rows; `rows`: how many it is packed for; others may come."""
        weight = weight.float()
        self._scales = weight.abs().amax((1, 2)).clamp_min(1e-12) / _MOST
        whole = (weight / self._scales[:, None, None]).round().to(torch.int8).unsqueeze(2)
        image = [1, weight.shape[1], 1, rows + (weight.shape[2] - 1) * spacing]
        self._spacing = [1, spacing]
        self._packed = torch.ops.onednn.qconv_prepack(
            whole.contiguous(), self._scales, 1.0, _ZERO, [1, 1], [0, 0], self._spacing, 1, image
        )
        self._zeros = torch.zeros(len(weight), dtype=torch.int32)

    def convolve(self, rows: Tensor, bias: Tensor | None) -> Tensor:
        """float32 [N, C] -> float32 [n, out], of as many rows as the kernel fits in.

        Raises `FloatingPointError` where a row is not finite.
        """
        scale, zero, whole = _quantized(rows)
        bias = None if bias is None else bias.float()
        image = torch.ops.onednn.qconv2d_pointwise(
            whole.T[None, :, None], scale, zero, self._packed, self._scales, self._zeros, bias,
            [1, 1], [0, 0], self._spacing, 1, 1.0, 0, torch.float32, "none", [], "",
        )  # fmt: skip
        output: Tensor = image[0, :, 0].T
        return output


def _quantized(rows: Tensor) -> tuple[float, int, Tensor]:
    """Scale, zero point and uint8 [N, C]: rows = scale * (whole - zero point)."""
    least, most = (float(value) for value in torch.aminmax(rows))
    least, most = min(least, 0.0), max(most, 0.0)
    if not math.isfinite(most - least):
        raise FloatingPointError("the network gave values that are no numbers")
    scale = max((most - least) / _LEVELS, 1e-12)
    zero = round(-least / scale)
    with warnings.catch_warnings():
        # PyTorch means to drop the type that this gives, for which there is no other fast way yet.
        warnings.simplefilter("ignore", UserWarning)
        typed = torch.quantize_per_tensor(rows, scale, zero, torch.quint8)
    whole = torch.empty(0, dtype=torch.uint8)
    whole.set_(typed.untyped_storage(), 0, typed.shape, typed.stride())  # no copy
    return scale, zero, whole
