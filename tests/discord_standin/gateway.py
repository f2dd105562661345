"""The main gateway: sessions, their events with sequence numbers, RESUME, and what the bot asks.

Events are dispatched without waiting: a session keeps all of them and a writer task sends them,
so that a bot which is away for a moment finds them when it resumes.
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from asyncio import Event, Transport
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import WSCloseCode, WSMsgType, web

from .guild import Guild, World
from .support import Changes, Json, Tasks

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11
"""Opcodes."""
INTENTS = {
    "guilds": 1 << 0,
    "members": 1 << 1,
    "voice_states": 1 << 7,
    "presences": 1 << 8,
    "guild_messages": 1 << 9,
    "message_content": 1 << 15,
}
PRIVILEGED = ("members", "presences", "message_content")
EVENT_INTENTS = {
    "GUILD": "guilds",
    "CHANNEL": "guilds",
    "THREAD": "guilds",
    "GUILD_MEMBER": "members",
    "VOICE_STATE_UPDATE": "voice_states",
    "MESSAGE": "guild_messages",
}
"""By the beginning of the event's name, the longest one wins; others need no intent."""
DEAD_AFTER = (4003, 4004, 4007, 4009)
"""Close codes after which a session cannot be resumed."""
INVALID_SHARD, SHARDING_REQUIRED = 4010, 4011


@dataclass(eq=False)
class Session:
    """A bot's session, which outlives its websockets."""

    id: str
    voice_id: str
    intents: int
    shard: int = 0
    shards: int = 1
    """Which of how many parts of all guilds it is for."""
    began: float = field(default_factory=time.monotonic)
    events: list[Json] = field(default_factory=list)
    sent: int = 0
    """How many of the events went out on the present socket, or before."""
    socket: Socket | None = None
    alive: bool = True

    def wants(self, intent: str) -> bool:
        """Whether the bot asked for an intent."""
        return bool(self.intents & INTENTS[intent])

    def is_for(self, guild: Guild) -> bool:
        """Whether it is told of a guild."""
        return (guild.id >> 22) % self.shards == self.shard


@dataclass(eq=False)
class Socket:
    """One websocket, with the transport compression that was asked for."""

    ws: web.WebSocketResponse
    transport: Transport | None
    compressor: Any
    wake: Event = field(default_factory=Event)
    mute: bool = False
    """Nothing comes any more, no answer to heartbeats either, but it stays open."""
    session: Session | None = None

    async def send(self, message: Json) -> None:
        """Send one gateway message; a socket that is closing takes it silently."""
        if self.ws.closed or self.mute:
            return
        text = json.dumps({"t": None, "s": None, **message})
        try:
            if self.compressor is None:
                await self.ws.send_str(text)
            else:
                data = self.compressor.compress(text.encode())
                await self.ws.send_bytes(data + self.compressor.flush(zlib.Z_SYNC_FLUSH))
        except ConnectionError:
            return


