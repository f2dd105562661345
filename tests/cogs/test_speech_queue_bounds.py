import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech_fakes import Ear, FakeEngine

from cogs._errors import MemberQueueFull
from cogs._rendering import Rendering
from cogs._speech_queue import SpeechQueue, Utterance
from cogs._waiting_list import WaitingList

FLOODER, QUIET, OTHER = 1, 2, 3


def notice(count: int) -> Utterance:
    return Utterance(f"{count} left out")


@pytest.fixture
async def queue(engine: FakeEngine, ear: Ear) -> AsyncIterator[SpeechQueue]:
    """It holds 6, and 3 of each member; somebody is speaking, and nothing moves on."""
    ear.free.clear()
    queue = SpeechQueue(
        lambda: engine,  # type: ignore[arg-type,return-value]
        ear.play,
        limit=6,
        member_limit=3,
        announce_dropped=notice,
    )
    queue.offer(Utterance("now", member_id=OTHER))
    await ear.playing.wait()
    yield queue
    await queue.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert sorted(engine.begun) == sorted(engine.ended)


async def spoken(queue: SpeechQueue, engine: FakeEngine, ear: Ear) -> list[str]:
    ear.free.set()
    await queue.idle()
    return engine.begun[1:]


async def test_a_flood_loses_its_own_oldest_and_says_how_many(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    for n in range(6):
        queue.offer(Utterance(f"flood {n}", member_id=FLOODER))
    queue.offer(Utterance("hello", member_id=QUIET))
    assert queue.dropped == 3
    # The first was being made already.
    expected = ["flood 0", "hello", "flood 4", "flood 5", "3 left out"]
    assert await spoken(queue, engine, ear) == expected


async def test_where_the_guild_has_too_much_the_quiet_lose_nothing(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    for n in range(3):
        queue.offer(Utterance(f"flood {n}", member_id=FLOODER))
    for n in range(2):
        queue.offer(Utterance(f"other {n}", member_id=OTHER))
    queue.offer(Utterance("quiet 0", member_id=QUIET))
    queue.offer(Utterance("quiet 1", member_id=QUIET))
    assert queue.dropped == 1
    expected = ["flood 0", "quiet 0", "other 0", "flood 2", "quiet 1", "other 1", "1 left out"]
    assert sorted(await spoken(queue, engine, ear)) == sorted(expected)


async def test_who_has_as_much_as_anybody_makes_room_for_themselves(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    for member_id in range(10, 16):
        queue.offer(Utterance(f"of {member_id}", member_id=member_id))
    queue.offer(Utterance("too many", member_id=16))
    assert "too many" not in await spoken(queue, engine, ear)


async def test_where_a_minute_of_speech_waits_whoever_pastes_loses_the_older_pastes(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    queue.offer(Utterance("ahead", member_id=OTHER))
    for n in range(3):
        queue.offer(Utterance(f"{n}" + "長" * 120, member_id=FLOODER))
    queue.offer(Utterance("q" * 60, member_id=QUIET))
    said = [text[:1] for text in await spoken(queue, engine, ear)]
    # The first was being made already; at the end it is told that one was left out.
    assert said == ["a", "0", "q", "2", "1"]


async def test_the_number_is_said_once_when_the_pressure_is_over(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    for n in range(10):
        queue.offer(Utterance(f"flood {n}", member_id=FLOODER))
        await asyncio.sleep(0)
    said = await spoken(queue, engine, ear)
    assert said == ["flood 0", "flood 8", "flood 9", "7 left out"]
    ear.free.clear()
    queue.offer(Utterance("now", member_id=FLOODER))
    await ear.playing.wait()
    for n in range(4):
        queue.offer(Utterance(f"again {n}", member_id=FLOODER))
    assert (await spoken(queue, engine, ear))[-1] == "1 left out", "it counts anew"
    assert queue.dropped == 8


async def test_what_is_said_twice_is_heard_once(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    for message_id in range(5):
        queue.offer(Utterance("hey", member_id=FLOODER, message_id=message_id))
    queue.offer(Utterance("hey", member_id=QUIET, message_id=9))
    assert (len(queue), queue.dropped) == (2, 0)
    assert queue.discard(0)
    assert queue.replace(1, Utterance("you", member_id=FLOODER, message_id=1))
    assert len(queue) == 3, "the others that said so still stand"
    assert await spoken(queue, engine, ear) == ["hey", "hey", "you"]


async def test_it_is_taken_back_when_all_that_said_so_are(queue: SpeechQueue, ear: Ear) -> None:
    for message_id in range(3):
        queue.offer(Utterance("hey", member_id=FLOODER, message_id=message_id))
    assert all(queue.discard(message_id) for message_id in range(3))
    assert len(queue) == 0


async def test_what_was_promised_is_spoken_whatever_comes_after(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    queue.offer(Utterance("ahead", member_id=OTHER))
    queue.put(Utterance("say 1", member_id=FLOODER))
    queue.put(Utterance("say 2", member_id=FLOODER))
    for n in range(3):
        queue.offer(Utterance(f"chat {n}", member_id=FLOODER))
    with pytest.raises(MemberQueueFull) as caught:
        queue.put(Utterance("say 3", member_id=FLOODER))
    assert caught.value.data == {"limit": 3}
    said = await spoken(queue, engine, ear)
    assert [text for text in said if text != "ahead"] == ["say 1", "say 2", "chat 2", "2 left out"]


async def test_a_promise_finds_room_among_the_chat_of_others(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    for member_id in (FLOODER, OTHER):
        for n in range(3):
            queue.offer(Utterance(f"{member_id}: {n}", member_id=member_id))
    queue.put(Utterance("say", member_id=QUIET))
    assert "say" in await spoken(queue, engine, ear)
    assert queue.dropped == 1


async def test_clearing_leaves_nothing_to_announce(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    for n in range(6):
        queue.offer(Utterance(f"flood {n}", member_id=FLOODER))
    assert queue.clear() == 4, "and the notice, which nobody has asked for"
    queue.offer(Utterance("after", member_id=QUIET))
    assert await spoken(queue, engine, ear) == ["flood 0", "after"]
    assert (len(ear.heard), queue.dropped) == (1, 3)


@given(st.lists(st.one_of(st.integers(0, 8), st.just("pop")), max_size=120))
def test_the_bounds_hold_and_the_quiet_are_heard(moves: list[object]) -> None:
    """Members 0 to 8 ask, and now and then somebody has their turn."""
    asked: Counter[object] = Counter()
    heard: Counter[object] = Counter()
    lost: Counter[object] = Counter()

    def dismissed(rendering: Rendering) -> None:
        lost[rendering.utterance.member_id] += 1

    waiting = WaitingList(10, 3, notice, dismissed)
    for number, move in enumerate(moves):
        if isinstance(move, int):
            before = Counter(one.utterance.member_id for one in waiting)
            lost.clear()
            waiting.offer(Utterance(f"text {number}", member_id=move))
            asked[move] += 1
            for member in lost.keys() - {None}:
                assert (
                    before[member] + (member == move)
                    >= max(before[other] for other in before if other is not None)
                    or before[member] == 3
                )
        elif len(waiting):
            heard[waiting.pop().utterance.member_id] += 1
        of_each = Counter(one.utterance.member_id for one in waiting)
        assert of_each.pop(None, 0) <= 1, "one notice"
        assert of_each.total() <= 10
        assert max(of_each.values(), default=0) <= 3
    while len(waiting):
        heard[waiting.pop().utterance.member_id] += 1
    assert asked.total() == heard.total() - heard[None] + waiting.dropped
