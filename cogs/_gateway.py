"""GatewayBot: a bot that outlives what the gateway does and what discord.py 2.7 makes of it.

With _voice_client.py the only file that touches discord.py's privates.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import discord
from discord.backoff import ExponentialBackoff
from discord.ext import commands

LONGEST_WAIT = 100.0
"""Seconds until the next attempt to reach Discord. A day of them is less than the thousand times
that a bot may begin anew in a day."""

_log = logging.getLogger(__name__)


class Backoff(ExponentialBackoff[Literal[False]]):
    """discord.py's, which after half an hour's outage would wait for up to another 17 minutes."""

    def delay(self) -> float:
        """Seconds until the next attempt."""
        return min(super().delay(), LONGEST_WAIT)


class GatewayBot(commands.Bot):
    """discord.py's, which ends if it cannot read an event, or if the first connection fails."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        parsers = self._connection.parsers
        for event, parse in parsers.items():
            if event != "READY":  # without that she is not online: better to end and begin anew
                parsers[event] = partial(_parse, event, parse)

    async def connect(self, *, reconnect: bool = True) -> None:
        """As discord.py's, also while the gateway is down."""
        discord.client.ExponentialBackoff = Backoff  # type: ignore[attr-defined, assignment]
        discord.shard.ExponentialBackoff = Backoff  # type: ignore[attr-defined, assignment]
        backoff = Backoff()
        while True:
            try:
                return await super().connect(reconnect=reconnect)
            except AttributeError:
                if self.ws is not None:  # which it was to resume, without ever having had it
                    raise
            await asyncio.sleep(backoff.delay())


def _parse(event: str, parse: Callable[[Any], None], data: Any) -> None:
    """Reads an event; one that cannot be read is let pass, and of its content nothing is told."""
    try:
        parse(data)
    except Exception as error:
        _log.error("an event %s could not be read: %s", event, type(error).__name__)
        _log.debug("it was", exc_info=error)
