"""A queue with its engine and its listener, which leave nothing behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from speech_fakes import Ear, FakeEngine

from cogs._speech_queue import SpeechQueue


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def queue(engine: FakeEngine, ear: Ear) -> AsyncIterator[SpeechQueue]:
    queue = SpeechQueue(lambda: engine, ear.play, limit=5)  # type: ignore[arg-type,return-value]
    yield queue
    await queue.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert sorted(engine.begun) == sorted(engine.ended)
