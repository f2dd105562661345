"""SpeechQueue: what one guild is going to hear, in the order in which it was asked for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from luna_tts import SynthesisOptions, TTSService, UserDictionary
from luna_tts.audio import PcmConverter
from luna_tts.errors import EngineClosed

from ._activity import Timings
from ._errors import QueueFull
from ._pcm_stream import PcmStream

MAX_SECONDS_AHEAD = 10.0
"""Speech that may lie ready and unheard; a long text is not synthesized minutes before its turn."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What to say, and how; voice, options and words are taken when it is asked for."""

    text: str
    voice: str | None = None
    options: SynthesisOptions | None = None
    words: UserDictionary | None = None
    member_id: int | None = None
    """On whose account it waits; `None` = Luna's own."""
    message_id: int | None = None
    """The chat message that it reads, by which it can be taken back or replaced."""
    on_failure: Callable[[Exception], None] | None = None
    """Told if the utterance, or the rest of it, could not be spoken."""


@dataclass(eq=False, slots=True)
class _Item:
    """An utterance on its way from the engine to the listener."""

    utterance: Utterance
    asked_at: float = field(default_factory=time.perf_counter)
    stream: PcmStream = field(default_factory=PcmStream)
    sounding: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is something to play, or nothing to wait for any more."""
    rendering: asyncio.Task[None] | None = None
    playing: asyncio.Task[None] | None = None
    """Its whole turn, pauses included."""
    error: Exception | None = None

    def drop(self) -> None:
        """Before its turn: makes no more of it."""
        if self.rendering:
            self.rendering.cancel()

    async def aclose(self) -> None:
        tasks = [task for task in (self.rendering, self.playing) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class SpeechQueue:
    """Speaks one utterance at a time and synthesizes the one after it ahead.

    One task owns the order; every utterance has its own task for synthesis, so that a failure takes
    away one utterance and nothing else. `service` is asked anew for each, since an engine can be
    reloaded; `play` sounds one stream to its end and may be cancelled.
    """

    def __init__(
        self,
        service: Callable[[], TTSService],
        play: Callable[[PcmStream], Coroutine[Any, Any, None]],
        *,
        limit: int = sys.maxsize,
        timings: Timings | None = None,
    ) -> None:
        self._service = service
        self._play = play
        self._limit = limit
        self._timings = timings or Timings()
        self._waiting: deque[_Item] = deque()
        self._current: _Item | None = None
        self._sounding: asyncio.Task[None] | None = None
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
    def speaking(self) -> bool:
        """Whether an utterance has its turn."""
        return self._current is not None

    @property
    def paused(self) -> bool:
        """Whether she waits for `resume`."""
        return not self._resumed.is_set()

    def offer(self, utterance: Utterance) -> None:
        """Asks for an utterance that may be left out where too much waits. Never raises."""
        with contextlib.suppress(QueueFull, EngineClosed):
            self.put(utterance)

    def put(self, utterance: Utterance) -> None:
        """Asks for an utterance after all others. Raises `QueueFull`, `EngineClosed`."""
        if self._task.done():
            raise EngineClosed
        if len(self._waiting) >= self._limit:
            raise QueueFull(self._limit)
        self._waiting.append(_Item(utterance))
        self._idle.clear()
        self._changed.set()
        self._render_ahead()

    def skip(self) -> bool:
        """Silences what is being spoken; the next one follows. False if nothing was."""
        playing = self._current.playing if self._current else None
        if playing is None or playing.cancelling():
            return False
        return playing.cancel()

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
        dropped, self._waiting = self._waiting, deque()
        for item in dropped:
            item.drop()
        return len(dropped) + self.skip()

    def discard(self, message_id: int) -> bool:
        """Takes back what reads the message `message_id`, also while it sounds."""
        current = self._current
        if current is not None and current.utterance.message_id == message_id:
            return self.skip()
        item = self._waiting_for(message_id)
        if item is None:
            return False
        self._waiting.remove(item)
        item.drop()
        self._render_ahead()
        return True

    def replace(self, message_id: int, utterance: Utterance) -> bool:
        """Has `utterance` spoken in the place of what reads `message_id`; False once it sounds."""
        item = self._waiting_for(message_id)
        if item is None:
            return False
        place = self._waiting.index(item)
        self._waiting[place] = _Item(utterance, item.asked_at)
        item.drop()
        self._render_ahead()
        return True

    async def idle(self) -> None:
        """Returns when everything asked for so far was spoken or dropped."""
        await self._idle.wait()

    async def aclose(self) -> None:
        """Falls silent at once and drops what waits."""
        dropped, self._waiting = self._waiting, deque()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*(item.aclose() for item in dropped))

    async def _run(self) -> None:
        while True:
            while not self._waiting:
                self._idle.set()
                self._changed.clear()
                await self._changed.wait()
            item = self._current = self._waiting.popleft()
            self._timings.waits.add(time.perf_counter() - item.asked_at)
            try:
                await self._speak(item)
            finally:
                self._current = None
                await item.aclose()

    async def _speak(self, item: _Item) -> None:
        self._start_rendering(item)
        self._render_ahead()
        item.playing = asyncio.create_task(self._sound(item), name="luna-play")
        await asyncio.wait([item.playing])
        error = item.error
        if error is None and not item.playing.cancelled():
            playing_error = item.playing.exception()
            error = playing_error if isinstance(playing_error, Exception) else None
        if error is not None:
            self._report(item, error)

    async def _sound(self, item: _Item) -> None:
        await item.sounding.wait()
        while True:
            await self._resumed.wait()
            self._sounding = asyncio.create_task(self._play(item.stream), name="luna-sound")
            try:
                return await self._sounding
            except asyncio.CancelledError:
                if _cancelled():  # otherwise it was only a pause
                    raise
            finally:
                self._sounding = None

    def _report(self, item: _Item, error: Exception) -> None:
        if isinstance(error, EngineClosed):
            return  # an ordinary end: the engine was unloaded while this was waiting
        _log.warning("an utterance was dropped: %s", error, exc_info=error.__cause__)
        if item.utterance.on_failure:
            item.utterance.on_failure(error)

    def _waiting_for(self, message_id: int) -> _Item | None:
        found = (item for item in self._waiting if item.utterance.message_id == message_id)
        return next(found, None)

    def _render_ahead(self) -> None:
        if self._current is not None and self._waiting:
            self._start_rendering(self._waiting[0])

    def _start_rendering(self, item: _Item) -> None:
        if item.rendering is None:
            item.rendering = asyncio.create_task(self._render(item), name="luna-render")

    async def _render(self, item: _Item) -> None:
        """Feeds the stream of `item`, never more than `MAX_SECONDS_AHEAD` ahead of its listener."""
        utterance, converter = item.utterance, PcmConverter()
        try:
            stream = self._service().stream(
                utterance.text,
                voice=utterance.voice,
                options=utterance.options,
                words=utterance.words,
                seconds_left=lambda: self._seconds_left(item),
            )
            began, busy = time.perf_counter(), 0.0
            async with aclosing(stream) as chunks:
                async for chunk in chunks:
                    item.stream.feed(converter.convert(chunk))
                    now = time.perf_counter()
                    if not item.sounding.is_set():
                        self._timings.first_sounds.add(now - item.asked_at)
                    item.sounding.set()
                    busy += now - began
                    await _wait_for_listener(item.stream)
                    began = time.perf_counter()
            self._timings.synthesis.add(busy + time.perf_counter() - began)
        except Exception as error:
            item.error = error
        finally:
            item.stream.feed(converter.flush())
            item.stream.finish()
            item.sounding.set()

    def _seconds_left(self, item: _Item) -> float:
        """How long the listener can wait for more of `item`. Called from the inference thread."""
        current = self._current
        before = 0.0 if current is None or current is item else current.stream.seconds_left()
        return before + item.stream.seconds_left()


def _cancelled() -> bool:
    """Whether the running task itself is to end, and not only what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _wait_for_listener(stream: PcmStream) -> None:
    # Nobody can be told when the player's thread has read something, so this looks at the clock.
    while (surplus := stream.seconds_left() - MAX_SECONDS_AHEAD) > 0:  # noqa: ASYNC110
        await asyncio.sleep(max(surplus, 0.1))
