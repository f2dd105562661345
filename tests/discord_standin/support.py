"""What every part of the stand-in leans on: waiting, owning tasks, Discord's errors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
Json = dict[str, Any]

DISCORD_EPOCH = 1_420_070_400_000
"""Milliseconds of the Unix clock at which snowflakes begin."""


@dataclass
class DiscordError(Exception):
    """A refusal as Discord words it: an HTTP status, a JSON error code and a message."""

    status: int
    code: int
    message: str
    errors: Json | None = None

    @property
    def body(self) -> Json:
        """The JSON body of the answer."""
        body: Json = {"message": self.message, "code": self.code}
        return {**body, "errors": self.errors} if self.errors else body


class Snowflakes:
    """Unique ids that grow with time, as Discord's do."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """A new id, larger than all before."""
        milliseconds = int(time.time() * 1000) - DISCORD_EPOCH
        self._last = max(self._last + 1, milliseconds << 22)
        return self._last


class Changes:
    """Lets tests wait until something is true: whoever changes state calls `notify()`."""

    def __init__(self, explain: Callable[[], str] = lambda: "") -> None:
        self.explain = explain
        """Appended to the message of a wait that failed: the bot's last words."""
        self.lost: Callable[[], str | None] = lambda: None
        """Why waiting for the bot is hopeless (it exited), or None."""
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Something changed: everyone who waits looks again."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def pause(self, seconds: float) -> None:
        """Wait for the next change, at most so many seconds."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait([future], timeout=max(0.0, seconds))
        finally:
            self._waiting.discard(future)

    async def wait_for(
        self, look: Callable[[], T | None], what: str, timeout: float, *, needs_bot: bool = True
    ) -> T:
        """The first true value of `look()`; AssertionError with the bot's log after `timeout` s."""
        deadline = time.monotonic() + timeout
        while not (found := look()):
            lost = self.lost() if needs_bot else None
            if lost is not None:
                raise AssertionError(f"{what}: {lost}{self.explain()}")
            if time.monotonic() >= deadline:
                raise AssertionError(f"{what}: not within {timeout:g} s{self.explain()}")
            await self.pause(deadline - time.monotonic())
        return found


class Tasks:
    """Owner of background tasks: an error in one is raised again when the owner closes."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine until it ends or the owner closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def later(self, delay: float | None, act: Callable[[], None]) -> None:
        """Call `act` after `delay` seconds; None means never."""
        if delay is not None:
            self.spawn(self._act_later(delay, act))

    async def aclose(self) -> None:
        """Cancel what still runs, then raise the first failure there was."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._failures:
            raise self._failures[0]

    @staticmethod
    async def _act_later(delay: float, act: Callable[[], None]) -> None:
        if delay > 0:
            await asyncio.sleep(delay)
        act()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failures.append(failure)


@dataclass
class Delays:
    """How slow this Discord is, in seconds; None means that it never happens."""

    interaction: float | None = 0.0
    """From a person's command to INTERACTION_CREATE."""
    voice_state_update: float | None = 0.0
    """From op 4 to VOICE_STATE_UPDATE."""
    voice_server_update: float | None = 0.0
    """From VOICE_STATE_UPDATE to VOICE_SERVER_UPDATE (other way round if that goes first)."""
    voice_server_first: bool = False
    """VOICE_SERVER_UPDATE precedes VOICE_STATE_UPDATE, as it sometimes does."""
    voice_move: float | None = 0.05
    """From 4014 to VOICE_SERVER_UPDATE in a move; discord.py may miss one that comes at once."""
    voice_session: float | None = 0.0
    """From SELECT_PROTOCOL to SESSION_DESCRIPTION."""
    ip_discovery: float | None = 0.02
    """From the bot's UDP probe to the answer; at 0 discord.py may miss the answer."""
    lost_probes: int = 0
    """How many IP discovery probes UDP loses from now on."""
    rtp: Callable[[int, int, float], float | None] = lambda sequence, timestamp, arrival: 0.0
    """From the voice server to the listener, for each packet; None loses it."""
    rest: float = 0.0
    """Before each REST request is handled."""
    voice_drop: float = 15.0
    """How long a voice connection outlives its websocket when TCP is cut."""


@dataclass
class Limits:
    """Discord's time limits, in seconds."""

    acknowledge: float = 3.0
    """An interaction must be acknowledged within this time."""
    token: float = 900.0
    """An interaction's token works for this long."""
