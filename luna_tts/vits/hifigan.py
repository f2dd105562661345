"""The decoder: HiFi-GAN's generator turns latent frames into a waveform.

Kong, Kim, Bae, "HiFi-GAN" (2020), section 2.2 and appendix A.1. Weight norm is folded when a file
is loaded, so that plain convolutions remain.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from luna_tts.hyper_parameters import HyperParameters
from luna_tts.vits.layers import RowConv1d, RowConvTranspose1d, channels_last

_SLOPE = 0.1
_LAST_SLOPE = 0.01
"""HiFi-GAN's last activation is called without a slope and so has the framework's default."""
_OUTER_KERNEL = 7


class ResidualBlock1(nn.Module):
    """Pairs of a dilated and a plain convolution (HiFi-GAN's "ResBlock1")."""

    def __init__(self, channels: int, kernel_size: int, dilations: Sequence[int]) -> None:
        super().__init__()
        dilations = dilations[:3]
        self.convs1 = nn.ModuleList(_conv(channels, kernel_size, d) for d in dilations)
        self.convs2 = nn.ModuleList(_conv(channels, kernel_size, 1) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        """[1, C, 1, N] -> [1, C, 1, N]."""
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            y = dilated(F.leaky_relu(x, _SLOPE))
            x = x + plain(F.leaky_relu_(y, _SLOPE))
        return x


class ResidualBlock2(nn.Module):
    """Single dilated convolutions (HiFi-GAN's "ResBlock2", its smaller model)."""

    def __init__(self, channels: int, kernel_size: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(_conv(channels, kernel_size, d) for d in dilations[:2])

    def forward(self, x: Tensor) -> Tensor:
        """[1, C, 1, N] -> [1, C, 1, N]."""
        for dilated in self.convs:
            x = x + dilated(F.leaky_relu(x, _SLOPE))
        return x


class Decoder(nn.Module):
    """Stages of an upsampling and several residual blocks whose mean goes on."""

    def __init__(self, parameters: HyperParameters) -> None:
        super().__init__()
        rates, first = parameters.upsample_rates, parameters.upsample_initial_channel
        channels = [first >> stage for stage in range(len(rates) + 1)]
        self.rates = rates
        self.margin, *self.reaches = decoder_reaches(parameters)
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
        self.cond = RowConv1d(parameters.gin_channels, first, 1)

    def forward(self, z: Tensor, speaker: Tensor, before: int = 0, after: int = 0) -> Tensor:
        """Latent frames [1, I, n] and [1, G, 1] -> samples of (n - before - after) frames.

        `before` and `after` count frames at the ends that are context only. Most of a decoder's
        reach is in its first stages, so context is cut off as soon as no later layer looks at it;
        an end of z without context is an end of the speech.
        """
        dtype = self.conv_pre.weight.dtype
        frames, condition = (x.unsqueeze(2).to(dtype) for x in (z, speaker))
        x = self.conv_pre(channels_last(frames)) + self.cond(condition)
        wanted, each = z.shape[2] - before - after, len(self.resblocks) // len(self.ups)
        for stage, (up, reach) in enumerate(zip(self.ups, self.reaches, strict=True)):
            x = up(F.leaky_relu_(x, _SLOPE))
            x = _mean(self.resblocks[stage * each : (stage + 1) * each], x)
            rate = self.rates[stage]
            wanted, before, after = wanted * rate, before * rate, after * rate
            x, before, after = _trimmed(x, wanted, before, after, reach)
        x = self.conv_post(F.leaky_relu_(x, _LAST_SLOPE))
        x, _, _ = _trimmed(x, wanted, before, after, 0)
        return torch.tanh_(x.float())[0, 0, 0]


def _trimmed(
    x: Tensor, wanted: int, before: int, after: int, reach: int
) -> tuple[Tensor, int, int]:
    """Leaves at most `reach` samples of context on either side of the `wanted` ones."""
    left, right = min(before, reach), min(after, reach)
    if left == before and right == after:
        return x, left, right
    # An end of the speech is not cut: odd (kernel - rate) make a stage one sample longer there.
    end = before + wanted + right if after else x.shape[3]
    return channels_last(x[:, :, :, before - left : end]), left, right


def decoder_reaches(parameters: HyperParameters) -> tuple[int, ...]:
    """How far the layers behind a place in the decoder look, to either side.

    First for its input, in frames; then for the output of each stage, in samples of that stage.
    """
    reach = _OUTER_KERNEL // 2
    reaches = [reach]
    blocks = zip(parameters.resblock_kernel_sizes, parameters.resblock_dilation_sizes, strict=True)
    block_reach = max(_block_reach(parameters.resblock, *block) for block in blocks)
    stages = zip(parameters.upsample_rates, parameters.upsample_kernel_sizes, strict=True)
    for rate, kernel in reversed(list(stages)):
        reach = -(-(reach + block_reach + kernel - 1) // rate)
        reaches.append(reach)
    reaches[-1] += _OUTER_KERNEL // 2
    return tuple(reversed(reaches))


def _block_reach(resblock: str, kernel_size: int, dilations: Sequence[int]) -> int:
    """Samples on either side, at the rate of its stage, that a residual block looks at."""
    if resblock == "1":
        return kernel_size // 2 * sum(d + 1 for d in dilations[:3])
    return kernel_size // 2 * sum(dilations[:2])


def _conv(channels: int, kernel_size: int, dilation: int) -> RowConv1d:
    return RowConv1d(channels, channels, kernel_size, dilation)


def _mean(blocks: nn.ModuleList, x: Tensor) -> Tensor:
    total: Tensor = blocks[0](x)
    for block in list(blocks)[1:]:
        total += block(x)
    return total / len(blocks)
