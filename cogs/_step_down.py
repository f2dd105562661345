"""Voices that fail or are slower than speech rest, and the embedded one speaks. No Discord."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final

from luna_tts import AudioChunk, LunaError, SynthesisOptions, TTSService, UserDictionary
from luna_tts.errors import NothingToSay, SynthesisFailed, UnknownVoice
from luna_tts.open_jtalk import EMBEDDED_VOICE
from luna_tts.rest import Rest

from ._errors import VoiceStumbled, VoiceTooSlow
from ._fixed_phrases import FixedPhrases

LEAST_SECONDS: Final = 1.0
"""Shorter speech says nothing about how quick a voice is."""
SLOW_IN_A_ROW: Final = 3
"""Utterances that took longer to make than to hear; one alone may be somebody else's fault."""
FIRST_REST: Final = 60.0
LONGEST_REST: Final = 960.0
"""Seconds; each trial that goes wrong doubles the next rest."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Record:
    slow: int = 0
    """Slow utterances in a row."""
    rests_until: float = 0.0
    rest: float = FIRST_REST
    stepped_down: bool = False
    """It was told that another speaks instead."""


class StepDown:
    """Knows which voices rest, in all guilds at once, and lets each try again by itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._phrases = FixedPhrases()

    def instead_of(self, voice: str) -> str:
        """The voice that speaks where `voice` is wanted: itself unless it rests."""
        return EMBEDDED_VOICE if self._rests(voice) else voice

    async def stream(
        self,
        engine: TTSService,
        text: str,
        tell: Callable[[LunaError], None],
        *,
        voice: str | None,
        options: SynthesisOptions,
        words: UserDictionary | None,
        seconds_left: Callable[[], float],
    ) -> AsyncGenerator[AudioChunk, None]:
        """`engine.stream`, by the voice that may; what that cannot say the embedded one does.

        It goes on after the last sentence of which something was heard. `tell` hears once that a
        voice rests. Raises what `TTSService.stream` raises for the embedded voice.
        """
        wanted, rest = voice or engine.voice, Rest(text)
        speaker = self.instead_of(wanted)
        ask = partial(
            self._phrases.stream, engine, options=options, words=words, seconds_left=seconds_left
        )
        busy = seconds = 0.0
        try:
            async with aclosing(ask(text, voice=voice if speaker == wanted else speaker)) as chunks:
                began = self._clock()
                async for chunk in chunks:
                    busy, seconds = busy + self._clock() - began, seconds + chunk.seconds
                    rest.hear(chunk.text)
                    yield chunk
                    began = self._clock()
            notice = self.made(speaker, busy, seconds)
        except (SynthesisFailed, UnknownVoice) as error:
            if speaker == EMBEDDED_VOICE:
                raise
            if isinstance(error, SynthesisFailed):
                _log.debug("%s", error, exc_info=error.__cause__)
            notice = self.failed(speaker) if isinstance(error, SynthesisFailed) else None
        else:
            rest.text = ""
        if notice is not None:
            tell(notice)
        if not rest.text.strip():
            return
        with contextlib.suppress(*((NothingToSay,) if rest.heard else ())):
            async with aclosing(ask(rest.text, voice=EMBEDDED_VOICE)) as chunks:
                async for chunk in chunks:
                    yield chunk

    def failed(self, voice: str) -> LunaError | None:
        """`voice` broke off. What to tell, if it has not been told yet."""
        return self._lay_down(voice, VoiceStumbled(voice))

    def made(self, voice: str, busy: float, seconds: float) -> LunaError | None:
        """`voice` made `seconds` of speech in `busy` seconds. What to tell, as above."""
        if seconds < LEAST_SECONDS:
            return None
        if busy < seconds:
            self._get_up(voice)
            return None
        record = self._records.setdefault(voice, _Record())
        record.slow += 1
        if record.slow < SLOW_IN_A_ROW and not record.stepped_down:
            return None
        return self._lay_down(voice, VoiceTooSlow(voice))

    def _rests(self, voice: str) -> bool:
        record = self._records.get(voice)
        return record is not None and self._clock() < record.rests_until

    def _lay_down(self, voice: str, why: LunaError) -> LunaError | None:
        if voice == EMBEDDED_VOICE or self._rests(voice):
            return None  # nothing is below it; what was begun before the rest says nothing new
        record = self._records.setdefault(voice, _Record())
        record.rests_until = self._clock() + record.rest
        record.rest = min(2 * record.rest, LONGEST_REST)
        first, record.stepped_down = not record.stepped_down, True
        if first:
            _log.warning("%s", why)
        return why if first else None

    def _get_up(self, voice: str) -> None:
        record = self._records.get(voice)
        if record is None or self._rests(voice):
            return
        if record.stepped_down:
            _log.info("the voice %s is back", voice)
        del self._records[voice]
