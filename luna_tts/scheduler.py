"""The one inference thread, and whose step runs on it next: the listener who would run dry first.

A step is about 100 ms of work for one stream. Each time the thread is free it takes, of all steps
that wait, the one whose listener has the least left to hear, so that a new listener's first window
comes before a comfortable listener's tenth (earliest deadline first, Liu and Layland 1973).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from luna_tts.errors import EngineClosed

T = TypeVar("T")

_PATIENCE_SECONDS = 2.0
"""Work that nobody listens to (a file, a warm-up) counts as due this long after it was asked."""


@dataclass(eq=False)
class _Step:
    work: Callable[[], Any]
    seconds_left: Callable[[], float] | None
    future: Future[Any] = field(default_factory=Future)
    asked_at: float = field(default_factory=time.monotonic)

    def urgency(self) -> tuple[float, float]:
        if self.future.cancelled():
            return (-1.0, self.asked_at)
        if self.seconds_left is None:
            return (self.asked_at + _PATIENCE_SECONDS - time.monotonic(), self.asked_at)
        return (self.seconds_left(), self.asked_at)


class Scheduler:
    """Owns the inference thread. Everything that touches a model runs through `run`."""

    def __init__(self) -> None:
        # The pool's queue holds one token for each waiting step; which step a token runs is chosen
        # when the thread is free.
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="luna-inference")
        self._waiting: list[_Step] = []
        self._lock = threading.Lock()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many steps wait for the thread."""
        return len(self._waiting)

    async def run(
        self, work: Callable[[], T], seconds_left: Callable[[], float] | None = None
    ) -> T:
        """Runs `work` on the inference thread when its turn comes.

        `seconds_left` says, from any thread, how much its listener still has to hear. Cancelling
        drops work that has not begun and abandons the result of work that has.
        Raises `EngineClosed` once the scheduler is closed.
        """
        return await asyncio.wrap_future(self.submit(work, seconds_left))

    def submit(
        self, work: Callable[[], T], seconds_left: Callable[[], float] | None = None
    ) -> Future[T]:
        """Like `run`, without waiting."""
        step = _Step(work, seconds_left)
        with self._lock:
            if self._closed:
                raise EngineClosed
            self._waiting.append(step)
            self._pool.submit(self._run_most_urgent)
        return step.future

    def _run_most_urgent(self) -> None:
        with self._lock:
            if not self._waiting:
                return  # the step of this token was abandoned by aclose()
            step = min(self._waiting, key=_Step.urgency)
            self._waiting.remove(step)
        if not step.future.set_running_or_notify_cancel():
            return
        try:
            step.future.set_result(step.work())
        except BaseException as error:  # it belongs to whoever asked for the step
            step.future.set_exception(error)

    async def aclose(self) -> None:
        """Lets the running step come to its end, refuses the waiting ones, ends the thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            abandoned, self._waiting = self._waiting, []
            end = self._pool.submit(lambda: None)
        for step in abandoned:
            if step.future.set_running_or_notify_cancel():
                step.future.set_exception(EngineClosed())
        await asyncio.wrap_future(end)
        self._pool.shutdown()
