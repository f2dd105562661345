"""Convolutions that go on where they stopped: a piece of speech costs what it is long.

Each layer keeps those of its input rows at which it will look again, so that a decoder fed piece by
piece computes every sample once, and the same sample as from the whole. Its output lags behind its
input by as many samples as it looks ahead, and catches up at the end.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Past:
    """The rows [N, C] that one layer has been given and still needs."""

    def __init__(self, rows: Tensor, owed: int) -> None:
        self.rows = rows
        self.owed = owed
        """Rows that are still to be cut off at the beginning of its output."""

    def take(self, count: int) -> Tensor:
        """The first `count` rows, which are needed no more."""
        # A copy of the few that stay: a view would keep all of them in memory.
        taken, self.rows = self.rows[:count], self.rows[count:].clone()
        return taken

    def paid(self, output: Tensor) -> Tensor:
        """The layer's output without the rows that are owed."""
        cut = min(self.owed, len(output))
        self.owed -= cut
        return output[cut:]


class Stream:
    """One utterance on its way through a decoder: the pasts of all layers, in running order."""

    def __init__(self) -> None:
        self._pasts: list[Past] = []
        self._place = 0
        self.last = False
        """Whether nothing comes after the present piece."""

    def begin(self, last: bool) -> None:
        """A new piece enters the first layer."""
        self._place, self.last = 0, last

    def next(self, rows: Tensor, before: int = 0, owed: int = 0) -> Past:
        """The past of the layer that runs now, `rows` [n, C] added; it begins with zeros."""
        if self._place == len(self._pasts):
            self._pasts.append(Past(rows.new_zeros(before, rows.shape[1]), owed))
        past = self._pasts[self._place]
        self._place += 1
        past.rows = torch.cat((past.rows, rows))
        return past

    def added(self, rows: Tensor, lagging: Tensor) -> Tensor:
        """Where `lagging` has arrived: the sum of both."""
        return self.next(rows).take(len(lagging)) + lagging

    def mean(self, branches: list[Tensor]) -> Tensor:
        """Where all branches have arrived: their mean."""
        pasts = [self.next(rows) for rows in branches]
        ready = min(len(past.rows) for past in pasts)
        total = pasts[0].take(ready)
        for past in pasts[1:]:
            total = total + past.take(ready)
        return total / len(pasts)
