"""Who may do what, and where the caller of a command is."""

from __future__ import annotations

import logging
from typing import cast

import discord
from discord import app_commands
from discord.ext import commands

from luna_tts import LunaError

from ._errors import NotAllowed, NotInVoice, OwnerOnly
from ._voice_link import VocalChannel

_log = logging.getLogger(__name__)


class Refused(app_commands.CheckFailure):
    """Carries the `LunaError` of a check, from which discord.py takes its own errors only."""

    def __init__(self, original: LunaError) -> None:
        super().__init__(str(original))
        self.original = original


async def may_manage_guild(interaction: discord.Interaction) -> bool:
    """For `@app_commands.check`: those with Manage Server here, and the bot's owner.

    `@default_permissions(manage_guild=True)` hides a command from others, but a server's admins can
    override that, and it does not reach into groups: so this is what decides.
    """
    if interaction.permissions.manage_guild or await is_owner(interaction):
        return True
    raise Refused(NotAllowed("manage_guild"))


async def may_manage_process(interaction: discord.Interaction) -> bool:
    """For `@app_commands.check`: the bot's owner, for what concerns all servers at once."""
    if await is_owner(interaction):
        return True
    raise Refused(OwnerOnly())


async def is_owner(interaction: discord.Interaction) -> bool:
    """Whether the caller owns the bot, or is a developer of the team that does."""
    try:
        return await cast(commands.Bot, interaction.client).is_owner(interaction.user)
    except discord.HTTPException as error:
        _log.warning("Discord did not tell who owns this bot: %s", error)
        return False


def channel_of(interaction: discord.Interaction) -> VocalChannel:
    """The caller's voice channel. Raises `NotInVoice`."""
    voice = interaction.user.voice if isinstance(interaction.user, discord.Member) else None
    if voice is None or voice.channel is None:
        raise NotInVoice
    return voice.channel
