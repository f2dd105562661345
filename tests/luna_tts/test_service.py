import asyncio
import logging
import threading
from collections.abc import Generator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from luna_tts import AudioChunk, SynthesisOptions, TTSService, VoiceInfo
from luna_tts.errors import (
    EngineClosed,
    EngineUnavailable,
    NothingToSay,
    SynthesisFailed,
    TextTooLong,
    UnknownVoice,
)


class FakeVoice:
    """Says one chunk for each word; tells on which threads it was used."""

    builds = 0
    warm_up_error: Exception | None = None

    def __init__(self, frontend: object) -> None:
        type(self).builds += 1
        self.threads: set[str] = set()
        self.closed = threading.Event()
        self.info = VoiceInfo("open-jtalk", ("ja",), (), (), 48_000, "")
        self.nbytes = 0

    def warm_up(self) -> Generator[None]:
        yield
        if self.warm_up_error:
            raise self.warm_up_error

    def check(self, text: str, options: SynthesisOptions, words: object = None) -> None:
        self.threads.add(threading.current_thread().name)

    def stream(
        self, text: str, options: SynthesisOptions, words: object = None
    ) -> Generator[AudioChunk | None]:
        try:
            for word in text.split():
                self.threads.add(threading.current_thread().name)
                if word == "explode":
                    raise ZeroDivisionError
                yield None
                yield AudioChunk(np.zeros(4800, np.float32), 48_000, word, last=False)
        finally:
            self.threads.add(threading.current_thread().name)
            self.closed.set()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeVoice]:
    class Fresh(FakeVoice):
        builds = 0

    monkeypatch.setattr("luna_tts.holder.OpenJTalkModel", Fresh)
    return Fresh


async def words(service: TTSService, text: str) -> list[str]:
    async with aclosing(service.stream(text)) as stream:
        return [chunk.text async for chunk in stream]


async def test_speech_comes_sentence_by_sentence(service: TTSService) -> None:
    text = "こんにちは。今日は晴れです！出かけよう。"
    async with aclosing(service.stream(text)) as stream:
        chunks = [chunk async for chunk in stream]
    assert [chunk.text for chunk in chunks] == ["こんにちは。", "今日は晴れです！", "出かけよう。"]
    assert [chunk.last for chunk in chunks] == [False, False, True]
    whole = await service.synthesize(text)
    assert np.array_equal(whole.samples, np.concatenate([chunk.samples for chunk in chunks]))
    assert service.stats().utterances == 2
    assert service.stats().audio_seconds == pytest.approx(2 * whole.seconds)


async def test_refusals_come_from_check_and_from_stream_alike(service: TTSService) -> None:
    for text, voice, error in (
        ("。。。", None, NothingToSay),
        ("やあ", "nobody", UnknownVoice),
        ("あ" * 10_001, None, TextTooLong),
    ):
        with pytest.raises(error):
            await service.check(text, voice=voice)
        with pytest.raises(error):
            await service.synthesize(text, voice=voice)
    await service.check("やあ")


async def test_start_logs_what_it_loaded_without_a_word_of_text(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "koharu").mkdir()
    (tmp_path / "koharu" / "config.json").write_text("{}")
    caplog.set_level(logging.INFO)
    service = TTSService(tmp_path)
    await service.start()
    await service.synthesize("ひみつのことば")
    await service.aclose()
    assert "voice open-jtalk loaded in" in caplog.text
    assert "engine ready in" in caplog.text
    assert "1 voice(s)" in caplog.text
    assert "voice koharu is left out" in caplog.text
    assert "ひみつ" not in caplog.text


async def test_a_failed_warm_up_does_not_stop_the_start(
    fake: type[FakeVoice], caplog: pytest.LogCaptureFixture
) -> None:
    fake.warm_up_error = RuntimeError("cold")
    service = TTSService()
    await service.start()
    assert await words(service, "a b") == ["a", "b"]
    assert "did not warm up" in caplog.text
    await service.aclose()


async def test_a_voice_that_cannot_load_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(frontend: object) -> None:
        raise EngineUnavailable("it is broken", "mend it")

    monkeypatch.setattr("luna_tts.holder.OpenJTalkModel", broken)
    service = TTSService()
    with pytest.raises(EngineUnavailable, match="it is broken: mend it"):
        await service.start()
    await service.aclose()


async def test_loading_one_voice_twice_at_once_loads_it_once(fake: type[FakeVoice]) -> None:
    service = TTSService()
    await asyncio.gather(*(service.load("open-jtalk") for _ in range(5)))
    assert fake.builds == 1
    with pytest.raises(UnknownVoice):
        await service.load("nobody")
    await service.aclose()


async def test_one_thread_does_everything_that_touches_a_model(fake: type[FakeVoice]) -> None:
    service = TTSService()
    await service.start()
    model = service._holder.model("open-jtalk")
    assert isinstance(model, fake)
    await asyncio.gather(*(words(service, "a b c d") for _ in range(8)), service.check("a"))
    async with aclosing(service.stream("a b c")) as stream:
        await anext(stream)
    assert await asyncio.to_thread(model.closed.wait, 5)
    await service.aclose()
    assert len(model.threads) == 1


async def test_a_stream_makes_nothing_that_was_not_asked_for(fake: type[FakeVoice]) -> None:
    service = TTSService()
    await service.start()
    async with aclosing(service.stream("a b c d e f")) as stream:
        first = await anext(stream)
        assert first.text == "a"
        await asyncio.sleep(0.05)
        assert service.stats().audio_seconds == pytest.approx(0.1)
    assert service.stats().streams == 0
    await service.aclose()


async def test_a_failure_takes_one_utterance_and_keeps_its_cause(fake: type[FakeVoice]) -> None:
    service = TTSService()
    await service.start()
    with pytest.raises(SynthesisFailed) as caught:
        await words(service, "a explode b")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "explode" not in str(caught.value)
    assert await words(service, "a b") == ["a", "b"]
    await service.aclose()


async def test_closing_ends_streams_and_leaves_no_thread(fake: type[FakeVoice]) -> None:
    before = set(threading.enumerate())
    service = TTSService()
    await service.start()
    stream = service.stream("a b c")
    await anext(stream)
    await service.aclose()
    with pytest.raises(EngineClosed):
        await anext(stream)
    for use in (service.check("a"), service.load("open-jtalk"), service.synthesize("a")):
        with pytest.raises(EngineClosed):
            await use
    assert set(threading.enumerate()) == before
    assert asyncio.all_tasks() == {asyncio.current_task()}
