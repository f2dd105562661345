"""Metrics for Prometheus and /health for supervisors; nothing without LUNA_METRICS_PORT."""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from typing import TYPE_CHECKING

import discord
from discord.ext import commands

from luna_tts.errors import EngineClosed

from ._activity import Measure, Reading
from ._base import LunaCog, add_cog
from ._doctor import answers

if TYPE_CHECKING:
    from ._metrics_server import MetricsServer

LAG_SECONDS = 1.0
"""How often the event loop's lag is measured."""

_log = logging.getLogger(__name__)


class Metrics(LunaCog, name="LunaMetrics"):
    """Owns the HTTP server and the measuring of the event loop."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self._server: MetricsServer | None = None
        self._lag = Measure()
        self._measuring: asyncio.Task[None] | None = None
        self._connected = bot.is_ready()
        self._away: set[int] = set()
        """Shards that are not connected, where the bot has several."""

    async def cog_load(self) -> None:
        """Begins to listen if a port is set; one that cannot be used is told, and Luna goes on."""
        await super().cog_load()
        host, port = self.environment.metrics_host, self.environment.metrics_port
        if port is None:
            return
        from ._metrics_server import MetricsServer  # a tenth of a second that few need

        server = MetricsServer(self._reading, self._unhealthy)
        try:
            await server.start(host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                cure = "something else listens there: choose another LUNA_METRICS_PORT"
            else:
                cure = f"{error.strerror or error}: check LUNA_METRICS_HOST and LUNA_METRICS_PORT"
            _log.error("no metrics on %s port %d, %s", host, port, cure)
            await server.aclose()
            return
        self._server = server
        self._measuring = asyncio.create_task(self._measure_lag(), name="luna-lag")
        _log.info("metrics on http://%s:%d/metrics, health on /health", host, port)

    async def cog_unload(self) -> None:
        """Stops listening and measuring."""
        if self._measuring is not None:
            self._measuring.cancel()
            await asyncio.gather(self._measuring, return_exceptions=True)
        if self._server is not None:
            await self._server.aclose()
        await super().cog_unload()

    @commands.Cog.listener("on_connect")
    @commands.Cog.listener("on_resumed")
    async def _came(self) -> None:
        self._connected = True

    @commands.Cog.listener("on_disconnect")
    async def _went(self) -> None:
        self._connected = False

    @commands.Cog.listener("on_shard_connect")
    @commands.Cog.listener("on_shard_resumed")
    async def _shard_came(self, shard_id: int) -> None:
        self._away.discard(shard_id)

    @commands.Cog.listener("on_shard_disconnect")
    async def _shard_went(self, shard_id: int) -> None:
        self._away.add(shard_id)

    def _shards(self) -> tuple[int, int]:
        """How many connections to the gateway there are to be, and how many stand."""
        if not isinstance(self.bot, discord.AutoShardedClient):
            return 1, int(self._connected)
        shards = self.bot.shard_ids or range(self.bot.shard_count or 0)
        return len(shards), len(self.bot.shards.keys() - self._away)

    def _reading(self) -> Reading:
        try:
            stats = self.service.stats()
        except EngineClosed:
            stats = None
        return Reading(stats, self.activity, self.bot.latency, self._lag, *self._shards())

    async def _unhealthy(self) -> str | None:
        """What is amiss, or None."""
        wanted, connected = self._shards()
        if not wanted or connected < wanted:
            return "gateway"
        try:
            service = self.service
        except EngineClosed:
            return "engine"
        return None if await answers(service) else "engine"

    async def _measure_lag(self) -> None:
        while True:
            due = time.perf_counter() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            self._lag.add(max(0.0, time.perf_counter() - due))


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Metrics(bot))
