"""A voice that fails or is too slow rests; the embedded one goes on, and it is told once."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech_fakes import Ear

from cogs._errors import VoiceStumbled, VoiceTooSlow
from cogs._speech_queue import SpeechQueue, Utterance
from cogs._step_down import FIRST_REST, LONGEST_REST, SLOW_IN_A_ROW, StepDown
from luna_tts import AudioChunk, LunaError
from luna_tts.errors import NothingToSay, SynthesisFailed, UnknownVoice
from luna_tts.open_jtalk import EMBEDDED_VOICE

TEXT = "いち。に。さん。"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Engine:
    """Two seconds of speech a sentence; how long that takes and where it breaks can be set."""

    voice = "akane"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.said: list[tuple[str, str]] = []
        self.cost = 0.1
        """Seconds a second of speech."""
        self.breaks_at: str | None = None
        self.error: type[LunaError] = SynthesisFailed

    def voices(self) -> tuple[object, ...]:
        return (object(),)  # loaded anew each time: no phrase is taken for one that was said

    async def stream(
        self, text: str, *, voice: str | None = None, **_: Any
    ) -> AsyncGenerator[AudioChunk, None]:
        voice = voice or self.voice
        sentences = [f"{part}。" for part in text.split("。") if part]
        if not sentences:
            raise NothingToSay
        for number, sentence in enumerate(sentences):
            if voice != EMBEDDED_VOICE:
                if self.breaks_at is not None and self.breaks_at in sentence:
                    raise (
                        SynthesisFailed(voice)
                        if self.error is SynthesisFailed
                        else (UnknownVoice(voice, ()))
                    )
                self.clock.now += 2 * self.cost
            self.said.append((voice, sentence))
            samples = np.zeros(96_000, np.float32)
            yield AudioChunk(samples, 48_000, sentence, last=number == len(sentences) - 1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(clock: Clock) -> Engine:
    return Engine(clock)


@pytest.fixture
def steps(clock: Clock) -> StepDown:
    return StepDown(clock)


async def speak(
    steps: StepDown, engine: Engine, text: str = TEXT, voice: str | None = None
) -> list[LunaError]:
    told: list[LunaError] = []
    how: dict[str, Any] = {"options": None, "words": None, "seconds_left": lambda: 0.0}
    async for _ in steps.stream(engine, text, told.append, voice=voice, **how):  # type: ignore[arg-type]
        pass
    return told


async def test_the_embedded_voice_goes_on_where_another_broke(
    steps: StepDown, engine: Engine
) -> None:
    engine.breaks_at = "に"
    (told,) = await speak(steps, engine)
    assert isinstance(told, VoiceStumbled)
    assert told.data == {"voice": "akane"}
    assert engine.said == [
        ("akane", "いち。"),
        (EMBEDDED_VOICE, "に。"),
        (EMBEDDED_VOICE, "さん。"),
    ]


async def test_it_rests_is_told_once_and_comes_back_by_itself(
    steps: StepDown, engine: Engine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    engine.breaks_at = "に"
    assert len(await speak(steps, engine)) == 1
    engine.said.clear()
    assert await speak(steps, engine) == []
    assert {voice for voice, _ in engine.said} == {EMBEDDED_VOICE}
    clock.now += FIRST_REST
    assert await speak(steps, engine) == [], "a trial that fails is no news"
    assert steps.instead_of("akane") == EMBEDDED_VOICE
    clock.now += 2 * FIRST_REST
    engine.breaks_at = None
    engine.said.clear()
    assert await speak(steps, engine) == []
    assert {voice for voice, _ in engine.said} == {"akane"}
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    engine.breaks_at = "に"
    assert len(await speak(steps, engine)) == 1, "another episode"


async def test_a_voice_slower_than_speech_steps_down(
    steps: StepDown, engine: Engine, clock: Clock
) -> None:
    engine.cost = 1.2
    for _ in range(SLOW_IN_A_ROW - 1):
        assert await speak(steps, engine) == []
    (told,) = await speak(steps, engine)
    assert isinstance(told, VoiceTooSlow)
    assert steps.instead_of("akane") == EMBEDDED_VOICE
    clock.now += FIRST_REST
    engine.cost = 0.8
    assert await speak(steps, engine) == []
    assert steps.instead_of("akane") == "akane"


async def test_one_slow_utterance_between_quick_ones_is_nothing(
    steps: StepDown, engine: Engine
) -> None:
    for cost in (1.5, 1.5, 0.5, 1.5, 1.5, 0.9):
        engine.cost = cost
        assert await speak(steps, engine) == []
    assert steps.instead_of("akane") == "akane"


async def test_a_voice_that_has_left_the_memory_is_no_fault(
    steps: StepDown, engine: Engine
) -> None:
    engine.breaks_at, engine.error = "いち", UnknownVoice
    assert await speak(steps, engine) == []
    assert engine.said[0] == (EMBEDDED_VOICE, "いち。")
    assert steps.instead_of("akane") == "akane"


async def test_nothing_is_below_the_embedded_voice(steps: StepDown, clock: Clock) -> None:
    for _ in range(5):
        assert steps.made(EMBEDDED_VOICE, 9.0, 2.0) is None
        assert steps.failed(EMBEDDED_VOICE) is None
    assert steps.instead_of(EMBEDDED_VOICE) == EMBEDDED_VOICE


async def test_nothing_to_say_stays_what_it_is(steps: StepDown, engine: Engine) -> None:
    with pytest.raises(NothingToSay):
        await speak(steps, engine, "")


async def test_one_voice_does_not_take_another_down(steps: StepDown, engine: Engine) -> None:
    engine.breaks_at = "に"
    await speak(steps, engine, voice="akane")
    assert steps.instead_of("botan") == "botan"


@given(st.lists(st.sampled_from(["fail", "slow", "quick", "wait"]), max_size=60))
def test_it_is_never_told_twice_in_an_episode_and_no_rest_is_for_ever(events: list[str]) -> None:
    clock = Clock()
    steps, told = StepDown(clock), 0
    for event in events:
        notice = None
        if event == "fail":
            notice = steps.failed("akane")
        elif event == "slow":
            notice = steps.made("akane", 3.0, 2.0)
        elif event == "quick" and steps.instead_of("akane") == "akane":
            assert steps.made("akane", 1.0, 2.0) is None
            told = 0
        elif event == "wait":
            clock.now += LONGEST_REST
            assert steps.instead_of("akane") == "akane"
        told += notice is not None
        assert told <= 1


async def test_the_queue_speaks_on_and_tells_the_chat_once(engine: Engine, clock: Clock) -> None:
    ear, told = Ear(), list[Exception]()
    service: Callable[[], Any] = lambda: engine  # noqa: E731
    queue = SpeechQueue(service, ear.play, steps=StepDown(clock))
    engine.breaks_at = "に"
    try:
        for _ in range(2):
            queue.offer(Utterance(TEXT, on_failure=told.append))
            await queue.idle()
    finally:
        await queue.aclose()
    assert ear.heard == [6.0, 6.0], "no earcon, nothing missing"
    assert [type(error) for error in told] == [VoiceStumbled]
