"""/name, /optout and /optin: what every member decides about being read."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import Range, locale_str
from discord.ext import commands

from luna_tts.errors import NothingToSay

from ._base import LunaCog, add_cog
from ._chat_message import LONGEST_NAME
from ._errors import ForbiddenWord
from ._markup import speakable_name
from ._markup_ends import censor
from ._views import Panel


class Members(LunaCog, name="LunaMembers"):
    """A member's own name, and whether they are read."""

    name_ = app_commands.Group(
        name="name", description=locale_str("How your name is read", luna="name"), guild_only=True
    )

    @name_.command(
        name="set", description=locale_str("Choose how your name is read", luna="name_set")
    )
    @app_commands.describe(reading=locale_str("As it is to be read", luna="name_reading"))
    async def set_name(
        self, interaction: discord.Interaction, reading: Range[str, 1, LONGEST_NAME]
    ) -> None:
        """Refuses what cannot be spoken here; the answer has a button to listen to it."""
        async with self.acknowledged(interaction):
            await self._spoken(interaction, reading)
            await self._update(interaction, name_reading=reading.strip())
        await self._show(interaction, "name_set", reading)

    @name_.command(description=locale_str("Be called by the name that is shown", luna="name_reset"))
    async def reset(self, interaction: discord.Interaction) -> None:
        """Forgets the reading."""
        async with self.acknowledged(interaction):
            await self._update(interaction, name_reading=None)
        await self._show(interaction, "name_shown", interaction.user.display_name)

    @name_.command(
        name="show", description=locale_str("Show how your name is read", luna="name_show")
    )
    async def show_name(self, interaction: discord.Interaction) -> None:
        """With a button to listen to it."""
        member = await self.store.member(interaction.guild_id or 0, interaction.user.id)
        key = "name_set" if member.name_reading else "name_shown"
        name = member.name_reading or interaction.user.display_name
        await self._show(interaction, key, name)

    @app_commands.command(
        description=locale_str("Have your messages read no longer", luna="optout")
    )
    @app_commands.guild_only()
    async def optout(self, interaction: discord.Interaction) -> None:
        """In this server."""
        async with self.acknowledged(interaction):
            await self._update(interaction, opted_out=True)
        await self.reply(interaction, "opted_out")

    @app_commands.command(description=locale_str("Have your messages read again", luna="optin"))
    @app_commands.guild_only()
    async def optin(self, interaction: discord.Interaction) -> None:
        """In this server."""
        async with self.acknowledged(interaction):
            await self._update(interaction, opted_out=False)
        await self.reply(interaction, "opted_in")

    async def _update(self, interaction: discord.Interaction, **changes: object) -> None:
        await self.store.update_member(interaction.guild_id or 0, interaction.user.id, **changes)

    async def _show(self, interaction: discord.Interaction, key: str, name: str) -> None:
        async def hear(pressed: discord.Interaction) -> None:
            words = await self.words(pressed.guild_id or 0, pressed.user.id)
            await self.let_hear(pressed, await self._spoken(pressed, name), words)

        panel = Panel(self.explain)
        panel.button(self.text(interaction, "panels", "try"), hear)
        shown = discord.utils.escape_markdown(name.strip())
        await self.show_view(interaction, self.text(interaction, "replies", key, name=shown), panel)

    async def _spoken(self, interaction: discord.Interaction, name: str) -> str:
        """What of `name` is spoken here. Raises `NothingToSay`, `ForbiddenWord`."""
        guild = await self.store.guild(interaction.guild_id or 0)
        language = guild.language or self.environment.language
        said = speakable_name(name, language)
        if not said:
            raise NothingToSay
        if censor(said, guild.ng_words, None, language)[1]:
            raise ForbiddenWord
        words = await self.words(interaction.guild_id or 0, interaction.user.id)
        choice = await self.caller_voice(interaction).choice()
        await self.service.check(said, voice=choice.voice, options=choice.options, words=words)
        return said


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Members(bot))
