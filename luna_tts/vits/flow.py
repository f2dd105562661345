"""From what the text says to what the decoder hears: couplings with a transformer inside.

Kong et al., VITS2 (2023), section 2.3, on Kim et al., VITS (2021), section 2.1.2. The flow maps
speech to a simple distribution in training; inference runs it backwards.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from luna_tts.hyper_parameters import HyperParameters
from luna_tts.modules import FrameConv1d
from luna_tts.vits.attention import Encoder, FeedForward

_COUPLINGS = ("0", "2", "4", "6")
"""The odd places are flips of the channels: they have no weights."""
_KERNEL_SIZE = 5


class Coupling(nn.Module):
    """Shifts half of the channels by what the other half and the speaker determine."""

    def __init__(self, parameters: HyperParameters) -> None:
        super().__init__()
        half = parameters.inter_channels // 2
        channels = parameters.hidden_channels
        self.pre = FrameConv1d(half, channels)
        self.enc = Encoder(
            channels,
            parameters.filter_channels,
            parameters.n_heads,
            parameters.flow_layers,
            _KERNEL_SIZE,
            parameters.gin_channels,
        )
        self.post = FrameConv1d(channels, half)

    def reverse(self, x: Tensor, speaker: Tensor, length: Tensor | None) -> Tensor:
        """[T', I] and [1, G, 1] -> [T', I]."""
        kept, moved = x.chunk(2, 1)
        shift = self.post(self.enc(self.pre(kept).float(), speaker, length))
        return torch.cat((kept, moved - shift), 1)


class Flow(nn.Module):
    """Four couplings, the channels flipped in between."""

    def __init__(self, parameters: HyperParameters) -> None:
        super().__init__()
        self.flows = nn.ModuleDict({name: Coupling(parameters) for name in _COUPLINGS})

    def quantize(self) -> None:
        """The widest products will be in 8 bits; to be asked for before weights are assigned."""
        for module in self.modules():
            if isinstance(module, FeedForward):
                module.quantize()

    def steps(self) -> int:
        """How many calls of `reverse_step` make the whole flow."""
        return len(_COUPLINGS)

    def reverse_step(
        self, x: Tensor, speaker: Tensor, step: int, length: Tensor | None = None
    ) -> Tensor:
        """One coupling of the way from z_p to z: [1, I, T'] -> [1, I, T']; `step` is 0..3.

        Where x was padded, `length` [1] frames of it are the speech.
        What comes out has the channels of one frame side by side in memory, as the decoder likes.
        """
        coupling = self.flows[_COUPLINGS[-1 - step]]
        assert isinstance(coupling, Coupling)
        return coupling.reverse(x[0].T.flip(1), speaker, length).T[None]