@dataclass
class Gateway:
    """The gateway for one bot, which may have a session for each of its shards."""

    world: World
    token: str
    changes: Changes
    tasks: Tasks
    url: Callable[[], str]
    voice_state: Callable[[Session, Json], None]
    """What op 4 does."""
    ended: Callable[[Session], None]
    """What else happens when a session dies."""
    granted_intents: set[str] = field(default_factory=lambda: set(PRIVILEGED))
    """Privileged intents that are switched on in the developer portal."""
    heartbeat_interval: float = 41.25
    """Seconds."""
    shards: int = 1
    """How many Discord recommends."""
    most_guilds: int = 2500
    """Of one session."""
    max_concurrency: int = 1
    """How many shards may identify at the same time: those whose ids differ modulo this."""
    identify_seconds: float = 5.0
    """How long the next one of them has to wait. A bot without shards is not held to it: tests
    start one after the other."""
    refused: int = 0
    """How many IDENTIFYs came too early."""
    identified: dict[int, float] = field(default_factory=dict)
    """When the last one of each kind came."""
    current: dict[int, Session] = field(default_factory=dict)
    """The latest session of each shard."""
    sessions: dict[str, Session] = field(default_factory=dict)
    received: list[tuple[float, Json]] = field(default_factory=list)
    """All that the bot sent, with `time.monotonic()` seconds."""
    closes: list[int] = field(default_factory=list)
    """Close codes sent to the bot."""
    down: bool = False
    """New websockets are turned away."""
    silent: bool = False
    """Questions about members are not answered."""
    resumed: int = 0
    """How many RESUMEs succeeded."""

    @property
    def session(self) -> Session | None:
        """The latest session of a bot without shards; of shard 0 else."""
        return self.current.get(0)

    def about(self) -> Json:
        """What GET /gateway/bot tells."""
        limit = {"total": 1000, "remaining": 999, "reset_after": 0}
        limit["max_concurrency"] = self.max_concurrency
        return {"url": self.url(), "shards": self.shards, "session_start_limit": limit}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One websocket from HELLO until it closes."""
        if self.down:
            return web.Response(status=503)
        ws = web.WebSocketResponse(max_msg_size=0)
        await ws.prepare(request)
        zlib_stream = request.query.get("compress") == "zlib-stream"
        compressor = zlib.compressobj() if zlib_stream else None
        socket = Socket(ws, cast(Transport, request.transport), compressor)
        interval = int(self.heartbeat_interval * 1000)
        await socket.send({"op": HELLO, "d": {"heartbeat_interval": interval}})
        writer = self.tasks.spawn(self._write(socket))
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await self._receive(socket, json.loads(message.data))
        finally:
            writer.cancel()
            self._left(socket)
        return ws

    def emit(self, guild: Guild, event: str, payload: Json) -> None:
        """Dispatch an event to the guild's shard if its intents ask for it."""
        for session in self.current.values():
            if session.alive and session.is_for(guild) and self._asked(session, event):
                readable = event.startswith("MESSAGE_")
                told = self._readable(session, payload) if readable else payload
                self.dispatch(session, event, told)

    def dispatch(self, session: Session, event: str, payload: Json) -> None:
        """Dispatch an event whatever the intents."""
        number = len(session.events) + 1
        session.events.append({"op": DISPATCH, "t": event, "s": number, "d": payload})
        if session.socket is not None:
            session.socket.wake.set()
        self.changes.notify()

    async def close(self, code: int) -> None:
        """Close the bot's websocket; after some codes its session is dead."""
        if self.session is None or self.session.socket is None:
            raise AssertionError("the bot has no gateway connection to close")
        if code in DEAD_AFTER:
            self._end(self.session)
        await self._close(self.session.socket, code)

    async def invalidate(self, shard: int, *, resumable: bool) -> None:
        """Send INVALID_SESSION; one that is not resumable also loses its voice connections."""
        session = self.current.get(shard)
        if session is None or session.socket is None:
            raise AssertionError("the bot has no session to invalidate")
        if not resumable:
            self._end(session)
        await session.socket.send({"op": INVALID_SESSION, "d": resumable})

    async def reconnect(self) -> None:
        """Send RECONNECT."""
        if self.session is not None and self.session.socket is not None:
            await self.session.socket.send({"op": RECONNECT, "d": None})

    def fall_silent(self) -> None:
        """The bot's websocket stays open, and nothing comes from it any more."""
        assert self.session is not None, "the bot has no session"
        assert self.session.socket is not None, "the bot has no gateway connection"
        self.session.socket.mute = True

    async def cut(self) -> None:
        """Cut the TCP connection without a word."""
        if self.session is not None and self.session.socket is not None:
            transport = self.session.socket.transport
            if transport is not None:
                transport.abort()

    async def _write(self, socket: Socket) -> None:
        """Send a session's events in order for as long as this is its socket."""
        while True:
            await socket.wake.wait()
            socket.wake.clear()
            session = socket.session
            while session and session.socket is socket and session.sent < len(session.events):
                session.sent += 1
                await socket.send(session.events[session.sent - 1])
                self.changes.notify()

    async def _receive(self, socket: Socket, message: Json) -> None:
        self.received.append((time.monotonic(), message))
        op, data = message["op"], cast(Any, message.get("d"))
        if op == HEARTBEAT:
            await socket.send({"op": HEARTBEAT_ACK})
        elif op == IDENTIFY:
            await self._identify(socket, data)
        elif op == RESUME:
            await self._resume(socket, data)
        elif (session := socket.session) is None or session.socket is not socket:
            await self._close(socket, 4003)
        elif op == VOICE_STATE:
            self.voice_state(session, data)
        elif op == REQUEST_MEMBERS:
            self._request_members(session, data)
        elif op != PRESENCE:
            await self._close(socket, 4001)
        self.changes.notify()

    async def _identify(self, socket: Socket, data: Json) -> None:
        intents = data["intents"]
        refused = [n for n in PRIVILEGED if intents & INTENTS[n] and n not in self.granted_intents]
        if data["token"] != self.token:
            await self._close(socket, 4004)
        elif refused:
            await self._close(socket, 4014)
        elif data.get("shard") and not self._in_time(data["shard"][0]):
            self.refused += 1
            await socket.send({"op": INVALID_SESSION, "d": False})
        else:
            shard, shards = data.get("shard") or (0, 1)
            session = Session(secrets.token_hex(16), secrets.token_hex(16), intents, shard, shards)
            if not 0 <= shard < shards:
                await self._close(socket, INVALID_SHARD)
            elif sum(map(session.is_for, self.world.guilds.values())) > self.most_guilds:
                await self._close(socket, SHARDING_REQUIRED)
            else:
                self.sessions[session.id] = self.current[shard] = session
                session.socket, socket.session = socket, session
                self._welcome(session)

    def _in_time(self, shard: int) -> bool:
        kind, now = shard % self.max_concurrency, time.monotonic()
        early = now < self.identified.get(kind, 0.0) + self.identify_seconds
        self.identified[kind] = now
        return not early

    def _welcome(self, session: Session) -> None:
        """READY, then every guild of the shard."""
        guilds = [guild for guild in self.world.guilds.values() if session.is_for(guild)]
        ready = {
            "v": 10,
            "user": {**self.world.bot.payload(), "verified": True, "mfa_enabled": True},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url(),
            "shard": [session.shard, session.shards],
            "application": {"id": str(self.world.bot.id), "flags": 0},
        }
        self.dispatch(session, "READY", ready)
        for guild in guilds:
            if guild.down:
                continue
            payload = guild.payload(everyone=session.wants("members"))
            self.dispatch(session, "GUILD_CREATE", payload)

    async def _resume(self, socket: Socket, data: Json) -> None:
        session = self.sessions.get(data["session_id"])
        if session is None or not session.alive or data["token"] != self.token:
            await socket.send({"op": INVALID_SESSION, "d": False})
            return
        session.socket, socket.session = socket, session
        self.current[session.shard] = session
        session.sent = int(data["seq"] or 0)
        self.resumed += 1
        self.dispatch(session, "RESUMED", {"_trace": []})

    def _request_members(self, session: Session, data: Json) -> None:
        guild = self.world.guilds.get(int(data["guild_id"]))
        if guild is None or self.silent:
            return
        query, ids = str(data.get("query") or "").lower(), data.get("user_ids")
        listed: list[Any] = ids if isinstance(ids, list) else [ids]
        wanted = None if ids is None else {int(user_id) for user_id in listed}
        members = list(guild.members.values())
        found = [m for m in members if wanted is None or m.id in wanted]
        found = [m for m in found if m.user.name.lower().startswith(query)]
        found = found[: int(data.get("limit") or 0) or None]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": [member.payload() for member in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
            "nonce": data.get("nonce"),
        }
        self.dispatch(session, "GUILD_MEMBERS_CHUNK", chunk)

    def _asked(self, session: Session, event: str) -> bool:
        prefixes = [prefix for prefix in EVENT_INTENTS if event.startswith(prefix)]
        return not prefixes or session.wants(EVENT_INTENTS[max(prefixes, key=len)])

    def _readable(self, session: Session, payload: Json) -> Json:
        """Without message_content only the bot's own messages and mentions of it can be read."""
        mine = str(self.world.bot.id)
        own = payload.get("author", {}).get("id") == mine
        mentioned = any(user["id"] == mine for user in payload.get("mentions", []))
        if "content" not in payload or own or mentioned or session.wants("message_content"):
            return payload
        nothing: Json = {"embeds": [], "components": [], "attachments": []}
        hidden = ("poll", "message_snapshots")
        kept = {key: value for key, value in payload.items() if key not in hidden}
        return {**kept, "content": "", **nothing}

    def _left(self, socket: Socket) -> None:
        """A socket closed; if the bot said goodbye its session is over."""
        session = socket.session
        if session is not None and session.socket is socket:
            session.socket = None
            if socket.ws.close_code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY):
                self._end(session)
        self.changes.notify()

    def _end(self, session: Session) -> None:
        if session.alive:
            session.alive = False
            self.ended(session)

    async def _close(self, socket: Socket, code: int) -> None:
        """Close a socket; its session is without one at once, whatever code the bot echoes."""
        self.closes.append(code)
        if socket.session is not None and socket.session.socket is socket:
            socket.session.socket = None
        await socket.ws.close(code=code)
