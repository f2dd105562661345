"""ReadThrough: rows in memory, each read once, however many ask for it at the same time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class ReadThrough(Generic[K, V]):
    """The values most recently used, together at most `capacity` as `weigh` counts them."""

    def __init__(
        self,
        load: Callable[[K], Awaitable[V]],
        capacity: int,
        weigh: Callable[[V], int] = lambda value: 1,
    ) -> None:
        self._load = load
        self._capacity = capacity
        self._weigh = weigh
        self._weight = 0
        self._values: OrderedDict[K, V] = OrderedDict()
        self._loading: dict[K, asyncio.Task[V]] = {}
        self._tasks: set[asyncio.Task[V]] = set()

    async def get(self, key: K) -> V:
        """The value, read if it is not here. A caller that is cancelled disturbs no other."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        task = self._loading.get(key)
        if task is None:
            task = self._loading[key] = asyncio.create_task(self._fetch(key), name="luna-read")
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def put(self, key: K, value: V) -> None:
        """Keeps what was just written; a read that is still under way comes too late."""
        self.discard(key)
        self._values[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._capacity and len(self._values) > 1:
            _, oldest = self._values.popitem(last=False)
            self._weight -= self._weigh(oldest)

    def discard(self, key: K) -> None:
        """Has the value read again when it is next asked for."""
        self._loading.pop(key, None)
        if key in self._values:
            self._weight -= self._weigh(self._values.pop(key))

    def discard_where(self, matches: Callable[[K], bool]) -> None:
        """`discard` for every key of which that is true."""
        for key in [key for key in (*self._values, *self._loading) if matches(key)]:
            self.discard(key)

    async def settled(self) -> None:
        """Returns when no read is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fetch(self, key: K) -> V:
        task = asyncio.current_task()
        try:
            value = await self._load(key)
            if self._loading.get(key) is task:
                self.put(key, value)
            return value
        finally:
            if self._loading.get(key) is task:
                del self._loading[key]

    def _done(self, task: asyncio.Task[V]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be left to hear it
