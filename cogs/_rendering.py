"""Rendering: one utterance on its way from the engine to the listener. No Discord."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from luna_tts import LunaError, SynthesisOptions, TTSService, UserDictionary
from luna_tts.audio import PcmConverter
from luna_tts.errors import EngineClosed, NothingToSay

from ._activity import Timings
from ._earcon import earcon
from ._pace import estimate, hastened, length_scale
from ._pcm_stream import PcmStream
from ._step_down import StepDown

MAX_SECONDS_AHEAD = 10.0
"""Speech that may lie ready and unheard; a long text is not synthesized minutes before its turn."""


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
    introduction: str = ""
    """Who is speaking: said first, unless whatever sounded just now had the same one."""
    on_failure: Callable[[Exception], None] | None = None
    """Told if the utterance, or the rest of it, could not be spoken."""


class Rendering:
    """Feeds `stream`, once it was started, and makes it end with a soft sound if the engine fails.

    `promised` is what somebody was told will be spoken.
    """

    def __init__(self, utterance: Utterance, *, promised: bool = False) -> None:
        self.utterance = utterance
        self.promised = promised
        self.message_ids = {utterance.message_id} - {None}
        """Of all messages that it reads at once."""
        self.asked_at = time.perf_counter()
        self.stream = PcmStream()
        self.audible = asyncio.Event()
        """Set when there is something to play, or nothing to wait for any more."""
        self.error: Exception | None = None
        self.notice: LunaError | None = None
        """What is to be told although it was spoken."""
        self.task: asyncio.Task[None] | None = None
        self.introduced = False
        """It was begun without its introduction."""
        self._expected = estimate(utterance.introduction + utterance.text) * length_scale(
            utterance.options
        )

    def start(
        self,
        service: Callable[[], TTSService],
        timings: Timings,
        steps: StepDown,
        backlog: float,
        seconds_left: Callable[[], float],
        *,
        introduced: bool = False,
    ) -> None:
        """Begins, at the pace for a backlog of so many seconds; does nothing the second time."""
        if self.task is None:
            self.introduced = introduced
            options = hastened(self.utterance.options, backlog)
            self._expected *= length_scale(options) / length_scale(self.utterance.options)
            work = self._render(service, timings, steps, options, seconds_left)
            self.task = asyncio.create_task(work, name="luna-render")

    def seconds_to_come(self) -> float:
        """How long the listener will hear it from now on: known once it is made, else a guess."""
        made = self.stream.seconds_left()
        if self.stream.finished:
            return made
        return max(made, self._expected - self.stream.seconds_read())

    def again(self, utterance: Utterance | None = None) -> Rendering:
        """One that has not been begun, of the same or another utterance, in the same place."""
        other = Rendering(utterance or self.utterance, promised=self.promised)
        other.asked_at = self.asked_at
        if utterance is None:
            other.message_ids = self.message_ids
        return other

    async def aclose(self) -> None:
        """Makes no more of it."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def _render(
        self,
        service: Callable[[], TTSService],
        timings: Timings,
        steps: StepDown,
        options: SynthesisOptions,
        seconds_left: Callable[[], float],
    ) -> None:
        utterance, converter = self.utterance, PcmConverter()
        try:
            stream = steps.stream(
                service(),
                utterance.text if self.introduced else utterance.introduction + utterance.text,
                self._note,
                voice=utterance.voice,
                options=options,
                words=utterance.words,
                seconds_left=seconds_left,
            )
            began, busy, sentence = time.perf_counter(), 0.0, ""
            async with aclosing(stream) as chunks:
                async for chunk in chunks:
                    if chunk.text != sentence:
                        self.stream.begin_sentence()
                        sentence = chunk.text
                    self.stream.feed(converter.convert(chunk))
                    now = time.perf_counter()
                    if not self.audible.is_set():
                        timings.first_sounds.add(now - self.asked_at)
                    self.audible.set()
                    busy += now - began
                    await _wait_for_listener(self.stream)
                    began = time.perf_counter()
            timings.synthesis.add(busy + time.perf_counter() - began)
        except Exception as error:
            self.error = error
        finally:
            self.stream.feed(converter.flush())
            if self.error and not isinstance(self.error, (EngineClosed, NothingToSay)):
                self.stream.feed(earcon())
            self.stream.finish()
            self.audible.set()

    def _note(self, notice: LunaError) -> None:
        self.notice = notice


async def _wait_for_listener(stream: PcmStream) -> None:
    # Nobody can be told when the player's thread has read something, so this looks at the clock.
    while (surplus := stream.seconds_left() - MAX_SECONDS_AHEAD) > 0:  # noqa: ASYNC110
        await asyncio.sleep(max(surplus, 0.1))
