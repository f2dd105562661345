"""Short phrases that come again are not made again, and never sound as something else would."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from speech_fakes import FakeEngine

from cogs._fixed_phrases import LONGEST, FixedPhrases
from luna_tts import AudioChunk, DictionaryWord, SynthesisOptions, UserDictionary
from luna_tts.errors import SynthesisFailed

PLAIN = SynthesisOptions()


class Engine(FakeEngine):
    def __init__(self) -> None:
        super().__init__()
        self.loaded: tuple[object, ...] = (object(),)

    def voices(self) -> tuple[object, ...]:
        return self.loaded


async def say(phrases: FixedPhrases, engine: Engine, text: str, **how: Any) -> list[AudioChunk]:
    asked = {"voice": None, "options": PLAIN, "words": None, "seconds_left": lambda: 0.0, **how}
    return [chunk async for chunk in phrases.stream(engine, text, **asked)]  # type: ignore[arg-type]


def sound(chunks: Sequence[AudioChunk]) -> bytes:
    return np.concatenate([chunk.samples for chunk in chunks]).tobytes()


async def test_a_phrase_that_comes_again_sounds_the_same_and_is_not_made_again() -> None:
    phrases, engine = FixedPhrases(), Engine()
    first = await say(phrases, engine, "hello")
    again = await say(phrases, engine, "hello", words=UserDictionary())
    assert sound(first) == sound(again)
    assert engine.begun == ["hello"]


@pytest.mark.parametrize(
    "other",
    [
        {"voice": "akane"},
        {"options": SynthesisOptions(length_scale=0.5)},
        {"words": UserDictionary([DictionaryWord("hello", "ハロー")])},
    ],
    ids=["voice", "options", "a word in it"],
)
async def test_the_same_text_said_otherwise_is_made_anew(other: dict[str, Any]) -> None:
    phrases, engine = FixedPhrases(), Engine()
    await say(phrases, engine, "hello")
    await say(phrases, engine, "hello", **other)
    assert engine.begun == ["hello"] * 2


async def test_a_voice_that_was_loaded_anew_speaks_for_itself() -> None:
    phrases, engine = FixedPhrases(), Engine()
    await say(phrases, engine, "hello")
    engine.loaded = (object(),)
    await say(phrases, engine, "hello")
    assert engine.begun == ["hello"] * 2


async def test_what_broke_off_is_made_again() -> None:
    phrases, engine = FixedPhrases(), Engine()
    for _ in range(2):
        with pytest.raises(SynthesisFailed):
            await say(phrases, engine, "a fail")
        stream = phrases.stream(
            engine,  # type: ignore[arg-type]
            "hello",
            voice=None,
            options=PLAIN,
            words=None,
            seconds_left=lambda: 0.0,
        )
        await anext(stream)
        await stream.aclose()
    await asyncio.sleep(0)
    assert engine.begun == ["a fail", "hello"] * 2


async def test_little_is_kept_and_what_was_said_last() -> None:
    one = 4800 * 4  # bytes that a character takes
    phrases, engine = FixedPhrases(most_bytes=6 * one), Engine()
    long = "x" * (LONGEST + 1)
    for text in ("abc", "def", "abc", "ghi", "abc", "def", long, long):
        await say(phrases, engine, text)
    assert engine.begun == ["abc", "def", "ghi", "def", long, long]
