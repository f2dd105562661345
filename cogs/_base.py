"""LunaCog: what Luna's cogs share: service, store, replies in the member's language, errors."""

from __future__ import annotations

import asyncio
import io
import logging
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, cast

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from luna_tts import LunaError, TTSService, UserDictionary
from luna_tts.audio import to_wav
from luna_tts.errors import EngineClosed

from ._activity import Activity
from ._checks import Refused
from ._environment import Environment
from ._errors import CommandClash, MissingPermissions
from ._locale import Phrases
from ._member_voice import MemberVoice
from ._rate_limits import RateLimits
from ._sessions import Speaking
from ._store import Store
from ._views import Pages, paginate

ENGINE_COG = "LunaEngine"
SPEECH_COG = "LunaSpeech"

_OURS = "luna"
"""Marks, in its extras, the command group that is Luna's and not the host's."""

MenuCallback: TypeAlias = (
    Callable[[discord.Interaction, discord.Message], Coroutine[Any, Any, None]]
    | Callable[[discord.Interaction, discord.Member], Coroutine[Any, Any, None]]
)

_log = logging.getLogger(__name__)


class LunaCog(commands.Cog):
    """Parent of Luna's cogs. Brings the engine if nobody has loaded it.

    With LUNA_GROUP set, the commands go under that one group instead of the top level.
    """

    def __init__(self, bot: commands.Bot) -> None:
        self.bot = bot
        self.environment = Environment.read()
        self.phrases = Phrases()
        self._grouped: list[app_commands.Command[Any, ..., Any] | app_commands.Group] = []
        self._menus: list[app_commands.ContextMenu] = []

    def menu(self, name: locale_str, callback: MenuCallback) -> None:
        """Puts `callback` under "Apps" of each message or member, by what it takes."""
        menu = app_commands.guild_only(app_commands.ContextMenu(name=name, callback=callback))
        menu.error(self.explain)
        menu.add_check(self.interaction_check)
        self._menus.append(menu)

    @property
    def service(self) -> TTSService:
        """The service of the engine cog. Raises `EngineClosed` when that is not loaded."""
        return self._engine.service

    @property
    def store(self) -> Store:
        """The settings, which the engine cog owns. Raises `EngineClosed` when it is not loaded."""
        return self._engine.store

    @property
    def limits(self) -> RateLimits:
        """How often anybody may ask. Raises `EngineClosed` when the engine cog is not loaded."""
        return self._engine.limits

    async def interaction_check(self, interaction: discord.Interaction) -> bool:
        """Called by discord.py before every command: for nobody there is too much at once."""
        try:
            self.limits.command(interaction)
        except LunaError as error:
            raise Refused(error) from None
        return True

    async def words(self, guild_id: int, member_id: int) -> UserDictionary:
        """How words are read when this member speaks. Raises what the store raises."""
        return await self._engine.words(guild_id, member_id)

    def caller_voice(self, interaction: discord.Interaction) -> MemberVoice:
        """How the caller of a command sounds in this guild, and what they may choose."""
        assert isinstance(interaction.user, discord.Member), "for commands of guilds only"
        return self.member_voice(interaction.user)

    def member_voice(self, member: discord.Member) -> MemberVoice:
        """How a member sounds in their guild, and what they may choose."""
        roles = [role.id for role in member.roles]
        return MemberVoice(self.service, self.store, member.guild.id, member.id, roles)

    @property
    def speech(self) -> Speaking | None:
        """The sessions of the speech cog; None when that is not loaded."""
        return cast(Speaking | None, self.bot.get_cog(SPEECH_COG))

    @property
    def activity(self) -> Activity | None:
        """What the speech cog does; None when that is not loaded."""
        return cast(Activity | None, self.bot.get_cog(SPEECH_COG))

    def gateway_latency(self, guild_id: int | None) -> float:
        """Seconds of a heartbeat on the connection that a guild comes through."""
        if guild_id is not None and isinstance(self.bot, discord.AutoShardedClient):
            shard = self.bot.get_shard((guild_id >> 22) % (self.bot.shard_count or 1))
            return shard.latency if shard else math.nan
        return self.bot.latency

    async def cog_load(self) -> None:
        """Loads the engine's extension from this same package where it is missing."""
        if self.bot.get_cog(ENGINE_COG) is None and self.qualified_name != ENGINE_COG:
            await self.bot.load_extension(f"{__package__}.engine")
        if self.environment.group and self.get_app_commands():
            self._enter_group(self.environment.group)
        for menu in list(self._menus):
            try:
                self.bot.tree.add_command(menu)
            except (app_commands.CommandAlreadyRegistered, app_commands.CommandLimitReached) as why:
                _log.warning("the host bot leaves no room for the menu %r: %s", menu.name, why)
                self._menus.remove(menu)

    async def cog_unload(self) -> None:
        """Takes out menus and what is in LUNA_GROUP; discord.py sees to other commands."""
        for menu in self._menus:
            self.bot.tree.remove_command(menu.name, type=menu.type)
        if self._grouped:
            self._leave_group(self.environment.group)

    async def reply(self, interaction: discord.Interaction, key: str, **data: object) -> None:
        """Answers the caller alone, with a phrase of [replies]."""
        await self.show(interaction, self.text(interaction, "replies", key, **data))

    def text(self, interaction: discord.Interaction, section: str, key: str, **data: object) -> str:
        """A phrase of locale/*.toml in the caller's language."""
        return self.phrases.text(section, key, interaction.locale, **data)

    async def explain(self, interaction: discord.Interaction, error: Exception) -> None:
        """Answers the caller alone, with the sentence for `error`; logs what nobody foresaw."""
        if isinstance(error, (app_commands.CommandInvokeError, Refused)):
            error = error.original
        elif isinstance(error, app_commands.TransformerError):
            error = _unseen(error)
        if not isinstance(error, LunaError):
            _log.error("an interaction failed", exc_info=error)
        await self.show(interaction, self.phrases.sentence(error, interaction.locale))

    async def cog_app_command_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError
    ) -> None:
        """Every error of every command ends here, as one sentence."""
        await self.explain(interaction, error)

    @asynccontextmanager
    async def acknowledged(self, interaction: discord.Interaction) -> AsyncIterator[None]:
        """Tells Discord that an answer will come, beside the work and not before it."""
        deferring = asyncio.create_task(
            interaction.response.defer(ephemeral=True), name="luna-acknowledge"
        )
        try:
            yield
        finally:
            try:
                await deferring
            except discord.HTTPException as error:  # the work is done all the same
                _log.warning("an interaction could not be acknowledged: %s", error)

    async def show(self, interaction: discord.Interaction, text: str) -> None:
        """Answers the caller alone, in as many messages as the lines of `text` need."""
        silent = discord.AllowedMentions.none()
        try:
            for page in paginate(text.split("\n")):
                if interaction.response.is_done():
                    await interaction.followup.send(page, ephemeral=True, allowed_mentions=silent)
                else:
                    await interaction.response.send_message(
                        page, ephemeral=True, allowed_mentions=silent
                    )
        except discord.HTTPException as error:
            _log.warning("an interaction could not be answered: %s", error)

    async def show_view(
        self, interaction: discord.Interaction, text: str, view: discord.ui.View
    ) -> None:
        """Answers the caller alone, with something to press."""
        silent = discord.AllowedMentions.none()
        if interaction.response.is_done():
            await interaction.followup.send(
                text, view=view, ephemeral=True, allowed_mentions=silent
            )
        else:
            await interaction.response.send_message(
                text, view=view, ephemeral=True, allowed_mentions=silent
            )

    async def show_pages(self, interaction: discord.Interaction, lines: Iterable[str]) -> None:
        """Answers the caller alone, with pages to turn."""
        pages = Pages(paginate(lines), self.explain)
        await self.show_view(interaction, pages.content, pages)

    async def let_hear(
        self, interaction: discord.Interaction, text: str, words: UserDictionary
    ) -> None:
        """Sends `text` in the caller's voice, as a file for the caller alone."""
        self.limits.expensive(interaction)
        async with self.acknowledged(interaction):
            choice = await self.caller_voice(interaction).choice()
            chunk = await self.service.synthesize(
                text, voice=choice.voice, options=choice.options, words=words
            )
        file = discord.File(io.BytesIO(to_wav(chunk)), "luna.wav")
        await interaction.followup.send(file=file, ephemeral=True)

    @property
    def _engine(self) -> LunaCog:
        engine = self.bot.get_cog(ENGINE_COG)
        if engine is None:
            raise EngineClosed
        return cast(LunaCog, engine)

    def _enter_group(self, name: str) -> None:
        """Puts the commands under /`name`, which all of Luna's cogs share."""
        group = self.bot.tree.get_command(name)
        if group is None:
            group = app_commands.Group(
                name=name,
                description=locale_str("Luna, who reads aloud", luna="luna"),
                guild_only=True,
                extras={_OURS: True},
            )
            self.bot.tree.add_command(group)
        if not isinstance(group, app_commands.Group) or _OURS not in group.extras:
            raise CommandClash(name)
        # discord.py adds to the top level whatever it finds in this list after cog_load.
        self._grouped, self.__cog_app_commands__ = self.__cog_app_commands__, []
        for command in self._grouped:
            group.add_command(command)

    def _leave_group(self, name: str) -> None:
        group = self.bot.tree.get_command(name)
        if isinstance(group, app_commands.Group):
            for command in self._grouped:
                group.remove_command(command.name)
            if not group.commands:
                self.bot.tree.remove_command(name)


async def add_cog(bot: commands.Bot, cog: LunaCog) -> None:
    """Adds `cog` to the bot. Raises `CommandClash` if the host has a command of the same name."""
    if not cog.environment.group:
        for command in cog.get_app_commands():
            if bot.tree.get_command(command.name) is not None:
                raise CommandClash(command.name)
    await bot.add_cog(cog)


def _unseen(error: app_commands.TransformerError) -> Exception:
    """A channel that Discord names, but that is none of those it shows to the bot."""
    if isinstance(error.value, (app_commands.AppCommandChannel, app_commands.AppCommandThread)):
        return MissingPermissions(("view_channel",), error.value.name)
    return error
