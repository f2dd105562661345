"""What is said again and again is made once: greetings, announcements, a laugh. No Discord."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import aclosing
from typing import Final

from luna_tts import AudioChunk, SynthesisOptions, TTSService, UserDictionary

LONGEST: Final = 24
"""Characters of a phrase that may come again as it is."""
MOST_BYTES: Final = 32_000_000
"""Three minutes of speech."""


class FixedPhrases:
    """The sound of the short phrases that were said last, for all guilds."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._sounds: OrderedDict[Hashable, list[AudioChunk]] = OrderedDict()
        self._nbytes = 0

    async def stream(
        self,
        engine: TTSService,
        text: str,
        *,
        voice: str | None,
        options: SynthesisOptions,
        words: UserDictionary | None,
        seconds_left: Callable[[], float],
    ) -> AsyncGenerator[AudioChunk, None]:
        """`engine.stream`, or what it made of the same phrase the last time."""
        key = _key(engine, text, voice, options, words) if len(text) <= LONGEST else None
        if key in self._sounds:
            self._sounds.move_to_end(key)
            for chunk in self._sounds[key]:
                yield chunk
            return
        made: list[AudioChunk] = []
        said = engine.stream(
            text, voice=voice, options=options, words=words, seconds_left=seconds_left
        )
        async with aclosing(said) as chunks:
            async for chunk in chunks:
                if key is not None:
                    made.append(chunk)
                yield chunk
        if made and key not in self._sounds:
            self._keep(key, made)

    def _keep(self, key: Hashable, sound: list[AudioChunk]) -> None:
        self._sounds[key] = sound
        self._nbytes += _nbytes(sound)
        while self._nbytes > self._most_bytes:
            _, oldest = self._sounds.popitem(last=False)
            self._nbytes -= _nbytes(oldest)


def _key(
    engine: TTSService,
    text: str,
    voice: str | None,
    options: SynthesisOptions,
    words: UserDictionary | None,
) -> Hashable:
    """All that the sound depends on: of the dictionary only the words that stand in the text.

    A voice that is loaded anew tells of itself in a new object, and what any voice says may have
    parts that another one says.
    """
    found = tuple(words.find(text)) if words else ()
    return voice or engine.voice, text, options, found, tuple(map(_Same, engine.voices()))


class _Same:
    """Equal only to the same object, which it keeps from being replaced by another."""

    def __init__(self, it: object) -> None:
        self._it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._it is other._it

    def __hash__(self) -> int:
        return id(self._it)


def _nbytes(sound: list[AudioChunk]) -> int:
    return sum(chunk.samples.nbytes for chunk in sound)
