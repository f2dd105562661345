"""Speaker: says texts for HTTP requests, so many at once, each for so long, to whoever listens."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from luna_tts import SynthesisOptions, TTSService, UserDictionary
from luna_tts.errors import LunaError, TextTooLong
from luna_tts.server.dictionary import ServerDictionary
from luna_tts.server.encoding import (
    MEDIA_TYPES,
    RATE,
    WHOLE_ONLY,
    Format,
    encoder,
    wav_header,
)
from luna_tts.server.problems import ServerFull, TookTooLong
from luna_tts.server.settings import ServerSettings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Saying:
    """What to say, how, and as what."""

    text: str
    voice: str | None = None
    options: SynthesisOptions | None = None
    words: UserDictionary | None = None
    format: Format = "wav"
    rate: int = RATE
    stream: bool = False
    """Send each piece as it is made, instead of the whole; not for `WHOLE_ONLY`."""


class Speaker:
    """Keeps the limits of a server. One for each app."""

    def __init__(self, service: TTSService, settings: ServerSettings) -> None:
        self.service = service
        self.settings = settings
        self.dictionary = ServerDictionary(settings.dictionary)
        self.streams = 0
        """Texts being said now."""
        self.refused = 0
        """How often the server was full."""

    def say(self, saying: Saying) -> Response:
        """An answer that speaks when it is sent. Raises `TextTooLong`."""
        if len(saying.text) > self.settings.max_characters:
            raise TextTooLong(len(saying.text), self.settings.max_characters)
        if saying.format in WHOLE_ONLY:
            saying = replace(saying, stream=False)
        pieces = self._pieces(saying)
        media_type = MEDIA_TYPES[saying.format]
        return SpeechResponse(
            pieces, media_type, self.settings.max_seconds, whole=not saying.stream
        )

    async def _pieces(self, saying: Saying) -> AsyncGenerator[bytes, None]:
        """The utterance as bytes; holds one of the places while it lasts."""
        if self.streams >= self.settings.max_streams:
            self.refused += 1
            raise ServerFull(self.settings.max_streams)
        self.streams += 1
        try:
            async with aclosing(self._encoded(saying)) as pieces:
                if saying.stream:
                    async for piece in pieces:
                        yield piece
                else:
                    yield _whole(saying, [piece async for piece in pieces])
        finally:
            self.streams -= 1

    async def _encoded(self, saying: Saying) -> AsyncGenerator[bytes, None]:
        listening = _Listening()
        encoding = encoder(saying.format, saying.rate, stream=saying.stream)
        stream = self.service.stream(
            saying.text,
            voice=saying.voice,
            options=saying.options,
            words=await self.dictionary.below(saying.words),
            seconds_left=listening.seconds_left if saying.stream else None,
        )
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                # Beside the loop: a long breath takes MP3 and Opus some 50 ms.
                if piece := await asyncio.to_thread(encoding.encode, chunk):
                    yield piece
                listening.sent(chunk.seconds)


class _Listening:
    """How much a listener who plays at once still has to hear. Asked from any thread."""

    def __init__(self) -> None:
        self._ends_at = 0.0

    def sent(self, seconds: float) -> None:
        self._ends_at = max(self._ends_at, time.monotonic()) + seconds

    def seconds_left(self) -> float:
        return max(0.0, self._ends_at - time.monotonic())


def _whole(saying: Saying, pieces: list[bytes]) -> bytes:
    body = b"".join(pieces)
    if saying.format != "wav":
        return body
    pcm = body[len(wav_header(saying.rate, None)) :]
    return wav_header(saying.rate, len(pcm)) + pcm


class SpeechResponse(Response):
    """Sends pieces as they are made, until the end, the hang-up or the end of its time.

    What goes wrong before the first piece is an answer of its own; later the connection breaks
    off, by which the client knows that the end is missing.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        media_type: str,
        seconds: float,
        *,
        whole: bool,
    ) -> None:
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.init_headers({"Cache-Control": "no-store"})
        self._pieces = pieces
        self._seconds = seconds
        self._whole = whole
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends; leaves no task and no synthesis behind, however it ends."""
        sending = asyncio.create_task(self._send(send), name="luna-send")
        hung_up = asyncio.create_task(_hung_up(receive), name="luna-hung-up")
        try:
            await asyncio.wait(
                (sending, hung_up), timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
            in_time = sending.done() or hung_up.done()
        finally:
            for task in (sending, hung_up):
                task.cancel()
            await asyncio.gather(sending, hung_up, return_exceptions=True)
        error = TookTooLong(self._seconds) if not in_time else None
        if error is None and not sending.cancelled():
            error = sending.exception()  # type: ignore[assignment]
        if error is not None and not self._started:
            raise error
        if error is not None:
            unforeseen = None if isinstance(error, LunaError) else error
            _log.warning("an answer was broken off: %s", error, exc_info=unforeseen)

    async def _send(self, send: Send) -> None:
        async with aclosing(self._pieces) as pieces:
            piece = await anext(pieces)
            if self._whole:
                self.headers["Content-Length"] = str(len(piece))
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            self._started = True
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
