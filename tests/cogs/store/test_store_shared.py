"""Two processes' stores on one PostgreSQL: what one writes the other sees, and they take turns."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise

import asyncpg
import pytest
from sqlalchemy import event

from cogs._store import EVERYWHERE, GuildSettings, MemberSettings, Store
from luna_tts.nlp.dictionary_word import DictionaryWord
from postgresql import PostgreSQL

GUILD, OTHER, ALICE = 1, 2, 3
LUNA = DictionaryWord("luna", "ルナ")


@pytest.fixture
async def url(postgresql: PostgreSQL) -> str:
    return await postgresql.new_database()


@pytest.fixture
async def pair(url: str) -> AsyncIterator[tuple[Store, Store]]:
    stores = await Store.open("unused", url), await Store.open("unused", url)
    yield stores
    for store in stores:
        await store.aclose()


async def comes_true(look: Callable[[], Awaitable[object]], seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not await look():
        assert time.monotonic() < until
        await asyncio.sleep(0.01)


async def test_what_one_process_writes_the_other_sees(pair: tuple[Store, Store]) -> None:
    here, there = pair
    await there.guild(GUILD), await there.member(GUILD, ALICE)
    for scope in ((0, ALICE), (GUILD, 0), EVERYWHERE):
        assert await there.words(*scope) == ()
        await here.put_words(scope, [LUNA])
        await comes_true(lambda scope=scope: there.words(*scope))
        await here.remove_word(scope, "luna")
        await comes_true(lambda scope=scope: _no_words(there, scope))
    await here.update_guild(GUILD, voice="koharu")
    await here.update_member(GUILD, ALICE, volume=0.5)
    await comes_true(lambda: _is(there.guild(GUILD), "voice", "koharu"))
    await comes_true(lambda: _is(there.member(GUILD, ALICE), "volume", 0.5))


async def test_who_asks_one_process_to_forget_is_forgotten_by_all(
    pair: tuple[Store, Store],
) -> None:
    here, there = pair
    await there.update_member(OTHER, ALICE, name_reading="アリス")
    await there.put_words((0, ALICE), [LUNA])
    await here.forget_member(ALICE)
    await comes_true(lambda: _no_words(there, (0, ALICE)))
    assert await there.member(OTHER, ALICE) == MemberSettings()
    await there.update_guild(OTHER, voice="koharu")
    await here.guild(OTHER)
    await there.forget_guild(OTHER)
    await comes_true(lambda: _is(here.guild(OTHER), "voice", None))


async def test_whoever_writes_last_is_right_in_both(pair: tuple[Store, Store], url: str) -> None:
    dice = random.Random(1)

    async def write(store: Store) -> None:
        for _ in range(60):
            await store.update_member(0, dice.randrange(3), volume=dice.randrange(200) / 100)

    await asyncio.gather(*(write(store) for store in pair for _ in range(2)))
    await asyncio.sleep(0.2)
    fresh = await Store.open("unused", url)
    for member_id in range(3):
        stored = await fresh.member(0, member_id)
        assert [await store.member(0, member_id) for store in pair] == [stored, stored]
    await fresh.aclose()


async def test_what_is_heard_while_one_writes_is_newer(pair: tuple[Store, Store]) -> None:
    here, _ = pair
    engine = here._database._link.engine

    def overtake(_connection: object) -> None:
        here.hear((GUILD, 0))

    event.listen(engine.sync_engine, "commit", overtake)
    await here.update_guild(GUILD, voice="koharu")
    event.remove(engine.sync_engine, "commit", overtake)
    async with engine.begin() as connection:  # by whom it was heard
        await connection.exec_driver_sql("UPDATE guilds SET language = 'ko'")
    assert await here.guild(GUILD) == GuildSettings(voice="koharu", language="ko")


async def test_what_was_missed_without_a_connection_is_read_again(
    pair: tuple[Store, Store], url: str, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = pair
    await there.words(0, ALICE), await there.guild(GUILD)
    admin = await asyncpg.connect(url)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    await admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    await admin.close()
    await here.put_words((0, ALICE), [LUNA])
    await here.update_guild(GUILD, voice="koharu")
    await comes_true(lambda: there.words(0, ALICE))
    assert (await there.guild(GUILD)).voice == "koharu"
    assert "not heard of until PostgreSQL is back" in caplog.text
    await here.put_words(EVERYWHERE, [LUNA])
    await comes_true(lambda: there.words(*EVERYWHERE))


async def test_turns_of_a_name_are_seconds_apart_in_all_processes(
    pair: tuple[Store, Store],
) -> None:
    began: list[float] = []

    async def take(store: Store, name: str) -> None:
        await store.take_turn(name, 0.3)
        began.append(time.monotonic())

    before = time.monotonic()
    await asyncio.gather(*(take(store, "identify 0") for store in (*pair, *pair)))
    assert all(late - early > 0.25 for early, late in pairwise(began))
    assert began[-1] - before < 3
    before = time.monotonic()
    await asyncio.gather(*(take(store, name) for store, name in zip(pair, "ab", strict=True)))
    assert max(began[-2:]) - before < 0.25, "others need not wait"


async def test_one_process_takes_turns_with_itself(store: Store) -> None:
    before = time.monotonic()
    await asyncio.gather(*(store.take_turn("identify 0", 0.3) for _ in range(3)))
    assert 0.6 < time.monotonic() - before < 3


async def _no_words(store: Store, scope: tuple[int, int]) -> bool:
    return await store.words(*scope) == ()


async def _is(row: Awaitable[object], name: str, value: object) -> bool:
    return bool(getattr(await row, name) == value)
