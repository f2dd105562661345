"""/skip /stop /pause /resume: what is being spoken, in the hands of who listens."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from ._base import LunaCog, add_cog
from ._errors import NotConnected, NothingToSkip, NotPaused
from ._sessions import Session


class Playback(LunaCog, name="LunaPlayback"):
    """Silences the one text or all, and holds on."""

    @app_commands.command(
        description=locale_str("Silence what is being spoken; the next one follows", luna="skip")
    )
    @app_commands.guild_only()
    async def skip(self, interaction: discord.Interaction) -> None:
        """Silences the utterance that sounds."""
        if not self._session(interaction).queue.skip():
            raise NothingToSkip
        await self.reply(interaction, "skipped")

    @app_commands.command(
        description=locale_str(
            "Silence Luna and forget everything that waits; she stays", luna="stop"
        )
    )
    @app_commands.guild_only()
    async def stop(self, interaction: discord.Interaction) -> None:
        """Silences everything, and ends a pause; stays in the channel."""
        async with self.acknowledged(interaction):
            session = self._session(interaction)
            count = session.silence()
            async with session.order:  # what was asked for before this, and is still on its way
                count += session.silence()
        await self.reply(interaction, "stopped", count=count)

    @app_commands.command(
        description=locale_str("Hold on in the middle of a word; nothing is lost", luna="pause")
    )
    @app_commands.guild_only()
    async def pause(self, interaction: discord.Interaction) -> None:
        """Falls silent until /resume; what comes meanwhile waits."""
        self._session(interaction).queue.pause()
        await self.reply(interaction, "paused")

    @app_commands.command(description=locale_str("Speak on after /pause", luna="resume"))
    @app_commands.guild_only()
    async def resume(self, interaction: discord.Interaction) -> None:
        """Speaks on where /pause came."""
        queue = self._session(interaction).queue
        if not queue.paused:
            raise NotPaused
        queue.resume()
        await self.reply(interaction, "resumed")

    def _session(self, interaction: discord.Interaction) -> Session:
        """Raises `NotConnected`."""
        session = self.speech.connected(interaction.guild_id or 0) if self.speech else None
        if session is None:
            raise NotConnected
        return session


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Playback(bot))
