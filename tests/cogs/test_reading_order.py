"""Messages are prepared side by side and passed on in order; edits, deletions, failures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest

from cogs._reading_order import MOST_AT_ONCE, ReadingOrder
from cogs._speech_queue import Utterance


class Chat:
    """An order of messages, each of which is ready when the test says so."""

    def __init__(self) -> None:
        self.order = ReadingOrder()
        self.ready: dict[str, asyncio.Event] = {}
        self.passed: list[str] = []

    def enter(self, message_id: int, text: str, note: str = "") -> None:
        self.ready[text] = asyncio.Event()

        async def prepare() -> Utterance:
            await self.ready[text].wait()
            if text == "fail":
                raise RuntimeError("the secret text")
            return Utterance(text)

        self.order.enter(message_id, prepare(), self._pass_on(note))

    async def done(self, *texts: str) -> None:
        for text in texts:
            self.ready[text].set()
        for _ in range(2 * MOST_AT_ONCE):  # each turn waits for the one before
            await asyncio.sleep(0)

    def _pass_on(self, note: str) -> Callable[[Utterance | None], None]:
        def pass_on(utterance: Utterance | None) -> None:
            self.passed.append(note + (utterance.text if utterance else ""))

        return pass_on


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    chat = Chat()
    yield chat
    await chat.order.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_nobody_is_overtaken(chat: Chat) -> None:
    for number, text in enumerate("abc"):
        chat.enter(number, text)
    await chat.done("c", "b")
    assert chat.passed == []
    await chat.done("a")
    assert chat.passed == ["a", "b", "c"]


async def test_what_is_deleted_meanwhile_is_not_passed_on(chat: Chat) -> None:
    for number, text in enumerate("abc"):
        chat.enter(number, text)
    await chat.done("b")
    chat.order.take_back(1)
    chat.order.take_back(7)
    await chat.done("c")
    assert chat.passed == [], "the place of what was taken back is kept"
    await chat.done("a")
    assert chat.passed == ["a", "c"]


async def test_an_edit_meanwhile_keeps_the_place(chat: Chat) -> None:
    for number, text in enumerate("ab"):
        chat.enter(number, text)
    chat.enter(0, "A", note="an edit: ")
    await chat.done("b", "a")
    assert chat.passed == [], "what it was before is not passed on"
    await chat.done("A")
    assert chat.passed == ["A", "b"]
    chat.enter(0, "again", note="an edit: ")
    await chat.done("again")
    assert chat.passed[-1] == "an edit: again"


async def test_a_failure_costs_one_message_and_tells_nothing_of_it(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    chat.enter(1, "fail")
    chat.enter(2, "a")
    await chat.done("a", "fail")
    assert chat.passed == ["a"]
    assert "message 1 cannot be read: RuntimeError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_flood_is_bounded(chat: Chat) -> None:
    for number in range(MOST_AT_ONCE + 5):
        chat.enter(number, str(number))
    await chat.done(*chat.ready)
    assert chat.passed == [str(number) for number in range(MOST_AT_ONCE)]
