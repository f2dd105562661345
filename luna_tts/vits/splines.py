"""Monotonic rational-quadratic splines, backwards.

Durkan, Bekasov, Murray, Papamakarios, "Neural Spline Flows" (2019), section 3.1 and appendix A. One
bin is a quotient of two quadratics that rises from knot to knot; its inverse is the root of a
quadratic equation, so that a flow can be run from noise to data.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

BINS = 10
PARAMETERS = 3 * BINS - 1
"""Per value: widths, heights, and the derivatives at the inner knots."""

_BOUND = 5.0
_LEAST_SIZE = 1e-3
_LEAST_DERIVATIVE = 1e-3
_EDGE = 1e-6
"""Widens the last bin, so that the bound itself lies inside it."""
_SLOPE_ONE = math.log(math.expm1(1 - _LEAST_DERIVATIVE))
"""What softplus turns into a derivative of 1: inside and tails meet without a bend."""


def invert(y: Tensor, widths: Tensor, heights: Tensor, derivatives: Tensor) -> Tensor:
    """The x that the spline maps to `y`; beyond [-5, 5] the spline is the identity.

    Args:
        y: values of any shape [...].
        widths: unnormalised, [..., 10].
        heights: unnormalised, [..., 10].
        derivatives: unnormalised, at the nine inner knots, [..., 9].
    """
    inside = (y >= -_BOUND) & (y <= _BOUND)
    inner = _invert_inside(y.clamp(-_BOUND, _BOUND), widths, heights, derivatives)
    return torch.where(inside, inner, y)


def _invert_inside(y: Tensor, widths: Tensor, heights: Tensor, derivatives: Tensor) -> Tensor:
    """Solves equation 4 of the paper for x, as in its appendix A.3 (equations 29 to 32)."""
    x_knots, y_knots = _knots(widths), _knots(heights)
    slopes = _LEAST_DERIVATIVE + F.softplus(F.pad(derivatives, (1, 1), value=_SLOPE_ONE))
    number = _bin(y, y_knots)
    x_0, width = _edge_and_size(x_knots, number)
    y_0, height = _edge_and_size(y_knots, number)
    slope_0, slope_1 = _at(slopes, number), _at(slopes, number + 1)
    delta = height / width
    rise = (y - y_0) * (slope_0 + slope_1 - 2 * delta)
    a = height * (delta - slope_0) + rise
    b = height * slope_0 - rise
    c = -delta * (y - y_0)
    # Rounding may push the discriminant of a flat bin a hair below zero.
    discriminant = (b.square() - 4 * a * c).clamp_min(0)
    # This form of the root stays stable where `a` vanishes.
    root = 2 * c / (-b - discriminant.sqrt())
    return root * width + x_0


def _knots(sizes: Tensor) -> Tensor:
    """Unnormalised bin sizes [..., 10] -> positions of the knots [..., 11] from -5 to 5."""
    shares = _LEAST_SIZE + (1 - _LEAST_SIZE * BINS) * sizes.softmax(-1)
    inner = 2 * _BOUND * shares.cumsum(-1)[..., :-1] - _BOUND
    return F.pad(F.pad(inner, (1, 0), value=-_BOUND), (0, 1), value=_BOUND)


def _bin(y: Tensor, knots: Tensor) -> Tensor:
    """The number 0..9 of the bin that holds each `y`."""
    passed = y[..., None] >= F.pad(knots[..., :-1], (0, 1), value=_BOUND + _EDGE)
    return (passed.sum(-1) - 1).clamp(0, BINS - 1)


def _edge_and_size(knots: Tensor, number: Tensor) -> tuple[Tensor, Tensor]:
    left = _at(knots, number)
    return left, _at(knots, number + 1) - left


def _at(values: Tensor, number: Tensor) -> Tensor:
    return values.gather(-1, number[..., None])[..., 0]
