"""A server on loopback, in the loop of the test; and what its answers say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import uvicorn

from luna_tts import TTSService
from luna_tts.server import create_app
from luna_tts.server.protocol import ImpatientProtocol
from luna_tts.server.settings import ServerSettings

LONG = "昔々あるところに、おじいさんとおばあさんが住んでいました。" * 40
"""Three minutes of speech."""


def limits(**changes: Any) -> ServerSettings:
    """The usual limits, with `changes`."""
    return replace(ServerSettings.read(), **changes)


@asynccontextmanager
async def serving(
    service: TTSService, settings: ServerSettings | None = None
) -> AsyncIterator[str]:
    """Yields the address. The dictionary is in the data folder of the test."""
    app = create_app(service, settings or limits())
    config = uvicorn.Config(
        app, http=ImpatientProtocol, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


async def until_idle(service: TTSService) -> None:
    async with asyncio.timeout(5):
        while service.stats().streams:
            await asyncio.sleep(0.01)


def sounds(pcm: bytes) -> bool:
    return bool(np.abs(np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2")).max(initial=0) > 1000)
