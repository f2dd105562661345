"""The one inference thread, and whose step runs on it next: the listener who would run dry first.

A step is about 100 ms of work for one stream. Each time the thread is free it takes, of all steps
that wait, the one whose listener has the least left to hear; a new listener's first window comes
before a comfortable listener's tenth (earliest deadline first, Liu and Layland 1973).

When more is asked for than there is, deadlines alone would let everybody run dry in turn (Locke
1986). So of those who are nearly dry the cheapest voice comes first, and of equal ones whoever
began first: some wait, or are stepped down, and more of the others hear no gap.

A graphics card computes sixteen in hardly more than the time of one (together.py). There equal ones
go from stage to stage together until they sound, instead of one after another.

A step that does not end (a driver that hangs, a disk that does not answer) cannot be interrupted in
Python: its thread is left to itself and another one goes on.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from luna_tts.errors import EngineClosed

T = TypeVar("T")
Urgency = tuple[float, int, float, int, float]

_PATIENCE_SECONDS = 2.0
"""Work that nobody listens to (a file, a warm-up) counts as due this long after it was asked."""
_FIRST_SOUND_SECONDS = 0.25
"""Whoever asks waits so long without complaint, but whoever runs dry hears a gap at once: the steps
before a first sound let those go first who have less left than that."""
_NEARLY_DRY_SECONDS = 0.4
"""Some steps of others fit into it, and one's own."""
_CHEAPEST = 1 / 16
"""Work a second of speech; cheaper voices are equal."""
_CUSHION_WORK = 0.1
"""Seconds of work for which the next step of a cheap voice may press before its listener is dry."""
STUCK_SECONDS = 30.0
"""A step that takes longer will not end."""
WATCH_SECONDS = 1.0
_END_SECONDS = 5.0
"""How long closing waits for the step that runs."""

_log = logging.getLogger(__name__)


@dataclass
class Price:
    """What the speech of one voice takes."""

    work_seconds: float = 0.0
    speech_seconds: float = 0.0

    @property
    def each(self) -> float:
        """Work a second of speech."""
        return max(self.work_seconds / (self.speech_seconds + 1), _CHEAPEST)

    @property
    def rank(self) -> int:
        """The same in classes four times as wide: within one all are equal."""
        return round(math.log2(self.each) / 2)

    @property
    def cushion(self) -> float:
        """Seconds left to hear below which a step of it presses: more of what costs others less.

        Dear voices that the machine cannot feed are nearly dry all the time. Did only those come
        before them who are so too, all listeners of cheap ones would be, at the same moment.
        """
        return max(_NEARLY_DRY_SECONDS, _CUSHION_WORK / self.each)


class Deadline:
    """How urgent the next step of one utterance is."""

    def __init__(
        self,
        seconds_left: Callable[[], float] = lambda: 0.0,
        price: Price | None = None,
        *,
        together: bool = False,
    ) -> None:
        self._seconds_left = seconds_left
        self._price = price or Price()
        self._together = together
        self._began = time.monotonic()
        self._sounds = False
        self._steps = 0

    def worked(self, seconds: float) -> None:
        """A step of it took so long."""
        self._price.work_seconds += seconds
        self._steps += 1

    def gave(self, seconds: float) -> None:
        """Its listener was given so much to hear."""
        self._price.speech_seconds += seconds
        self._sounds = self._sounds or seconds > 0

    def seconds_left(self) -> float:
        """What is left to hear; for who waits for the first sound, at least until that is due."""
        left = self._seconds_left()
        due = self._began + _FIRST_SOUND_SECONDS
        return left if self._sounds else max(left, due - time.monotonic())

    def urgency(self) -> Urgency:
        """Less is more urgent."""
        left = self.seconds_left()
        if left > self._price.cushion:
            return (left, 0, 0.0, 0, self._began)
        dry_in = left if left > _NEARLY_DRY_SECONDS else 0.0
        stage = self._steps if self._together and not self._sounds else 0
        return (_NEARLY_DRY_SECONDS, self._price.rank, dry_in, stage, self._began)


@dataclass(eq=False)
class _Step:
    work: Callable[[], Any]
    deadline: Deadline | None
    future: Future[Any] = field(default_factory=Future)
    asked_at: float = field(default_factory=time.monotonic)
    began_at: float = 0.0

    def urgency(self) -> Urgency:
        if self.future.cancelled():
            return (-1.0, 0, 0.0, 0, self.asked_at)
        if self.deadline is None:
            left = self.asked_at + _PATIENCE_SECONDS - time.monotonic()
            return (left, 0, 0.0, 0, self.asked_at)
        return self.deadline.urgency()

    def carry_out(self) -> None:
        """Does the work; whatever becomes of it belongs to whoever asked for the step."""
        try:
            result = self.work()
            if self.deadline:
                self.deadline.worked(time.monotonic() - self.began_at)
        except BaseException as error:
            if not self.future.done():
                self.future.set_exception(error)
        else:
            if not self.future.done():  # it was given up meanwhile
                self.future.set_result(result)


