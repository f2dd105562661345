"""RemoteTTSService: voices on other machines, and the embedded one where none of those answers.

Speaks with `python -m luna_tts serve` over HTTP. Needs aiohttp, which the bot has.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import numpy as np

from luna_tts import errors
from luna_tts.errors import EngineClosed, LunaError, NothingToSay, UnknownVoice, VoiceNeeded
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.open_jtalk import EMBEDDED_VOICE
from luna_tts.rest import Rest
from luna_tts.service import TTSService
from luna_tts.types import AudioChunk, ServiceStats, SynthesisOptions, VoiceInfo, VoiceStatus

CONNECT_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 10.0
"""A server that says nothing for so long, while it is waited for, counts as gone."""
LOOK_SECONDS: Final = 5.0
"""Between two looks at every server."""
KEEP_SECONDS: Final = 3.0
"""A connection on which nothing is asked is kept; servers close theirs after five."""

_PROBLEM: Final = "application/problem+json"
_GONE: Final = (
    *(aiohttp.ClientError, TimeoutError, OSError, EOFError),
    *(ValueError, LookupError, TypeError, AttributeError),
    RuntimeError,  # aiohttp's, for reading on after the session was closed
)
"""What a server that dies, or is none, makes of a request."""
MOST_SAMPLES: Final = 48_000 * 600
"""Of one chunk; ten minutes."""
_log = logging.getLogger(__name__)


class RefusedByServer(LunaError):
    """A server refused the request for a reason that this version does not know."""


class _TryAnother(Exception):
    """This server cannot now; another one may."""


class _Full(_TryAnother):
    """Later, this one can again."""


@dataclass(eq=False)
class _Server:
    url: str
    answers: bool = False
    voices: tuple[VoiceStatus, ...] = ()
    voice: str = EMBEDDED_VOICE
    """The one that speaks there where none is named."""
    streams: int = field(default=0)

    def has(self, voice: str | None) -> bool:
        return voice is None or any(v.name == voice and v.loaded for v in self.voices)


class RemoteTTSService(TTSService):
    """The face of `TTSService`. Its own engine holds the embedded voice alone."""

    def __init__(self, urls: Sequence[str], token: str = "") -> None:
        """Does nothing yet. `urls` of servers, the least busy of which is asked."""
        super().__init__(voices=())
        self._servers = [_Server(url.rstrip("/")) for url in urls]
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http: aiohttp.ClientSession | None = None
        self._watching: asyncio.Task[None] | None = None
        self._remote = False

    async def start(self) -> None:
        """Loads the embedded voice, looks at the servers, and goes on looking."""
        await super().start()
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
        )
        connector = aiohttp.TCPConnector(keepalive_timeout=KEEP_SECONDS)
        self._http = aiohttp.ClientSession(
            connector=connector, headers=self._headers, timeout=timeout
        )
        await self._look_at_all()
        if not self._remote:
            _log.warning("no engine server answers: the embedded voice speaks until one does")
        self._watching = asyncio.create_task(self._watch(), name="luna-servers")

    async def aclose(self) -> None:
        """Ends streams, the look-out, the connections and the own engine."""
        http, self._http = self._http, None
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if http is not None:
            await http.close()
        await super().aclose()

    def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices that can be used at once."""
        return tuple(s.info for s in self.catalogue() if s.loaded and s.info)

    def catalogue(self) -> tuple[VoiceStatus, ...]:
        """Those of all servers that answer, or the own ones."""
        if not self._remote:
            return super().catalogue()
        found: dict[str, VoiceStatus] = {}
        for server in self._answering():
            for status in server.voices:
                if status.name not in found or status.loaded:
                    found[status.name] = status
        return tuple(found.values())

    def stats(self) -> ServiceStats:
        """Of this process; inference happens elsewhere."""
        return replace(super().stats(), voices=tuple(info.name for info in self.voices()))

    async def refresh(self) -> tuple[VoiceStatus, ...]:
        """Looks at every server again."""
        await self._look_at_all()
        return self.catalogue()

    async def load(self, name: str) -> None:
        """Loads a voice on every server that answers; raises what the last of them says."""
        if not self._answering():
            await super().load(name)
            return
        loaded, refusal = False, None
        for server in self._answering():
            try:
                await self._load_on(server, name)
                loaded = True
            except LunaError as error:
                refusal = error
            except (_TryAnother, *_GONE):
                self._lost(server)
        await self._look_at_all()
        if not loaded:
            raise refusal or UnknownVoice(name, [v.name for v in self.catalogue()])

    def unload(self, name: str) -> None:
        """Raises `VoiceNeeded`: memory of a server is that server's matter."""
        raise VoiceNeeded(name)

    async def check(
        self,
        text: str,
        *,
        voice: str | None = None,
        options: SynthesisOptions | None = None,
        words: UserDictionary | None = None,
    ) -> None:
        """Raises what can be known here: the text and the name of the voice, not its styles."""
        known = [info.name for info in self.voices()]
        if self._remote and voice is not None and voice not in known:
            raise UnknownVoice(voice, known)
        await super().check(text, voice=EMBEDDED_VOICE, options=options, words=words)

    async def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        options: SynthesisOptions | None = None,
        words: UserDictionary | None = None,
        seconds_left: Callable[[], float] | None = None,
    ) -> AsyncGenerator[AudioChunk, None]:
        """Speech from a server; if that fails the next, and at last the embedded voice, goes on.

        It goes on after the last sentence of which something was heard. A server that broke off and
        still answers is asked again: it may be one of several behind one address. Raises what
        `TTSService.stream` raises.
        """
        rest = Rest(text)
        tried: set[_Server] = set()
        fruitless = 0
        while server := self._next_server(voice, tried):
            tried.add(server)
            asked = rest.text
            try:
                async with aclosing(self._ask(server, rest.text, voice, options, words)) as chunks:
                    async for chunk in chunks:
                        rest.hear(chunk.text)
                        yield chunk
                return
            except _TryAnother:
                pass
            except NothingToSay:
                if rest.heard:
                    return
                raise
            except _GONE as error:
                if self._http is None:
                    raise EngineClosed from error
                fruitless = fruitless + 1 if rest.text == asked else 0
                silent = isinstance(error, TimeoutError)
                if not silent and fruitless < 2 and await self._still_answers(server):
                    _log.info("an answer of %s broke off: it is asked for the rest", server.url)
                    tried.discard(server)
                else:
                    self._lost(server)
            if rest.heard and not rest.text.strip():
                return
        if self._remote and not tried and voice is not None:
            raise UnknownVoice(voice, [info.name for info in self.voices()])
        plain = replace(options or SynthesisOptions(), speaker=None, style=None)
        own = super().stream(
            rest.text, voice=EMBEDDED_VOICE, options=plain, words=words, seconds_left=seconds_left
        )
        with contextlib.suppress(*((NothingToSay,) if rest.heard else ())):
            async with aclosing(own) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def _ask(
        self,
        server: _Server,
        text: str,
        voice: str | None,
        options: SynthesisOptions | None,
        words: UserDictionary | None,
    ) -> AsyncGenerator[AudioChunk, None]:
        """The chunks of one request. Closing it hangs up, which ends the synthesis there."""
        given = asdict(options or SynthesisOptions())
        body = {
            **{name: value for name, value in given.items() if value is not None},
            "text": text,
            "voice": voice,
            "words": [asdict(word) for word in words.words] if words else [],
            "stream": True,
            "format": "chunks",
        }
        # Replicas of Ray Serve: whoever has the voice in memory is to be asked.
        wanted = {"serve-multiplexed-model-id": quote(voice)} if voice else {}
        server.streams += 1
        self._streams += 1
        try:
            async with self._session.post(
                f"{server.url}/synthesize", json=body, headers=wanted
            ) as response:
                await _raise_for(response)
                last = False
                while not last:
                    chunk = await _read_chunk(response.content)
                    last = chunk.last
                    self._audio_seconds += chunk.seconds
                    yield chunk
                await response.read()  # to the end, so that nobody takes it for a hang-up
            self._utterances += 1
        finally:
            server.streams -= 1
            self._streams -= 1

    async def _load_on(self, server: _Server, name: str) -> None:
        url = f"{server.url}/voices/{name}/load"
        minutes = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        async with self._session.post(url, timeout=minutes) as response:
            await _raise_for(response)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look_at_all()

    async def _look_at_all(self) -> None:
        await asyncio.gather(*(self._look_at(server) for server in self._servers))
        self._update()

    async def _look_at(self, server: _Server) -> None:
        try:
            async with self._session.get(f"{server.url}/voices") as response:
                await _raise_for(response)
                told = await response.json()
            server.voices = tuple(_status(each) for each in told)
            (server.voice,) = (each["name"] for each in told if each["default"])
            server.answers = True
        except _Full:
            pass  # as it was: full is not gone
        except (LunaError, _TryAnother, *_GONE):
            server.answers = False

    async def _still_answers(self, server: _Server) -> bool:
        """Whether somebody answers where an answer has just broken off."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._look_at(server)
        except TimeoutError:
            return False
        return server.answers

    def _lost(self, server: _Server) -> None:
        _log.warning("the engine server %s broke off", server.url)
        server.answers = False
        self._update()

    def _update(self) -> None:
        """Says once that all servers are gone, and once that one is back."""
        answering = self._answering()
        self.voice = answering[0].voice if answering else EMBEDDED_VOICE
        if self._remote and not answering:
            _log.warning("no engine server answers: the embedded voice speaks until one does")
        elif answering and not self._remote:
            _log.info("an engine server answers: speaking with %s", self.voice)
        self._remote = bool(answering)

    def _answering(self) -> list[_Server]:
        return [server for server in self._servers if server.answers]

    def _next_server(self, voice: str | None, tried: set[_Server]) -> _Server | None:
        able = [s for s in self._answering() if s not in tried and s.has(voice)]
        return min(able, key=lambda server: server.streams, default=None)

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise EngineClosed
        return self._http


async def _read_chunk(content: aiohttp.StreamReader) -> AudioChunk:
    """Raises one of `_GONE` for what is none."""
    head = json.loads(await content.readline())
    count, rate, text, last = (head[key] for key in ("samples", "sample_rate", "text", "last"))
    if not (type(count) is type(rate) is int and isinstance(text, str) and isinstance(last, bool)):
        raise TypeError("the head of a chunk")
    if not (0 <= count <= MOST_SAMPLES and 8000 <= rate <= 192_000):
        raise ValueError("the head of a chunk")
    samples = np.frombuffer(await content.readexactly(count * 4), "<f4").astype(np.float32)
    if not np.isfinite(samples).all():
        raise ValueError("the samples of a chunk")
    return AudioChunk(samples, rate, text, last)


async def _raise_for(response: aiohttp.ClientResponse) -> None:
    """Raises the error that the server tells of, as if it had been raised here."""
    if response.ok:
        return
    if response.status in (500, 502, 504) and response.content_type != _PROBLEM:
        raise ConnectionError  # told by what stands before a server that is gone
    if response.status in (429, 503):
        raise _Full
    if response.status == 401 or response.status >= 500:
        raise _TryAnother
    told: dict[str, Any] = await response.json(content_type=None)
    kind = getattr(errors, str(told["title"]), None)
    if isinstance(kind, type) and issubclass(kind, LunaError):
        with contextlib.suppress(TypeError):
            raise kind(**told["data"])
    raise RefusedByServer(str(told["detail"]))


def _status(told: dict[str, Any]) -> VoiceStatus:
    info = None
    if told["sample_rate"] is not None:
        info = VoiceInfo(
            told["name"],
            tuple(told["languages"]),
            tuple(told["styles"]),
            tuple(told["speakers"]),
            told["sample_rate"],
            told["credit"],
        )
    problem = RefusedByServer(told["problem"]) if told["problem"] else None
    return VoiceStatus(told["name"], info, told["loaded"], told["nbytes"], problem)
