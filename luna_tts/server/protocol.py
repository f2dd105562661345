"""HTTP for strangers: who takes too long to say what they want is hung up on (slow loris)."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS: Final = 20.0
"""From a connection to the end of its first request; uvicorn itself waits for ever."""
MOST_CONNECTIONS: Final = 500
"""Give it to uvicorn as `limit_concurrency`; more are told 503 at once."""


class ImpatientProtocol(H11Protocol):
    """Give it to uvicorn as `http`. Later requests of a connection come within its keep-alive."""

    seconds = REQUEST_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the clock."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.seconds, transport.abort)

    def handle_events(self) -> None:
        """Stops the clock when the whole request is here."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.more_body:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._stop()
        super().connection_lost(exc)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