class Scheduler:
    """Owns the inference thread. Everything that touches a model runs through `run`."""

    def __init__(self, *, together: bool = False) -> None:
        """`together`: the device computes many steps in hardly more than the time of one."""
        self._together = together
        self._waiting: list[_Step] = []
        self._running: _Step | None = None
        self._lock = threading.Lock()
        self._come = threading.Condition(self._lock)
        self._closed = False
        self._prices: defaultdict[str, Price] = defaultdict(Price)
        self.relieved = 0
        """How many threads were left to themselves."""
        self._thread = self._new_thread()

    @property
    def waiting(self) -> int:
        """How many steps wait for the thread."""
        return len(self._waiting)

    @property
    def step_seconds(self) -> float:
        """How long the present step has been running; 0 if none is."""
        step = self._running
        return time.monotonic() - step.began_at if step else 0.0

    def deadline(self, voice: str, seconds_left: Callable[[], float] | None) -> Deadline | None:
        """Of an utterance of `voice`; none where nobody listens."""
        if seconds_left is None:
            return None
        return Deadline(seconds_left, self._prices[voice], together=self._together)

    async def run(self, work: Callable[[], T], deadline: Deadline | None = None) -> T:
        """Runs `work` on the inference thread when its turn comes.

        `deadline` says how urgent it is, that of the utterance to which it belongs. Cancelling
        drops work that has not begun and abandons the result of work that has.
        Raises `EngineClosed` once the scheduler is closed, `TimeoutError` if the step was given up.
        """
        return await asyncio.wrap_future(self.submit(work, deadline))

    def submit(self, work: Callable[[], T], deadline: Deadline | None = None) -> Future[T]:
        """Like `run`, without waiting."""
        step = _Step(work, deadline)
        with self._lock:
            if self._closed:
                raise EngineClosed
            self._waiting.append(step)
            self._come.notify()
        return step.future

    async def watch(self) -> None:
        """Relieves whatever step is stuck, until it is cancelled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self.relieve(STUCK_SECONDS):
                _log.error(
                    "a step of speech did not end within %g s: its thread was left to itself and "
                    "another one goes on; if that happens again, start Luna anew",
                    STUCK_SECONDS,
                )

    def relieve(self, longest: float) -> bool:
        """Gives up the present step if it has run longer than `longest` seconds.

        The others go on, on a thread of their own. Returns whether that was so.
        """
        with self._lock:
            step = self._running
            if step is None or self.step_seconds <= longest:
                return False
            self._running = None
            self.relieved += 1
            self._thread = self._new_thread()
        step.future.set_exception(TimeoutError(f"a step took longer than {longest:g} s"))
        return True

    def _new_thread(self) -> threading.Thread:
        # A daemon: one that hangs must not keep the process from ending.
        ended = self._ended = Future[None]()
        work = partial(self._work, ended)
        thread = threading.Thread(target=work, name="luna-inference", daemon=True)
        thread.start()
        return thread

    def _work(self, ended: Future[None]) -> None:
        while (step := self._next()) is not None:
            step.carry_out()
            with self._lock:
                if self._running is not step:
                    return  # another thread has taken over
                self._running = None
        ended.set_result(None)

    def _next(self) -> _Step | None:
        """The most urgent step, once there is one; None at the end."""
        with self._lock:
            while True:
                while not self._waiting:
                    if self._closed:
                        return None
                    self._come.wait()
                step = min(self._waiting, key=_Step.urgency)
                self._waiting.remove(step)
                if step.future.set_running_or_notify_cancel():
                    step.began_at = time.monotonic()
                    self._running = step
                    return step

    async def aclose(self) -> None:
        """Lets the running step come to its end, refuses the waiting ones, ends the thread.

        A step that does not end is left to itself after some seconds.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            abandoned, self._waiting = self._waiting, []
            self._come.notify_all()
        for step in abandoned:
            if step.future.set_running_or_notify_cancel():
                step.future.set_exception(EngineClosed())
        await asyncio.wait([asyncio.wrap_future(self._ended)], timeout=_END_SECONDS)
        if self._ended.done():
            self._thread.join()
        else:
            _log.warning("the inference thread does not end: it is left to itself")
