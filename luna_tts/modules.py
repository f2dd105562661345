"""PyTorch's modules without initial values: their weights come from a file.

Random initial values would cost time for nothing, and on torch's meta device they import half of
its compiler: a second's work, during which nobody would be heard.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_ROWS: Final = 32
"""What oneDNN is told to pack for; the packed form serves any other number of rows as well."""


class Linear(nn.Linear):
    """A linear layer without initial values, which `pack` makes faster for few rows."""

    packed: Tensor | None = None

    def reset_parameters(self) -> None:
        """Leaves them as they are."""

    def pack(self) -> None:
        """Brings the weight into oneDNN's own order, once; without it each call does so anew.

        The plain weight is dropped. Nothing happens where oneDNN does not compute.
        """
        self.packed = packed(self.weight)
        if self.packed is not None:
            self.weight = without_memory(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        """[n, in] of any precision -> [n, out] of the weight's."""
        return product(input, self.weight, self.packed, self.bias)


def packed(matrix: Tensor) -> Tensor | None:
    """A matrix [out, in] in oneDNN's order, or None where oneDNN does not compute."""
    has_onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if matrix.device.type != "cpu" or not has_onednn:
        return None
    order: Tensor = torch.ops.mkldnn._reorder_linear_weight(matrix.detach(), _ROWS)
    return order


def product(
    rows: Tensor, matrix: Tensor, packed: Tensor | None, bias: Tensor | None, *, relu: bool = False
) -> Tensor:
    """Rows [n, in] times matrix.T [in, out], plus bias, then a ReLU if asked for.

    In the precision of the matrix, whatever that of the rows is.
    """
    rows = rows.to(matrix.dtype)
    if packed is not None:
        what = "relu" if relu else "none"
        result: Tensor = torch.ops.mkldnn._linear_pointwise(rows, packed, bias, what, [], "")
        return result
    result = F.linear(rows, matrix, bias)
    return F.relu_(result) if relu else result


def without_memory(weight: Tensor) -> nn.Parameter:
    """What is left of a packed weight: its shape and precision."""
    return nn.Parameter(torch.empty_like(weight, device="meta"), requires_grad=False)


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
