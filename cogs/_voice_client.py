"""VoiceClient: one voice connection. With _gateway.py all that touches discord.py's privates (2.7).

discord.py's own reconnecting is switched off (`reconnect=False`): it leaves pollers behind that
later throw a new connection out, and says it is connected while it is not. A connection that has
broken is cleared away and never used again.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import discord
from discord.utils import MISSING
from discord.voice_state import ConnectionFlowState, VoiceConnectionState

if TYPE_CHECKING:
    from discord.types.voice import GuildVoiceState, VoiceServerUpdate

GOODBYE_SECONDS = 1.5
"""How long Discord may take to answer that Luna has left."""
ANSWER_SECONDS = 2.5
"""How long a voice server that is there may take to answer the end of a connection."""
MOVE_SECONDS = 3.0
"""How long Discord may take to name another voice server once it has closed the old one."""
RECONNECT_SECONDS = 6.0
"""How long all of a move to another voice server may take."""
PROBE_SECONDS = 0.7
"""After which a voice server that has not told our address is asked again: UDP may lose it."""

SILENT_SECONDS = 12.0
"""After which a voice server is gone that acknowledges no heartbeat; there is one every 5 s."""
MOST_UNSENT = 25
"""Packets in a row, half a second, that did not leave this machine: nobody hears a word then."""

AT_REST = (
    ConnectionFlowState.disconnected,
    ConnectionFlowState.connected,
    ConnectionFlowState.set_guild_voice_state,
)
"""What discord.py takes any event in."""


class _ConnectionState(VoiceConnectionState):
    """discord.py's, which asks once for its address and leaves a thread waiting on its socket.

    It also speaks into the void while it waits for another voice server, or while the kernel takes
    no packet: a full buffer, a firewall, a network that is down.
    """

    def __init__(self, client: discord.VoiceClient) -> None:
        super().__init__(client)
        self.unsent = 0
        """How many packets in a row the kernel has not taken."""
        self._duplicates: list[socket.socket] = []

    def send_packet(self, packet: bytes) -> None:
        """Raises `OSError`, which discord.py takes for a packet that was lost on the way."""
        self.unsent += 1
        super().send_packet(packet)
        self.unsent = 0

    def shut(self) -> None:
        """Wakes the thread that waits up to 30 s on a socket, which closing does not."""
        for duplicate in self._duplicates:
            with contextlib.suppress(OSError):
                duplicate.shutdown(socket.SHUT_RDWR)
            duplicate.close()
        self._duplicates.clear()

    def _create_socket(self) -> None:
        if self.socket and self.socket.fileno() >= 0:
            return  # a move keeps it; the thread would go on waiting on the one that it knows
        super()._create_socket()
        self._duplicates.append(self.socket.dup())

    async def _connect(
        self, reconnect: bool, timeout: float, self_deaf: bool, self_mute: bool, resume: bool
    ) -> None:
        if resume:  # after 4015; it never succeeds, for a resumed session gets no new key
            raise TimeoutError
        await super()._connect(reconnect, timeout, self_deaf, self_mute, resume)

    async def _wait_for_state(
        self,
        state: ConnectionFlowState,
        *other_states: ConnectionFlowState,
        timeout: float | None = None,
    ) -> None:
        """Looks again and again: discord.py's overlooks what changes while it begins to wait anew.

        Discord's two answers to a join arrive together; then that one waited to its time-out.
        """
        async with asyncio.timeout(timeout):
            while self.state not in (state, *other_states):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def _voice_connect(self, *, self_deaf: bool = False, self_mute: bool = False) -> None:
        """Waits for the answer before it asks: one that came sooner would be overlooked."""
        if self.state is ConnectionFlowState.disconnected:
            self.state = ConnectionFlowState.set_guild_voice_state
        await super()._voice_connect(self_deaf=self_deaf, self_mute=self_mute)

    async def _potential_reconnect(self) -> bool:
        """The player waits, too, unless the next voice server is known already."""
        if self.state is ConnectionFlowState.connected:
            self.state = ConnectionFlowState.set_guild_voice_state
        self.ip = MISSING  # to be asked for anew; otherwise nobody would wait for it
        try:
            async with asyncio.timeout(RECONNECT_SECONDS):
                return await super()._potential_reconnect()
        except TimeoutError:
            return False

    async def _handshake_websocket(self) -> None:
        probing = asyncio.create_task(self._probe(), name="luna-voice-probe")
        try:
            await super()._handshake_websocket()
        finally:
            probing.cancel()

    async def _probe(self) -> None:
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            if self.endpoint_ip is not MISSING and self.ssrc is not MISSING and not self.ip:
                with contextlib.suppress(OSError):
                    self.socket.send(struct.pack(">HHI66x", 1, 70, self.ssrc))


class VoiceClient(discord.VoiceClient):
    """discord.py's, which also knows why it ended."""

    _connection: _ConnectionState

    def __init__(
        self,
        client: discord.Client,
        channel: discord.abc.Connectable,
        on_state: Callable[[], object],
    ) -> None:
        """`on_state` is told when Luna's voice state has changed."""
        super().__init__(client, channel)
        self._on_state = on_state
        self._ghost_gone: asyncio.Event | None = None
        self._put_out = False
        self._judged = asyncio.Event()
        """Cleared while it is being found out what it means that Luna is out of voice."""
        self._judged.set()

    def create_connection_state(self) -> VoiceConnectionState:
        """Ours in the place of discord.py's."""
        return _ConnectionState(self)

    def close_code(self, error: BaseException) -> int | None:
        """With which Discord closed the websocket, where it did; `error` is what `end` returned."""
        if isinstance(error, discord.ConnectionClosed):
            return error.code
        websocket = self._connection.ws
        return websocket.ws.close_code if websocket else None

    @property
    def unsent(self) -> bool:
        """Whether nothing has left this machine for half a second."""
        return self._connection.unsent >= MOST_UNSENT

    def try_again(self) -> None:
        """One packet is tried; if it is not sent either, nothing can be."""
        self._connection.unsent = min(self._connection.unsent, MOST_UNSENT - 1)

    @property
    def ended(self) -> bool:
        """Whether it is no connection any more, and none in the making."""
        return self._connection.state is ConnectionFlowState.disconnected

    async def connect(
        self, *, reconnect: bool, timeout: float, self_deaf: bool = False, self_mute: bool = False
    ) -> None:
        """As discord.py's, but nothing of an earlier process gets in its way.

        Raises `ConnectionAbortedError` at once if Luna is put out meanwhile.
        """
        await self._lay_ghost()
        try:
            await super().connect(
                reconnect=reconnect, timeout=timeout, self_deaf=self_deaf, self_mute=self_mute
            )
        except asyncio.CancelledError:
            if self._put_out:
                raise ConnectionAbortedError("Luna was put out while she was joining") from None
            raise
        self._connection.timeout = MOVE_SECONDS

    async def on_voice_state_update(self, data: GuildVoiceState) -> None:
        """Luna's own state. Discord tells that she is out after a kick and after an outage alike.

        But after an outage there is nobody any more who answers the end of her connection.
        """
        self._on_state()
        out = data["channel_id"] is None
        if self._ghost_gone is not None:
            if out:
                self._ghost_gone.set()
            return
        if not out:
            await self._note_channel(data)
            return
        if self.ended:
            await super().on_voice_state_update(data)
            return
        self._judged.clear()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await super().on_voice_state_update(data)
            self._put_out = True
            connector = self._connection._connector
            if connector is not None:
                connector.cancel()  # it would wait to its end for what does not come
        except TimeoutError:
            pass
        finally:
            self._judged.set()

    async def on_voice_server_update(self, data: VoiceServerUpdate) -> None:
        """Where to connect. While it is connecting, the newest is taken and nothing asked.

        discord.py would ask to join again, which brings another of these, and so on without end
        (after two drags in a moment). With an outdated one the connection breaks, and is replaced.
        """
        connection = self._connection
        if connection.state in (*AT_REST, ConnectionFlowState.got_voice_state_update):
            await super().on_voice_server_update(data)
        elif endpoint := data.get("endpoint"):
            connection.token, connection.endpoint = data["token"], endpoint

    async def _note_channel(self, data: GuildVoiceState) -> None:
        """Luna is in a channel; the same holds as in `on_voice_server_update`."""
        connection = self._connection
        connection._update_voice_channel(int(data["channel_id"] or 0))
        if connection.state in (*AT_REST, ConnectionFlowState.got_voice_server_update):
            await super().on_voice_state_update(data)
        else:
            connection.session_id = data["session_id"]

    def cleanup(self) -> None:
        """As discord.py's, which would take away the next connection, too."""
        if self.guild.voice_client is self:
            super().cleanup()

    async def end(self) -> BaseException | None:
        """Returns when it has ended without our doing: why it broke, or None if Luna was put out.

        She is put out by a kick, a time-out, the end of her channel.
        """
        while pending := self._pending():
            await asyncio.wait(pending, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            if self._answers_no_more():
                return TimeoutError("its server acknowledges no heartbeat any more")
        await self._judged.wait()
        if self._put_out:
            return None
        runner = self._connection._runner
        if runner is None or runner.cancelled():
            return ConnectionAbortedError("it was being made anew")
        return runner.exception() or ConnectionResetError("Discord ended it and did not say why")

    async def goodbye(self) -> None:
        """Returns when Discord shows Luna out; it may not answer any more.

        Until then a new connection would take that answer for a kick.
        """
        # discord.py no longer tells a connection of it that has ended.
        until = time.monotonic() + GOODBYE_SECONDS
        while self.guild.me.voice is not None and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def _lay_ghost(self) -> None:
        """Has Discord forget where a Luna is who has died; it shows her for some time yet."""
        if self.guild.me.voice is None or self.guild.me.voice.channel is None:
            return
        self._ghost_gone = asyncio.Event()
        try:
            await self.guild.change_voice_state(channel=None)
            await asyncio.wait_for(self._ghost_gone.wait(), GOODBYE_SECONDS)
        except TimeoutError:
            pass
        finally:
            self._ghost_gone = None

    def _answers_no_more(self) -> bool:
        """discord.py waits for half a minute, and says all that time that it is connected."""
        connection = self._connection
        if connection.state is not ConnectionFlowState.connected or not connection.ws:
            return False
        heart = connection.ws._keep_alive
        return heart is not None and time.perf_counter() - heart._last_ack > SILENT_SECONDS

    def _pending(self) -> list[asyncio.Task[None]]:
        """The tasks that keep the connection alive or are making it anew."""
        tasks = (self._connection._connector, self._connection._runner)
        return [task for task in tasks if task is not None and not task.done()]


async def clear_away(client: discord.VoiceProtocol | None) -> None:
    """Leaves nothing of a connection behind, whatever state it is in."""
    if not isinstance(client, discord.VoiceClient):
        return
    connection = client._connection
    if connection.state is not ConnectionFlowState.disconnected:
        with contextlib.suppress(TimeoutError, discord.DiscordException, OSError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await connection.disconnect(cleanup=False)
                await connection._disconnected.wait()  # discord.py's own wait cannot be cut short
    client.stop()
    connection._connected.set()  # the player may be waiting, for seconds, until it is connected
    connection._connected.clear()
    if client.guild.voice_client is client:
        client.cleanup()
    connection._socket_reader.stop()
    if isinstance(connection, _ConnectionState):
        connection.shut()
    tasks = [task for task in (connection._connector, connection._runner) if task]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
