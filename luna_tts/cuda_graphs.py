"""Work for a graphics card, recorded once and launched as one (CUDA graphs).

Speech is thousands of small operations: a card is done with each before Python has asked for the
next. What is recorded is of fixed shapes; see few_lengths.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final

import torch
from torch import Tensor

_MOST: Final = 512
"""Recordings that are kept; those that were not used for longest go."""

Work = Callable[..., tuple[Tensor, ...]]


class Graphs:
    """The recordings of one network, for the one thread that computes with it."""

    def __init__(self) -> None:
        self._seen: set[Hashable] = set()
        self._recordings: OrderedDict[Hashable, _Recording] = OrderedDict()
        self._memory: Any = None
        """What all recordings work in: one at a time, and what comes out is copied at once."""

    def records(self, tensor: Tensor) -> bool:
        """Whether there is anything to be gained where `tensor` is."""
        return tensor.device.type == "cuda"

    def run(self, key: Hashable, work: Work, *inputs: Tensor) -> tuple[Tensor, ...]:
        """What `work(*inputs)` gives, which is new tensors.

        An equal `key` means the same operations on the same shapes. The first time they prepare
        what libraries need, the second time they are recorded; elsewhere than on a graphics card
        the work is done anew each time.
        """
        if inputs[0].device.type != "cuda":
            return work(*inputs)
        recording = self._recordings.get(key)
        if recording is None:
            if key not in self._seen:
                self._seen.add(key)
                return work(*inputs)
            self._memory = self._memory or torch.cuda.graph_pool_handle()
            recording = self._recordings[key] = _Recording(work, inputs, self._memory)
            if len(self._recordings) > _MOST:
                self._recordings.popitem(last=False)
        self._recordings.move_to_end(key)
        return recording.replay(inputs)


class _Recording:
    def __init__(self, work: Work, inputs: tuple[Tensor, ...], memory: Any) -> None:
        self._inputs = [tensor.clone() for tensor in inputs]
        self._graph = torch.cuda.CUDAGraph()
        # Another thread may be loading a voice meanwhile.
        with torch.cuda.graph(self._graph, pool=memory, capture_error_mode="thread_local"):
            self._outputs = work(*self._inputs)

    def replay(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        for place, tensor in zip(self._inputs, inputs, strict=True):
            place.copy_(tensor)
        self._graph.replay()
        return tuple(tensor.clone() for tensor in self._outputs)
