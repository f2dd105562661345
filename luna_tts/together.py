"""What several listeners want of one network at the same moment, computed at once on a card.

A graphics card takes hardly longer for sixteen windows of speech than for one. So whoever comes to
a stage says what is wanted and gives the others their turn; the first whose answer is needed has
everything like it computed with it, and the others find theirs done. On a CPU, which is busy with
one, that would only make the first wait: there each is computed when it is needed.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import islice
from typing import Final
from weakref import WeakSet

import torch
from torch import Tensor

from luna_tts.cuda_graphs import Graphs, Work

MOST: Final = 16
"""At once: of more, cuDNN computes the decoder's windows twenty times as slowly."""


class Asked:
    """Work whose result somebody will need; forgotten with whoever asked for it."""

    def __init__(
        self, together: Together, key: Hashable | None, work: Work, inputs: tuple[Tensor, ...]
    ) -> None:
        self._together = together
        self.key, self.work, self.inputs = key, work, inputs
        self.made: tuple[Tensor, ...] | None = None

    def result(self) -> tuple[Tensor, ...]:
        """What the work gives, computed now if it is not yet."""
        if self.made is None:
            self._together.compute(self)
        assert self.made is not None
        return self.made


class Together:
    """All that is asked of one network, for the one thread that computes with it."""

    def __init__(self) -> None:
        self._graphs = Graphs()
        self._waiting: WeakSet[Asked] = WeakSet()

    def gains(self, tensor: Tensor) -> bool:
        """Whether there is anything to be gained where `tensor` is."""
        return self._graphs.records(tensor)

    def ask(self, key: Hashable | None, work: Work, *inputs: Tensor) -> Asked:
        """`work(*inputs)`, whose result is new tensors, when it is needed.

        An equal `key` means the same operations on the same shapes: it may be computed together
        with others that have it. Without a key it is computed by itself.
        """
        asked = Asked(self, key, work, inputs)
        if key is not None and self.gains(inputs[0]):
            self._waiting.add(asked)
        return asked

    @torch.inference_mode()
    def compute(self, asked: Asked) -> None:
        """Makes the result of `asked`, and of what else waits like it."""
        if asked not in self._waiting:
            asked.made = asked.work(*asked.inputs)
            return
        like = (each for each in self._waiting if each is not asked and each.key == asked.key)
        batch = [asked, *islice(like, MOST - 1)]
        try:
            results = self._made(batch)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise
            results = self._made([asked])  # the others try for themselves
        for each, made in zip(batch, results, strict=False):
            each.made, each.inputs = made, ()
            self._waiting.discard(each)

    def _made(self, batch: list[Asked]) -> list[tuple[Tensor, ...]]:
        first = batch[0]
        if len(batch) == 1:
            return [self._graphs.run(first.key, first.work, *first.inputs)]
        size = 1 << (len(batch) - 1).bit_length()  # few sizes, for each is recorded by itself
        inputs = [each.inputs for each in batch] + [first.inputs] * (size - len(batch))
        stacked = [torch.stack(rows) for rows in zip(*inputs, strict=True)]
        made = self._graphs.run((size, first.key), torch.func.vmap(first.work), *stacked)
        return list(zip(*(rows.unbind() for rows in made), strict=True))
