"""A queue with its engine and its listener, which leave nothing behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from speech_fakes import Ear, FakeService

from cogs._speech_queue import SpeechQueue


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def queue(service: FakeService, ear: Ear) -> AsyncIterator[SpeechQueue]:
    queue = SpeechQueue(lambda: service, ear.play, limit=5)  # type: ignore[arg-type,return-value]
    yield queue
    await queue.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert sorted(service.begun) == sorted(service.ended)
