"""The voice gateway, version 8: from IDENTIFY to an end-to-end encrypted call with one listener."""

from __future__ import annotations

import json
import secrets
import struct
import time
from asyncio import Transport
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from aiohttp import WSMsgType, web

from . import dave
from .listener import Listener, Stream
from .support import Changes, Delays, Json, Tasks
from .voice_udp import MODES, RtpPacket, VoiceUdp

IDENTIFY, SELECT_PROTOCOL, READY, HEARTBEAT, SESSION_DESCRIPTION = 0, 1, 2, 3, 4
SPEAKING, HEARTBEAT_ACK, RESUME, HELLO, RESUMED, CLIENTS_CONNECT = 5, 6, 7, 8, 9, 11
"""Opcodes."""
OLDEST_VERSION = 4
LIVES_AFTER = (None, 1001, 1006, 4015)
"""Close codes after which a session can be resumed."""


@dataclass(eq=False)
class VoiceSession:
    """The bot's connection to one guild's voice, from VOICE_SERVER_UPDATE on."""

    guild_id: int
    channel_id: int
    session_id: str
    token: str
    stream: Stream
    udp: VoiceUdp | None = None
    ws: web.WebSocketResponse | None = None
    transport: Transport | None = None
    sequence: int = 0
    sent: list[tuple[int, Json | bytes]] = field(default_factory=list)
    """What has a sequence number, for RESUME."""

    @property
    def connected(self) -> bool:
        """Whether the call stands: alive, with its websocket, end-to-end encrypted if it may be."""
        call = self.stream.dave
        settled = call is not None and (call.active_since or call.ended_at) is not None
        return settled and self.stream.alive and self.ws is not None


