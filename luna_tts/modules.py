"""PyTorch's modules without initial values: their weights come from a file.

Random initial values would cost time for nothing, and on torch's meta device they import half of
its compiler: a second's work, during which nobody would be heard.
"""

from __future__ import annotations

from torch import nn


class Linear(nn.Linear):
    """A linear layer without initial values."""

    def reset_parameters(self) -> None:
        """Leaves them as they are."""


class Embedding(nn.Embedding):
    """A table of vectors without initial values."""

    def reset_parameters(self) -> None:
        """Leaves them as they are."""


class LayerNorm(nn.LayerNorm):
    """Layer normalisation without initial values."""

    def reset_parameters(self) -> None:
        """Leaves them as they are."""


class Conv1d(nn.Conv1d):
    """A convolution over time without initial values."""

    def reset_parameters(self) -> None:
        """Leaves them as they are."""


class ConvTranspose1d(nn.ConvTranspose1d):
    """A transposed convolution over time without initial values."""

    def reset_parameters(self) -> None:
        """Leaves them as they are."""
