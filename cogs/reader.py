"""What is written in chat is read aloud, in the channels where Luna was called or told to read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from functools import partial
from typing import Final

import discord
from discord.ext import commands

from ._announcer import Announcer
from ._base import LunaCog, add_cog
from ._discord_message import is_to_be_read, words_of
from ._manners import settings_of
from ._names import Names
from ._people import introduction
from ._readable import Author, Unread, why_unread
from ._reading_order import ReadingOrder
from ._sessions import Session
from ._speech_queue import Utterance
from ._store import GuildSettings, MemberSettings
from ._voice_link import VocalChannel

OLD_SECONDS: Final = 600.0
"""What is older when it is edited was spoken or dropped long ago."""
TITLE_SECONDS: Final = 15.0
"""After which the title of a linked page comes too late to be understood."""
NO_CONTENT: Final = (
    "The Message Content Intent is switched off: /say works, chat channels cannot be read aloud. "
    "Cure: Developer Portal > your application > Bot > Message Content Intent, then start again."
)

_log = logging.getLogger(__name__)


class Reader(LunaCog, name="LunaReader"):
    """Reads while Luna is in voice; what is deleted is taken back, what is edited is read anew."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self._names = Names(lambda: self.store)
        self._announcer = Announcer(self._names, lambda: self.store)
        self._orders: dict[int, ReadingOrder] = {}
        self._complaints: set[asyncio.Task[None]] = set()

    async def cog_load(self) -> None:
        """Tells the operator what keeps her from reading."""
        await super().cog_load()
        if not self.bot.intents.message_content:
            _log.warning(NO_CONTENT)

    async def cog_unload(self) -> None:
        """Ends what is being prepared."""
        orders, self._orders = list(self._orders.values()), {}
        for order in orders:
            await order.aclose()
        await self._announcer.aclose()
        for complaint in self._complaints:
            complaint.cancel()
        await asyncio.gather(*self._complaints, return_exceptions=True)
        await super().cog_unload()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Reads a message, if it is one to be read."""
        if (session := self._session(message)) is not None:
            order = self._order(session.link.guild.id)
            order.enter(message.id, self._prepare(message, session), session.offering())

    @commands.Cog.listener()
    async def on_raw_message_edit(self, edit: discord.RawMessageUpdateEvent) -> None:
        """What has not had its turn yet is read as it is now; the rest stays as it was heard.

        Titles of linked pages come as an edit, mostly too late: then they are read by themselves.
        """
        message = edit.message
        age = (discord.utils.utcnow() - message.created_at).total_seconds()
        session = self._session(message)
        if session is None or age > OLD_SECONDS:
            return
        order = self._order(session.link.guild.id)
        before = edit.cached_message
        unfurled = message.edited_at is None and before is not None and not before.embeds
        titles = unfurled and age < TITLE_SECONDS

        def change(utterance: Utterance | None) -> None:
            waited = session.queue.replace(message.id, utterance)
            if titles and not waited:
                preparing = self._prepare(message, session, titles_only=True)
                order.enter(message.id, preparing, session.offering())

        order.enter(message.id, self._prepare(message, session), change)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, gone: discord.RawMessageDeleteEvent) -> None:
        """Takes a message back, even while it sounds."""
        self._take_back(gone.guild_id, [gone.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, gone: discord.RawBulkMessageDeleteEvent) -> None:
        """Takes them all back."""
        self._take_back(gone.guild_id, gone.message_ids)

    @commands.Cog.listener()
    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Tells those who listen who comes and goes."""
        speech, guild = self.speech, member.guild
        session = speech.connected(guild.id) if speech else None
        if member == guild.me:
            self._announcer.luna_moved(guild, before.channel, after.channel)
        elif speech is not None and session is not None:
            self._announcer.moved(speech, session, member, before.channel, after.channel)

    def _take_back(self, guild_id: int | None, message_ids: Iterable[int]) -> None:
        speech = self.speech
        session = speech.connected(guild_id) if speech and guild_id else None
        if session is None or guild_id is None:
            return
        for message_id in message_ids:
            self._order(guild_id).take_back(message_id)
            session.queue.discard(message_id)

    def _session(self, message: discord.Message) -> Session | None:
        """Where a message may be read: Luna is in voice there, and has not written it herself."""
        speech, guild = self.speech, message.guild
        if speech is None or guild is None or message.author == self.bot.user:
            return None
        return speech.connected(guild.id)

    def _order(self, guild_id: int) -> ReadingOrder:
        return self._orders.setdefault(guild_id, ReadingOrder())

    async def _prepare(
        self, message: discord.Message, session: Session, *, titles_only: bool = False
    ) -> Utterance | None:
        """What is spoken of a message, and how; None if nothing is."""
        speech, channel = self.speech, session.link.channel
        author, guild = message.author, session.link.guild
        if speech is None or channel is None:
            return None
        settings, member = await settings_of(self.store, guild.id, author.id)
        if _why_unread(message, channel, settings, member):
            return None
        if isinstance(author, discord.Member):
            manner = await speech.manner(author)
        else:  # a webhook
            manner = await speech.own_manner(guild)
        said = await words_of(message, self._names, manner, settings, titles_only=titles_only)
        if not said:
            return None
        called = await self._introduction(message, settings, manner.language)
        return Utterance(
            said,
            manner.voice,
            manner.options,
            manner.words,
            member_id=author.id,
            message_id=message.id,
            introduction=called,
            on_failure=partial(self._complain, message, manner.language),
        )

    async def _introduction(
        self, message: discord.Message, settings: GuildSettings, language: str
    ) -> str:
        """Whose words these are, where that is to be said."""
        author, guild = message.author, message.guild
        if not settings.read_names or guild is None:
            return ""
        name = author.display_name
        if not message.webhook_id:
            name = (await self._names.people(guild, [author.id], [author]))[author.id]
        return introduction(name, settings, language)

    def _complain(self, message: discord.Message, language: str, error: Exception) -> None:
        """Tells the chat why a message could not be spoken; the queue asks for it once."""
        locale = discord.Locale("en-US" if language == "en" else language)
        sentence = f"⚠️ {self.phrases.sentence(error, locale)}"
        complaint = asyncio.create_task(_tell(message, sentence), name="luna-complaint")
        self._complaints.add(complaint)
        complaint.add_done_callback(self._complaints.discard)


async def _tell(message: discord.Message, sentence: str) -> None:
    quietly = discord.AllowedMentions.none()
    try:
        await message.channel.send(sentence, allowed_mentions=quietly, silent=True)
    except discord.HTTPException as error:
        _log.warning("the chat could not be told of a failure: %s", error)


def _why_unread(
    message: discord.Message, channel: VocalChannel, guild: GuildSettings, member: MemberSettings
) -> Unread | None:
    """Why a message is not read while Luna is in `channel`."""
    author = message.author
    roles = author.roles if isinstance(author, discord.Member) else ()
    return why_unread(
        message.content,
        Author(
            author.id,
            {role.id for role in roles},
            bot=author.bot or message.webhook_id is not None,
            listening=author.id in channel.voice_states,
            opted_out=member.opted_out,
        ),
        (message.channel.id, getattr(message.channel, "parent_id", None)),
        channel.id,
        guild,
        system=not is_to_be_read(message),
    )


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Reader(bot))
