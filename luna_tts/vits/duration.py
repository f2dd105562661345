"""How long each phone sounds: a plain predictor, and a stochastic one that varies the rhythm.

Kim et al., VITS (2021), section 2.2.2 and appendix A.2: the stochastic predictor is a normalising
flow; here it runs from noise to log durations, and what only training needs is not built.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from luna_tts.modules import Conv1d
from luna_tts.vits import splines
from luna_tts.vits.layers import ChannelNorm

_FILTER_CHANNELS = 256
_KERNEL_SIZE = 3
_DILATED_LAYERS = 3
_REVERSED_SPLINES = ("7", "5", "3")
"""Flows in the order of inference. Flow 1 is trained and never used: VITS drops it in reverse."""


class DurationPredictor(nn.Module):
    """The most likely log durations."""

    def __init__(self, channels: int, speaker_channels: int) -> None:
        super().__init__()
        self.conv_1 = Conv1d(channels, _FILTER_CHANNELS, _KERNEL_SIZE, padding="same")
        self.norm_1 = ChannelNorm(_FILTER_CHANNELS)
        self.conv_2 = Conv1d(_FILTER_CHANNELS, _FILTER_CHANNELS, _KERNEL_SIZE, padding="same")
        self.norm_2 = ChannelNorm(_FILTER_CHANNELS)
        self.proj = Conv1d(_FILTER_CHANNELS, 1, 1)
        self.cond = Conv1d(speaker_channels, channels, 1)

    def forward(self, hidden: Tensor, speaker: Tensor, mask: Tensor | None = None) -> Tensor:
        """[1, H, T] and [1, G, 1] -> natural logarithm of frames per token [T].

        `mask` [1, T]: 1 where there is a token, 0 where the text was padded.
        """
        x = hidden + self.cond(speaker)
        x = self.norm_1(F.relu(self.conv_1(_existing(x, mask))))
        x = self.norm_2(F.relu(self.conv_2(_existing(x, mask))))
        log_durations: Tensor = self.proj(x)[0, 0]
        return log_durations


class DilatedConvolutions(nn.Module):
    """Depth-wise convolutions that look three times further in each layer, with residuals."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        dilations = [_KERNEL_SIZE**layer for layer in range(_DILATED_LAYERS)]
        self.convs_sep = nn.ModuleList(
            Conv1d(channels, channels, _KERNEL_SIZE, groups=channels, dilation=d, padding="same")
            for d in dilations
        )
        self.convs_1x1 = nn.ModuleList(Conv1d(channels, channels, 1) for _ in dilations)
        self.norms_1 = nn.ModuleList(ChannelNorm(channels) for _ in dilations)
        self.norms_2 = nn.ModuleList(ChannelNorm(channels) for _ in dilations)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """[1, H, T] -> [1, H, T]."""
        layers = zip(self.convs_sep, self.norms_1, self.convs_1x1, self.norms_2, strict=True)
        for separable, norm_1, pointwise, norm_2 in layers:
            y = F.gelu(norm_1(separable(_existing(x, mask))))
            x = x + F.gelu(norm_2(pointwise(y)))
        return x


class Affine(nn.Module):
    """The first flow: a shift and a scale for each of the two channels."""

    def __init__(self) -> None:
        super().__init__()
        self.m = nn.Parameter(torch.empty(2, 1))
        self.logs = nn.Parameter(torch.empty(2, 1))

    def reverse(self, z: Tensor) -> Tensor:
        """[1, 2, T] -> [1, 2, T]."""
        return (z - self.m) * torch.exp(-self.logs)


class SplineFlow(nn.Module):
    """Moves the second channel along a spline that the first channel and the text determine."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pre = Conv1d(1, channels, 1)
        self.convs = DilatedConvolutions(channels)
        self.proj = Conv1d(channels, splines.PARAMETERS, 1)
        self.scale = 1 / math.sqrt(channels)

    def reverse(self, z: Tensor, condition: Tensor, mask: Tensor | None = None) -> Tensor:
        """[1, 2, T] under the condition [1, H, T] -> [1, 2, T]."""
        kept, moved = z[:, :1], z[:, 1]
        parameters = self.proj(self.convs(self.pre(kept) + condition, mask)).transpose(1, 2)
        widths, heights, derivatives = parameters.split(
            (splines.BINS, splines.BINS, splines.BINS - 1), -1
        )
        moved = splines.invert(moved, widths * self.scale, heights * self.scale, derivatives)
        return torch.cat((kept, moved[:, None]), 1)


class StochasticDurationPredictor(nn.Module):
    """Log durations drawn from what the voice was trained on."""

    def __init__(self, channels: int, speaker_channels: int) -> None:
        super().__init__()
        self.pre = Conv1d(channels, channels, 1)
        self.convs = DilatedConvolutions(channels)
        self.proj = Conv1d(channels, channels, 1)
        self.cond = Conv1d(speaker_channels, channels, 1)
        flows: dict[str, nn.Module] = {"0": Affine()}
        flows |= {name: SplineFlow(channels) for name in _REVERSED_SPLINES}
        self.flows = nn.ModuleDict(flows)

    def forward(
        self, hidden: Tensor, speaker: Tensor, noise: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """[1, H, T], [1, G, 1], noise [1, 2, T] -> natural logarithm of frames per token [T].

        `mask` as in `DurationPredictor`.
        """
        condition = self.proj(self.convs(self.pre(hidden) + self.cond(speaker), mask))
        z = noise
        for name in _REVERSED_SPLINES:
            z = self._spline(name).reverse(z.flip(1), condition, mask)
        affine = self.flows["0"]
        assert isinstance(affine, Affine)
        return affine.reverse(z.flip(1))[0, 0]

    def _spline(self, name: str) -> SplineFlow:
        flow = self.flows[name]
        assert isinstance(flow, SplineFlow)
        return flow


def _existing(x: Tensor, mask: Tensor | None) -> Tensor:
    """With zeros where no token is, as "same" convolutions expect."""
    return x if mask is None else x * mask
