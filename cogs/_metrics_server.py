"""/metrics and /health over HTTP, small enough that nobody can do harm with it; no Discord."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from luna_tts.metrics import counter, engine_metrics, gauge

from ._activity import Activity, Measure, Reading

CONNECTION_SECONDS: Final = 15.0
"""A connection ends then, whatever it is doing: slow clients cannot pile up."""
MAX_CONNECTIONS: Final = 32
MAX_HEADER: Final = 4096
"""Bytes of a request line or of one header."""
MAX_HEADERS: Final = 64


class MetricsServer:
    """Listens from `start` to `aclose`. `read` takes a reading, `unhealthy` says what is amiss."""

    def __init__(
        self, read: Callable[[], Reading], unhealthy: Callable[[], Awaitable[str | None]]
    ) -> None:
        self._unhealthy = unhealthy
        self._registry = CollectorRegistry()
        self._registry.register(_Readings(read))
        self._http: _Http | None = None
        self._listening: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Raises `OSError` if the address cannot be used."""
        self._http = _Http(
            self._answer,
            access_log=None,
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
            max_headers=MAX_HEADERS,
            lingering_time=0,
        )
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._http, host, port)

    async def aclose(self) -> None:
        """Stops listening and ends every connection."""
        if self._listening is not None:
            self._listening.close()
        if self._http is not None:
            await self._http.shutdown(timeout=1.0)
        if self._listening is not None:
            await self._listening.wait_closed()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        response = await self._response(request)
        response.force_close()
        return response

    async def _response(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        if request.path == "/metrics":
            encode, content_type = choose_encoder("")  # the format that every reader knows
            headers = {"Content-Type": content_type}
            return web.Response(body=encode(self._registry), headers=headers)
        if request.path == "/health":
            if reason := await self._unhealthy():
                return web.json_response({"status": "unavailable", "reason": reason}, status=503)
            return web.json_response({"status": "ok"})
        return web.Response(status=404)


class _Http(web.Server):
    """aiohttp's server with a limit on how many connections there are and how long each lasts."""

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        asyncio.get_running_loop().call_later(CONNECTION_SECONDS, transport.abort)


class _Readings(Collector):
    """Takes a reading for every scrape, so that nothing is counted twice."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: registering must not take a reading yet."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Every metric as of now."""
        reading = self._read()
        if reading.stats is not None:
            yield from engine_metrics(reading.stats)
        if reading.activity is not None:
            yield from _speech(reading.activity)
        about = "Round trip of the gateway's heartbeat."
        yield gauge("gateway_latency_seconds", about, reading.gateway_seconds)
        yield gauge("shards", "Gateway connections that this process has.", reading.shards)
        about = "Those of them that stand."
        yield gauge("shards_connected", about, reading.shards_connected)
        about = "How late the event loop came to a timer."
        yield _histogram("event_loop_lag_seconds", about, reading.lag)


def _speech(activity: Activity) -> Iterable[Metric]:
    sessions, timings = activity.sessions(), activity.timings
    connected = sum(session.channel_id is not None for session in sessions)
    waiting = [session.waiting for session in sessions]
    yield gauge("guilds_in_voice", "Servers in whose voice Luna is.", connected)
    yield gauge("queue_length", "Utterances that wait, in all servers.", sum(waiting))
    yield gauge("queue_length_longest", "The longest queue.", max(waiting, default=0))
    backlog = max((session.backlog_seconds for session in sessions), default=0.0)
    yield gauge("queue_backlog_longest_seconds", "Speech that waits, where most does.", backlog)
    dropped = sum(session.dropped for session in sessions)
    yield counter("utterances_dropped", "Left out because too much waited.", dropped)
    yield _histogram("queue_wait_seconds", "From being asked for to one's turn.", timings.waits)
    yield _histogram("synthesis_seconds", "Synthesis of an utterance.", timings.synthesis)
    yield _histogram("first_sound_seconds", "From asking to the first PCM.", timings.first_sounds)


def _histogram(name: str, about: str, measure: Measure) -> Metric:
    buckets = [
        ("+Inf" if bound == float("inf") else str(bound), count)
        for bound, count in measure.cumulative()
    ]
    return HistogramMetricFamily(f"luna_{name}", about, buckets=buckets, sum_value=measure.total)
