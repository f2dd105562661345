"""Who is speaking is said first, but not again as long as listeners know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from speech_fakes import Ear, FakeEngine

from cogs import _speech_queue
from cogs._speech_queue import SpeechQueue, Utterance


def by(name: str, text: str, message_id: int | None = None) -> Utterance:
    return Utterance(text, introduction=f"{name}: ", message_id=message_id)


async def test_not_again_until_somebody_else_has_spoken(
    queue: SpeechQueue, engine: FakeEngine
) -> None:
    for utterance in (by("a", "1"), by("a", "2"), by("b", "3"), by("a", "4"), Utterance("5")):
        queue.put(utterance)
    await queue.idle()
    queue.put(by("a", "6"))
    await queue.idle()
    queue.put(by("a", "7"))
    await queue.idle()
    assert engine.begun == ["a: 1", "2", "b: 3", "a: 4", "5", "a: 6", "7"]


async def test_again_after_a_while(
    queue: SpeechQueue, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_speech_queue, "INTRODUCED_SECONDS", 0.0)
    for text in "12":
        queue.put(by("a", text))
        await queue.idle()
    assert engine.begun == ["a: 1", "a: 2"]


async def test_what_was_taken_back_has_introduced_nobody(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    ear.free.clear()
    queue.put(by("a", "1"))
    queue.put(by("b", "2", message_id=2))
    queue.put(by("a", "3"))
    await ear.playing.wait()
    assert queue.discard(2)
    ear.free.set()
    await queue.idle()
    assert engine.begun == ["a: 1", "b: 2", "3"]


async def test_whoever_came_between_is_not_taken_for_another(
    queue: SpeechQueue, engine: FakeEngine, ear: Ear
) -> None:
    ear.free.clear()
    queue.offer(replace(by("a", "1"), member_id=1))
    await ear.playing.wait()
    queue.offer(replace(by("a", "2"), member_id=1))
    queue.offer(replace(by("b", "3"), member_id=2))
    ear.free.set()
    await queue.idle()
    assert engine.begun == ["a: 1", "2", "b: 3", "a: 2"], "2 was made when it was to come next"
    assert ear.heard == [0.4, 0.4, 0.4]
