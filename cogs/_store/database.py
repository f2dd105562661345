"""Database: every statement that Luna sends; each method is one transaction.

Imported when a store is opened: SQLAlchemy takes a quarter of a second.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Table, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from luna_tts import LunaError
from luna_tts.nlp.dictionary_word import DictionaryWord

from . import migrate
from .changes import CHANNEL, Changes
from .engines import link_postgresql, link_sqlite, reason
from .errors import CommitInDoubt, StoreUnavailable, TooManyWords
from .rows import MOST_NEWCOMERS, Change, GuildSettings, MemberSettings, Scope, same_word
from .tables import dictionaries, guilds, members

Row = TypeVar("Row", GuildSettings, MemberSettings)

Blocking: TypeAlias = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs on a thread what would stop the event loop."""

_TELL: Final = text("SELECT pg_notify(:channel, :change)")
_NEXT_TURN: Final = text(
    """
    WITH clock AS (SELECT extract(epoch FROM clock_timestamp())::double precision AS now)
    INSERT INTO turns SELECT :name, now + :seconds FROM clock
    ON CONFLICT (name) DO UPDATE SET free_at =
        greatest(turns.free_at, extract(epoch FROM clock_timestamp())) + :seconds
    RETURNING free_at - :seconds - extract(epoch FROM clock_timestamp())
    """
)
_NOT_ALLOWED: Final = (LunaError, TypeError, ValueError)
_log = logging.getLogger(__name__)


class Database:
    """An open database of either kind. Every method raises `StoreUnavailable`."""

    def __init__(self, folder: Path, url: str) -> None:
        """Blocks. Connects to nothing yet, but takes an SQLite file for this process alone."""
        self._link = link_postgresql(url) if url else link_sqlite(folder)
        self._changes: Changes | None = None

    @property
    def shared(self) -> bool:
        """Whether other processes may use it, too."""
        return self._link.shared

    async def listen(self, hear: Callable[[Change], None]) -> None:
        """Has `hear` called for what other processes change, before anything is read."""
        if self.shared:
            with self._translated():
                self._changes = Changes(self._link.engine, self._link.errors, hear)
                await self._changes.start()

    async def migrate(self, blocking: Blocking) -> None:
        """Makes the tables what this Luna needs."""
        with self._translated():
            async with self._link.engine.connect() as connection:
                if await connection.run_sync(migrate.is_current):
                    return
            config = await blocking(migrate.prepare)
            async with self._link.engine.connect() as connection:
                await connection.run_sync(migrate.upgrade, config)
                await connection.commit()

    async def aclose(self) -> None:
        """Closes every connection, then gives an SQLite file free."""
        try:
            if self._changes is not None:
                await self._changes.aclose()
            await self._link.engine.dispose()
        finally:
            if self._link.lock is not None:
                self._link.lock.close()

    async def guild(self, guild_id: int) -> GuildSettings:
        """The row of a guild."""
        async with self._reading() as connection:
            return await _row(connection, guilds, GuildSettings, guild_id=guild_id)

    async def whereabouts(self) -> dict[int, int]:
        """Guild -> its `voice_channel`, where there is one."""
        columns = (guilds.c.guild_id, guilds.c.voice_channel)
        async with self._reading() as connection:
            found = await connection.execute(select(*columns).where(columns[1].is_not(None)))
            return {guild_id: channel_id for guild_id, channel_id in found}

    async def member(self, key: tuple[int, int]) -> MemberSettings:
        """The row of (guild id, member id)."""
        async with self._reading() as connection:
            return await _row(connection, members, MemberSettings, **_of(key))

    async def words(self, scope: Scope) -> tuple[DictionaryWord, ...]:
        """The words of one scope, in the order of their surfaces."""
        async with self._reading() as connection:
            return await _words(connection, scope)

    async def update_guild(self, guild_id: int, values: Mapping[str, object]) -> GuildSettings:
        """Writes the columns in `values` and no other; the row as it is then."""
        async with self._transaction((guild_id, 0)) as connection:
            await self._upsert(connection, guilds, [{"guild_id": guild_id, **values}])
            return await _row(connection, guilds, GuildSettings, guild_id=guild_id)

    async def update_member(
        self, key: tuple[int, int], values: Mapping[str, object]
    ) -> MemberSettings:
        """Writes the columns in `values` and no other; the row as it is then."""
        async with self._transaction(key) as connection:
            await self._upsert(connection, members, [{**_of(key), **values}])
            return await _row(connection, members, MemberSettings, **_of(key))

    async def number_newcomer(self, key: tuple[int, int]) -> MemberSettings:
        """Gives (guild id, member id) the number after the guild's highest; the row then."""
        highest = select(func.max(members.c.newcomer)).filter_by(guild_id=key[0])
        async with self._transaction(key) as connection:
            last = (await connection.execute(highest)).scalar()
            number = 0 if last is None else min(last + 1, MOST_NEWCOMERS)
            await self._upsert(connection, members, [{**_of(key), "newcomer": number}])
            return await _row(connection, members, MemberSettings, **_of(key))

    async def put_words(
        self, scope: Scope, words: Iterable[DictionaryWord], limit: int
    ) -> tuple[DictionaryWord, ...]:
        """Adds or replaces; the words of the scope as they are then. Raises `TooManyWords`."""
        async with self._transaction(scope) as connection:
            return await self._put_words(connection, scope, words, limit)

    async def replace_guild(
        self,
        guild_id: int,
        values: Mapping[str, object],
        words: Iterable[DictionaryWord],
        limit: int,
    ) -> tuple[GuildSettings, tuple[DictionaryWord, ...]]:
        """The guild's row and dictionary become these. Raises `TooManyWords`."""
        scope = (guild_id, 0)
        async with self._transaction(scope) as connection:
            await connection.execute(delete(guilds).filter_by(guild_id=guild_id))
            await connection.execute(delete(dictionaries).filter_by(**_of(scope)))
            await self._upsert(connection, guilds, [{"guild_id": guild_id, **values}])
            written = await self._put_words(connection, scope, words, limit)
            return await _row(connection, guilds, GuildSettings, guild_id=guild_id), written

    async def remove_word(self, scope: Scope, word: DictionaryWord) -> tuple[DictionaryWord, ...]:
        """The words of the scope without `word`."""
        async with self._transaction(scope) as connection:
            await connection.execute(
                delete(dictionaries).filter_by(**_of(scope), surface=word.surface)
            )
            return await _words(connection, scope)

    async def forget_member(self, member_id: int) -> None:
        """Deletes what there is of a member, in every guild."""
        async with self._transaction((None, member_id)) as connection:
            for table in (members, dictionaries):
                await connection.execute(delete(table).filter_by(member_id=member_id))

    async def forget_guild(self, guild_id: int) -> None:
        """Deletes what there is of a guild, its members' settings there included."""
        async with self._transaction((guild_id, None)) as connection:
            for table in (guilds, members, dictionaries):
                await connection.execute(delete(table).filter_by(guild_id=guild_id))

    async def take_turn(self, name: str, seconds: float) -> float:
        """Takes the next free moment of `name`, `seconds` long; seconds until it begins.

        By the clock of the database, which is the same for all. Of a shared database only.
        """
        async with self._transaction() as connection:
            values = {"name": name, "seconds": seconds}
            return float((await connection.execute(_NEXT_TURN, values)).scalar_one())

    async def _put_words(
        self, connection: AsyncConnection, scope: Scope, words: Iterable[DictionaryWord], limit: int
    ) -> tuple[DictionaryWord, ...]:
        before = await _words(connection, scope)
        added = {same_word(word.surface): word for word in words}
        if len(added) > max(limit, len(before)):  # a stranger's file may hold a million
            raise TooManyWords(limit)
        rows: list[dict[str, object]] = [
            {
                **_of(scope),
                "word": key,
                "surface": word.surface,
                "reading": word.reading,
                "accent": word.accent,
                "priority": word.priority,
            }
            for key, word in added.items()
        ]
        if rows:
            await self._upsert(connection, dictionaries, rows)
        after = await _words(connection, scope)
        if len(after) > max(limit, len(before)):
            raise TooManyWords(limit)
        return after

    async def _upsert(
        self, connection: AsyncConnection, table: Table, rows: list[dict[str, object]]
    ) -> None:
        key = [column.name for column in table.primary_key]
        insert = self._link.insert(table)
        changed = {name: insert.excluded[name] for name in rows[0] if name not in key}
        await connection.execute(
            insert.on_conflict_do_update(index_elements=key, set_=changed), rows
        )

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        """For one statement."""
        try:
            with self._translated():
                async with self._link.reading.connect() as connection:
                    yield connection
        except StoreUnavailable as error:
            _log.error("%s", error)
            raise

    @asynccontextmanager
    async def _transaction(self, change: Change | None = None) -> AsyncIterator[AsyncConnection]:
        """Commits when the block ends well, undoes everything otherwise.

        Other processes are told of `change` when it is committed.
        """
        try:
            with self._translated():
                async with self._link.engine.connect() as connection:
                    yield connection
                    if change is not None and self._changes is not None:
                        told = {"channel": CHANNEL, "change": self._changes.telling(change)}
                        await connection.execute(_TELL, told)
                    try:
                        await connection.commit()
                    except self._link.errors as error:
                        # SQLAlchemy would put it back into the pool with its transaction open.
                        await connection.invalidate()
                        raise CommitInDoubt(*self._explained(error)) from error
        except StoreUnavailable as error:
            _log.error("%s", error)
            raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._link.errors as error:
            raise StoreUnavailable(*self._explained(error)) from error

    def _explained(self, error: Exception) -> tuple[str, str]:
        return self._link.explain(reason(error))


