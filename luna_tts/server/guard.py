"""Who may ask, and how much: looked at before a body is read."""

from __future__ import annotations

import hmac
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from luna_tts.server.problems import BodyTooLarge, NotAuthorized, problem

MAX_BODY: Final = 4_000_000
"""Bytes; a dictionary of ten thousand words fits."""
OPEN: Final = frozenset({"/", "/health"})
"""Paths for which no token is needed; neither is it for what lies under /page/."""


class Guard:
    """ASGI middleware: the bearer token, where there is one, and the size of bodies."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what is refused; passes on the rest."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path = scope["path"]
        if self._expected and path not in OPEN and not path.startswith("/page/"):
            given = headers.get("authorization", "").encode("latin-1", "replace")
            if not hmac.compare_digest(given, self._expected):
                await problem(NotAuthorized())(scope, receive, send)
                return
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            await problem(BodyTooLarge(MAX_BODY))(scope, receive, send)
            return
        await self._app(scope, _bounded(receive), send)


def _bounded(receive: Receive) -> Receive:
    """`receive` for bodies that do not tell their length."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY:
            raise BodyTooLarge(MAX_BODY)
        return message

    return bounded
