"""The lists in a guild's settings: one entry more or less, and what has become of each id."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import UnionType
from typing import Final, TypeAlias

import discord
from discord import app_commands

from ._choices import matching
from ._errors import NotListed
from ._store import GuildSettings, Store, same_word
from ._voice_link import VocalChannel

Readable: TypeAlias = (
    discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
)
"""Where messages stand; announcement channels are text channels."""
AnyChannel: TypeAlias = discord.abc.GuildChannel | discord.Thread

ID_LISTS: Final = ("read_channels", "auto_join_channels", "ignored_members", "ignored_roles")

_PATIENCE_SECONDS = 2.0
"""For what Discord tells of members; autocompletion has to answer within three."""
_MOST_OFFERED = 25


async def add_entry(store: Store, guild_id: int, name: str, entry: int | str) -> None:
    """Puts `entry` at the end of a list, where it is not there yet. Raises `TooManyEntries`."""

    def edit(now: GuildSettings) -> Mapping[str, object]:
        entries = getattr(now, name)
        known = _same(entry) in map(_same, entries)
        return {name: entries if known else (*entries, entry)}

    await store.edit_guild(guild_id, edit)


async def remove_entry(store: Store, guild_id: int, name: str, entry: int | str) -> None:
    """Takes `entry` out of a list. Raises `NotListed`."""

    def edit(now: GuildSettings) -> Mapping[str, object]:
        entries = getattr(now, name)
        left = tuple(other for other in entries if _same(other) != _same(entry))
        if left == entries:
            raise NotListed(str(entry))
        return {name: left}

    await store.edit_guild(guild_id, edit)


async def channels_of(guild: discord.Guild, ids: Iterable[int]) -> dict[int, AnyChannel | None]:
    """The channels and threads of these ids; None = deleted, absent = Discord did not tell."""
    found: dict[int, AnyChannel | None] = {}

    async def look(channel_id: int) -> None:
        try:  # a thread that rests is in no cache
            cached = guild.get_channel_or_thread(channel_id)
            found[channel_id] = cached or await guild.fetch_channel(channel_id)
        except discord.NotFound:
            found[channel_id] = None
        except (discord.HTTPException, discord.InvalidData):
            return

    await asyncio.gather(*map(look, ids))
    return found


async def members_of(
    guild: discord.Guild, ids: Collection[int]
) -> dict[int, discord.Member | None]:
    """The members of these ids, at most 100; None = has left, absent = Discord did not tell."""
    found = {member_id: guild.get_member(member_id) for member_id in ids}
    unknown = [member_id for member_id, member in found.items() if member is None]
    if unknown:
        asked = guild.query_members(user_ids=unknown, limit=len(unknown), cache=False)
        try:
            told = await asyncio.wait_for(asked, _PATIENCE_SECONDS)
        except TimeoutError:
            return {member_id: member for member_id, member in found.items() if member}
        found |= {member.id: member for member in told}
    return found


async def known_here(guild: discord.Guild, settings: GuildSettings) -> tuple[GuildSettings, int]:
    """`settings` without the ids of what this guild does not have, and how many those were."""
    channels = await channels_of(guild, {*settings.read_channels, *settings.auto_join_channels})
    members = await members_of(guild, settings.ignored_members)
    roles = {voice: _roles(guild, ids) for voice, ids in settings.voice_roles.items()}
    kept = replace(
        settings,
        read_channels=_of(Readable, channels, settings.read_channels),
        auto_join_channels=_of(VocalChannel, channels, settings.auto_join_channels),
        ignored_members=tuple(one for one in settings.ignored_members if members.get(one, True)),
        ignored_roles=_roles(guild, settings.ignored_roles),
        voice_roles={voice: known for voice, known in roles.items() if known},
    )
    return kept, _count_ids(settings) - _count_ids(kept)


def named(text: str, names: Mapping[int, str]) -> int:
    """The id that was picked of those offered, or typed by name. Raises `NotListed`."""
    for entry, name in names.items():
        if text.strip() in (str(entry), name):
            return entry
    raise NotListed(text)


def offers(typed: str, names: Mapping[int, str]) -> list[app_commands.Choice[str]]:
    """What autocompletion offers; ids are values, since two may have one name."""
    ranked = dict.fromkeys(matching(typed, names.values()))
    return [
        app_commands.Choice(name=name, value=str(entry))
        for name in ranked
        for entry in names
        if names[entry] == name
    ][:_MOST_OFFERED]


def _same(entry: int | str) -> int | str:
    """Width and case do not matter in words."""
    return same_word(entry) if isinstance(entry, str) else entry


def _of(
    kinds: UnionType, channels: Mapping[int, AnyChannel | None], ids: Iterable[int]
) -> tuple[int, ...]:
    return tuple(one for one in ids if isinstance(channels.get(one), kinds))


def _roles(guild: discord.Guild, ids: Iterable[int]) -> tuple[int, ...]:
    return tuple(one for one in ids if guild.get_role(one))


def _count_ids(settings: GuildSettings) -> int:
    lists = [getattr(settings, name) for name in ID_LISTS]
    return sum(map(len, [*lists, *settings.voice_roles.values()]))
