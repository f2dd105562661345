"""The decoder: HiFi-GAN's generator turns latent frames into a waveform.

Kong, Kim, Bae, "HiFi-GAN" (2020), section 2.2 and appendix A.1. Weight norm is folded when a file
is loaded, so that plain convolutions remain.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from luna_tts.hyper_parameters import HyperParameters
from luna_tts.modules import FrameConv1d, use_8_bits
from luna_tts.vits.layers import RowConv1d, RowConvTranspose1d
from luna_tts.vits.streaming import Stream

_SLOPE = 0.1
_LAST_SLOPE = 0.01
"""HiFi-GAN's last activation is called without a slope and so has the framework's default."""
_OUTER_KERNEL = 7
_WIDE = 32
"""Channels below which 8 bits save less than making them costs."""


class ResidualBlock1(nn.Module):
    """Pairs of a dilated and a plain convolution (HiFi-GAN's "ResBlock1")."""

    def __init__(self, channels: int, kernel_size: int, dilations: Sequence[int]) -> None:
        super().__init__()
        dilations = dilations[:3]
        self.convs1 = nn.ModuleList(_conv(channels, kernel_size, d) for d in dilations)
        self.convs2 = nn.ModuleList(_conv(channels, kernel_size, 1) for _ in dilations)

    def forward(self, x: Tensor, stream: Stream) -> Tensor:
        """[n, C] -> as many rows, later."""
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            x = stream.added(x, plain(dilated(x, stream, _SLOPE), stream, _SLOPE))
        return x


class ResidualBlock2(nn.Module):
    """Single dilated convolutions (HiFi-GAN's "ResBlock2", its smaller model)."""

    def __init__(self, channels: int, kernel_size: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(_conv(channels, kernel_size, d) for d in dilations[:2])

    def forward(self, x: Tensor, stream: Stream) -> Tensor:
        """[n, C] -> as many rows, later."""
        for dilated in self.convs:
            x = stream.added(x, dilated(x, stream, _SLOPE))
        return x


class Decoder(nn.Module):
    """Stages of an upsampling and several residual blocks whose mean goes on."""

    def __init__(self, parameters: HyperParameters) -> None:
        super().__init__()
        rates, first = parameters.upsample_rates, parameters.upsample_initial_channel
        channels = [first >> stage for stage in range(len(rates) + 1)]
        self.conv_pre = RowConv1d(parameters.inter_channels, first, _OUTER_KERNEL)
        self.ups = nn.ModuleList(
            RowConvTranspose1d(wide, narrow, kernel, rate)
            for (wide, narrow), kernel, rate in zip(
                pairwise(channels), parameters.upsample_kernel_sizes, rates, strict=True
            )
        )
        block = ResidualBlock1 if parameters.resblock == "1" else ResidualBlock2
        kernels, dilations = parameters.resblock_kernel_sizes, parameters.resblock_dilation_sizes
        self.resblocks = nn.ModuleList(
            block(width, kernel, row)
            for width in channels[1:]
            for kernel, row in zip(kernels, dilations, strict=True)
        )
        self.conv_post = RowConv1d(channels[-1], 1, _OUTER_KERNEL, bias=False)
        self.cond = FrameConv1d(parameters.gin_channels, first)

    def quantize(self) -> None:
        """The wide convolutions will be in 8 bits; to be asked for before weights are assigned."""
        each = len(self.resblocks) // len(self.ups)
        for stage, up in enumerate(self.ups):
            assert isinstance(up, RowConvTranspose1d)
            if up.out_channels >= _WIDE:
                up.exact = True
                for module in self.resblocks[stage * each : (stage + 1) * each].modules():
                    if isinstance(module, RowConv1d):
                        use_8_bits(module)

    def forward(
        self, z: Tensor, speaker: Tensor, stream: Stream, last: bool, surplus: int | Tensor = 0
    ) -> Tensor:
        """The next latent frames [n, I] and the speaker [1, G] -> float32 samples, later.

        Of the last frames, `surplus` are none: the samples before theirs are as if they were not
        there.
        """
        dtype = self.conv_pre.weight.dtype
        stream.begin(last, surplus)
        x = self.conv_pre(z.to(dtype), stream) + self.cond(speaker)
        each = len(self.resblocks) // len(self.ups)
        for stage, up in enumerate(self.ups):
            x = up(x, stream, _SLOPE)
            blocks = self.resblocks[stage * each : (stage + 1) * each]
            x = stream.mean([block(x, stream) for block in blocks])
        x = self.conv_post(x, stream, _LAST_SLOPE)
        return torch.tanh_(x[:, 0].float())


def _conv(channels: int, kernel_size: int, dilation: int) -> RowConv1d:
    return RowConv1d(channels, channels, kernel_size, dilation)
