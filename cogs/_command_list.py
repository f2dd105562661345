"""The list of Luna's commands that a member may use, from the bot's own command tree."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from luna_tts import LunaError

from ._base import LunaCog
from ._locale import LunaTranslator, Phrases

Command = app_commands.Command[Any, ..., Any]

_log = logging.getLogger(__name__)


class CommandList:
    """Luna's commands as clickable mentions, once Discord has told their ids."""

    def __init__(self, bot: commands.Bot, phrases: Phrases) -> None:
        self._tree = bot.tree
        self._translator = LunaTranslator(phrases)
        self._ids: dict[str, int] = {}

    async def entries(self, interaction: discord.Interaction) -> AsyncIterator[tuple[str, str]]:
        """Mention and description, in the caller's language, of what the caller may use."""
        ids = await self._known_ids()
        for command in self._commands():
            if not await _may_use(interaction, command):
                continue
            root = command.root_parent or command
            name = command.qualified_name
            mention = f"</{name}:{ids[root.name]}>" if root.name in ids else f"`/{name}`"
            yield mention, await self._description(command, interaction.locale)

    async def menus(self, locale: discord.Locale) -> list[str]:
        """Names of Luna's menus, in that language; all may see them."""
        names = []
        for kind in (discord.AppCommandType.message, discord.AppCommandType.user):
            for menu in self._tree.get_commands(type=kind):
                if isinstance(getattr(menu.callback, "__self__", None), LunaCog):
                    payload = await menu.get_translated_payload(self._tree, self._translator)
                    localized: dict[str, str] = payload["name_localizations"]
                    names.append(localized.get(locale.value, menu.name))
        return names

    def _commands(self) -> Iterator[Command]:
        for command in self._tree.walk_commands():
            if isinstance(command, app_commands.Command) and isinstance(command.binding, LunaCog):
                yield command

    async def _description(self, command: Command, locale: discord.Locale) -> str:
        payload = await command.get_translated_payload(self._tree, self._translator)
        localized: dict[str, str] = payload["description_localizations"]
        return localized.get(locale.value, command.description)

    async def _known_ids(self) -> dict[str, int]:
        """Ids of the global commands; a host that syncs to one server only has none."""
        if not self._ids:
            try:
                fetched = await self._tree.fetch_commands()
            except discord.HTTPException as error:
                _log.warning("Discord did not tell the ids of the commands: %s", error)
                return {}
            self._ids = {command.name: command.id for command in fetched}
        return self._ids


async def _may_use(interaction: discord.Interaction, command: Command) -> bool:
    needed = (command.root_parent or command).default_permissions
    if needed is not None:
        needed = needed if needed.value else discord.Permissions(administrator=True)
        if not interaction.permissions.is_superset(needed):
            return False
    try:
        for check in command.checks:
            if not await discord.utils.maybe_coroutine(check, interaction):
                return False
    except (app_commands.AppCommandError, LunaError):
        return False
    return True
