"""/privacy: what Luna keeps of a member, and its end. What of a guild is kept ends with it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from luna_tts import LunaError

from ._base import LunaCog, add_cog
from ._store import MemberSettings
from ._views import Panel


class Privacy(LunaCog, name="LunaPrivacy"):
    """Shows and deletes; docs/privacy.md lists everything that is kept."""

    @app_commands.command(
        description=locale_str("Show what I keep of you, and delete it", luna="privacy")
    )
    @app_commands.guild_only()
    async def privacy(self, interaction: discord.Interaction) -> None:
        """What the caller chose, with a button that deletes it in every server."""
        async with self.acknowledged(interaction):
            member_id = interaction.user.id
            settings = await self.store.member(interaction.guild_id or 0, member_id)
            words = await self.store.words(0, member_id)
        kept = list(self._kept(interaction, settings))
        if words:
            kept.append(self.text(interaction, "privacy", "words", count=len(words)))
        lines = [self.text(interaction, "privacy", "here" if kept else "nothing_here"), *kept]
        lines.append(self.text(interaction, "privacy", "never"))
        lines.append(self.text(interaction, "privacy", "delete_means"))
        panel = Panel(self.explain)
        panel.button(self.text(interaction, "privacy", "delete"), self._forget)
        await self.show_view(interaction, "\n".join(lines), panel)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Luna was sent away from a guild: the operator decides whether she remembers it."""
        if self.environment.forget_left:
            with contextlib.suppress(LunaError):  # the store has told the log
                await self.store.forget_guild(guild.id)

    def _kept(self, interaction: discord.Interaction, settings: MemberSettings) -> Iterator[str]:
        for one in dataclasses.fields(settings):
            value = getattr(settings, one.name)
            if value != one.default:
                shown = value if isinstance(value, (str, tuple)) else f"{value}"
                shown = ", ".join(shown) if isinstance(shown, tuple) else shown
                name = self.text(interaction, "privacy", one.name)
                yield f"- {name}: {discord.utils.escape_markdown(shown)}"

    async def _forget(self, pressed: discord.Interaction) -> None:
        async with self.acknowledged(pressed):
            await self.store.forget_member(pressed.user.id)
        await self.show(pressed, self.text(pressed, "privacy", "deleted"))


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Privacy(bot))
