import logging

import pytest
from speech_fakes import Ear, FakeEngine

from cogs._earcon import LEVEL, SECONDS, earcon
from cogs._pcm_stream import BYTES_PER_SECOND
from cogs._speech_queue import SpeechQueue, Utterance
from luna_tts.errors import SynthesisFailed

EARCON = 0.16
"""Seconds, in whole frames."""


async def test_an_episode_is_told_once_and_every_item_has_its_earcon(
    queue: SpeechQueue, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Exception] = []
    for _ in range(3):
        queue.offer(Utterance("fail", member_id=len(told), on_failure=told.append))
        await queue.idle()
    assert (ear.heard, len(told), len(caplog.records)) == ([EARCON] * 3, 1, 1)
    queue.offer(Utterance("aa"))
    await queue.idle()
    queue.offer(Utterance("fail", on_failure=told.append))
    await queue.idle()
    assert [type(error) for error in told] == [SynthesisFailed] * 2, "one of each episode"
    assert all(record.levelno == logging.WARNING for record in caplog.records)


async def test_whoever_was_promised_something_is_told_each_time(queue: SpeechQueue) -> None:
    told: list[Exception] = []
    for _ in range(3):
        queue.put(Utterance("fail", on_failure=told.append))
    await queue.idle()
    assert len(told) == 3


async def test_a_face_that_cannot_be_pronounced_is_no_failure(
    queue: SpeechQueue, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Exception] = []
    queue.offer(Utterance("nothing", on_failure=told.append))
    queue.offer(Utterance("fail", on_failure=told.append))
    await queue.idle()
    assert ear.heard == [0.0, EARCON]
    assert [type(error) for error in told] == [SynthesisFailed]
    assert len(caplog.records) == 1


async def test_skipping_in_an_episode_does_not_end_it(queue: SpeechQueue, ear: Ear) -> None:
    told: list[Exception] = []
    queue.offer(Utterance("fail", on_failure=told.append))
    await queue.idle()
    ear.free.clear()
    queue.offer(Utterance("aa"))
    await ear.playing.wait()
    queue.skip()
    ear.free.set()
    queue.offer(Utterance("afail", on_failure=told.append))
    await queue.idle()
    assert len(told) == 1


async def test_much_that_waits_is_said_faster_and_then_slower_again(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    ear.free.clear()
    queue.offer(Utterance("now"))
    await ear.playing.wait()
    for n in range(4):
        queue.offer(Utterance(f"長い文章の{n}" * 8, member_id=n))
    assert queue.backlog_seconds > 25
    ear.free.set()
    await queue.idle()
    queue.offer(Utterance("again"))
    await queue.idle()
    paces = [1 / scale for scale in engine.scales]
    assert paces[0] == paces[1] == 1.0, "nothing waited when they were begun"
    assert 1.5 >= paces[2] > paces[3] > paces[4] >= paces[5] == 1.0
    assert queue.backlog_seconds == 0


def test_the_earcon_is_short_soft_and_quiet() -> None:
    samples = memoryview(earcon()).cast("h")
    assert len(earcon()) / BYTES_PER_SECOND == pytest.approx(SECONDS)
    assert max(map(abs, samples)) / 32767 == pytest.approx(LEVEL, rel=0.1)
    steps = [
        abs(after - before) for before, after in zip(samples[::2], samples[2::2], strict=False)
    ]
    assert max(steps) / 32767 < 0.005, "no click"
    assert samples[0] == samples[-1] == 0
