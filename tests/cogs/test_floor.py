"""Floor: waiting to be heard has an end; the rest is heard in tests/test_presence_moved.py."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from cogs import _floor
from cogs._floor import Floor


def member(*, suppress: bool) -> Any:
    voice = SimpleNamespace(channel=SimpleNamespace(id=1), suppress=suppress)
    return SimpleNamespace(guild=SimpleNamespace(id=2), voice=voice)


async def test_who_is_not_let_speak_waits_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_floor, "PATIENCE_SECONDS", 0.1)
    floor = Floor()
    assert await floor.wait()
    floor.note(member(suppress=True))
    assert not await floor.asked()
    assert not await floor.wait()
    assert not await asyncio.wait_for(floor.wait(), 0.05), "the time is up for all that follow"
    waiting = asyncio.create_task(floor.wait())
    floor.note(member(suppress=False))
    assert await floor.wait()
    await waiting
    floor.note(member(suppress=True))
    waiting = asyncio.create_task(floor.wait())
    await asyncio.sleep(0)
    floor.note(SimpleNamespace(voice=None))  # type: ignore[arg-type]
    assert await waiting, "out of voice there is nothing to wait for"
    await floor.aclose()
