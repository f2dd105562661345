"""The building blocks of the network: convolutions in the layout that is fast, and a norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from luna_tts.int8 import Int8Kernel, overlapping, packed_kernel
from luna_tts.modules import (
    Conv1d,
    ConvTranspose1d,
    Packs,
    computes,
    in_8_bits,
    packed,
    parameter,
    product,
)
from luna_tts.vits.streaming import Stream

_ROWS = 1536
"""Of a window in the middle of the decoder; the packed form serves any other number as well."""


class RowConv1d(Conv1d, Packs):
    """A "same" convolution over time on the rows [n, C] of a stream, of an odd kernel.

    Two-dimensional inside: oneDNN's convolutions run up to twice as fast where the channels of one
    moment lie side by side in memory, which PyTorch admits for images alone.
    """

    packed: Tensor | None = None
    int8: Int8Kernel | None = None

    def __init__(
        self, channels: int, out: int, kernel_size: int, dilation: int = 1, bias: bool = True
    ) -> None:
        super().__init__(channels, out, kernel_size, dilation=dilation, bias=bias)
        self.reach = (kernel_size - 1) // 2 * dilation
        self.spacing = dilation

    def reordered(self, weight: Tensor) -> Tensor | None:
        """See `Packs`."""
        if not computes(weight):
            return None
        if weight.dtype == torch.int8:
            return packed_kernel(weight, self.spacing, _ROWS)
        image = [1, self.in_channels, 1, _ROWS + 2 * self.reach]
        order: Tensor = torch.ops.mkldnn._reorder_convolution_weight(
            weight.unsqueeze(2), [0, 0], [1, 1], [1, self.spacing], 1, image
        )
        return order

    def take(self, order: Tensor) -> None:
        """See `Packs`."""
        if order.dtype == torch.int8:
            self.int8 = Int8Kernel(order, self.scales, self.spacing)
        else:
            self.packed = order

    def keep(self, weight: Tensor) -> None:
        """See `Packs`."""
        self.weight = parameter(weight)

    @property
    def dtype(self) -> torch.dtype:
        """Of the rows that are convolved."""
        return torch.float32 if in_8_bits(self) else self.weight.dtype

    def forward(self, rows: Tensor, stream: Stream, slope: float = 1.0) -> Tensor:  # type: ignore[override]
        """[n, C] -> [n - reach, out] at first, later [n, out]; negative values times `slope`."""
        rows = rows.to(self.dtype)
        past = stream.take(rows, slope, before=self.reach, after=self.reach)
        ready = len(past.rows) - 2 * self.reach
        if ready <= 0:
            return rows.new_empty(0, self.out_channels)
        output = self._convolved(past.rows)
        past.drop(ready)
        return output

    def _convolved(self, rows: Tensor) -> Tensor:
        if self.int8 is not None:
            return self.int8.convolve(rows, self.bias)
        image, spacing = rows.T[None, :, None], [1, self.spacing]  # [N, C] as [1, C, 1, N]
        if self.packed is None:
            output = F.conv2d(image, self.weight.unsqueeze(2), self.bias, dilation=spacing)
        else:
            output = torch.ops.mkldnn._convolution_pointwise(
                image, self.packed, self.bias, [0, 0], [1, 1], spacing, 1, "none", [], ""
            )
        return output[0, :, 0].T


class RowConvTranspose1d(ConvTranspose1d, Packs):
    """A transposed convolution over time on the rows [n, C] of a stream, as a product of matrices.

    Each row of the product is what is heard during one row: `rate` rows of the output, to which it
    and the `context` rows before it contribute.
    """

    packed: Tensor | None = None
    exact = False
    """Whether what comes out is float32, whatever it computes in."""

    def __init__(self, channels: int, out: int, kernel_size: int, rate: int) -> None:
        super().__init__(channels, out, kernel_size, rate)
        self.rate = rate
        self.context = -(-kernel_size // rate) - 1
        """How many rows before it are heard at the place of a row."""
        self.cut = (kernel_size - rate) // 2
        """What the ends of the speech lose."""
        self.tail = kernel_size - rate - self.cut
        """What is heard after the last row."""

    def reordered(self, weight: Tensor) -> Tensor | None:
        """See `Packs`."""
        return packed(self._matrix(weight))

    def take(self, order: Tensor) -> None:
        """See `Packs`."""
        self.packed = order

    def keep(self, weight: Tensor) -> None:
        """See `Packs`."""
        self.weight = parameter(self._matrix(weight))

    def forward(self, rows: Tensor, stream: Stream, slope: float = 1.0) -> Tensor:  # type: ignore[override]
        """[n, C] -> [n * rate - cut, out] at first, later [n * rate, out]; see `RowConv1d`."""
        rows = rows.to(self.weight.dtype)
        after = -(-self.tail // self.rate)
        past = stream.take(rows, slope, before=self.context, after=after, owed=self.cut)
        stream.surplus = stream.surplus * self.rate
        if len(past.rows) == self.context:
            return rows.new_empty(0, self.out_channels)
        windows = overlapping(past.rows, self.context + 1)
        assert self.bias is not None
        bias = self.bias.repeat(self.rate)
        output = product(windows, self.weight, self.packed, bias).view(-1, self.out_channels)
        past.drop(len(rows))
        end = len(rows) * self.rate + (self.tail if stream.last else 0)
        output = past.paid(output[:end])
        return output.float() if self.exact else output

    def _matrix(self, weight: Tensor) -> Tensor:
        """The kernel [C, out, k] as [rate * out, (context + 1) * C]."""
        kernel = F.pad(weight, (0, (self.context + 1) * self.rate - weight.shape[2]))
        kernel = kernel.reshape(*kernel.shape[:2], self.context + 1, self.rate).flip(2)
        return kernel.permute(3, 1, 2, 0).flatten(2).flatten(0, 1).contiguous()


class FrameNorm(nn.Module):
    """Layer normalisation over the channels of [..., T, C]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(channels))
        self.beta = nn.Parameter(torch.empty(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Zero mean, unit variance per position, then gamma and beta."""
        return F.layer_norm(x, (x.shape[-1],), self.gamma, self.beta, 1e-5)


class ChannelNorm(FrameNorm):
    """The same over [1, C, T]."""

    def forward(self, x: Tensor) -> Tensor:
        """[1, C, T] -> [1, C, T]."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)
