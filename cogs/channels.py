"""/channel and /autojoin: where Luna reads, and where she comes of her own accord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from ._base import LunaCog, add_cog
from ._checks import channel_of, may_manage_guild
from ._errors import MissingPermissions
from ._lists import (
    AnyChannel,
    Readable,
    add_entry,
    channels_of,
    named,
    offers,
    remove_entry,
)
from ._rate_limits import unless_hasty
from ._voice_link import NEEDED_PERMISSIONS, VocalChannel

TO_READ: Final = ("view_channel",)
MANAGERS: Final = discord.Permissions(manage_guild=True)


class Channels(LunaCog, name="LunaChannels"):
    """The channels of a server that matter to Luna."""

    channel = app_commands.Group(
        name="channel",
        description=locale_str("Channels that are read whenever Luna is in voice", luna="channel"),
        guild_only=True,
        default_permissions=MANAGERS,
    )
    autojoin = app_commands.Group(
        name="autojoin",
        description=locale_str("Voice channels that Luna enters by herself", luna="autojoin"),
        guild_only=True,
        default_permissions=MANAGERS,
    )

    @channel.command(description=locale_str("Have a channel read", luna="channel_add"))
    @app_commands.describe(
        channel=locale_str("The channel or thread; none = this one", luna="channel_which")
    )
    @app_commands.check(may_manage_guild)
    async def add(self, interaction: discord.Interaction, channel: Readable | None = None) -> None:
        """Refuses a channel that Luna may not see, naming the permission."""
        chosen = channel or interaction.channel
        assert isinstance(chosen, Readable), "commands of guilds are used where messages stand"
        _check(chosen, TO_READ)
        async with self.acknowledged(interaction):
            await add_entry(self.store, interaction.guild_id or 0, "read_channels", chosen.id)
        await self.reply(interaction, "channel_added", channel=chosen.mention)

    @channel.command(description=locale_str("Have a channel read no longer", luna="channel_remove"))
    @app_commands.describe(channel=locale_str("The channel or thread", luna="channel_channel"))
    @app_commands.check(may_manage_guild)
    async def remove(self, interaction: discord.Interaction, channel: str) -> None:
        """Also what has been deleted."""
        await self._remove(interaction, "read_channels", "channel_removed", channel)

    @channel.command(name="list", description=locale_str("All that is read", luna="channel_list"))
    @app_commands.check(may_manage_guild)
    async def list_read(self, interaction: discord.Interaction) -> None:
        """What was added, what is lacking there, and where Luna was called from."""
        guild = await self.store.guild(interaction.guild_id or 0)
        async with self.acknowledged(interaction):
            lines = await self._lines(interaction, guild.read_channels, TO_READ)
        title = self.text(interaction, "lists", "read", count=len(lines))
        if guild.text_channel is not None:
            bound = f"<#{guild.text_channel}>"
            lines.append(self.text(interaction, "lists", "bound", channel=bound))
        await self.show_pages(interaction, [title, *lines])

    @autojoin.command(
        name="add", description=locale_str("Have Luna enter a channel", luna="autojoin_add")
    )
    @app_commands.describe(
        channel=locale_str("The voice channel; none = yours", luna="autojoin_which")
    )
    @app_commands.check(may_manage_guild)
    async def add_autojoin(
        self, interaction: discord.Interaction, channel: VocalChannel | None = None
    ) -> None:
        """Refuses a channel where Luna may not speak, naming the permissions."""
        chosen = channel or channel_of(interaction)
        _check(chosen, NEEDED_PERMISSIONS)
        async with self.acknowledged(interaction):
            await add_entry(self.store, interaction.guild_id or 0, "auto_join_channels", chosen.id)
        await self.reply(interaction, "autojoin_added", channel=chosen.mention)

    @autojoin.command(
        name="remove",
        description=locale_str("Have Luna enter a channel no longer", luna="autojoin_remove"),
    )
    @app_commands.describe(channel=locale_str("The voice channel", luna="autojoin_channel"))
    @app_commands.check(may_manage_guild)
    async def remove_autojoin(self, interaction: discord.Interaction, channel: str) -> None:
        """Also what has been deleted; she stays where she is."""
        await self._remove(interaction, "auto_join_channels", "autojoin_removed", channel)

    @autojoin.command(
        name="list", description=locale_str("All such channels", luna="autojoin_list")
    )
    @app_commands.check(may_manage_guild)
    async def list_autojoin(self, interaction: discord.Interaction) -> None:
        """What was added, and what is lacking there."""
        guild = await self.store.guild(interaction.guild_id or 0)
        async with self.acknowledged(interaction):
            lines = await self._lines(interaction, guild.auto_join_channels, NEEDED_PERMISSIONS)
        title = self.text(interaction, "lists", "autojoin", count=len(lines))
        await self.show_pages(interaction, [title, *lines])

    @remove.autocomplete("channel")
    @unless_hasty
    async def _offer_read(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return offers(typed, await self._names(interaction, "read_channels"))

    @remove_autojoin.autocomplete("channel")
    @unless_hasty
    async def _offer_autojoin(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return offers(typed, await self._names(interaction, "auto_join_channels"))

    async def _remove(
        self, interaction: discord.Interaction, name: str, reply: str, channel: str
    ) -> None:
        async with self.acknowledged(interaction):
            names = await self._names(interaction, name)
            channel_id = named(channel, names)
            await remove_entry(self.store, interaction.guild_id or 0, name, channel_id)
        await self.reply(interaction, reply, channel=names[channel_id])

    async def _names(self, interaction: discord.Interaction, name: str) -> Mapping[int, str]:
        """What stands in the list, as plain text."""
        ids = getattr(await self.store.guild(interaction.guild_id or 0), name)
        channels = await channels_of(_guild(interaction), ids)

        def shown(channel_id: int) -> str:
            channel = channels.get(channel_id)
            return f"#{channel.name}" if channel else self._gone(interaction, channel_id)

        return {channel_id: shown(channel_id) for channel_id in ids}

    async def _lines(
        self, interaction: discord.Interaction, ids: Sequence[int], needed: Sequence[str]
    ) -> list[str]:
        """What stands in the list, as mentions, with what Luna lacks there."""
        channels = await channels_of(_guild(interaction), ids)

        def shown(channel_id: int) -> str:
            channel = channels.get(channel_id)
            if channel is None and channel_id in channels:
                return self._gone(interaction, channel_id)
            lacking = _lacking(channel, needed) if channel else ()
            entry = f"<#{channel_id}>"
            if not lacking:
                return entry
            return self.text(interaction, "lists", "lacking", entry=entry, permissions=lacking)

        return [shown(channel_id) for channel_id in ids]

    def _gone(self, interaction: discord.Interaction, channel_id: int) -> str:
        return self.text(interaction, "lists", "deleted", id=channel_id)


def _lacking(channel: AnyChannel, needed: Sequence[str]) -> tuple[str, ...]:
    permissions = channel.permissions_for(channel.guild.me)
    return tuple(name for name in needed if not getattr(permissions, name))


def _check(channel: AnyChannel, needed: Sequence[str]) -> None:
    if lacking := _lacking(channel, needed):
        raise MissingPermissions(lacking, channel.name)


def _guild(interaction: discord.Interaction) -> discord.Guild:
    assert interaction.guild is not None, "for commands of guilds only"
    return interaction.guild


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Channels(bot))
