"""Lists in a guild's settings: changed one entry at a time, by many at once."""

from __future__ import annotations

import asyncio

import pytest

from cogs._errors import NotListed
from cogs._lists import add_entry, remove_entry
from cogs._store import GuildSettings, Store, TooManyEntries
from cogs._store.rows import MOST_ENTRIES

GUILD = 7


@pytest.mark.parametrize("name", MOST_ENTRIES)
async def test_a_list_takes_as_many_as_it_may_and_keeps_them(store: Store, name: str) -> None:
    most, words = MOST_ENTRIES[name], name == "ng_words"
    entries = [f"word {n}" if words else 2**62 + n for n in range(most)]
    await asyncio.gather(*(add_entry(store, GUILD, name, entry) for entry in entries))
    assert set(getattr(await store.guild(GUILD), name)) == set(entries)
    with pytest.raises(TooManyEntries) as refused:
        await add_entry(store, GUILD, name, "one more" if words else 1)
    assert refused.value.data == {"name": name, "limit": most}
    await add_entry(store, GUILD, name, entries[0])
    await asyncio.gather(*(remove_entry(store, GUILD, name, entry) for entry in entries[1:]))
    assert getattr(await store.guild(GUILD), name) == (entries[0],)
    with pytest.raises(NotListed):
        await remove_entry(store, GUILD, name, entries[1])


async def test_words_are_the_same_whatever_their_width_and_case(store: Store) -> None:
    for word in ("Foo", "ＦＯＯ", "bar"):
        await add_entry(store, GUILD, "ng_words", word)
    assert (await store.guild(GUILD)).ng_words == ("Foo", "bar")
    await remove_entry(store, GUILD, "ng_words", "ｆｏｏ")
    assert (await store.guild(GUILD)).ng_words == ("bar",)


async def test_an_edit_that_fails_changes_nothing_and_keeps_nobody_waiting(store: Store) -> None:
    def fail(now: GuildSettings) -> dict[str, object]:
        raise NotListed(str(now.voice))

    await store.update_guild(GUILD, voice="koharu")
    with pytest.raises(NotListed):
        await store.edit_guild(GUILD, fail)
    with pytest.raises(TypeError):
        await store.edit_guild(GUILD, lambda now: {"colour": now.voice})
    row = await store.edit_guild(GUILD, lambda now: {"newcomer_voice": now.voice})
    assert row == GuildSettings(voice="koharu", newcomer_voice="koharu")
    assert await store.guild(GUILD) == row
