"""/join /leave /say: one voice connection and one queue for each guild."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from luna_tts.errors import NothingToSay

from ._activity import SessionView, Timings
from ._base import SPEECH_COG, LunaCog, add_cog
from ._chat_message import ChatMessage
from ._checks import channel_of
from ._errors import ForbiddenWord, NotConnected, NotLetSpeak
from ._manners import Manners
from ._markup import speakable
from ._sessions import Manner, Session, always
from ._speech_queue import SpeechQueue, Utterance
from ._spoken import spoken
from ._step_down import StepDown
from ._store import StoreUnavailable
from ._voice_libraries import load_voice_libraries
from ._voice_link import VocalChannel, VoiceLink

ECHO_CHARACTERS = 200
"""How much of a text the caller is shown again."""

_log = logging.getLogger(__name__)


class Speech(LunaCog, name=SPEECH_COG):
    """Speaks what it is told to, where the caller is."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self.timings = Timings()
        self._steps = StepDown()
        self._sessions: dict[int, Session] = {}
        self._manners = Manners(self)
        self._tasks: set[asyncio.Task[None]] = set()

    async def cog_load(self) -> None:
        """Raises what voice lacks now rather than when the first word is to sound."""
        load_voice_libraries(self.environment.opus_library)
        await super().cog_load()

    async def cog_unload(self) -> None:
        """Falls silent and leaves every voice channel."""
        sessions = list(self._sessions.values())
        self._sessions.clear()
        await asyncio.gather(*(session.aclose() for session in sessions))
        await self._manners.aclose()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().cog_unload()

    def sessions(self) -> list[SessionView]:
        """Every guild in which Luna has been asked to speak."""
        return [
            SessionView(
                guild_id=guild_id,
                channel_id=session.link.channel.id if session.link.channel else None,
                waiting=len(session.queue),
                speaking=session.queue.speaking,
                paused=session.queue.paused,
                backlog_seconds=session.queue.backlog_seconds,
                dropped=session.queue.dropped,
            )
            for guild_id, session in self._sessions.items()
        ]

    def connected(self, guild_id: int) -> Session | None:
        """The session of a guild in whose voice channel Luna is."""
        session = self._sessions.get(guild_id)
        return session if session and session.link.channel else None

    async def enter(
        self,
        channel: VocalChannel,
        text_channel: int | None,
        only_if: Callable[[], bool] = always,
    ) -> Session:
        """Goes to `channel`, reads `text_channel` there, and remembers both over a restart.

        `only_if` is asked when all who came before are done; if not, nothing happens. Raises what
        `VoiceLink.join` raises, and then nothing has changed.
        """
        session, guild = self._session(channel.guild), channel.guild
        async with session.order:
            if only_if():
                await session.link.join(channel)
                await self._remember(guild, voice_channel=channel.id, text_channel=text_channel)
        return session

    async def go(self, session: Session, only_if: Callable[[], bool] = always) -> None:
        """Remembers that she is to be nowhere, falls silent and leaves."""
        async with session.order:
            if only_if():
                await self._remember(session.link.guild, voice_channel=None, text_channel=None)
                session.queue.clear()
                await session.link.leave()

    async def moved(self, guild: discord.Guild) -> None:
        """Remembers the channel into which a moderator has moved her."""
        session = self.connected(guild.id)
        if session is None:
            return
        async with session.order:
            voice = guild.me.voice
            if session.link.channel is not None and voice is not None and voice.channel is not None:
                await self._remember(guild, voice_channel=voice.channel.id)

    async def speak(
        self,
        interaction: discord.Interaction,
        text: ChatMessage | str,
        speaker: discord.Member | None,
        message_id: int | None = None,
    ) -> Session:
        """Speaks `text` where the caller is, as `speaker`, or with her own voice; joins first.

        Raises `NotInVoice`, `NothingToSay`, `ForbiddenWord`, what `TTSService.check`,
        `VoiceLink.join` and `SpeechQueue.put` raise; later failures are told to the caller.
        """
        channel = channel_of(interaction)
        session = self._session(channel.guild)
        async with session.order:
            manner = await (self.manner(speaker) if speaker else self.own_manner(channel.guild))
            said = await self._said(text, manner)
            await session.link.join(channel)
            session.queue.put(self._utterance(interaction, said, manner, message_id))
            await self._remember(channel.guild, voice_channel=channel.id)
        return session

    @app_commands.command(description=locale_str("Bring Luna to your voice channel", luna="join"))
    @app_commands.guild_only()
    async def join(self, interaction: discord.Interaction) -> None:
        """Goes to the caller's voice channel."""
        async with self.acknowledged(interaction):
            channel = channel_of(interaction)
            session = await self.enter(channel, interaction.channel_id)
        await self._confirm(interaction, session, "joined", channel=channel.mention)

    @app_commands.command(
        description=locale_str("Send Luna out of the voice channel", luna="leave")
    )
    @app_commands.guild_only()
    async def leave(self, interaction: discord.Interaction) -> None:
        """Falls silent and leaves the voice channel."""
        async with self.acknowledged(interaction):
            await self.go(self._connected_session(interaction))
        await self.reply(interaction, "left")

    @app_commands.command(
        description=locale_str("Have a text spoken in your voice channel", luna="say")
    )
    @app_commands.describe(text=locale_str("What to say", luna="say_text"))
    @app_commands.guild_only()
    async def say(self, interaction: discord.Interaction, text: str) -> None:
        """Speaks `text` where the caller is, joining first if Luna is elsewhere or nowhere."""
        async with self.acknowledged(interaction):
            assert isinstance(interaction.user, discord.Member), "for commands of guilds only"
            session = await self.speak(interaction, text, interaction.user)
        key = "saying_later" if session.queue.paused else "saying"
        await self._confirm(interaction, session, key, text=_echo(text))

    async def _said(self, text: ChatMessage | str, manner: Manner) -> str:
        """What is spoken of `text`, checked now, while the caller waits for an answer."""
        read = partial(speakable, text, manner.language, manner.max_characters, manner.words)
        said = read(ng_words=manner.ng_words, ng_beep=manner.ng_beep)
        if not said:
            raise ForbiddenWord if manner.ng_words and read() else NothingToSay
        await self.service.check(
            said, voice=manner.voice, options=manner.options, words=manner.words
        )
        return said

    def _utterance(
        self, interaction: discord.Interaction, said: str, manner: Manner, message_id: int | None
    ) -> Utterance:
        """One that waits on the caller's account, and tells them if it cannot be spoken."""

        def explain(error: Exception) -> None:
            explaining = self.explain(interaction, error)
            self._keep(asyncio.create_task(explaining, name="luna-explain"))

        return Utterance(
            said,
            manner.voice,
            manner.options,
            manner.words,
            member_id=interaction.user.id,
            message_id=message_id,
            on_failure=explain,
        )

    async def manner(self, member: discord.Member) -> Manner:
        """How the member's texts are read here; as the operator has it while nothing is known."""
        return await self._manners.of(member)

    async def own_manner(self, guild: discord.Guild) -> Manner:
        """How Luna speaks for herself, and for who is no member; as above."""
        return await self._manners.own(guild)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _session(self, guild: discord.Guild) -> Session:
        session = self._sessions.get(guild.id)
        if session is None:

            def ended(put_out: bool) -> None:
                queue.clear()
                if put_out:
                    self._keep(asyncio.create_task(self._forget(guild.id), name="luna-forget"))

            link = VoiceLink(guild, on_ended=ended)
            queue = SpeechQueue(
                lambda: self.service,
                link.play,
                limit=self.environment.queue_limit,
                member_limit=self.environment.member_queue_limit,
                announce_dropped=lambda count: self._dropped(guild.id, count),
                timings=self.timings,
                steps=self._steps,
            )
            session = self._sessions[guild.id] = Session(link, queue)
        return session

    def _dropped(self, guild_id: int, count: int) -> Utterance:
        """What is said of so many messages for which there was no room."""
        own = self._manners.last_own(guild_id)
        said = spoken("left_out" if count == 1 else "left_outs", own.language, count=count)
        return Utterance(said, own.voice, own.options, own.words)

    async def _confirm(
        self, interaction: discord.Interaction, session: Session, key: str, **data: object
    ) -> None:
        """`reply`, and what keeps Luna from being heard."""
        text, channel = self.text(interaction, "replies", key, **data), session.link.channel
        if not await session.link.floor.asked() and channel is not None:
            error = NotLetSpeak(channel.mention)
            text = f"{text}\n{self.phrases.sentence(error, interaction.locale)}"
        await self.show(interaction, text)

    def _connected_session(self, interaction: discord.Interaction) -> Session:
        session = self.connected(interaction.guild_id or 0)
        if session is None:
            raise NotConnected
        return session

    async def _forget(self, guild_id: int) -> None:
        """Luna was put out: she does not come back by herself."""
        session = self._sessions.get(guild_id)
        if session is None:
            return
        async with session.order:
            if session.link.channel is None:  # nobody has called her since
                await self._remember(session.link.guild, voice_channel=None, text_channel=None)

    async def _remember(self, guild: discord.Guild, **whereabouts: int | None) -> None:
        """Where Luna is to be after a restart; to be there now matters more."""
        with contextlib.suppress(StoreUnavailable):  # it has told the log
            settings = await self.store.guild(guild.id)
            if any(getattr(settings, name) != value for name, value in whereabouts.items()):
                await self.store.update_guild(guild.id, **whereabouts)


def _echo(text: str) -> str:
    return text if len(text) <= ECHO_CHARACTERS else text[: ECHO_CHARACTERS - 1] + "…"


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Speech(bot))
