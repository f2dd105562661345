"""What is under "Apps" of a message: have it read aloud, or take its reading back."""

from __future__ import annotations

import discord
from discord.app_commands import locale_str
from discord.ext import commands

from luna_tts.errors import EngineClosed

from ._base import LunaCog, add_cog
from ._checks import Refused, channel_of
from ._discord_message import chat_message, local_now
from ._errors import NotAllowed, NotBeingRead
from ._lists import members_of
from ._names import Names


class Menus(LunaCog, name="LunaMenus"):
    """The menus of messages; those of dictionary and moderation are in their cogs."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self._names = Names(lambda: self.store)
        self.menu(locale_str("Read aloud", luna="menu_read"), self.read_aloud)
        self.menu(locale_str("Skip reading", luna="menu_skip"), self.skip_reading)

    async def read_aloud(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Like /say, with all that hangs on the message, in its author's voice."""
        async with self.acknowledged(interaction):
            if self.speech is None:
                raise EngineClosed
            guild = channel_of(interaction).guild
            settings = await self.store.guild(guild.id)
            language = settings.language or self.environment.language
            text = await chat_message(
                message,
                self._names,
                embeds=settings.read_embeds,
                now=local_now(settings.time_zone, language),
            )
            # Without the members intent an author may be a stranger to discord.py.
            author = (await members_of(guild, [message.author.id])).get(message.author.id)
            session = await self.speech.speak(interaction, text, author, message.id)
        key = "saying_later" if session.queue.paused else "saying"
        await self.reply(interaction, key, text=message.jump_url)

    async def skip_reading(
        self, interaction: discord.Interaction, message: discord.Message
    ) -> None:
        """One's own message; for those who could delete it, anybody's."""
        if message.author != interaction.user and not interaction.permissions.manage_messages:
            raise Refused(NotAllowed("manage_messages"))
        session = self.speech.connected(interaction.guild_id or 0) if self.speech else None
        if session is None or not session.queue.discard(message.id):
            raise NotBeingRead
        await self.reply(interaction, "reading_skipped")


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Menus(bot))
