"""The server beside another program of the same process, which owns the engine and the signals."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn

from luna_tts import TTSService
from luna_tts.server.app import create_app
from luna_tts.server.protocol import ImpatientProtocol


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves Ctrl-C to the program."""
        yield


@contextlib.asynccontextmanager
async def served(service: TTSService, port: int, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serves a started `service` and yields the address. Raises `OSError` if it is in use."""
    with socket.create_server((host, port)) as listening:
        config = uvicorn.Config(
            create_app(service),
            http=ImpatientProtocol,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        running = asyncio.create_task(server.serve([listening]), name="luna-http")
        try:
            yield f"http://{host}:{port}/"
        finally:
            server.should_exit = True
            await asyncio.gather(running, return_exceptions=True)
