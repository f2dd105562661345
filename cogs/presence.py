"""Coming and going: with the first person, after the last one, and back after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Iterable

import discord
from discord.ext import commands

from luna_tts import LunaError

from ._base import LunaCog, add_cog
from ._voice_link import VocalChannel
from ._voice_patience import LOOK_SECONDS
from ._whereabouts import called_to

RETURNS_AT_ONCE = 4
"""Channels that she enters at the same time after a restart."""
RETURNS_PER_MINUTE = 40
"""Discord takes 120 messages a minute from a connection, and a return needs up to two of them."""

_log = logging.getLogger(__name__)


class Presence(LunaCog, name="LunaPresence"):
    """Watches who is in voice; what is decided from that is told in _whereabouts.py."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self._timers: dict[int, asyncio.TimerHandle] = {}
        """By guild: Luna is alone there, and goes when the time is up."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._going: set[int] = set()
        """Guilds in which she leaves because she is alone."""
        self._coming: set[int] = set()
        """Channels to which she is on her way: one who enters meanwhile changes nothing."""
        self._dismissed: set[int] = set()
        """Channels that she left before the people in it; until they have left, too, she stays out.

        Not stored: after a restart the next person who enters brings her."""
        self._complained: set[int] = set()
        """Channels of which the log has been told why she does not come."""
        self._returning = asyncio.Semaphore(RETURNS_AT_ONCE)
        self._looking: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        """Also in a bot that is online already."""
        await super().cog_load()
        if self.bot.is_ready():
            self._spawn(self._return())
        self._looking = asyncio.create_task(self._look(), name="luna-presence-look")

    async def cog_unload(self) -> None:
        """Stays wherever she is."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        tasks = [*self._tasks, *([self._looking] if self._looking else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await super().cog_unload()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """The bot has started, or the gateway has begun anew."""
        self._spawn(self._return())

    @commands.Cog.listener()
    async def on_shard_ready(self, shard_id: int) -> None:
        """One of several connections has begun, perhaps anew: the others are no matter."""
        self._spawn(self._return())

    @commands.Cog.listener()
    async def on_resumed(self) -> None:
        """The gateway was away, perhaps for longer than a voice connection endures."""
        self._spawn(self._return())

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A guild is back after an outage of Discord's."""
        if self.bot.is_ready():
            with contextlib.suppress(LunaError):  # the store has told the log
                settings = await self.store.guild(guild.id)
                if settings.voice_channel is not None:
                    await self._return_to(guild, settings.voice_channel)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Luna was thrown out of the guild."""
        await self._forget(guild.id, None)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Nobody can enter it any more."""
        self._dismissed.discard(channel.id)
        await self._forget(channel.guild.id, channel.id)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.bot.is_ready() and not self._tasks:
                self._spawn(self._return())

    async def _return(self) -> None:
        """Goes wherever she is to be and people are, without haste.

        Whoever enters her channel meanwhile does not have to wait for that.
        """
        by_shard: dict[int, list[tuple[discord.Guild, int]]] = {}
        with contextlib.suppress(LunaError):  # the store has told the log
            for guild_id, channel_id in (await self.store.whereabouts()).items():
                if guild := self.bot.get_guild(guild_id):  # else another process has it
                    by_shard.setdefault(guild.shard_id, []).append((guild, channel_id))
        for homes in by_shard.values():
            self._spawn(self._return_to_all(homes))

    async def _return_to_all(self, homes: Iterable[tuple[discord.Guild, int]]) -> None:
        """Through one connection."""
        with contextlib.suppress(LunaError):  # the store has told the log
            for number, (guild, channel_id) in enumerate(homes, start=1):
                await self._return_to(guild, channel_id)
                if number % RETURNS_PER_MINUTE == 0:
                    await asyncio.sleep(60)

    async def _return_to(self, guild: discord.Guild, channel_id: int) -> None:
        if guild.unavailable or self._is_somewhere(guild):
            return
        channel = guild.get_channel(channel_id)
        if isinstance(channel, VocalChannel):
            self._spawn(self._come_in_turn(channel))
        else:
            await self._forget(guild.id, channel_id)

    async def _forget(self, guild_id: int, channel_id: int | None) -> None:
        """Luna is to be in a channel no longer (None = in none), for it is no more."""
        with contextlib.suppress(LunaError):  # the store has told the log
            home = (await self.store.guild(guild_id)).voice_channel
            if home is not None and channel_id in (home, None):
                await self.store.update_guild(guild_id, voice_channel=None, text_channel=None)

    @commands.Cog.listener()
    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Somebody, or Luna herself, entered or left a channel."""
        if before.channel == after.channel:
            return
        if before.channel is not None and not people(before.channel):
            self._dismissed.discard(before.channel.id)
        if member == member.guild.me:
            await self._note_own_move(member.guild, before.channel, after.channel)
        elif after.channel is not None and not member.bot:
            self._spawn(self._come(after.channel))
        self._watch_the_empty(member.guild)

    async def _note_own_move(
        self, guild: discord.Guild, before: VocalChannel | None, after: VocalChannel | None
    ) -> None:
        unasked = guild.id in self._going
        self._going.discard(guild.id)
        if after is not None:
            self._dismissed.discard(after.id)
            if before is not None and self.speech is not None:
                await self.speech.moved(guild)
        elif before is not None and people(before) and not unasked:  # they may have just come
            self._dismissed.add(before.id)

    def _watch_the_empty(self, guild: discord.Guild) -> None:
        """Starts the clock when Luna is left alone, and stops it when somebody is there again."""
        if not _is_alone(guild):
            if timer := self._timers.pop(guild.id, None):
                timer.cancel()
        elif guild.id not in self._timers:
            self._timers[guild.id] = asyncio.get_running_loop().call_later(
                self.environment.empty_seconds, self._time_is_up, guild.id
            )

    def _time_is_up(self, guild_id: int) -> None:
        del self._timers[guild_id]
        self._spawn(self._leave_the_empty(guild_id))

    async def _leave_the_empty(self, guild_id: int) -> None:
        guild, speech = self.bot.get_guild(guild_id), self.speech
        session = speech.connected(guild_id) if speech else None
        if guild is None or speech is None or session is None:
            return

        def still_alone() -> bool:
            if _is_alone(guild):
                self._going.add(guild_id)
            return guild_id in self._going

        with contextlib.suppress(LunaError):  # the store has told the log
            if (await self.store.guild(guild_id)).auto_leave:
                await speech.go(session, only_if=still_alone)

    async def _come_in_turn(self, channel: VocalChannel) -> None:
        async with self._returning:
            await self._come(channel)

    async def _come(self, channel: VocalChannel) -> None:
        """`_enter`, once at a time, and without anybody to tell if it fails."""
        if channel.id in self._coming:
            return
        self._coming.add(channel.id)
        try:
            await self._enter(channel)
        except LunaError as error:
            if channel.id not in self._complained:
                _log.warning("guild %d: cannot come by myself: %s", channel.guild.id, error)
            self._complained.add(channel.id)
        else:
            self._complained.discard(channel.id)
        finally:
            self._coming.discard(channel.id)

    async def _enter(self, channel: VocalChannel) -> None:
        """Goes to `channel` if that is where Luna is to be, and she is nowhere yet."""
        guild, speech = channel.guild, self.speech
        if speech is None or self._is_somewhere(guild):
            return
        dismissed = channel.id in self._dismissed
        settings = await self.store.guild(guild.id)

        def is_wanted() -> bool:
            sent_out_meanwhile = channel.id in self._dismissed and not dismissed
            return not sent_out_meanwhile and (people(channel) > 0 or not settings.auto_leave)

        home = guild.get_channel(settings.voice_channel or 0)
        call = called_to(
            settings,
            channel.id,
            dismissed=dismissed,
            awaited_elsewhere=isinstance(home, VocalChannel) and people(home) > 0,
        )
        if call is not None:
            await speech.enter(
                channel,
                call.text_channel,
                only_if=lambda: is_wanted() and not self._is_somewhere(guild),
            )

    def _is_somewhere(self, guild: discord.Guild) -> bool:
        """Whether Luna is in voice there: by her own account, and by Discord's."""
        here = self.speech is not None and self.speech.connected(guild.id) is not None
        return here and _own_channel(guild) is not None

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="luna-presence")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def people(channel: VocalChannel) -> int:
    """How many are in a channel who are not bots; whoever is not known counts as a person."""
    members = (channel.guild.get_member(member_id) for member_id in channel.voice_states)
    return sum(member is None or not member.bot for member in members)


def _is_alone(guild: discord.Guild) -> bool:
    channel = _own_channel(guild)
    return channel is not None and not people(channel)


def _own_channel(guild: discord.Guild) -> VocalChannel | None:
    """Where Discord shows Luna."""
    return guild.me.voice.channel if guild.me and guild.me.voice else None


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Presence(bot))
