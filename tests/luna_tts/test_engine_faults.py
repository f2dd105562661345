"""What breaks inside the engine costs one utterance, is told, and the engine goes on."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import torch

from luna_tts import AudioChunk, SynthesisOptions, TTSService
from luna_tts.errors import SynthesisFailed
from luna_tts.open_jtalk import OpenJTalkModel
from luna_tts.scheduler import Scheduler
from luna_tts.vits.synthesizer import Synthesizer
from tiny_voice import tiny_voice, wide_bert

RATE = 48_000


class OutOfMemoryError(RuntimeError):
    """As PyTorch's, which is a RuntimeError."""


class Fragile(OpenJTalkModel):
    """The embedded voice, which breaks in the way that a text names."""

    released = threading.Event()

    def stream(
        self, text: str, options: SynthesisOptions, words: object = None
    ) -> Generator[AudioChunk | None]:
        yield None
        if text == "hang":
            self.released.wait(30)
        elif text == "nan":
            yield AudioChunk(np.array([0.1, np.nan], np.float32), RATE, text, last=True)
        elif text == "infinite":
            yield AudioChunk(np.array([0.1, -np.inf], np.float32), RATE, text, last=True)
        elif text == "memory":
            raise MemoryError
        elif text == "cuda":
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        elif text == "exit":
            raise SystemExit
        yield AudioChunk(np.zeros(480, np.float32), RATE, text, last=True)


@pytest_asyncio.fixture
async def fragile(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TTSService]:
    Fragile.released.clear()
    monkeypatch.setattr("luna_tts.holder.OpenJTalkModel", Fragile)
    monkeypatch.setattr("luna_tts.scheduler.STUCK_SECONDS", 0.2)
    monkeypatch.setattr("luna_tts.scheduler.WATCH_SECONDS", 0.02)
    service = TTSService()
    await service.start()
    yield service
    Fragile.released.set()
    await service.aclose()


@pytest.mark.parametrize("text", ["nan", "infinite", "memory", "cuda"])
async def test_one_utterance_is_lost_and_the_next_one_speaks(
    fragile: TTSService, text: str
) -> None:
    with pytest.raises(SynthesisFailed):
        await fragile.synthesize(text)
    assert (await fragile.synthesize("fine")).text == "fine"
    assert fragile.stats().relieved == 0


async def test_nothing_that_a_voice_raises_ends_the_thread(fragile: TTSService) -> None:
    with pytest.raises(SystemExit):
        await fragile.synthesize("exit")
    assert (await fragile.synthesize("fine")).text == "fine"


async def test_a_step_that_hangs_is_given_up_and_the_others_go_on(
    fragile: TTSService, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SynthesisFailed):
        await fragile.synthesize("hang")
    assert (await fragile.synthesize("fine")).text == "fine"
    assert fragile.stats().relieved == 1
    assert "did not end within" in caplog.text
    assert "hang" not in caplog.text, "no word of the text"


async def test_a_thread_that_comes_to_itself_does_nothing_more() -> None:
    others = set(threading.enumerate())
    scheduler, gate, order = Scheduler(), threading.Event(), list[str]()
    hanging = scheduler.submit(lambda: gate.wait(10))
    while scheduler.step_seconds == 0.0:
        await tick()
    assert scheduler.relieve(0.0)
    with pytest.raises(TimeoutError):
        hanging.result(0)
    ours = [thread for thread in threading.enumerate() if thread not in others]
    old = [thread for thread in ours if thread.name == "luna-inference"]
    await scheduler.run(lambda: order.append(threading.current_thread().name))
    gate.set()
    while sum(thread.is_alive() for thread in old) > 1:
        await tick()
    assert await scheduler.run(lambda: 7) == 7
    await scheduler.aclose()
    assert not any(thread.is_alive() for thread in old)


async def test_a_voice_whose_folder_is_deleted_speaks_on(tmp_path: Path) -> None:
    folder = tiny_voice(tmp_path / "models" / "akane", seed=1)
    service = TTSService(tmp_path / "models", berts={"ja": wide_bert(tmp_path / "bert")})
    await service.start()
    assert service.voice == "akane"
    shutil.rmtree(folder)
    assert (await service.synthesize("こんにちは。")).seconds > 0
    await service.aclose()


async def test_a_card_without_room_costs_one_utterance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    tiny_voice(tmp_path / "models" / "akane", seed=1)
    service = TTSService(tmp_path / "models", berts={"ja": wide_bert(tmp_path / "bert")})
    await service.start()
    for stage in ("ask_prior", "expand", "ask_flow", "ask_decode"):
        with monkeypatch.context() as broken:
            broken.setattr(Synthesizer, stage, no_room)
            with pytest.raises(SynthesisFailed) as failed:
                await service.synthesize("こんにちは。")
            assert isinstance(failed.value.__cause__, torch.cuda.OutOfMemoryError)
    assert (await service.synthesize("こんにちは。")).seconds > 0
    await service.aclose()


async def tick() -> None:
    await asyncio.sleep(0.005)
