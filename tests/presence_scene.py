"""What the tests of coming and going share: settings made beforehand, and what the gateway saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cogs._store import GuildSettings, Store
from discord_standin import Guild, StandIn

EMPTY_SECONDS = 1
"""For which Luna stays alone in these tests."""


def environment(folder: Path) -> dict[str, str]:
    return {"LUNA_DATA": str(folder), "LUNA_EMPTY_SECONDS": str(EMPTY_SECONDS)}


async def settle(folder: Path, guild: Guild, **settings: Any) -> None:
    """Stores a guild's settings; while no Luna runs, for the file is hers alone."""
    store = await Store.open(folder)
    try:
        await store.update_guild(guild.id, **settings)
    finally:
        await store.aclose()


async def stored(folder: Path, guild: Guild) -> GuildSettings:
    """A guild's settings, after Luna has ended."""
    store = await Store.open(folder)
    try:
        return await store.guild(guild.id)
    finally:
        await store.aclose()


def moves(discord: StandIn, guild: Guild) -> list[tuple[float, int | None]]:
    """When Luna asked to be in which channel of a guild, None = in none; the newest last."""
    return [
        (at, int(data["channel_id"]) if data["channel_id"] else None)
        for at, message in discord.gateway.received
        if message["op"] == 4 and int((data := message["d"])["guild_id"]) == guild.id
    ]


def joins(discord: StandIn, guild: Guild) -> list[int]:
    """The channels that Luna asked to enter."""
    return [channel for _, channel in moves(discord, guild) if channel is not None]
