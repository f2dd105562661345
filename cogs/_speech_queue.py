"""SpeechQueue: what one guild is going to hear, one after the other. No Discord."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from luna_tts import TTSService
from luna_tts.errors import EngineClosed, NothingToSay

from ._activity import Timings
from ._pcm_stream import PcmStream
from ._rendering import Rendering, Utterance
from ._step_down import StepDown
from ._waiting_list import WaitingList

__all__ = ["SpeechQueue", "Utterance"]

INTRODUCED_SECONDS = 30.0
"""For which listeners know who has just spoken, if nobody else has."""

_log = logging.getLogger(__name__)


class SpeechQueue:
    """Speaks one utterance at a time and synthesizes the one after it ahead.

    One task owns the order; every utterance has its own task for synthesis, so that a failure takes
    away one utterance and nothing else. `service` is asked anew for each, since an engine can be
    reloaded; `play` sounds a stream from where it is to its end and may be cancelled.
    `announce_dropped` makes what is said of so many that were left out.
    """

    def __init__(
        self,
        service: Callable[[], TTSService],
        play: Callable[[PcmStream], Coroutine[Any, Any, None]],
        *,
        limit: int = sys.maxsize,
        member_limit: int = sys.maxsize,
        announce_dropped: Callable[[int], Utterance] | None = None,
        timings: Timings | None = None,
        steps: StepDown | None = None,
    ) -> None:
        self._service = service
        self._play = play
        self._timings = timings or Timings()
        self._steps = steps or StepDown()
        self._waiting = WaitingList(limit, member_limit, announce_dropped, self._dismiss)
        self._current: Rendering | None = None
        self._last = ("", 0.0)
        """How the one before was introduced, and when it ended."""
        self._turn: asyncio.Task[None] | None = None
        """The whole of it, pauses included."""
        self._sounding: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._failing = False
        """The last one failed, and that was told."""
        self._resumed = asyncio.Event()
        self._resumed.set()
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task = asyncio.create_task(self._run(), name="luna-speech-queue")

    def __len__(self) -> int:
        """How many utterances wait for their turn."""
        return len(self._waiting)

    @property
    def current(self) -> Utterance | None:
        """What has its turn."""
        return self._current.utterance if self._current else None

    @property
    def speaking(self) -> bool:
        """Whether an utterance has its turn."""
        return self._current is not None

    @property
    def paused(self) -> bool:
        """Whether she waits for `resume`."""
        return not self._resumed.is_set()

    @property
    def dropped(self) -> int:
        """How many utterances were left out because too much waited, since the beginning."""
        return self._waiting.dropped

    @property
    def backlog_seconds(self) -> float:
        """About how long she will speak if nothing more comes."""
        now = self._current.seconds_to_come() if self._current else 0.0
        return now + sum(rendering.seconds_to_come() for rendering in self._waiting)

    def offer(self, utterance: Utterance) -> None:
        """Asks for an utterance that may be left out if too much waits. Never raises."""
        if not self._task.done():
            self._waiting.offer(utterance)
            self._has_come()

    def put(self, utterance: Utterance) -> None:
        """Asks for an utterance that is never left out. Raises `QueueFull`, `EngineClosed`."""
        if self._task.done():
            raise EngineClosed
        self._waiting.put(utterance)
        self._has_come()

    def skip(self) -> bool:
        """Silences what is being spoken; the next one follows. False if nothing was."""
        if self._turn is None or self._turn.cancelling():
            return False
        return self._turn.cancel()

    def pause(self) -> None:
        """Falls silent at once; nothing is lost, and what is asked for meanwhile waits."""
        self._resumed.clear()
        if self._sounding is not None and not self._sounding.cancelling():
            self._sounding.cancel()

    def resume(self) -> None:
        """Speaks on with the very sample at which `pause` came."""
        self._resumed.set()

    def clear(self) -> int:
        """Silences and forgets everything; returns how many utterances that were.

        A pause ends with it: there is nothing left to go on with, and what comes next is heard.
        """
        self.resume()
        return self._waiting.clear() + self.skip()

    def discard(self, message_id: int) -> bool:
        """Takes back what reads the message `message_id`, also while it sounds."""
        current = self._current
        if current is not None and message_id in current.message_ids:
            current.message_ids.remove(message_id)
            return bool(current.message_ids) or self.skip()
        discarded = self._waiting.discard(message_id)
        self._render_ahead()
        return discarded

    def replace(self, message_id: int, utterance: Utterance | None) -> bool:
        """Has `utterance`, or nothing, spoken in the place of what reads `message_id`.

        False once that has its turn.
        """
        if utterance is None:
            replaced = self._waiting.discard(message_id)
        else:
            replaced = self._waiting.replace(message_id, utterance)
        self._render_ahead()
        return replaced

    async def idle(self) -> None:
        """Returns when everything asked for so far was spoken or dropped."""
        await self._idle.wait()

    async def end_sentence(self, longest: float) -> None:
        """Drops what waits; returns when the present sentence is at its end, or the time is up."""
        self._waiting.clear()
        if self._current is not None and self._turn is not None and not self.paused:
            self._current.stream.end_sentence()
            await asyncio.wait([self._turn], timeout=longest)

    async def aclose(self) -> None:
        """Falls silent at once and drops what waits."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._waiting.clear()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _has_come(self) -> None:
        self._idle.clear()
        self._changed.set()
        self._render_ahead()

    def _dismiss(self, rendering: Rendering) -> None:
        if rendering.task is not None:
            ending = asyncio.create_task(rendering.aclose(), name="luna-dismiss")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _run(self) -> None:
        while True:
            while not self._waiting:
                self._waiting.rest()
                self._idle.set()
                self._changed.clear()
                await self._changed.wait()
            current = self._waiting.pop()
            if current.introduced and not self._is_introduced(current):  # somebody came between
                self._dismiss(current)
                current = current.again()
            self._current = current
            self._timings.waits.add(time.perf_counter() - current.asked_at)
            try:
                await self._speak(current)
            finally:
                self._current = None
                self._last = (current.utterance.introduction, time.perf_counter())
                await current.aclose()

    async def _speak(self, current: Rendering) -> None:
        self._start(current)
        self._render_ahead()
        turn = self._turn = asyncio.create_task(self._sound(current), name="luna-turn")
        try:
            await asyncio.wait([turn])
        finally:
            self._turn = None
            turn.cancel()
            await asyncio.gather(turn, return_exceptions=True)
        if current.notice is not None and current.utterance.on_failure:
            current.utterance.on_failure(current.notice)
        error = current.error
        if error is None and not turn.cancelled():
            playing_error = turn.exception()
            error = playing_error if isinstance(playing_error, Exception) else None
        if error is not None:
            self._report(current, error)
        elif not turn.cancelled():
            self._failing = False

    async def _sound(self, current: Rendering) -> None:
        await current.audible.wait()
        while True:
            await self._resumed.wait()
            self._sounding = asyncio.create_task(self._play(current.stream), name="luna-sound")
            try:
                return await self._sounding
            except asyncio.CancelledError:
                if _cancelled():  # otherwise it was only a pause
                    raise
            finally:
                self._sounding = None

    def _report(self, rendering: Rendering, error: Exception) -> None:
        """Tells of a failure, but of chat only the first until something can be spoken again."""
        if isinstance(error, EngineClosed):
            return  # an ordinary end: the engine was unloaded while this was waiting
        harmless = isinstance(error, NothingToSay)  # a face, a row of marks
        first = not (harmless or self._failing)
        if first:
            _log.warning("an utterance was dropped: %s", error, exc_info=error.__cause__)
            self._failing = True
        if rendering.utterance.on_failure and (first or rendering.promised):
            rendering.utterance.on_failure(error)

    def _render_ahead(self) -> None:
        following = next(iter(self._waiting), None)
        if self._current is not None and following is not None:
            self._start(following)

    def _start(self, rendering: Rendering) -> None:
        """Begins to make it; in a hurry, if others have to wait for long."""
        others = self.backlog_seconds - rendering.seconds_to_come()
        rendering.start(
            self._service,
            self._timings,
            self._steps,
            others,
            lambda: self._seconds_left(rendering),
            introduced=self._is_introduced(rendering),
        )

    def _is_introduced(self, rendering: Rendering) -> bool:
        """Whether the one that is heard before it had the same introduction."""
        introduction, current = rendering.utterance.introduction, self._current
        if not introduction:
            return False
        if current is not None and current is not rendering:
            return current.utterance.introduction == introduction
        before, ended = self._last
        return before == introduction and time.perf_counter() - ended < INTRODUCED_SECONDS

    def _seconds_left(self, rendering: Rendering) -> float:
        """How long the listener can wait for more of it. Called from the inference thread."""
        current = self._current
        before = 0.0 if current is None or current is rendering else current.stream.seconds_left()
        return before + rendering.stream.seconds_left()


def _cancelled() -> bool:
    """Whether the running task itself is to end, and not only what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
