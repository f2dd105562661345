"""/mute and /ngword: whom and what a server's admins keep Luna from reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Range, locale_str
from discord.ext import commands

from ._base import LunaCog, add_cog
from ._checks import may_manage_guild
from ._choices import matching
from ._lists import add_entry, members_of, named, offers, remove_entry
from ._rate_limits import unless_hasty

MANAGERS: Final = discord.Permissions(manage_guild=True)
LONGEST_WORD: Final = 100
"""Characters; autocompletion offers nothing longer."""
SKIP, BEEP = "skip", "beep"
MODES: Final = (
    app_commands.Choice(name=locale_str("skip the message", luna="ngword_skip"), value=SKIP),
    app_commands.Choice(name=locale_str("beep the word out", luna="ngword_beep"), value=BEEP),
)


class Moderation(LunaCog, name="LunaModeration"):
    """What is not read in a server."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self.menu(locale_str("Mute reading", luna="menu_mute"), self.mute_or_unmute)

    mute = app_commands.Group(
        name="mute",
        description=locale_str("Members and roles that are not read", luna="mute"),
        guild_only=True,
        default_permissions=MANAGERS,
    )
    ngword = app_commands.Group(
        name="ngword",
        description=locale_str("Words that are never spoken", luna="ngword"),
        guild_only=True,
        default_permissions=MANAGERS,
    )

    @mute.command(description=locale_str("Do not read a member or a role", luna="mute_add"))
    @app_commands.describe(who=locale_str("The member or role", luna="mute_who"))
    @app_commands.check(may_manage_guild)
    async def add(
        self, interaction: discord.Interaction, who: discord.Member | discord.User | discord.Role
    ) -> None:
        """Luna alone stays silent; nothing changes on Discord."""
        name = "ignored_roles" if isinstance(who, discord.Role) else "ignored_members"
        async with self.acknowledged(interaction):
            await add_entry(self.store, interaction.guild_id or 0, name, who.id)
        await self.reply(interaction, "mute_added", who=who.mention)

    @mute.command(description=locale_str("Read a member or a role again", luna="mute_remove"))
    @app_commands.describe(who=locale_str("The member or role", luna="mute_who"))
    @app_commands.check(may_manage_guild)
    async def remove(self, interaction: discord.Interaction, who: str) -> None:
        """Also who has left, and roles that are gone."""
        async with self.acknowledged(interaction):
            names = await self._names(interaction)
            entry = named(who, names)
            roles = (await self.store.guild(interaction.guild_id or 0)).ignored_roles
            name = "ignored_roles" if entry in roles else "ignored_members"
            await remove_entry(self.store, interaction.guild_id or 0, name, entry)
        await self.reply(interaction, "mute_removed", who=names[entry])

    @mute.command(name="list", description=locale_str("All who are not read", luna="mute_list"))
    @app_commands.check(may_manage_guild)
    async def list_muted(self, interaction: discord.Interaction) -> None:
        """Members and roles; who has left and what is gone is shown as such."""
        async with self.acknowledged(interaction):
            names = await self._names(interaction)
        title = self.text(interaction, "lists", "muted", count=len(names))
        lines = [discord.utils.escape_markdown(name) for name in names.values()]
        await self.show_pages(interaction, [title, *lines])

    @ngword.command(name="add", description=locale_str("Never speak a word", luna="ngword_add"))
    @app_commands.describe(word=locale_str("The word as it is written", luna="dict_word"))
    @app_commands.check(may_manage_guild)
    async def add_word(
        self, interaction: discord.Interaction, word: Range[str, 1, LONGEST_WORD]
    ) -> None:
        """Width and case do not matter."""
        async with self.acknowledged(interaction):
            await add_entry(self.store, interaction.guild_id or 0, "ng_words", word.strip())
        await self.reply(interaction, "ngword_added", word=_shown(word))

    @ngword.command(
        name="remove", description=locale_str("Speak a word again", luna="ngword_remove")
    )
    @app_commands.describe(word=locale_str("The word as it is written", luna="dict_word"))
    @app_commands.check(may_manage_guild)
    async def remove_word(self, interaction: discord.Interaction, word: str) -> None:
        """Takes it off the list."""
        async with self.acknowledged(interaction):
            await remove_entry(self.store, interaction.guild_id or 0, "ng_words", word.strip())
        await self.reply(interaction, "ngword_removed", word=_shown(word))

    @ngword.command(
        name="list", description=locale_str("All words that are never spoken", luna="ngword_list")
    )
    @app_commands.check(may_manage_guild)
    async def list_words(self, interaction: discord.Interaction) -> None:
        """For the caller alone, and what becomes of them."""
        guild = await self.store.guild(interaction.guild_id or 0)
        title = self.text(interaction, "lists", "ng_words", count=len(guild.ng_words))
        mode = self.text(interaction, "replies", _mode(guild.ng_beep))
        await self.show_pages(interaction, [title, mode, *map(_shown, guild.ng_words)])

    @ngword.command(
        description=locale_str("What becomes of a message with such a word", luna="ngword_mode")
    )
    @app_commands.describe(how=locale_str("What becomes of it", luna="ngword_how"))
    @app_commands.choices(how=list(MODES))
    @app_commands.check(may_manage_guild)
    async def mode(self, interaction: discord.Interaction, how: str) -> None:
        """Not read at all, or read with a beep."""
        async with self.acknowledged(interaction):
            await self.store.update_guild(interaction.guild_id or 0, ng_beep=how == BEEP)
        await self.reply(interaction, _mode(how == BEEP))

    async def mute_or_unmute(
        self, interaction: discord.Interaction, member: discord.Member
    ) -> None:
        """For oneself /optout or /optin; for others, by those who manage the server, /mute."""
        itself = member.id == interaction.user.id
        if not itself:
            await may_manage_guild(interaction)
        async with self.acknowledged(interaction):
            turn = self._turn_oneself if itself else self._turn
            reply = await turn(interaction.guild_id or 0, member.id)
        await self.reply(interaction, reply, who=member.mention)

    async def _turn_oneself(self, guild_id: int, member_id: int) -> str:
        opted_out = not (await self.store.member(guild_id, member_id)).opted_out
        await self.store.update_member(guild_id, member_id, opted_out=opted_out)
        return "opted_out" if opted_out else "opted_in"

    async def _turn(self, guild_id: int, member_id: int) -> str:
        muted = member_id in (await self.store.guild(guild_id)).ignored_members
        change = remove_entry if muted else add_entry
        await change(self.store, guild_id, "ignored_members", member_id)
        return "mute_removed" if muted else "mute_added"

    @remove.autocomplete("who")
    @unless_hasty
    async def _offer_muted(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return offers(typed, await self._names(interaction))

    @remove_word.autocomplete("word")
    @unless_hasty
    async def _offer_words(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        words = (await self.store.guild(interaction.guild_id or 0)).ng_words
        return [app_commands.Choice(name=word, value=word) for word in matching(typed, words)]

    async def _names(self, interaction: discord.Interaction) -> Mapping[int, str]:
        """All who are not read, as plain text."""
        assert interaction.guild is not None, "for commands of guilds only"
        guild = await self.store.guild(interaction.guild.id)
        members = await members_of(interaction.guild, guild.ignored_members)
        names: dict[int, str] = {}
        for member_id in guild.ignored_members:
            member = members.get(member_id)
            left = self.text(interaction, "lists", "left", id=member_id)
            unknown = left if member_id in members else str(member_id)
            names[member_id] = f"@{member.display_name}" if member else unknown
        for role_id in guild.ignored_roles:
            role = interaction.guild.get_role(role_id)
            deleted = self.text(interaction, "lists", "deleted", id=role_id)
            names[role_id] = f"@{role.name.removeprefix('@')}" if role else deleted
        return names


def _mode(beep: bool) -> str:
    return "ngword_beep" if beep else "ngword_skip"


def _shown(word: str) -> str:
    return discord.utils.escape_markdown(word.strip())


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Moderation(bot))
