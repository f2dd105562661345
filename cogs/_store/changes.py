"""Changes: what other processes write into the same PostgreSQL, told at once by the database.

A process keeps rows in memory. Whoever changes one says so with NOTIFY in the same transaction; the
others, who LISTEN, forget that row and read it again when it is next asked for. A connection that
was lost may have missed something: once there is another one, everything is read again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .engines import reason
from .rows import ANYTHING, Change

CHANNEL: Final = "luna_changes"
LOOK_SECONDS: Final = 10.0
"""How often it is asked whether the database is still there: a lost network says nothing."""
ANSWER_SECONDS: Final = 5.0
AGAIN_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


class Changes:
    """Listens from `start` to `aclose`, and calls `hear` for each change that is not our own."""

    def __init__(
        self,
        engine: AsyncEngine,
        errors: tuple[type[Exception], ...],
        hear: Callable[[Change], None],
    ) -> None:
        self._engine = engine
        self._errors = errors
        self._hear = hear
        self._us = secrets.token_hex(4)
        self._connection: AsyncConnection | None = None
        self._lost = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listens from now on. Raises one of `errors`."""
        await self._listen()
        self._keeping = asyncio.create_task(self._keep(), name="luna-store-changes")

    async def aclose(self) -> None:
        """Gives the connection back."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._part()

    def telling(self, change: Change) -> str:
        """What NOTIFY has to carry."""
        return " ".join([self._us, *("*" if one is None else str(one) for one in change)])

    async def _listen(self) -> None:
        self._lost.clear()
        self._connection = await self._engine.connect()
        driver = (await self._connection.get_raw_connection()).driver_connection
        assert driver is not None, "it has just been connected"
        driver.add_termination_listener(lambda _: self._lost.set())
        await driver.add_listener(CHANNEL, self._told)

    async def _part(self) -> None:
        """Never back into the pool, where it would go on listening."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*self._errors):
                await connection.invalidate()
            with contextlib.suppress(*self._errors):
                await connection.close()

    async def _keep(self) -> None:
        while True:
            await self._until_lost()
            _log.warning("what other processes change is not heard of until PostgreSQL is back")
            await self._until_back()
            self._hear(ANYTHING)
            _log.info("what other processes change is heard of again")

    async def _until_lost(self) -> None:
        while not self._lost.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), LOOK_SECONDS)
            if not self._lost.is_set() and not await self._answers():
                return

    async def _answers(self) -> bool:
        assert self._connection is not None, "it is looked at only while it listens"
        try:
            driver: Any = (await self._connection.get_raw_connection()).driver_connection
            await driver.fetchval("SELECT 1", timeout=ANSWER_SECONDS)
        except self._errors:  # a time-out is an OSError
            return False
        return True

    async def _until_back(self) -> None:
        while True:
            await self._part()
            await asyncio.sleep(AGAIN_SECONDS)
            try:
                return await self._listen()
            except self._errors as error:
                _log.debug("not yet: %s", reason(error))

    def _told(self, _driver: object, _process: int, _channel: str, payload: object) -> None:
        who, *ids = str(payload).split()
        if who == self._us:
            return
        try:
            guild, member = (None if one == "*" else int(one) for one in ids)
        except ValueError:  # of a newer Luna
            guild, member = ANYTHING
        self._hear((guild, member))
