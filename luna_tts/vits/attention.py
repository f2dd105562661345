"""The transformer of VITS: self-attention that knows relative positions within a short window.

Kim et al., "Conditional Variational Autoencoder with Adversarial Learning for End-to-End
Text-to-Speech" (2021), section 2.5; relative positions as in Shaw et al. (2018), equations 3 to 5.
Kong et al., "VITS2" (2023), section 2.4, lets the speaker in at the third layer.

Shapes: one utterance at a time, [T, channels] between modules. What is added up from layer to layer
stays float32; products are computed in the precision of the weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from luna_tts.modules import FrameConv1d, Linear, use_8_bits
from luna_tts.vits.layers import FrameNorm

WINDOW = 4
"""Positions to the left and to the right that have an embedding of their own."""
SPEAKER_LAYER = 2
"""The layer in front of which the speaker is added."""

_ROWS = 1024
"""Queries at once: memory grows with the length of the speech, not with its square."""


@dataclass(frozen=True, slots=True)
class Band:
    """Where the window lies in a row of T attention scores; the same for all layers."""

    index: Tensor
    """int64 [T, 9]: the position at distance -4..4 of each position, clamped to 0..T-1."""
    inside: Tensor
    """[T, 9]: 1 where that position exists, else 0."""
    rows: Tensor | None = None
    """bool [T, 1]: which positions exist; `None` = all."""

    @staticmethod
    def of(x: Tensor, dtype: torch.dtype, length: Tensor | None = None) -> Band:
        """The band of the positions of x [T, C], the first `length` [1] of which exist.

        For scores of `dtype`.
        """
        count = len(x)
        place = torch.arange(count, device=x.device)[:, None]
        index = place + torch.arange(-WINDOW, WINDOW + 1, device=x.device)
        inside = (index >= 0) & (index < (count if length is None else length))
        rows = None if length is None else place < length
        return Band(index.clamp(0, count - 1), inside.to(dtype), rows)

    def existing(self, x: Tensor) -> Tensor:
        """X [T, C] with zeros where no position exists, as "same" convolutions expect."""
        return x if self.rows is None else x * self.rows


class RelativeAttention(nn.Module):
    """Multi-head self-attention; the heads are contiguous blocks of channels."""

    def __init__(self, channels: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.conv_q = FrameConv1d(channels, channels)
        self.conv_k = FrameConv1d(channels, channels)
        self.conv_v = FrameConv1d(channels, channels)
        self.conv_o = FrameConv1d(channels, channels)
        window = 2 * WINDOW + 1
        self.emb_rel_k = nn.Parameter(torch.empty(1, window, channels // n_heads))
        self.emb_rel_v = nn.Parameter(torch.empty(1, window, channels // n_heads))

    def forward(self, x: Tensor, band: Band) -> Tensor:
        """Self-attention over [T, C]."""
        x = x.to(self.emb_rel_k.dtype)
        query = self._heads(self.conv_q(x))
        query = query / math.sqrt(query.shape[-1])
        key = self._heads(self.conv_k(x)).mT
        value = self._heads(self.conv_v(x))
        blocks = [
            self._attend(query[:, rows], key, value, band, rows) for rows in _row_blocks(len(x))
        ]
        mixed = torch.cat(blocks, 1) if len(blocks) > 1 else blocks[0]
        out: Tensor = self.conv_o(mixed.transpose(0, 1).flatten(1))
        return out

    def _heads(self, x: Tensor) -> Tensor:
        """[T, C] -> [n_heads, T, d]."""
        return x.view(len(x), self.n_heads, -1).transpose(0, 1)

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, band: Band, rows: slice) -> Tensor:
        """Queries of `rows` [n, R, d] against all keys [n, d, T], values [n, T, d] -> [n, R, d].

        Beside the scores, the window is nine numbers a row: added and read at their places, with
        no matrix of relative positions.
        """
        index, inside = band.index[rows].expand(self.n_heads, -1, -1), band.inside[rows]
        scores = query @ key
        scores.scatter_add_(2, index, (query @ self.emb_rel_k[0].T) * inside)
        if band.rows is not None:
            scores.masked_fill_(~band.rows.T, -math.inf)
        weights = scores.softmax(-1)
        near = weights.gather(2, index) * inside
        return weights @ value + near @ self.emb_rel_v[0]


class FeedForward(nn.Module):
    """Two convolutions with a ReLU between them, "same" length."""

    def __init__(self, channels: int, filter_channels: int, kernel_size: int) -> None:
        super().__init__()
        self.conv_1 = FrameConv1d(channels, filter_channels, kernel_size)
        self.conv_2 = FrameConv1d(filter_channels, channels, kernel_size)

    def quantize(self) -> None:
        """They will be in 8 bits; to be asked for before weights are assigned."""
        use_8_bits(self.conv_1)
        use_8_bits(self.conv_2)

    def forward(self, x: Tensor, band: Band) -> Tensor:
        """[T, C] -> [T, C]."""
        out: Tensor = self.conv_2(band.existing(self.conv_1(band.existing(x), "relu")))
        return out


class Encoder(nn.Module):
    """A stack of attention and feed-forward layers, normalised after each."""

    def __init__(
        self,
        channels: int,
        filter_channels: int,
        n_heads: int,
        n_layers: int,
        kernel_size: int,
        speaker_channels: int,
    ) -> None:
        super().__init__()
        layers = range(n_layers)
        self.spk_emb_linear = Linear(speaker_channels, channels)
        self.attn_layers = nn.ModuleList(RelativeAttention(channels, n_heads) for _ in layers)
        self.norm_layers_1 = nn.ModuleList(FrameNorm(channels) for _ in layers)
        self.ffn_layers = nn.ModuleList(
            FeedForward(channels, filter_channels, kernel_size) for _ in layers
        )
        self.norm_layers_2 = nn.ModuleList(FrameNorm(channels) for _ in layers)

    def forward(self, x: Tensor, speaker: Tensor, length: Tensor | None = None) -> Tensor:
        """[T, C], float32, and the speaker [1, G, 1] -> [T, C], float32.

        Where x was padded, `length` [1] rows of it are the speech.
        """
        band = Band.of(x, self.spk_emb_linear.weight.dtype, length)
        layers = zip(
            self.attn_layers, self.norm_layers_1, self.ffn_layers, self.norm_layers_2, strict=True
        )
        for number, (attention, norm_1, feed_forward, norm_2) in enumerate(layers):
            if number == SPEAKER_LAYER:
                x = x + self.spk_emb_linear(speaker[:, :, 0])
            x = norm_1(x + attention(x, band))
            x = norm_2(x + feed_forward(x, band))
        return x


def _row_blocks(length: int) -> list[slice]:
    return [slice(first, first + _ROWS) for first in range(0, length, _ROWS)]
