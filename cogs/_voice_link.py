"""VoiceLink: Luna in the voice of one guild. When a connection breaks, a fresh one is made."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial

import discord

from luna_tts import LunaError
from luna_tts.errors import EngineClosed

from ._errors import (
    AfkChannel,
    ChannelFull,
    MissingPermissions,
    NotConnected,
    TimedOut,
    VoiceInUse,
    VoiceOutdated,
    VoiceUnreachable,
)
from ._floor import Floor
from ._pcm_stream import PcmStream
from ._voice_client import GOODBYE_SECONDS, VoiceClient, clear_away
from ._voice_patience import OUTDATED, Patience

VocalChannel = discord.VoiceChannel | discord.StageChannel

CONNECT_SECONDS = 10.0
ATTEMPTS = 2
"""For those who call her: what Discord told of its voice server may be outdated at once."""
UNSENT_SECONDS = 0.5
"""Until she tries again where no packet could be sent."""
NEEDED_PERMISSIONS = ("view_channel", "connect", "speak")

_log = logging.getLogger(__name__)


class VoiceLink:
    """Joins, stays and leaves.

    `on_ended` is told when Luna is out without having left: True if somebody put her out, False if
    the connection broke and could not be replaced.
    """

    def __init__(self, guild: discord.Guild, on_ended: Callable[[bool], object]) -> None:
        self.guild = guild
        self.floor = Floor()
        self._on_ended = on_ended
        self._client: VoiceClient | None = None
        self._connecting: asyncio.Task[VoiceClient] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        """Cleared while a broken connection is being replaced."""
        self._settled.set()
        self._patience = Patience()
        self._lock = asyncio.Lock()
        self._closed = False

    @property
    def channel(self) -> VocalChannel | None:
        """Where Luna is, or None."""
        return self._client.channel if self._client else None

    async def join(self, channel: VocalChannel) -> None:
        """Goes to `channel`, from nowhere or elsewhere; returns when audio can be sent.

        Raises what `check_access` does, and `VoiceInUse`: then Luna stays where she was.
        Raises `VoiceUnreachable`, `VoiceOutdated`.
        """
        await self._notice_death()
        async with self._lock:
            if self._closed:
                raise EngineClosed
            self.guild = channel.guild
            self._patience.asked()
            if self.channel == channel == self._shown() and self._settled.is_set():
                return
            check_access(channel)
            await self._hang_up()
            await self._connect(channel, ATTEMPTS)

    def _shown(self) -> VocalChannel | None:
        """Where Discord shows Luna: nowhere, if it has begun anew, whatever the connection says."""
        voice = self.guild.me.voice
        return voice.channel if voice else None

    async def leave(self) -> None:
        """Leaves; nothing of the connection is left behind."""
        async with self._lock:
            await self._hang_up()

    async def aclose(self) -> None:
        """Leaves for good: whoever is still on the way to `join` is refused with `EngineClosed`."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
        await self.leave()
        await self.floor.aclose()

    async def play(self, stream: PcmStream) -> None:
        """Sounds `stream` to its end. Cancel to silence it.

        The sentence in which a connection broke is said again: the end of it was not heard. So is
        one that could not be sent, for as long as it takes and the connection stands. Where
        Luna is not heard it waits, for a while; then it is given up without a word.

        Raises `NotConnected` if Luna is out and will not come back.
        """
        heard_through: VoiceClient | None = None
        while not stream.exhausted:
            await self._settled.wait()
            if not await self.floor.wait():
                return
            async with self._lock:  # whoever joins or leaves just now comes first
                client = self._client
            if client is None:
                raise NotConnected
            if client is not heard_through is not None:
                stream.rewind()
            heard_through = client
            await self._play_on(client, stream)
            if client.unsent:
                _log.warning("guild %d: no packet could be sent, I say it again", self.guild.id)
                stream.rewind()
                await asyncio.sleep(UNSENT_SECONDS)

    def _note_state(self) -> None:
        """Luna's voice state has changed."""
        self.floor.note(self.guild.me)
        if self._client is not None and not self.floor.given:
            self._client.stop()  # `play` goes on when she is heard again

    async def _play_on(self, client: VoiceClient, stream: PcmStream) -> None:
        """Plays until the stream ends, the connection breaks or nothing can be sent."""
        client.try_again()
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()

        def after(error: Exception | None) -> None:  # runs in the player's thread
            if error:
                _log.warning("playback broke off: %s", error)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is waiting
                loop.call_soon_threadsafe(stopped.set)

        try:
            client.play(_Source(stream, client), after=after)
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

    async def _connect(self, channel: VocalChannel, attempts: int = 1) -> None:
        """Raises `VoiceInUse`, `VoiceUnreachable`, `VoiceOutdated`."""
        stranger = self.guild.voice_client
        if isinstance(stranger, discord.VoiceClient) and stranger.is_connected():
            raise VoiceInUse
        await clear_away(stranger)
        for left in reversed(range(attempts)):
            # After a time-out discord.py waits as long again.
            limited = asyncio.wait_for(self._client_in(channel), CONNECT_SECONDS + GOODBYE_SECONDS)
            self._connecting = asyncio.create_task(limited, name="luna-voice-connect")
            try:
                client = await self._connecting
            except discord.ConnectionClosed as error:
                await clear_away(self.guild.voice_client)
                if error.code in OUTDATED:
                    raise VoiceOutdated(error.code) from error
                if not left:
                    raise VoiceUnreachable(channel.name) from error
            except (TimeoutError, discord.ClientException, OSError) as error:
                await clear_away(self.guild.voice_client)
                raise VoiceUnreachable(channel.name) from error
            except asyncio.CancelledError:
                await clear_away(self.guild.voice_client)
                if self._closed:
                    raise EngineClosed from None
                raise
            else:
                break
            finally:
                self._connecting = None
        self._client = client
        self._patience.connected()
        self._settled.set()
        self._watcher = asyncio.create_task(self._watch(client), name="luna-voice-watcher")

    async def _client_in(self, channel: VocalChannel) -> VoiceClient:
        return await channel.connect(
            timeout=CONNECT_SECONDS,
            reconnect=False,
            self_deaf=True,
            cls=partial(VoiceClient, on_state=self._note_state),
        )

    async def _hang_up(self) -> None:
        """Ends the connection, its tasks and its thread."""
        watcher, self._watcher = self._watcher, None
        client, self._client = self._client, None
        self._settled.set()
        if watcher:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        await clear_away(client)

    async def _notice_death(self) -> None:
        """Lets the watcher see first that a connection has just ended: it knows what that means.

        Otherwise a text that is asked for right after a kick would be thrown away with the others.
        """
        client = self._client
        for _ in range(100):
            dead = client is not None and client.ended
            if not dead or self._client is not client or not self._settled.is_set():
                return
            await asyncio.sleep(0.01)

    async def _watch(self, client: VoiceClient) -> None:
        """Waits until the connection ends without our doing, then comes back or gives up."""
        error = await client.end()
        self._settled.clear()
        if error is None:
            _log.info("guild %d: Discord ended the voice connection", self.guild.id)
            await self._end(client, put_out=True)
            return
        client.stop()  # it may be speaking into the void
        code = client.close_code(error)
        _log.warning("guild %d: voice connection lost (code %s: %s)", self.guild.id, code, error)
        if code in OUTDATED:
            _log.error("guild %d: %s", self.guild.id, VoiceOutdated(code))
        self._patience.broke(code)
        await client.goodbye()
        await clear_away(client)
        put_out = await self._come_back(client)
        if self._client is client:
            await self._end(client, put_out=put_out)

    async def _come_back(self, client: VoiceClient) -> bool:
        """Connects anew, unless somebody told Luna to join or leave meanwhile.

        Returns whether there is nothing left to come back to.
        """
        while (seconds := self._patience.next_wait()) is not None:
            await asyncio.sleep(seconds)
            async with self._lock:
                if self._client is not client:
                    return False
                # Whatever was known of the guild is outdated if the gateway has begun anew, too.
                self.guild = client.client.get_guild(self.guild.id) or self.guild
                channel = self.guild.get_channel(client.channel.id)
                if not isinstance(channel, VocalChannel):
                    return True
                try:
                    check_access(channel)
                    await self._connect(channel)
                except VoiceUnreachable as error:
                    _log.warning("guild %d: %s", self.guild.id, error)
                except LunaError as error:
                    _log.warning("guild %d: cannot come back: %s", self.guild.id, error)
                    return False
                else:
                    return False
        return False

    async def _end(self, client: VoiceClient, *, put_out: bool) -> None:
        await clear_away(client)
        if self._client is client:
            self._client = None
            self._settled.set()
            self._on_ended(put_out)


def check_access(channel: VocalChannel) -> None:
    """Raises what keeps Luna from joining and speaking.

    `MissingPermissions`, `TimedOut`, `AfkChannel` or `ChannelFull`.
    """
    me = channel.guild.me
    if me.is_timed_out():
        raise TimedOut
    permissions = channel.permissions_for(me)
    if channel == channel.guild.afk_channel:
        raise AfkChannel(channel.name)
    stage = isinstance(channel, discord.StageChannel)  # where one is let speak by moderators
    needed = [name for name in NEEDED_PERMISSIONS if not (stage and name == "speak")]
    if missing := [name for name in needed if not getattr(permissions, name)]:
        raise MissingPermissions(missing, channel.name)
    others = channel.voice_states.keys() - {me.id}
    if channel.user_limit and len(others) >= channel.user_limit and not permissions.move_members:
        raise ChannelFull(channel.name, channel.user_limit)


class _Source(discord.AudioSource):
    """A `PcmStream` as discord.py's player takes it; it ends, too, where nothing can be sent."""

    def __init__(self, stream: PcmStream, client: VoiceClient) -> None:
        self._stream = stream
        self._client = client

    def read(self) -> bytes:
        return b"" if self._client.unsent else self._stream.read()
