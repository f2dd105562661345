"""What is written in chat is read aloud, in the channels where Luna was called or told to read."""

from __future__ import annotations

from functools import partial

import discord
from discord.ext import commands

from ._base import LunaCog, add_cog
from ._chat_message import ChatMessage
from ._markup import speakable
from ._readable import Author, why_unread
from ._reading_order import ReadingOrder
from ._sessions import Session
from ._speech_queue import Utterance
from ._store import GuildSettings, MemberSettings, StoreUnavailable


class Reader(LunaCog, name="LunaReader"):
    """Reads while Luna is in voice; what is deleted is taken back, what is edited is read anew."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self._orders: dict[int, ReadingOrder] = {}

    async def cog_unload(self) -> None:
        """Ends what is being prepared."""
        orders, self._orders = list(self._orders.values()), {}
        for order in orders:
            await order.aclose()
        await super().cog_unload()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Reads a message, if it is one to be read."""
        session = self._session(message.guild)
        if session is not None and message.author != self.bot.user:
            self._order(session).enter(
                message.id, self._prepare(message, session), partial(_offer, session)
            )

    def _session(self, guild: discord.Guild | None) -> Session | None:
        """Where what is written in `guild` is read; None while Luna is not in voice there."""
        speech = self.speech
        return speech.connected(guild.id) if speech is not None and guild is not None else None

    def _order(self, session: Session) -> ReadingOrder:
        return self._orders.setdefault(session.link.guild.id, ReadingOrder())

    async def _prepare(self, message: discord.Message, session: Session) -> Utterance | None:
        """What is spoken of a message, and how; None if nothing is."""
        guild, member = await self._settings(message)
        author, channel = message.author, session.link.channel
        if channel is None or self.speech is None or not isinstance(author, discord.Member):
            return None
        unread = why_unread(
            message.content,
            Author(
                author.id,
                [role.id for role in author.roles],
                author.bot,
                author.id in channel.voice_states,
                member.opted_out,
            ),
            (message.channel.id, getattr(message.channel, "parent_id", None)),
            channel.id,
            guild,
            system=message.is_system(),
        )
        if unread:
            return None
        manner = await self.speech.manner(author)
        said = speakable(
            ChatMessage(message.content),
            manner.language,
            manner.max_characters,
            manner.words,
            ng_words=guild.ng_words,
            ng_beep=guild.ng_beep,
        )
        if not said:
            return None
        return Utterance(said, manner.voice, manner.options, manner.words, message_id=message.id)

    async def _settings(self, message: discord.Message) -> tuple[GuildSettings, MemberSettings]:
        """The guild's and the author's; as if nothing were set where the store does not answer."""
        guild_id = message.guild.id if message.guild else 0
        try:
            guild = await self.store.guild(guild_id)
            return guild, await self.store.member(guild_id, message.author.id)
        except StoreUnavailable:  # it has told the log
            return GuildSettings(), MemberSettings()


def _offer(session: Session, utterance: Utterance | None) -> None:
    if utterance is not None:
        session.queue.offer(utterance)


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Reader(bot))
