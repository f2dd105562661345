import asyncio

import pytest
from speech_fakes import Ear, FakeEngine

from cogs._activity import Timings
from cogs._errors import QueueFull
from cogs._pcm_stream import PcmStream
from cogs._rendering import MAX_SECONDS_AHEAD
from cogs._speech_queue import SpeechQueue, Utterance
from luna_tts.errors import EngineClosed, SynthesisFailed


async def test_the_order_of_speaking_is_the_order_of_asking(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    for text in ("slow one", "2", "slow three", "44"):
        queue.put(Utterance(text))
    await queue.idle()
    assert ear.heard == [0.8, 0.1, 1.0, 0.2]
    assert engine.begun == ["slow one", "2", "slow three", "44"]


async def test_one_utterance_is_made_ahead_and_no_more(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    ear.free.clear()
    for text in ("a", "b", "c"):
        queue.put(Utterance(text))
    await ear.playing.wait()
    await asyncio.sleep(0.05)
    assert engine.begun == ["a", "b"]
    assert len(queue) == 2
    ear.free.set()
    await queue.idle()
    assert ear.heard == [0.1, 0.1, 0.1]


async def test_a_long_text_is_not_made_minutes_ahead(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    ear.free.clear()
    queue.put(Utterance("x" * 600))
    await ear.playing.wait()
    await asyncio.sleep(0.1)
    assert engine.asked["x" * 600]() == pytest.approx(MAX_SECONDS_AHEAD, abs=0.2)
    ear.free.set()
    await queue.idle()
    assert ear.heard == [60.0]


async def test_who_waits_behind_another_is_less_urgent(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    ear.free.clear()
    queue.put(Utterance("a" * 30))
    queue.put(Utterance("b" * 10))
    await ear.playing.wait()
    await asyncio.sleep(0.05)
    assert engine.asked["a" * 30]() == pytest.approx(3.0)
    assert engine.asked["b" * 10]() == pytest.approx(4.0)
    ear.free.set()
    await queue.idle()


async def test_skip_silences_one_and_the_next_follows(queue: SpeechQueue, ear: Ear) -> None:
    assert not queue.skip()
    ear.free.clear()
    queue.put(Utterance("aaaa"))
    queue.put(Utterance("bb"))
    await ear.playing.wait()
    assert queue.skip()
    ear.free.set()
    await queue.idle()
    assert (ear.cut, ear.heard) == (1, [0.2])


async def test_skip_reaches_an_utterance_that_is_still_being_made(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    queue.put(Utterance("slow"))
    while not engine.begun:
        await asyncio.sleep(0)
    assert queue.skip()
    await queue.idle()
    assert ear.heard == []
    assert engine.ended == ["slow"]


async def test_clear_forgets_everything_and_goes_on(queue: SpeechQueue, ear: Ear) -> None:
    ear.free.clear()
    for text in ("a", "b", "c"):
        queue.put(Utterance(text))
    await ear.playing.wait()
    assert queue.clear() == 3
    ear.free.set()
    queue.put(Utterance("dd"))
    await queue.idle()
    assert ear.heard == [0.2]


async def test_a_message_is_taken_back_wherever_it_is(queue: SpeechQueue, ear: Ear) -> None:
    ear.free.clear()
    for n, text in enumerate(("a", "bb", "ccc", "dddd")):
        queue.put(Utterance(text, message_id=n))
    await ear.playing.wait()
    assert queue.discard(2)
    assert queue.discard(1)
    assert queue.discard(0)
    assert not queue.discard(2)
    ear.free.set()
    await queue.idle()
    assert ear.heard == [0.4]


async def test_the_queue_is_bounded(queue: SpeechQueue, ear: Ear) -> None:
    ear.free.clear()
    queue.put(Utterance("now"))
    await ear.playing.wait()
    for _ in range(5):
        queue.put(Utterance("x"))
    with pytest.raises(QueueFull) as caught:
        queue.put(Utterance("x"))
    assert caught.value.data == {"limit": 5}
    ear.free.set()
    await queue.idle()
    assert len(ear.heard) == 6


async def test_one_failure_takes_one_utterance(queue: SpeechQueue, ear: Ear) -> None:
    failures: list[Exception] = []
    for text in ("aa", "bbfail", "cc"):
        queue.put(Utterance(text, on_failure=failures.append))
    await queue.idle()
    assert ear.heard == [0.2, 0.36, 0.2], "what was made before the failure, and the earcon"
    assert [type(error) for error in failures] == [SynthesisFailed]


async def test_a_broken_player_is_reported_and_the_next_one_plays(engine: FakeEngine) -> None:
    played: list[int] = []

    async def play(stream: PcmStream) -> None:
        played.append(1)
        if len(played) == 1:
            raise ConnectionError("gone")

    failures: list[Exception] = []
    queue = SpeechQueue(lambda: engine, play)  # type: ignore[arg-type,return-value]
    queue.put(Utterance("a", on_failure=failures.append))
    queue.put(Utterance("b", on_failure=failures.append))
    await queue.idle()
    assert len(played) == 2
    assert [str(error) for error in failures] == ["gone"]
    await queue.aclose()


async def test_a_closed_engine_is_an_ordinary_end(
    queue: SpeechQueue, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[Exception] = []
    queue.put(Utterance("closed", on_failure=failures.append))
    await queue.idle()
    assert failures == []
    assert caplog.records == []


async def test_closing_in_full_flight_leaves_nothing(engine: FakeEngine, ear: Ear) -> None:
    queue = SpeechQueue(lambda: engine, ear.play)  # type: ignore[arg-type,return-value]
    ear.free.clear()
    for text in ("a" * 50, "b" * 50, "c"):
        queue.put(Utterance(text))
    await ear.playing.wait()
    await queue.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert sorted(engine.begun) == sorted(engine.ended) == ["a" * 50, "b" * 50]
    with pytest.raises(EngineClosed):
        queue.put(Utterance("d"))


async def test_what_it_measures(engine: FakeEngine, ear: Ear) -> None:
    timings = Timings()
    queue = SpeechQueue(
        lambda: engine,  # type: ignore[arg-type,return-value]
        ear.play,
        timings=timings,
    )
    ear.free.clear()
    queue.put(Utterance("slow one"))
    queue.put(Utterance("two"))
    queue.put(Utterance("fail"))
    await ear.playing.wait()
    assert queue.speaking
    await asyncio.sleep(0.2)
    ear.free.set()
    await queue.idle()
    await asyncio.sleep(0)
    assert not queue.speaking
    first, second, third = timings.waits.recent
    assert first < 0.1 < 0.2 <= second <= third, "from being asked for to its turn"
    ahead, slow = timings.first_sounds.recent
    assert ahead < 0.1 <= slow, "PCM may be there before an utterance has its turn"
    ahead, slow = timings.synthesis.recent
    assert ahead < 0.1 <= slow, "the failed one does not count"
    await queue.aclose()


async def test_waiting_for_the_listener_is_no_synthesis(engine: FakeEngine, ear: Ear) -> None:
    timings = Timings()
    queue = SpeechQueue(
        lambda: engine,  # type: ignore[arg-type,return-value]
        ear.play,
        timings=timings,
    )
    ear.free.clear()
    queue.put(Utterance("x" * 102))
    await ear.playing.wait()
    await asyncio.sleep(0.3)
    ear.free.set()
    await queue.idle()
    assert timings.synthesis.last is not None
    assert timings.synthesis.last < 0.2
    await queue.aclose()


async def test_an_edited_message_keeps_its_place(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    ear.free.clear()
    for n, text in enumerate(("a", "bb", "ccc", "dddd")):
        queue.put(Utterance(text, message_id=n))
    await ear.playing.wait()
    assert not queue.replace(0, Utterance("too late", message_id=0))
    assert queue.replace(1, Utterance("b" * 5, message_id=1)), "though it is made already"
    assert queue.replace(2, Utterance("c" * 6, message_id=2))
    assert not queue.replace(7, Utterance("unknown"))
    assert queue.discard(2)
    ear.free.set()
    await queue.idle()
    assert ear.heard == [0.1, 0.5, 0.4]


async def test_an_edit_into_nothing_or_into_the_same_words(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    ear.free.clear()
    for number, text in enumerate(("first", "same", "gone")):
        queue.put(Utterance(text, message_id=number))
    await ear.playing.wait()
    assert not queue.replace(0, None), "it is heard already"
    assert queue.replace(1, Utterance("same", message_id=1))
    assert queue.replace(2, None)
    ear.free.set()
    await queue.idle()
    assert engine.begun == ["first", "same"], "what was made of it is not made again"
