"""The building blocks of the network: convolutions in the layout that is fast, and a norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from luna_tts.modules import Conv1d, ConvTranspose1d, FrameConv1d
from luna_tts.vits.streaming import Stream


class RowConv1d(Conv1d):
    """A "same" convolution over time on the rows [n, C] of a stream, of an odd kernel.

    Two-dimensional inside: oneDNN's convolutions run up to twice as fast where the channels of one
    moment lie side by side in memory, which PyTorch admits for images alone.
    """

    def __init__(
        self, channels: int, out: int, kernel_size: int, dilation: int = 1, bias: bool = True
    ) -> None:
        super().__init__(channels, out, kernel_size, bias=bias)
        self.reach = (kernel_size - 1) // 2 * dilation
        self.spacing = dilation

    def forward(self, rows: Tensor, stream: Stream) -> Tensor:  # type: ignore[override]
        """[n, C] -> [n - reach, out] at first, later [n, out]."""
        past = stream.next(rows, before=self.reach)
        if stream.last:
            past.rows = F.pad(past.rows, (0, 0, 0, self.reach))
        ready = len(past.rows) - 2 * self.reach
        if ready <= 0:
            return rows.new_empty(0, self.out_channels)
        weight, spacing = self.weight.unsqueeze(2), (1, self.spacing)
        output = F.conv2d(_image(past.rows), weight, self.bias, dilation=spacing)
        past.take(ready)
        return output[0, :, 0].T


class RowConvTranspose1d(ConvTranspose1d):
    """A transposed convolution over time on the rows [n, C] of a stream; see `RowConv1d`."""

    def __init__(self, channels: int, out: int, kernel_size: int, rate: int) -> None:
        super().__init__(channels, out, kernel_size)
        self.width, self.rate = kernel_size, rate
        self.context = -(-kernel_size // rate) - 1
        """How many rows before it are heard at the place of a row."""
        self.cut = (kernel_size - rate) // 2
        """What the ends of the speech lose."""

    def forward(self, rows: Tensor, stream: Stream) -> Tensor:  # type: ignore[override]
        """[n, C] -> [n * rate - cut, out] at first, later [n * rate, out]."""
        past = stream.next(rows, before=self.context, owed=self.cut)
        if len(rows) == 0:
            return rows.new_empty(0, self.out_channels)
        # None of the rows to come is heard before the end of these.
        end = len(past.rows) * self.rate
        if stream.last:
            end += self.width - self.rate - self.cut
        weight, rate = self.weight.unsqueeze(2), (1, self.rate)
        output = F.conv_transpose2d(_image(past.rows), weight, self.bias, stride=rate)
        past.take(len(rows))
        return past.paid(output[0, :, 0].T[self.context * self.rate : end])


def row_weights(network: nn.Module) -> set[str]:
    """Names of the kernels [A, B, k] that are read with B innermost in memory."""
    rows = RowConv1d | RowConvTranspose1d | FrameConv1d
    return {f"{name}.weight" for name, m in network.named_modules() if isinstance(m, rows)}


def _image(rows: Tensor) -> Tensor:
    """[N, C] as [1, C, 1, N]."""
    return rows.T[None, :, None]


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
