"""How either database is reached, and what to tell the operator when it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Table, event, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .errors import StoreUnavailable
from .sqlite_file import BUSY_SECONDS, FILE_NAME, claim, explained

CONNECT_SECONDS = 5
COMMAND_SECONDS = 10
"""How long PostgreSQL may take before it counts as away."""
KNOWN_QUERY = ("host", "port", "ssl")
CURE = "start it, or correct LUNA_DATABASE_URL in .env"


@dataclass(frozen=True, slots=True)
class Link:
    """An engine that has not connected yet, and what belongs to it."""

    engine: AsyncEngine
    reading: AsyncEngine
    """The same, for what is one statement that changes nothing and needs no transaction."""
    lock: IO[bytes] | None
    """Closed after the engine."""
    insert: Callable[[Table], Any]
    """The dialect's, which knows ON CONFLICT."""
    errors: tuple[type[Exception], ...]
    """What the drivers raise when the database cannot be used."""
    shared: bool
    """Whether several processes may use it."""
    explain: Callable[[str], tuple[str, str]]
    """From what the driver says to what the operator is told, and the cure."""


def link_sqlite(folder: Path) -> Link:
    """A file in `folder`, which is this process's alone from here on. Raises `StoreUnavailable`."""
    path = (folder / FILE_NAME).absolute()
    lock = claim(path)
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        hide_parameters=True,
        pool_size=2,  # a read need not wait for a write
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # NORMAL may lose a change when power fails
        cursor.close()

    return Link(
        engine,
        engine,
        lock,
        sqlite.insert,
        (SQLAlchemyError, OSError),
        shared=False,
        explain=lambda why: explained(path, why),
    )


def link_postgresql(address: str) -> Link:
    """`postgresql://user:password@host/db`. Raises `StoreUnavailable`, without the password."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in ("postgresql", "postgres", "postgresql+asyncpg"):
        raise StoreUnavailable(
            "LUNA_DATABASE_URL is no address of a PostgreSQL database",
            "write postgresql://user:password@host/database, or leave it empty for SQLite",
        )
    try:  # 40 ms that only those pay who use it
        import asyncpg
        from sqlalchemy.dialects import postgresql
    except ImportError as error:
        raise StoreUnavailable(
            "LUNA_DATABASE_URL asks for PostgreSQL, but asyncpg is not installed",
            "run `pip install asyncpg`",
        ) from error
    query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    if unknown := query.keys() - KNOWN_QUERY:
        raise StoreUnavailable(
            f"LUNA_DATABASE_URL has {', '.join(sorted(unknown))} after its ?",
            f"leave that out; asyncpg knows {', '.join(KNOWN_QUERY)}",
        )
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg", query=query),
        hide_parameters=True,
        pool_size=5,  # one of them listens (changes.py)
        max_overflow=0,
        pool_timeout=COMMAND_SECONDS,
        connect_args={"timeout": CONNECT_SECONDS, "command_timeout": COMMAND_SECONDS},
    )
    place = f"PostgreSQL at {url.host or query.get('host') or 'localhost'}"
    _replace_closed(engine)
    return Link(
        engine,
        engine.execution_options(isolation_level="AUTOCOMMIT"),
        None,
        postgresql.insert,
        (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError),
        shared=True,
        explain=lambda why: (f"the settings in {place} cannot be used ({why})", CURE),
    )


def _replace_closed(engine: AsyncEngine) -> None:
    """A server that was started anew is no reason to refuse a change.

    SQLAlchemy's own look (`pool_pre_ping`) asks the server, three round trips for each statement.
    """

    @event.listens_for(engine.sync_engine, "checkout")
    def _(connection: Any, _record: object, _proxy: object) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError


def reason(error: BaseException) -> str:
    """The one line of a driver's error that says why; no statement, no value."""
    while (inner := getattr(error, "orig", None)) is not None:
        error = inner
    if error.__cause__ is not None and "asyncpg" in type(error).__module__:
        error = error.__cause__  # SQLAlchemy's wrapping of asyncpg's own
    return (str(error).splitlines() or [""])[0] or type(error).__name__