async def open_database(folder: Path, url: str, blocking: Blocking) -> Database:
    """A database that is ready for use. Raises `StoreUnavailable`."""
    database: Database = await blocking(partial(Database, folder, url))
    try:
        await database.migrate(blocking)
    except BaseException:
        await database.aclose()
        raise
    return database


def _of(key: tuple[int, int]) -> dict[str, int]:
    return {"guild_id": key[0], "member_id": key[1]}


async def _row(connection: AsyncConnection, table: Table, kind: type[Row], **key: int) -> Row:
    columns = [column for column in table.columns if not column.primary_key]
    found = (await connection.execute(select(*columns).filter_by(**key))).mappings().first()
    values = {name: value for name, value in (found or {}).items() if value is not None}
    try:
        return kind(**values)
    except _NOT_ALLOWED:
        return kind(**{name: values[name] for name in values if _is_allowed(kind, name, values)})


def _is_allowed(kind: type[Row], name: str, values: Mapping[str, Any]) -> bool:
    """What an older Luna, or somebody by hand, wrote may not be allowed any more."""
    try:
        kind(**{name: values[name]})
    except _NOT_ALLOWED as error:
        _log.warning("a stored setting is left out: %s", error)
        return False
    return True


async def _words(connection: AsyncConnection, scope: Scope) -> tuple[DictionaryWord, ...]:
    columns = [dictionaries.c[name] for name in ("surface", "reading", "accent", "priority")]
    words = []
    for row in await connection.execute(select(*columns).filter_by(**_of(scope))):
        try:
            words.append(DictionaryWord(*row))
        except _NOT_ALLOWED as error:
            _log.warning("a stored word is left out (%s)", type(error).__name__)
    return tuple(sorted(words, key=lambda word: word.surface))
