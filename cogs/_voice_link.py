"""VoiceLink: one guild's voice connection. The only file that touches discord.py's privates (2.7).

discord.py's own reconnecting is switched off (`reconnect=False`): it leaves pollers behind that
later throw a new connection out, and says it is connected while it is not. When a connection
breaks, its remains are cleared away and a fresh one is made; what was playing plays on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

import discord
from discord.voice_state import ConnectionFlowState, VoiceConnectionState

from luna_tts.errors import EngineClosed

from ._errors import (
    ChannelFull,
    MissingPermissions,
    NotConnected,
    TimedOut,
    VoiceInUse,
    VoiceUnreachable,
)
from ._pcm_stream import PcmStream

VocalChannel = discord.VoiceChannel | discord.StageChannel

CONNECT_SECONDS = 10.0
GOODBYE_SECONDS = 1.5
RETRY_SECONDS = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Waits before each attempt to come back; after the last one Luna stays out."""
NEEDED_PERMISSIONS = ("view_channel", "connect", "speak")

_log = logging.getLogger(__name__)


class VoiceLink:
    """Joins, stays and leaves. `on_ended` is told when Luna is out without having left."""

    def __init__(self, guild: discord.Guild, on_ended: Callable[[], object]) -> None:
        self.guild = guild
        self._on_ended = on_ended
        self._client: discord.VoiceClient | None = None
        self._socket: socket.socket | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        """Cleared while a broken connection is being replaced."""
        self._settled.set()
        self._lock = asyncio.Lock()
        self._closed = False

    @property
    def channel(self) -> VocalChannel | None:
        """Where Luna is, or None."""
        return self._client.channel if self._client else None

    async def join(self, channel: VocalChannel) -> None:
        """Goes to `channel`, from nowhere or elsewhere; returns when audio can be sent.

        Raises `MissingPermissions`, `TimedOut`, `ChannelFull`, `VoiceInUse`, `VoiceUnreachable`;
        in the first three cases Luna stays where she was.
        """
        await self._notice_death()
        async with self._lock:
            if self._closed:
                raise EngineClosed
            if self.channel == channel and self._settled.is_set():
                return
            check_access(channel)
            await self._hang_up()
            await self._connect(channel)

    async def leave(self) -> None:
        """Leaves; nothing of the connection is left behind."""
        async with self._lock:
            await self._hang_up()

    async def aclose(self) -> None:
        """Leaves for good: whoever is still on the way to `join` is refused with `EngineClosed`."""
        self._closed = True
        await self.leave()

    async def play(self, stream: PcmStream) -> None:
        """Sounds `stream` to its end, across broken connections. Cancel to silence it.

        Raises `NotConnected` if Luna is out and will not come back.
        """
        while not stream.exhausted:
            await self._settled.wait()
            async with self._lock:  # whoever joins or leaves just now comes first
                client = self._client
            if client is None:
                raise NotConnected
            await self._play_on(client, stream)

    async def _play_on(self, client: discord.VoiceClient, stream: PcmStream) -> None:
        """Plays until the stream ends or the connection breaks."""
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()

        def after(error: Exception | None) -> None:  # runs in the player's thread
            if error:
                _log.warning("playback broke off: %s", error)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is waiting
                loop.call_soon_threadsafe(stopped.set)

        try:
            client.play(_Source(stream), after=after)
        except discord.ClientException:
            await asyncio.sleep(0.1)  # the connection broke just now; the watcher will see it
            return
        try:
            await stopped.wait()
        finally:
            client.stop()
            # The player ends with five frames of silence; the next one must not start among them.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), 0.5)

    async def _connect(self, channel: VocalChannel) -> None:
        stranger = self.guild.voice_client
        if isinstance(stranger, discord.VoiceClient) and stranger.is_connected():
            raise VoiceInUse
        await self._clear_away(stranger)
        try:
            client: discord.VoiceClient = await asyncio.wait_for(
                channel.connect(timeout=CONNECT_SECONDS, reconnect=False, self_deaf=True),
                CONNECT_SECONDS + 1,  # after a time-out discord.py waits as long again
            )
        except (TimeoutError, discord.ConnectionClosed, discord.ClientException, OSError) as error:
            await self._clear_away(self.guild.voice_client)
            raise VoiceUnreachable(channel.name) from error
        self._client = client
        self._socket = client._connection.socket.dup()
        self._settled.set()
        self._watcher = asyncio.create_task(self._watch(client), name="luna-voice-watcher")

    async def _hang_up(self) -> None:
        """Ends the connection, its tasks and its thread."""
        watcher, self._watcher = self._watcher, None
        client, self._client = self._client, None
        self._settled.set()
        if watcher:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        await self._clear_away(client)

    async def _clear_away(self, client: discord.VoiceProtocol | None) -> None:
        """Leaves nothing of a connection behind, whatever state it is in."""
        if not isinstance(client, discord.VoiceClient):
            return
        connection = client._connection
        if connection.state is not ConnectionFlowState.disconnected:
            with contextlib.suppress(TimeoutError, discord.DiscordException, OSError):
                await asyncio.wait_for(client.disconnect(force=True), GOODBYE_SECONDS)
        client.stop()
        if self.guild.voice_client is client:
            client.cleanup()
        connection._socket_reader.stop()
        # Its thread waits up to 30 s on a socket; closing does not wake it, shutting down does.
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
        tasks = [task for task in (connection._connector, connection._runner) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _notice_death(self) -> None:
        """Lets the watcher see first that a connection has just ended: it knows what that means.

        Otherwise a text that is asked for right after a kick would be thrown away with the others.
        """
        client = self._client
        for _ in range(100):
            dead = client and client._connection.state is ConnectionFlowState.disconnected
            if not dead or self._client is not client or not self._settled.is_set():
                return
            await asyncio.sleep(0.01)

    async def _watch(self, client: discord.VoiceClient) -> None:
        """Waits until the connection ends without our doing, then comes back or gives up."""
        connection, channel = client._connection, client.channel
        while pending := _pending(connection):
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            channel = client.channel or channel
        self._settled.clear()
        error = _breakdown(connection)
        if error is None:
            _log.info("guild %d: Discord ended the voice connection", self.guild.id)
            await self._end(client)
            return
        _log.warning("guild %d: voice connection lost (%s)", self.guild.id, error)
        # discord.py has said goodbye. Until Discord has answered that, a new connection would take
        # the answer for a kick.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(connection._disconnected.wait(), GOODBYE_SECONDS)
        await self._clear_away(client)
        await self._come_back(client, channel)

    async def _come_back(self, client: discord.VoiceClient, channel: VocalChannel) -> None:
        for seconds in RETRY_SECONDS:
            await asyncio.sleep(seconds)
            async with self._lock:
                if self._client is not client:
                    return  # somebody told Luna to join or leave meanwhile
                try:
                    check_access(channel)
                    await self._connect(channel)
                except VoiceUnreachable as error:
                    _log.warning("guild %d: %s", self.guild.id, error)
                except (MissingPermissions, TimedOut, ChannelFull, VoiceInUse) as error:
                    _log.warning("guild %d: cannot come back: %s", self.guild.id, error)
                    break
                else:
                    return
        await self._end(client)

    async def _end(self, client: discord.VoiceClient) -> None:
        await self._clear_away(client)
        if self._client is client:
            self._client = None
            self._settled.set()
            self._on_ended()


def check_access(channel: VocalChannel) -> None:
    """Raises `MissingPermissions`, `TimedOut` or `ChannelFull` if Luna may not join and speak."""
    me = channel.guild.me
    if me.is_timed_out():
        raise TimedOut
    permissions = channel.permissions_for(me)
    if missing := [name for name in NEEDED_PERMISSIONS if not getattr(permissions, name)]:
        raise MissingPermissions(missing, channel.name)
    others = channel.voice_states.keys() - {me.id}
    if channel.user_limit and len(others) >= channel.user_limit and not permissions.move_members:
        raise ChannelFull(channel.name, channel.user_limit)


def _pending(connection: VoiceConnectionState) -> list[asyncio.Task[None]]:
    """The tasks that keep a connection alive or are making it anew."""
    tasks = (connection._connector, connection._runner)
    return [task for task in tasks if task is not None and not task.done()]


def _breakdown(connection: VoiceConnectionState) -> BaseException | None:
    """Why an ended connection broke; None if Discord ended it on purpose (kick, channel gone)."""
    runner = connection._runner
    if runner is None or runner.cancelled():
        return ConnectionAbortedError("it was being made anew")
    return runner.exception()


class _Source(discord.AudioSource):
    """A `PcmStream` as discord.py's player takes it."""

    def __init__(self, stream: PcmStream) -> None:
        self._stream = stream

    def read(self) -> bytes:
        return self._stream.read()
