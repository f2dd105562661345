"""Names that no cache has: asked for once, in time, and not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from cogs import _names
from cogs._names import MOST_ASKED, Names
from cogs._store import MemberSettings, StoreUnavailable


class Discord:
    """Tells of the members that it has, when the test lets it."""

    def __init__(self, *names: str) -> None:
        self.members = {n: SimpleNamespace(display_name=name) for n, name in enumerate(names)}
        self.asked: list[list[int]] = []
        self.speaks = asyncio.Event()
        self.speaks.set()
        self.guild: Any = SimpleNamespace(id=1, shard_id=0, get_member=lambda member_id: None)

    async def tell(self, guild: object, ids: Collection[int]) -> Mapping[int, object]:
        self.asked.append(list(ids))
        await self.speaks.wait()
        return {one: self.members.get(one) for one in ids}


class Store:
    """Has one reading, or nothing."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def member(self, guild_id: int, member_id: int) -> MemberSettings:
        if self.error is not None:
            raise self.error
        return MemberSettings(name_reading="ボブ" if member_id == 1 else None)


@pytest.fixture
def discord(monkeypatch: pytest.MonkeyPatch) -> Discord:
    discord = Discord("alice", "bob")
    monkeypatch.setattr(_names, "members_of", discord.tell)
    return discord


def names_from(store: Any) -> Names:
    return Names(lambda: store)


async def test_members_are_asked_for_once_even_if_they_do_not_exist(discord: Discord) -> None:
    names = names_from(Store())
    for _ in range(2):
        assert await names.people(discord.guild, [0, 1, 7]) == {0: "alice", 1: "ボブ"}
    assert discord.asked == [[0, 1, 7]]


async def test_who_asks_meanwhile_gets_the_same_answer(discord: Discord) -> None:
    names = names_from(Store())
    discord.speaks.clear()
    both = asyncio.gather(names.people(discord.guild, [0]), names.people(discord.guild, [0, 1]))
    await asyncio.sleep(0)
    discord.speaks.set()
    assert await both == [{0: "alice"}, {0: "alice", 1: "ボブ"}]
    assert discord.asked == [[0], [1]]


async def test_a_silent_discord_is_not_waited_for_again(
    discord: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_names, "PATIENCE_SECONDS", 0.01)
    names = names_from(Store())
    discord.speaks.clear()
    for _ in range(2):
        assert await names.people(discord.guild, [0]) == {}
    assert discord.asked == [[0]]


async def test_nonsense_does_not_use_up_what_discord_takes_of_a_bot(discord: Discord) -> None:
    names = names_from(Store())
    for number in range(MOST_ASKED + 10):
        await names.people(discord.guild, [1000 + number])
    assert len(discord.asked) == MOST_ASKED


async def test_without_its_store_a_name_is_what_is_shown(discord: Discord) -> None:
    names = names_from(Store(StoreUnavailable("gone", "wait")))
    assert await names.people(discord.guild, [1]) == {1: "bob"}
