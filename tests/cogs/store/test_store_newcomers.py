"""Newcomers are numbered, each once, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cogs._store import Store

GUILD, OTHER_GUILD, ALICE = 1, 2, 3


async def test_no_two_newcomers_get_one_number(store: Store, place: tuple[Path, str]) -> None:
    members = range(100, 120)
    for guild in (GUILD, OTHER_GUILD):
        rows = await asyncio.gather(*(store.number_newcomer(guild, one) for one in members))
        assert [row.newcomer for row in rows] == list(range(20))
    await store.update_member(GUILD, 100, volume=0.5)
    assert (await store.number_newcomer(GUILD, 100)).newcomer == 0, "it is kept"
    await store.aclose()
    again = await Store.open(*place)
    assert (await again.number_newcomer(GUILD, ALICE)).newcomer == 20
    await again.aclose()
