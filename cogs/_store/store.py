"""Store: what Luna remembers. In memory after the first read, on disk before a change is done."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from luna_tts.errors import EngineClosed
from luna_tts.nlp.dictionary_word import DictionaryWord

from .cache import ReadThrough
from .errors import CommitInDoubt, StoreUnavailable
from .rows import ANYTHING, Change, GuildSettings, MemberSettings, Scope, same_word, snowflake

if TYPE_CHECKING:
    from .database import Blocking, Database

GUILD_WORDS: Final = 2000
MEMBER_WORDS: Final = 200
"""Words of one dictionary."""
CACHED_ROWS: Final = 20_000
CACHED_WORDS: Final = 200_000
"""Kept in memory, some tens of megabytes at most."""

K = TypeVar("K")
T = TypeVar("T")


class Store:
    """Settings and dictionaries, durably.

    A read costs microseconds once the row is in memory. A change is on disk when its call returns;
    one that raises has changed nothing. A call that is cancelled may have been carried out, wholly
    or not at all. Ids are Discord's (64 bit); 0 stands for "every" in a dictionary's scope.

    An SQLite file refuses a second process. On PostgreSQL each process has guilds of its own; what
    others change of a member, or of everybody, is seen a moment after it was written (changes.py).
    While the database cannot be reached, what is in memory serves on.

    Every method raises `StoreUnavailable` if the database cannot be used, `EngineClosed` after
    `aclose`, and `ValueError` for what is no id.
    """

    def __init__(self, database: Database) -> None:
        """Use `open`."""
        self._database = database
        self._guilds = ReadThrough(database.guild, CACHED_ROWS)
        self._members = ReadThrough(database.member, CACHED_ROWS)
        self._words = ReadThrough(database.words, CACHED_WORDS, lambda words: len(words) + 1)
        self._caches = (self._guilds, self._members, self._words)
        self._turn = asyncio.Lock()
        self._turns: dict[str, float] = {}
        """When who comes next may begin, where no other process has a part."""
        self._heard: list[Change] = []
        """Of other processes, while one of our changes was under way."""
        self._writes: set[asyncio.Task[Any]] = set()
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, folder: Path | str = "data", url: str = "") -> Store:
        """Opens, or makes, the SQLite file in `folder`; with `url`, a PostgreSQL database.

        A broken file is set aside and named in the log. Raises `StoreUnavailable` for a folder or
        a server that cannot be used, and for what a newer Luna or another process has in use.
        """
        opening = asyncio.create_task(_open(cls, Path(folder), url), name="luna-store-open")
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            with contextlib.suppress(StoreUnavailable):
                await (await opening).aclose()
            raise

    async def aclose(self) -> None:
        """Finishes what was begun and gives the database free."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="luna-store-close")
        await asyncio.shield(self._closing)

    async def guild(self, guild_id: int) -> GuildSettings:
        """What a guild's admins chose."""
        return await self._read(self._guilds, snowflake(guild_id))

    async def member(self, guild_id: int, member_id: int) -> MemberSettings:
        """What a member chose in a guild."""
        return await self._read(self._members, (snowflake(guild_id), snowflake(member_id)))

    async def words(self, guild_id: int, member_id: int) -> tuple[DictionaryWord, ...]:
        """One dictionary: (guild, 0) a guild's, (0, member) a member's own, (0, 0) everywhere.

        The tuple is its own version: as long as nothing changed it is the same object (or, if it
        was read again meanwhile, an equal one).
        """
        return await self._read(self._words, (snowflake(guild_id), snowflake(member_id)))

    async def update_guild(self, guild_id: int, **changes: Any) -> GuildSettings:
        """Changes the named fields of `GuildSettings` and no other.

        Raises `TypeError` for a field that there is not, and what `GuildSettings` raises.
        """
        key, values = snowflake(guild_id), _checked(GuildSettings, changes)

        async def write() -> GuildSettings:
            row = await self._database.update_guild(key, values)
            self._guilds.put(key, row)
            return row

        return await self._write(write) if values else await self.guild(guild_id)

    async def whereabouts(self) -> dict[int, int]:
        """Guild -> voice channel in which Luna is to be, wherever there is one; one query."""
        return await self._write(self._database.whereabouts)

    async def edit_guild(
        self, guild_id: int, edit: Callable[[GuildSettings], Mapping[str, Any]]
    ) -> GuildSettings:
        """Changes what `edit` returns, which is given what stands there: nothing comes between.

        Raises what `update_guild` and `edit` raise.
        """
        key = snowflake(guild_id)

        async def write() -> GuildSettings:
            changes = edit(await self._guilds.get(key))
            row = await self._database.update_guild(key, _checked(GuildSettings, changes))
            self._guilds.put(key, row)
            return row

        return await self._write(write)

    async def update_member(self, guild_id: int, member_id: int, **changes: Any) -> MemberSettings:
        """Changes the named fields of `MemberSettings` and no other.

        Raises `TypeError` for a field that there is not, and what `MemberSettings` raises.
        """
        key = (snowflake(guild_id), snowflake(member_id))
        values = _checked(MemberSettings, changes)

        async def write() -> MemberSettings:
            row = await self._database.update_member(key, values)
            self._members.put(key, row)
            return row

        return await self._write(write) if values else await self.member(guild_id, member_id)

    async def number_newcomer(self, guild_id: int, member_id: int) -> MemberSettings:
        """Gives a member the next `newcomer` of the guild, unless they have one; no two get one."""
        key = (snowflake(guild_id), snowflake(member_id))

        async def write() -> MemberSettings:
            row = await self._members.get(key)
            if row.newcomer is None:
                row = await self._database.number_newcomer(key)
                self._members.put(key, row)
            return row

        return await self._write(write)

    async def put_words(
        self, scope: Scope, words: Iterable[DictionaryWord]
    ) -> tuple[DictionaryWord, ...]:
        """Adds words to a dictionary, or replaces those of the same surface: all, or none.

        Returns the whole dictionary. Of two words for one surface the last one stays. Raises
        `TooManyWords`.
        """
        key = (snowflake(scope[0]), snowflake(scope[1]))
        added = tuple(words)
        limit = MEMBER_WORDS if scope[1] else GUILD_WORDS

        async def write() -> tuple[DictionaryWord, ...]:
            now = await self._database.put_words(key, added, limit)
            self._words.put(key, now)
            return now

        return await self._write(write) if added else await self.words(*key)

    async def replace_guild(
        self, guild_id: int, settings: GuildSettings, words: Iterable[DictionaryWord]
    ) -> None:
        """Makes these the guild's settings and dictionary: both, or neither.

        Raises `TooManyWords`.
        """
        if not snowflake(guild_id):
            raise ValueError("0 is no guild")
        key, new = (guild_id, 0), tuple(words)
        values = _stored({field.name: getattr(settings, field.name) for field in fields(settings)})

        async def write() -> None:
            row, now = await self._database.replace_guild(guild_id, values, new, GUILD_WORDS)
            self._guilds.put(guild_id, row)
            self._words.put(key, now)

        await self._write(write)

    async def remove_word(self, scope: Scope, surface: str) -> DictionaryWord | None:
        """Takes the word of that surface out of a dictionary; None if there was none."""
        key, wanted = (snowflake(scope[0]), snowflake(scope[1])), same_word(surface)

        async def write() -> DictionaryWord | None:
            words = await self._words.get(key)
            word = next((word for word in words if same_word(word.surface) == wanted), None)
            if word is not None:
                self._words.put(key, await self._database.remove_word(key, word))
            return word

        return await self._write(write)

    async def forget_member(self, member_id: int) -> None:
        """Deletes a member's settings in every guild, and their own dictionary."""
        if not snowflake(member_id):
            raise ValueError("0 is no member")

        async def write() -> None:
            await self._database.forget_member(member_id)
            self._forget((None, member_id))

        await self._write(write)

    async def forget_guild(self, guild_id: int) -> None:
        """Deletes a guild's settings and dictionary, and its members' settings there."""
        if not snowflake(guild_id):
            raise ValueError("0 is no guild")

        async def write() -> None:
            await self._database.forget_guild(guild_id)
            self._forget((guild_id, None))

        await self._write(write)

    async def take_turn(self, name: str, seconds: float) -> None:
        """Returns when nobody else, in any process, has taken a turn of `name` for `seconds`."""
        if self._closing is not None:
            raise EngineClosed
        if self._database.shared:
            await asyncio.sleep(await self._database.take_turn(name, seconds))
            return
        now = time.monotonic()
        begin = max(now, self._turns.get(name, now))
        self._turns[name] = begin + seconds
        await asyncio.sleep(begin - now)

    async def _read(self, cache: ReadThrough[K, T], key: K) -> T:
        if self._closing is not None:
            raise EngineClosed
        return await cache.get(key)

    async def _write(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Carries out one change after the other, to its end even if the caller goes away."""
        if self._closing is not None:
            raise EngineClosed
        task = asyncio.create_task(self._in_turn(work), name="luna-write")
        self._writes.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def _in_turn(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with self._turn:
            self._heard.clear()
            try:
                return await work()
            except CommitInDoubt:
                self._forget(ANYTHING)
                raise
            finally:  # what was just put into memory may be older than what was heard
                for change in self._heard:
                    self._forget(change)

    def hear(self, change: Change) -> None:
        """Another process has written."""
        if self._turn.locked():
            self._heard.append(change)
        self._forget(change)

    def _forget(self, change: Change) -> None:
        """Has what changed read again when it is next asked for."""
        guild_id, member_id = change
        if guild_id is not None and member_id is not None:
            self._guilds.discard(guild_id)
            self._members.discard((guild_id, member_id))
            self._words.discard((guild_id, member_id))
            return
        for cache in (self._members, self._words):
            cache.discard_where(
                lambda key: guild_id in (key[0], None) and member_id in (key[1], None)
            )
        if member_id is None:
            self._guilds.discard_where(lambda key: guild_id in (key, None))

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._writes.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be left to hear it

    async def _close(self) -> None:
        await asyncio.gather(*self._writes, return_exceptions=True)
        for cache in self._caches:
            await cache.settled()
        await self._database.aclose()


async def _open(kind: type[Store], folder: Path, url: str) -> Store:
    with ThreadPoolExecutor(1, thread_name_prefix="luna-store") as thread:

        async def blocking(work: Callable[[], T]) -> T:
            return await asyncio.get_running_loop().run_in_executor(thread, work)

        open_database = await blocking(_import)
        database = await open_database(folder, url, blocking)
    store = kind(database)
    try:
        await database.listen(store.hear)
    except BaseException:
        await database.aclose()
        raise
    return store


def _import() -> Callable[[Path, str, Blocking], Awaitable[Database]]:
    from .database import open_database

    return open_database


def _checked(
    kind: type[GuildSettings | MemberSettings], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """`changes` as they are stored: checked, and as the JSON encoder takes them."""
    row = kind(**changes)
    return _stored({name: getattr(row, name) for name in changes})


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()
    }
