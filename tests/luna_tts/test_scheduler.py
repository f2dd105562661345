import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from luna_tts.errors import EngineClosed
from luna_tts.scheduler import Deadline, Scheduler


@pytest.fixture
async def scheduler() -> AsyncIterator[Scheduler]:
    scheduler = Scheduler()
    yield scheduler
    await scheduler.aclose()


class Gate:
    """A step that holds the inference thread until it is opened."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._open = threading.Event()
        self._entered = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold() -> None:
            loop.call_soon_threadsafe(self._entered.set)
            assert self._open.wait(10)

        self.held = asyncio.create_task(scheduler.run(hold))

    async def entered(self) -> None:
        await self._entered.wait()

    def open(self) -> None:
        self._open.set()


async def test_all_steps_run_on_one_thread(scheduler: Scheduler) -> None:
    names = await asyncio.gather(
        *(scheduler.run(lambda: threading.current_thread().name) for _ in range(20))
    )
    assert len(set(names)) == 1
    assert names[0].startswith("luna-inference")


async def test_the_listener_who_would_run_dry_first_comes_first(scheduler: Scheduler) -> None:
    gate = Gate(scheduler)
    await gate.entered()
    order: list[str] = []
    waits = {"comfortable": 8.0, "file": None, "silent": 0.0, "nearly dry": 0.1}
    tasks = [
        asyncio.create_task(
            scheduler.run(
                lambda name=name: order.append(name),
                None if left is None else Deadline(lambda left=left: left),
            )
        )
        for name, left in waits.items()
    ]
    await asyncio.sleep(0)
    assert scheduler.waiting == 4
    gate.open()
    await asyncio.gather(*tasks, gate.held)
    assert order == ["silent", "nearly dry", "file", "comfortable"]


async def test_equals_are_served_in_the_order_of_asking(scheduler: Scheduler) -> None:
    gate = Gate(scheduler)
    await gate.entered()
    order: list[int] = []
    tasks = [
        asyncio.create_task(scheduler.run(lambda n=n: order.append(n), Deadline()))
        for n in range(10)
    ]
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(*tasks, gate.held)
    assert order == list(range(10))


async def test_a_cancelled_step_does_not_run(scheduler: Scheduler) -> None:
    gate = Gate(scheduler)
    await gate.entered()
    ran: list[str] = []
    cancelled = asyncio.create_task(scheduler.run(lambda: ran.append("cancelled")))
    kept = asyncio.create_task(scheduler.run(lambda: ran.append("kept")))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(kept, gate.held)
    assert ran == ["kept"]
    assert cancelled.cancelled()


async def test_errors_reach_the_one_who_asked_and_nobody_else(scheduler: Scheduler) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await scheduler.run(fail)
    assert await scheduler.run(lambda: 7) == 7


async def test_closing_refuses_what_waits_and_ends_the_thread() -> None:
    before = threading.active_count()
    scheduler = Scheduler()
    gate = Gate(scheduler)
    await gate.entered()
    waiting = asyncio.create_task(scheduler.run(lambda: 1))
    await asyncio.sleep(0)
    closing = asyncio.create_task(scheduler.aclose())
    with pytest.raises(EngineClosed):
        await waiting
    gate.open()
    await asyncio.gather(closing, gate.held)
    assert threading.active_count() == before
    with pytest.raises(EngineClosed):
        await scheduler.run(lambda: 1)
    await scheduler.aclose()


def playing(left: float, *, price: float = 0.1) -> Deadline:
    deadline = Deadline(lambda: left)
    deadline.gave(9)
    deadline.worked(10 * price)
    return deadline


def order(*deadlines: Deadline) -> list[int]:
    return sorted(range(len(deadlines)), key=lambda place: deadlines[place].urgency())


def test_who_is_nearly_dry_comes_before_who_has_just_asked() -> None:
    nearly_dry, comfortable = playing(0.1, price=0.02), playing(5)
    new = Deadline()
    assert new.seconds_left() == pytest.approx(0.25, abs=0.1)
    assert order(comfortable, new, nearly_dry) == [2, 1, 0]
    new.gave(1)
    assert new.seconds_left() == 0


def test_of_those_who_are_nearly_dry_the_cheaper_voice_comes_first() -> None:
    assert order(playing(0.0, price=0.3), playing(0.3, price=0.05)) == [1, 0]
    assert order(playing(0.0, price=0.3), playing(3, price=0.05)) == [0, 1], "it has time"


def test_of_equal_ones_whoever_began_first_is_not_cut_off() -> None:
    first, second = playing(0.3, price=0.11), playing(0.0, price=0.09)
    assert order(second, first) == [1, 0]
    assert order(playing(2), playing(1)) == [1, 0], "none is nearly dry"


def test_on_a_card_equal_ones_go_from_stage_to_stage_together() -> None:
    """Until they sound: from then on whoever is nearly dry waits for no beginner."""
    for together in (False, True):
        first, second = Deadline(together=together), Deadline(together=together)
        first.worked(0.001)
        assert order(first, second) == ([1, 0] if together else [0, 1])
        second.worked(0.001)
        assert order(first, second) == [0, 1]
        for _ in range(3):
            second.worked(0.001)
        second.gave(0.1)
        assert order(first, second) == ([1, 0] if together else [0, 1])


def test_a_dear_voice_that_cannot_be_fed_lets_no_cheap_one_run_dry() -> None:
    dear, cheap, cheaper = (
        playing(0.0, price=0.7),
        playing(0.9, price=0.1),
        playing(1.5, price=0.05),
    )
    assert order(dear, cheap) == [1, 0]
    assert order(dear, cheaper) == [1, 0]
    assert order(cheaper, playing(0.9, price=0.05)) == [1, 0], "of equal ones who has less"
    assert order(playing(0.0, price=0.7), playing(0.9, price=0.3)) == [0, 1], "its step takes long"


async def test_what_a_voice_costs_is_known_before_it_begins(scheduler: Scheduler) -> None:
    for voice, seconds in (("large", 0.3), ("small", 0.01)):
        before = scheduler.deadline(voice, lambda: 0.0)
        assert before
        before.gave(0.1)
        before.worked(seconds)
    large, small = (scheduler.deadline(voice, lambda: 0.0) for voice in ("large", "small"))
    assert large
    assert small
    assert order(large, small) == [1, 0]
    assert scheduler.deadline("small", None) is None
