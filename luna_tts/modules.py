"""PyTorch's modules without initial values: their weights come from a file.

Random initial values would cost time for nothing, and on torch's meta device they import half of
its compiler: a second's work, during which nobody would be heard.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from luna_tts.int8 import (
    FEW_ROWS,
    THEN,
    Int8Matrix,
    Then,
    overlapping,
    packed_matrix,
    rounded_weight,
)

_SCALES: Final = ".scales"


class Packs(ABC):
    """A module whose weight is brought into oneDNN's own order, once; else each call does so."""

    weight: Tensor

    @abstractmethod
    def reordered(self, weight: Tensor) -> Tensor | None:
        """The weight in that order, or None where oneDNN does not compute."""

    @abstractmethod
    def take(self, order: Tensor) -> None:
        """Computes with what `reordered` gave."""

    @abstractmethod
    def keep(self, weight: Tensor) -> None:
        """Computes with the plain weight."""


class Linear(nn.Linear, Packs):
    """A linear layer without initial values."""

    packed: Tensor | Int8Matrix | None = None
    scales: nn.Parameter
    """Only there in 8 bits."""

    def reset_parameters(self) -> None:
        """Leaves them as they are."""

    def reordered(self, weight: Tensor) -> Tensor | None:
        """See `Packs`."""
        return packed(weight)

    def take(self, order: Tensor) -> None:
        """See `Packs`."""
        self.packed = Int8Matrix(order, self.scales) if order.dtype == torch.int8 else order

    def keep(self, weight: Tensor) -> None:
        """See `Packs`."""
        self.weight = parameter(weight)

    def forward(self, input: Tensor, then: Then = "none") -> Tensor:
        """[n, in] of any precision -> [n, out] of the weight's, float32 of one in 8 bits."""
        if isinstance(self.packed, Int8Matrix):
            return self.packed.product(input.float(), self.bias, then)
        return product(input, self.weight, self.packed, self.bias, then)


def use_8_bits(module: Linear | Conv1d) -> None:
    """The module will compute in 8 bits, and give float32; asked for before weights are assigned.

    Its weight is whole numbers then, [out, ...], and `scales` [out] what each row is to be
    multiplied by: see `rounded_weight`. They come first, for whoever takes the weight needs them.
    """
    weight = module.weight
    del module.weight
    module.scales = _placeholder(weight.shape[:1], torch.float32)
    module.weight = _placeholder(weight.shape, torch.int8)


def weight_of(name: str) -> str:
    """The weight to which a parameter `name`, scales perhaps, belongs."""
    return f"{name.removesuffix(_SCALES)}.weight" if is_scales(name) else name


def is_scales(name: str) -> bool:
    """Whether the parameter `name` is made by `use_8_bits`."""
    return name.endswith(_SCALES)


def converted(name: str, weight: Tensor, dtype: torch.dtype) -> Tensor:
    """What the parameter `name`, of `dtype`, is, if the weight to which it belongs is `weight`."""
    if is_scales(name):
        return rounded_weight(weight)[1]
    return rounded_weight(weight)[0] if dtype == torch.int8 else weight.to(dtype)


def in_8_bits(module: Packs) -> bool:
    """Whether `use_8_bits` was asked for."""
    return module.weight.dtype == torch.int8


def computes(weight: Tensor) -> bool:
    """Whether oneDNN computes with this weight, and may bring it into its own order."""
    has_onednn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return weight.device.type == "cpu" and has_onednn


def packed(matrix: Tensor) -> Tensor | None:
    """A matrix [out, in] in oneDNN's own order, or None where oneDNN does not compute."""
    if not computes(matrix):
        return None
    if matrix.dtype == torch.int8:
        return packed_matrix(matrix)
    order: Tensor = torch.ops.mkldnn._reorder_linear_weight(matrix.detach(), FEW_ROWS)
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
    return THEN[then](F.linear(rows, matrix, bias))


def parameter(value: Tensor) -> nn.Parameter:
    """A weight that is never trained."""
    return nn.Parameter(value, requires_grad=False)


def _placeholder(shape: torch.Size, dtype: torch.dtype) -> nn.Parameter:
    """Shape and precision of a weight without its memory."""
    # Not `empty_like`, which imports sympy for what is on the meta device: 0.7 s and 30 MB.
    return parameter(torch.empty(shape, dtype=dtype, device="meta"))


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

    scales: nn.Parameter
    """Only there in 8 bits."""

    def reset_parameters(self) -> None:
        """Leaves them as they are."""


class ConvTranspose1d(nn.ConvTranspose1d):
    """A transposed convolution over time without initial values."""

    def reset_parameters(self) -> None:
        """Leaves them as they are."""


class FrameConv1d(Conv1d, Packs):
    """A "same" convolution over the rows of [T, C], as one product of matrices.

    An even kernel reaches one row further to the right than to the left.
    """

    packed: Tensor | Int8Matrix | None = None

    def __init__(self, channels: int, out: int, kernel_size: int = 1) -> None:
        super().__init__(channels, out, kernel_size)
        self.width = kernel_size

    def reordered(self, weight: Tensor) -> Tensor | None:
        """See `Packs`."""
        return packed(_matrix(weight))

    def take(self, order: Tensor) -> None:
        """See `Packs`."""
        self.packed = Int8Matrix(order, self.scales) if order.dtype == torch.int8 else order

    def keep(self, weight: Tensor) -> None:
        """See `Packs`."""
        self.weight = parameter(_matrix(weight))

    def forward(self, x: Tensor, then: Then = "none") -> Tensor:
        """[T, C] of any precision -> [T, out] of the weight's, float32 of one in 8 bits."""
        x = x.to(torch.float32 if in_8_bits(self) else self.weight.dtype)
        if self.width > 1:
            before = (self.width - 1) // 2
            x = F.pad(x, (0, 0, before, self.width - 1 - before))
        if isinstance(self.packed, Int8Matrix):
            return self.packed.convolve(x, self.bias, then)
        windows = overlapping(x, self.width) if self.width > 1 else x
        return product(windows, self.weight, self.packed, self.bias, then)


def _matrix(kernel: Tensor) -> Tensor:
    """[out, C, k] -> [out, k * C]."""
    return kernel.transpose(1, 2).flatten(1).contiguous()


def assign(network: nn.Module, name: str, value: Tensor) -> None:
    """Gives the parameter `name` of a network its value, packed or to be packed.

    One by one, so that no weight is in memory twice.
    """
    path, _, attribute = name.rpartition(".")
    module = network.get_submodule(path)
    if attribute != "weight" or not isinstance(module, Packs):
        setattr(module, attribute, parameter(value))
        return
    order = value if value.is_mkldnn else module.reordered(value)
    if order is None:
        module.keep(value)
    else:
        module.take(order)
        module.weight = _placeholder(module.weight.shape, order.dtype)
