"""PyTorch's modules without initial values: their weights come from a file.

Random initial values would cost time for nothing, and on torch's meta device they import half of
its compiler: a second's work, during which nobody would be heard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_ROWS: Final = 32
"""What oneDNN is told to pack for; the packed form serves any other number of rows as well."""


Then = Literal["none", "relu", "gelu"]
_THEN: Final[dict[Then, Callable[[Tensor], Tensor]]] = {
    "none": lambda x: x,
    "relu": F.relu_,
    "gelu": F.gelu,
}


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

    def forward(self, input: Tensor, then: Then = "none") -> Tensor:
        """[n, in] of any precision -> [n, out] of the weight's."""
        return product(input, self.weight, self.packed, self.bias, then)


def computes(weight: Tensor) -> bool:
    """Whether oneDNN computes with this weight, and may bring it into its own order."""
    has_onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return weight.device.type == "cpu" and has_onednn


def packed(matrix: Tensor) -> Tensor | None:
    """A matrix [out, in] in oneDNN's order, or None where oneDNN does not compute."""
    if not computes(matrix):
        return None
    order: Tensor = torch.ops.mkldnn._reorder_linear_weight(matrix.detach(), _ROWS)
    return order


def product(
    rows: Tensor, matrix: Tensor, packed: Tensor | None, bias: Tensor | None, then: Then = "none"
) -> Tensor:
    """Rows [n, in] times matrix.T [in, out], plus bias, then what is asked for.

    In the precision of the matrix, whatever that of the rows is.
    """
    rows = rows.to(matrix.dtype)
    if packed is not None:
        way = "none" if then == "gelu" else ""  # the exact one, not its approximation by tanh
        result: Tensor = torch.ops.mkldnn._linear_pointwise(rows, packed, bias, then, [], way)
        return result
    return _THEN[then](F.linear(rows, matrix, bias))


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


class FrameConv1d(Conv1d):
    """A "same" convolution over the rows of [T, C], as one product of matrices.

    An even kernel reaches one row further to the right than to the left.
    """

    packed: Tensor | None = None

    def __init__(self, channels: int, out: int, kernel_size: int = 1) -> None:
        super().__init__(channels, out, kernel_size)
        self.width = kernel_size

    def pack(self) -> None:
        """Makes the kernel [out, C, k] a matrix [out, k * C], packed where that is faster."""
        matrix = self.weight.transpose(1, 2).flatten(1)
        self.packed = packed(matrix)
        kept = matrix.contiguous() if self.packed is None else without_memory(matrix)
        self.weight = nn.Parameter(kept, requires_grad=False)

    def forward(self, x: Tensor, then: Then = "none") -> Tensor:
        """[T, C] of any precision -> [T, out] of the weight's."""
        if self.width > 1:
            before = (self.width - 1) // 2
            x = F.pad(x.to(self.weight.dtype), (0, 0, before, self.width - 1 - before))
            # Windows of neighbouring rows overlap in memory: nothing is copied.
            x = x.as_strided(
                (x.shape[0] - self.width + 1, self.width * x.shape[1]), (x.shape[1], 1)
            )
        return product(x, self.weight, self.packed, self.bias, then)


@runtime_checkable
class _Packs(Protocol):
    def pack(self) -> None: ...


def assign(network: nn.Module, name: str, value: Tensor) -> None:
    """Gives the parameter `name` of a network its value, and packs it where that is faster.

    One by one, so that no weight is in memory twice.
    """
    path, _, attribute = name.rpartition(".")
    module = network.get_submodule(path)
    setattr(module, attribute, nn.Parameter(value, requires_grad=False))
    if attribute == "weight" and isinstance(module, _Packs):
        module.pack()
