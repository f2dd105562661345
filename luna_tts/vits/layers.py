"""The building blocks of the network: convolutions in the layout that is fast, and a norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from luna_tts.modules import Conv1d, ConvTranspose1d


class RowConv1d(Conv1d):
    """A "same" convolution over time on [1, C, 1, N], of an odd kernel.

    Two-dimensional in form only: oneDNN's convolutions run up to twice as fast where the channels
    of one moment lie side by side in memory, which PyTorch admits for images alone.
    """

    def __init__(
        self, channels: int, out: int, kernel_size: int, dilation: int = 1, bias: bool = True
    ) -> None:
        super().__init__(channels, out, kernel_size, bias=bias)
        self.reach = (kernel_size - 1) // 2 * dilation
        self.spacing = dilation

    def forward(self, x: Tensor) -> Tensor:
        """[1, C, 1, N] -> [1, out, 1, N]."""
        weight, padding = self.weight.unsqueeze(2), (0, self.reach)
        return F.conv2d(x, weight, self.bias, padding=padding, dilation=(1, self.spacing))


class RowConvTranspose1d(ConvTranspose1d):
    """A transposed convolution over time on [1, C, 1, N]; see `RowConv1d`."""

    def __init__(self, channels: int, out: int, kernel_size: int, rate: int) -> None:
        super().__init__(channels, out, kernel_size)
        self.rate = rate
        self.cut = (kernel_size - rate) // 2

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """[1, C, 1, N] -> [1, out, 1, N * rate]."""
        weight, stride, padding = self.weight.unsqueeze(2), (1, self.rate), (0, self.cut)
        return F.conv_transpose2d(x, weight, self.bias, stride=stride, padding=padding)


def row_weights(network: nn.Module) -> set[str]:
    """Names of the weights that should pass through `channels_last`."""
    modules = network.named_modules()
    return {f"{n}.weight" for n, m in modules if isinstance(m, RowConv1d | RowConvTranspose1d)}


def channels_last(x: Tensor) -> Tensor:
    """A copy of [A, B, N] or [A, B, 1, N] with B innermost in memory, where that is faster."""
    if x.device.type != "cpu":
        return x.clone(memory_format=torch.contiguous_format)
    return x.transpose(1, -1).clone(memory_format=torch.contiguous_format).transpose(1, -1)


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