@dataclass
class VoiceServer:
    """Every guild's voice, one session per guild."""

    bot_id: int
    listener_id: int
    changes: Changes
    delays: Delays
    tasks: Tasks
    listener: Callable[[int], Listener]
    """A guild's ears."""
    dropped: Callable[[int], None]
    """Called with a guild's id when a cut connection has been given up."""
    sender: dave.ExternalSender = field(default_factory=dave.ExternalSender)
    heartbeat_interval: float = 13.75
    """Seconds."""
    expected: dict[int, VoiceSession] = field(default_factory=dict)
    """Announced by VOICE_SERVER_UPDATE, not identified yet."""
    sessions: dict[int, VoiceSession] = field(default_factory=dict)
    everyone: list[VoiceSession] = field(default_factory=list)
    received: list[tuple[float, int, Json | bytes]] = field(default_factory=list)
    """(monotonic seconds, guild id, message): all that the bot sent."""
    closes: list[int] = field(default_factory=list)
    """Close codes sent to the bot."""
    refuse: dict[int, list[int]] = field(default_factory=dict)
    """By guild: close codes that its next IDENTIFYs are answered with."""

    def expect(self, guild_id: int, channel_id: int, session_id: str) -> VoiceSession:
        """The session that the next VOICE_SERVER_UPDATE invites to, with a new token."""
        token, ssrc = secrets.token_hex(8), secrets.randbelow(1 << 31) + 1
        stream = self.listener(guild_id).open_stream(ssrc)
        session = VoiceSession(guild_id, channel_id, session_id, token, stream)
        self.expected[guild_id] = session
        self.everyone.append(session)
        return session

    def aclose(self) -> None:
        """Close every UDP socket."""
        for session in self.everyone:
            if session.udp is not None:
                session.udp.close()

    async def close(self, guild_id: int, code: int | None) -> None:
        """Close a guild's voice websocket with a code; None cuts the TCP connection."""
        session = self.sessions.get(guild_id)
        if session is None or session.ws is None:
            raise AssertionError("the bot has no voice connection in this guild")
        if code is None:
            if session.transport is not None:
                session.transport.abort()
            return
        if code not in LIVES_AFTER:
            session.stream.die()
        ws, session.ws = session.ws, None
        self._without_socket(session)
        await self._close(ws, code)

    def freeze(self, guild_id: int) -> None:
        """A guild's voice server hears nothing any more and answers nothing."""
        session = self.sessions[guild_id]
        assert session.transport is not None
        session.transport.pause_reading()
        session.ws = None

    def fall_silent(self, guild_id: int) -> None:
        """As `freeze`, and nobody is told: the session is over, and its websocket stays open."""
        self.sessions[guild_id].stream.die()
        self.freeze(guild_id)

    async def downgrade(self, guild_id: int) -> None:
        """Everybody has left the bot alone: the call goes to DAVE protocol 0."""
        data = {"transition_id": dave.DOWNGRADE, "protocol_version": 0}
        await self._tell(self.sessions[guild_id], dave.PREPARE_TRANSITION, data)

    async def upgrade(self, guild_id: int) -> None:
        """Somebody is back: a new MLS group begins."""
        session = self.sessions[guild_id]
        call = dave.DaveCall(self.sender, self.bot_id, self.listener_id, session.channel_id)
        session.stream.dave = call
        data = {"transition_id": 0, "epoch": 1, "protocol_version": dave.VERSION}
        await self._tell(session, dave.PREPARE_EPOCH, data)
        await self._tell_binary(session, dave.EXTERNAL_SENDER, call.external_sender())

    def end(self, guild_id: int) -> None:
        """The bot is out of this guild's voice: its session is dead, its websocket gets 4014."""
        self.expected.pop(guild_id, None)
        if guild_id in self.sessions:
            self._retire(self.sessions[guild_id])

    def _retire(self, session: VoiceSession) -> None:
        session.stream.die()
        if session.ws is not None and not session.ws.closed:
            self.tasks.spawn(self._close(session.ws, 4014))

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One websocket from HELLO until it closes."""
        ws = web.WebSocketResponse(max_msg_size=0)
        await ws.prepare(request)
        version = int(request.query.get("v", "1"))
        if version < OLDEST_VERSION:
            await self._close(ws, 4020)
            return ws
        interval = self.heartbeat_interval * 1000
        await _send(ws, {"op": HELLO, "d": {"v": version, "heartbeat_interval": interval}})
        session: VoiceSession | None = None
        try:
            async for message in ws:
                if session is None:
                    session = await self._enter(ws, json.loads(message.data))
                    if session is not None:
                        session.transport = cast(Transport, request.transport)
                elif message.type is WSMsgType.BINARY:
                    await self._receive_binary(session, message.data)
                elif message.type is WSMsgType.TEXT:
                    await self._receive(session, json.loads(message.data))
        finally:
            self._left(session, ws)
        return ws

    async def _enter(self, ws: web.WebSocketResponse, message: Json) -> VoiceSession | None:
        """The first message: IDENTIFY or RESUME (or a heartbeat before either)."""
        if message["op"] == HEARTBEAT:
            await _send(ws, {"op": HEARTBEAT_ACK, "d": {"t": message["d"]["t"]}})
            return None
        data = message["d"]
        self.received.append((time.monotonic(), int(data.get("server_id", 0)), message))
        if message["op"] == RESUME:
            return await self._resume(ws, data)
        if message["op"] != IDENTIFY:
            await self._close(ws, 4003)
            return None
        session = self.expected.get(int(data["server_id"]))
        scripted = self.refuse.get(int(data["server_id"]))
        refusal = scripted.pop(0) if scripted else self._refusal(session, data)
        if session is None or refusal is not None:
            await self._close(ws, refusal or 4006)
            return None
        await self._identified(session, ws)
        return session

    def _refusal(self, session: VoiceSession | None, data: Json) -> int | None:
        """The close code that an IDENTIFY deserves."""
        known = {known.token for known in self.everyone}
        if int(data["user_id"]) != self.bot_id or data["token"] not in known:
            return 4004
        if session is None or session.token != data["token"]:
            return 4006
        if session.session_id != data["session_id"]:
            return 4006
        return None if data.get("max_dave_protocol_version", 0) >= dave.VERSION else 4017

    async def _identified(self, session: VoiceSession, ws: web.WebSocketResponse) -> None:
        """Replace the guild's former session and tell the bot where to send audio."""
        former = self.sessions.get(session.guild_id)
        self.sessions[session.guild_id] = self.expected.pop(session.guild_id)
        if former is not None:
            self._retire(former)
        session.ws = ws
        listener = self.listener(session.guild_id)

        def hear(packet: RtpPacket) -> None:
            listener.hear(session.stream, packet)

        session.udp = VoiceUdp(self.delays, self.tasks, hear)
        ready: Json = {"ssrc": session.stream.ssrc, "ip": "127.0.0.1", "port": session.udp.port}
        await self._tell(session, READY, {**ready, "modes": list(MODES), "experiments": []})

    async def _resume(self, ws: web.WebSocketResponse, data: Json) -> VoiceSession | None:
        session = self.sessions.get(int(data["server_id"]))
        matches = session is not None and session.token == data["token"]
        if session is None or not matches or not session.stream.alive:
            await self._close(ws, 4006)
            return None
        session.ws = ws
        seen = data.get("seq_ack", -1)
        for number, message in session.sent:
            if number > seen:
                await _send(ws, message)
        await _send(ws, {"op": RESUMED, "d": None})
        return session

    async def _receive(self, session: VoiceSession, message: Json) -> None:
        self.received.append((time.monotonic(), session.guild_id, message))
        op, data = message["op"], message["d"]
        if op == HEARTBEAT and session.ws is not None:
            await _send(session.ws, {"op": HEARTBEAT_ACK, "d": {"t": data["t"]}})
        elif op == SELECT_PROTOCOL:
            await self._select(session, data["data"]["mode"])
        elif op == SPEAKING:
            session.stream.speaking = int(data["speaking"])
        elif op == dave.TRANSITION_READY and (call := session.stream.dave) is not None:
            down = data["transition_id"] == dave.DOWNGRADE
            call.active_since, call.ended_at = None, None
            if down:
                call.ended_at = time.monotonic()
            else:
                call.active_since = time.monotonic()
            await self._tell(session, dave.EXECUTE_TRANSITION, data)
        elif op == dave.INVALID_COMMIT:
            self.listener(session.guild_id).fault("the bot called an MLS commit invalid")
        self.changes.notify()

    async def _select(self, session: VoiceSession, mode: str) -> None:
        if mode not in MODES and session.ws is not None:
            await self._close(session.ws, 4016)
            return
        session.stream.mode = mode
        if self.delays.voice_session is not None:
            self.tasks.spawn(self._describe(session, self.delays.voice_session))

    async def _describe(self, session: VoiceSession, delay: float) -> None:
        """SESSION_DESCRIPTION with the key, then DAVE's first step."""
        while delay > 0:
            started = time.monotonic()
            await self.changes.pause(delay)
            delay -= time.monotonic() - started
        stream = session.stream
        stream.key = secrets.token_bytes(32)
        stream.dave = dave.DaveCall(self.sender, self.bot_id, self.listener_id, session.channel_id)
        description: Json = {"mode": stream.mode, "secret_key": list(stream.key)}
        description |= {"dave_protocol_version": dave.VERSION, "audio_codec": "opus"}
        description |= {"media_session_id": secrets.token_hex(16), "video_codec": None}
        await self._tell(session, SESSION_DESCRIPTION, description)
        await self._tell(session, CLIENTS_CONNECT, {"user_ids": [str(self.listener_id)]})
        await self._tell_binary(session, dave.EXTERNAL_SENDER, stream.dave.external_sender())
        self.changes.notify()

    async def _receive_binary(self, session: VoiceSession, message: bytes) -> None:
        self.received.append((time.monotonic(), session.guild_id, message))
        op, payload, call = message[0], message[1:], session.stream.dave
        if call is None:
            return
        if op == dave.KEY_PACKAGE:
            await self._tell_binary(session, dave.PROPOSALS, call.proposals())
        elif op == dave.COMMIT_WELCOME:
            await self._tell_binary(session, dave.ANNOUNCE_COMMIT, call.announce(payload))
        self.changes.notify()

    async def _tell(self, session: VoiceSession, op: int, data: Json) -> None:
        session.sequence += 1
        await self._number(session, {"op": op, "d": data, "seq": session.sequence})

    async def _tell_binary(self, session: VoiceSession, op: int, payload: bytes) -> None:
        session.sequence += 1
        await self._number(session, struct.pack(">HB", session.sequence, op) + payload)

    async def _number(self, session: VoiceSession, message: Json | bytes) -> None:
        session.sent.append((session.sequence, message))
        if session.ws is not None:
            await _send(session.ws, message)

    def _left(self, session: VoiceSession | None, ws: web.WebSocketResponse) -> None:
        """The bot's goodbye ends its session; a cut connection lives on for some seconds."""
        if session is None or session.ws is not ws:
            return
        session.ws = None
        if ws.close_code not in LIVES_AFTER:
            session.stream.die()
        self._without_socket(session)

    def _without_socket(self, session: VoiceSession) -> None:
        """A session that is still alive waits some seconds for RESUME, then it is given up."""
        if session.stream.alive:
            self.tasks.later(self.delays.voice_drop, lambda: self._give_up(session))
        self.changes.notify()

    def _give_up(self, session: VoiceSession) -> None:
        if session.ws is None and session.stream.alive:
            session.stream.die()
            if self.sessions.get(session.guild_id) is session:
                self.dropped(session.guild_id)

    async def _close(self, ws: web.WebSocketResponse, code: int) -> None:
        self.closes.append(code)
        await ws.close(code=code)


async def _send(ws: web.WebSocketResponse, message: Json | bytes) -> None:
    """Send to a socket that may be closing already."""
    if ws.closed:
        return
    try:
        if isinstance(message, bytes):
            await ws.send_bytes(message)
        else:
            await ws.send_str(json.dumps(message))
    except ConnectionError:
        return
