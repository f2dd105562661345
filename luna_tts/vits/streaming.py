"""Convolutions that go on where they stopped: a piece of speech costs what it is long.

Each layer keeps those of its input rows at which it will look again, so that a decoder fed piece by
piece computes every sample once, and the same sample as from the whole. Its output lags behind its
input by as many samples as it looks ahead, and catches up at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

Form = tuple[tuple[int, int, int], ...]


class Past:
    """The rows [N, C] that one layer has been given and still needs."""

    def __init__(self, rows: Tensor, owed: int) -> None:
        self.rows = rows
        self.owed = owed
        """Rows that are still to be cut off at the beginning of its output."""

    def drop(self, count: int) -> None:
        """The first `count` rows are needed no more."""
        # A copy of the few that stay: a view would keep all of them in memory.
        self.rows = self.rows[count:].clone()

    def add_to(self, lagging: Tensor, rows: Tensor) -> None:
        """Adds these rows and then `rows` to as many `lagging` ones, and keeps the rest."""
        old, ready = min(len(self.rows), len(lagging)), len(lagging)
        lagging[:old] += self.rows[:old]
        lagging[old:] += rows[: ready - old]
        if ready < len(self.rows):
            rows = torch.cat((self.rows, rows))
            old = 0
        self.rows = rows[ready - old :].clone()

    def paid(self, output: Tensor) -> Tensor:
        """The layer's output without the rows that are owed."""
        cut = min(self.owed, len(output))
        self.owed -= cut
        return output[cut:]


class Stream:
    """One utterance on its way through a decoder: the pasts of all layers, in running order."""

    def __init__(self, *, recorded: bool = False) -> None:
        """`recorded`: by a graphics card, for pieces of many utterances (together.py)."""
        self._recorded = recorded
        self._pasts: list[Past] = []
        self._packed: tuple[Form, Tensor] | None = None
        """What they will be, from the next piece on."""
        self._place = 0
        self.last = False
        """Whether nothing comes after the present piece."""
        self.surplus: int | Tensor = 0
        """How many rows at the end of what runs now are no speech: each layer sees zeros there."""

    @property
    def form(self) -> Form:
        """Of each past: how many rows of how many channels, and how many are owed."""
        if self._packed is not None:
            return self._packed[0]
        return tuple((*past.rows.shape, past.owed) for past in self._pasts)

    def pack(self, like: Tensor) -> Tensor:
        """All rows of all pasts, one behind the other, on the device and of the dtype of `like`."""
        if self._packed is not None:
            return self._packed[1]
        return torch.cat([like.new_empty(0), *(past.rows.flatten() for past in self._pasts)])

    def become(self, form: Form, packed: Tensor) -> None:
        """Takes the form and the rows of another one; none of them is copied."""
        self._packed = form, packed

    def begin(self, last: bool, surplus: int | Tensor) -> None:
        """A new piece enters the first layer; only the last one may have a surplus."""
        self._place, self.last, self.surplus = 0, last, surplus
        if self._packed is not None:
            self._pasts = list(_unpacked(*self._packed))
            self._packed = None

    def next(self, like: Tensor, before: int = 0, owed: int = 0) -> Past:
        """The past of the layer that runs now; it begins with `before` rows of zeros."""
        if self._place == len(self._pasts):
            self._pasts.append(Past(like.new_zeros(before, like.shape[1]), owed))
        self._place += 1
        return self._pasts[self._place - 1]

    def take(
        self, rows: Tensor, slope: float, before: int = 0, after: int = 0, owed: int = 0
    ) -> Past:
        """The past of the layer that runs now, and behind it `rows`, negative values times `slope`.

        It begins with `before` rows of zeros, and ends with `after` ones behind the last piece. In
        one pass over the memory: that is what a decoder's narrow stages spend their time on.
        """
        past = self.next(rows, before, owed)
        after = after if self.last else 0
        old, end = len(past.rows), len(past.rows) + len(rows)
        joined = rows.new_empty(end + after, rows.shape[1])
        joined[:old] = past.rows
        place = joined[old:end]
        if slope == 1:
            place.copy_(rows)
        elif self._recorded:
            place.copy_(F.leaky_relu(rows, slope))  # what vmap knows
        else:
            torch.ops.aten.leaky_relu.out(rows, slope, out=place)
        if isinstance(self.surplus, Tensor):
            row = torch.arange(end + after, device=rows.device)
            joined.masked_fill_((row >= end - self.surplus)[:, None], 0)
        elif self.surplus + after:
            joined[end - self.surplus :] = 0
        past.rows = joined
        return past

    def added(self, rows: Tensor, lagging: Tensor) -> Tensor:
        """`lagging`, to which as many of all `rows` that came here have been added."""
        self.next(rows).add_to(lagging, rows)
        return lagging

    def mean(self, branches: list[Tensor]) -> Tensor:
        """Where all branches have arrived: their mean, in the memory of the one that lags most."""
        pasts = [self.next(rows) for rows in branches]
        pairs = list(zip(pasts, branches, strict=True))
        pairs.sort(key=lambda pair: (len(pair[0].rows) + len(pair[1]), len(pair[0].rows)))
        (_, total), *others = pairs  # of the first, nothing was left waiting
        for past, rows in others:
            past.add_to(total, rows)
        return total.div_(len(branches))


def _unpacked(form: Form, packed: Tensor) -> Iterator[Past]:
    first = 0
    for count, channels, owed in form:
        rows = packed[first : first + count * channels].view(count, channels)
        yield Past(rows, owed)
        first += count * channels
