"""/model: which voices a server has, for its admins; which are in memory, for the bot's owner."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from functools import partial
from typing import Final, TypeVar

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from luna_tts.downloads.curated import CURATED
from luna_tts.errors import UnknownVoice, VoiceNeeded
from luna_tts.types import VoiceStatus

from ._base import LunaCog, add_cog
from ._checks import may_manage_guild, may_manage_process
from ._choices import matching
from ._installing import Installing
from ._rate_limits import unless_hasty
from ._store import GuildSettings

T = TypeVar("T")

PROGRESS_SECONDS: Final = 2.0
"""How often somebody who waits for a voice is told that it is still being loaded."""


class Models(LunaCog, name="LunaModels"):
    """What there is to speak with."""

    model = app_commands.Group(
        name="model",
        description=locale_str("The voices of this server", luna="model"),
        guild_only=True,
        default_permissions=discord.Permissions(manage_guild=True),
    )

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self._installing = Installing(self)

    async def cog_unload(self) -> None:
        """Ends a download; the next one goes on with it."""
        self._installing.stop()
        await super().cog_unload()

    @model.command(name="list", description=locale_str("All voices", luna="model_list"))
    @app_commands.check(may_manage_guild)
    async def list_voices(self, interaction: discord.Interaction) -> None:
        """Name, styles, speakers, memory, state, limits, credit and licence of each."""
        settings = await self.store.guild(_guild_id(interaction))
        lines = [
            line
            for status in self.service.catalogue()
            for line in self._lines(interaction, status, settings)
        ]
        await self.show_pages(interaction, lines)

    @model.command(description=locale_str("Choose the voice of this server", luna="model_use"))
    @app_commands.describe(voice=locale_str("The voice", luna="voice_voice"))
    @app_commands.check(may_manage_guild)
    async def use(self, interaction: discord.Interaction, voice: str) -> None:
        """Loads the voice beside those that speak, then switches; a failure changes nothing."""
        await interaction.response.defer(ephemeral=True)
        self._check_known(voice)
        await self._load(interaction, voice)
        guild = await self.store.guild(_guild_id(interaction))
        disabled = _without(guild.disabled_voices, voice)
        await self.store.update_guild(_guild_id(interaction), voice=voice, disabled_voices=disabled)
        await self._conclude(interaction, "model_used", voice=voice)

    @model.command(
        description=locale_str("What members get who chose no voice", luna="model_default")
    )
    @app_commands.describe(
        voice=locale_str("The voice; none = this server's voice", luna="model_default_voice")
    )
    @app_commands.check(may_manage_guild)
    async def default(self, interaction: discord.Interaction, voice: str | None = None) -> None:
        """The voice of newcomers."""
        await interaction.response.defer(ephemeral=True)
        if voice is not None:
            self._check_known(voice)
            await self._load(interaction, voice)
        guild = await self.store.guild(_guild_id(interaction))
        disabled = _without(guild.disabled_voices, voice)
        await self.store.update_guild(
            _guild_id(interaction), newcomer_voice=voice, disabled_voices=disabled
        )
        key = "model_default_set" if voice else "model_default_reset"
        await self._conclude(interaction, key, voice=voice)

    @model.command(description=locale_str("Let members choose a voice", luna="model_enable"))
    @app_commands.describe(voice=locale_str("The voice", luna="voice_voice"))
    @app_commands.check(may_manage_guild)
    async def enable(self, interaction: discord.Interaction, voice: str) -> None:
        """Takes back /model disable."""
        self._check_known(voice)
        guild = await self.store.guild(_guild_id(interaction))
        disabled = _without(guild.disabled_voices, voice)
        await self.store.update_guild(_guild_id(interaction), disabled_voices=disabled)
        await self.reply(interaction, "model_enabled", voice=voice)

    @model.command(
        description=locale_str("Keep members from choosing a voice", luna="model_disable")
    )
    @app_commands.describe(voice=locale_str("The voice", luna="voice_voice"))
    @app_commands.check(may_manage_guild)
    async def disable(self, interaction: discord.Interaction, voice: str) -> None:
        """Members who chose it speak with the server's voice until it is enabled again."""
        self._check_known(voice)
        guild = await self.store.guild(_guild_id(interaction))
        if voice == (guild.voice or self.service.voice):
            raise VoiceNeeded(voice)
        disabled = (*_without(guild.disabled_voices, voice), voice)
        await self.store.update_guild(_guild_id(interaction), disabled_voices=disabled)
        await self.reply(interaction, "model_disabled", voice=voice)

    @model.command(
        description=locale_str(
            "Give a voice to a role alone, or to one role more", luna="model_limit"
        )
    )
    @app_commands.describe(
        voice=locale_str("The voice", luna="voice_voice"),
        role=locale_str("The role; again = no longer; none = everybody", luna="model_limit_role"),
    )
    @app_commands.check(may_manage_guild)
    async def limit(
        self, interaction: discord.Interaction, voice: str, role: discord.Role | None = None
    ) -> None:
        """Adds the role, takes it away if it was there, or lifts the limit."""
        self._check_known(voice)
        limits = dict((await self.store.guild(_guild_id(interaction))).voice_roles)
        roles = limits.pop(voice, ())
        if role is not None:
            roles = _without(roles, role.id) if role.id in roles else (*roles, role.id)
            if roles:
                limits[voice] = roles
        await self.store.update_guild(_guild_id(interaction), voice_roles=limits)
        mentions = " ".join(f"<@&{known}>" for known in limits.get(voice, ()))
        key = "model_limited" if mentions else "model_unlimited"
        await self.reply(interaction, key, voice=voice, roles=mentions)

    @model.command(
        name="reload",
        description=locale_str("Look for new and changed voices", luna="model_reload"),
    )
    @app_commands.check(may_manage_process)
    async def reload_voices(self, interaction: discord.Interaction) -> None:
        """Finds folders that came while running, and reads changed ones again."""
        self.limits.expensive(interaction)
        async with self.acknowledged(interaction):
            catalogue = await self.service.refresh()
        usable = [status.name for status in catalogue if status.info]
        broken = [status.name for status in catalogue if status.problem]
        await self.reply(
            interaction, "model_reloaded", usable=", ".join(usable), broken=", ".join(broken) or "—"
        )

    @model.command(
        name="install",
        description=locale_str("Download a voice for all servers", luna="model_install"),
    )
    @app_commands.describe(
        source=locale_str(
            "A name of the list, owner/repo of Hugging Face, or the address of an .aivm file",
            luna="model_install_source",
        )
    )
    @app_commands.check(may_manage_process)
    async def install_voice(self, interaction: discord.Interaction, source: str) -> None:
        """Its licence is shown, and has to be accepted, before anything is fetched."""
        self.limits.expensive(interaction)
        await self._installing.begin(interaction, source)

    @install_voice.autocomplete("source")
    @unless_hasty
    async def _offer_sources(
        self, _: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        names = matching(typed, CURATED)
        return [app_commands.Choice(name=name, value=name) for name in names]

    @model.command(
        description=locale_str("Free the memory of a voice for all servers", luna="model_unload")
    )
    @app_commands.describe(voice=locale_str("The voice", luna="voice_voice"))
    @app_commands.check(may_manage_process)
    async def unload(self, interaction: discord.Interaction, voice: str) -> None:
        """What it is saying is said to its end."""
        self.service.unload(voice)
        await self.reply(interaction, "model_unloaded", voice=voice)

    @use.autocomplete("voice")
    @default.autocomplete("voice")
    @enable.autocomplete("voice")
    @disable.autocomplete("voice")
    @limit.autocomplete("voice")
    @unload.autocomplete("voice")
    @unless_hasty
    async def _offer_voices(
        self, _: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        names = [status.name for status in self.service.catalogue() if status.info]
        return [app_commands.Choice(name=name, value=name) for name in matching(typed, names)]

    def _check_known(self, voice: str) -> None:
        """Raises what is wrong with the folder, or `UnknownVoice`."""
        catalogue = {status.name: status for status in self.service.catalogue()}
        if voice not in catalogue:
            raise UnknownVoice(voice, [name for name, status in catalogue.items() if status.info])
        if problem := catalogue[voice].problem:
            raise problem

    async def _load(self, interaction: discord.Interaction, voice: str) -> None:
        """Loads the voice if it is not loaded, and tells the caller for how long already."""
        if any(info.name == voice for info in self.service.voices()):
            return
        began = time.monotonic()
        loading = asyncio.create_task(self.service.load(voice), name="luna-model-use")
        try:
            while not (await asyncio.wait([loading], timeout=PROGRESS_SECONDS))[0]:
                seconds = round(time.monotonic() - began)
                await self._conclude(interaction, "model_loading", voice=voice, seconds=seconds)
            await loading
        finally:
            loading.cancel()

    async def _conclude(self, interaction: discord.Interaction, key: str, **data: object) -> None:
        """Puts an answer where "thinking" or the progress was."""
        content = self.text(interaction, "replies", key, **data)
        with contextlib.suppress(discord.HTTPException):  # what was asked for is done all the same
            await interaction.edit_original_response(content=content)

    def _lines(
        self, interaction: discord.Interaction, status: VoiceStatus, settings: GuildSettings
    ) -> Iterator[str]:
        text = partial(self.text, interaction, "model")

        name = discord.utils.escape_markdown(status.name)
        if status.info is None:
            problem = status.problem or UnknownVoice(status.name, ())
            yield text(
                "broken", name=name, reason=self.phrases.sentence(problem, interaction.locale)
            )
            return
        yield text(
            "loaded" if status.loaded else "available",
            name=name,
            styles=len(status.info.styles),
            speakers=len(status.info.speakers),
            megabytes=round(status.nbytes / 1e6),
        )
        roles = " ".join(f"<@&{role}>" for role in settings.voice_roles.get(status.name, ()))
        marks = (
            ("used", status.name == (settings.voice or self.service.voice)),
            ("newcomers", status.name == settings.newcomer_voice),
            ("disabled", status.name in settings.disabled_voices),
            ("limited", bool(roles)),
        )
        yield from ("　" + text(mark, roles=roles) for mark, holds in marks if holds)
        for notice in (status.info.credit, status.info.licence):
            if notice:
                yield "　" + discord.utils.escape_markdown(" ".join(notice.split())[:200])


def _without(items: tuple[T, ...], item: object) -> tuple[T, ...]:
    return tuple(other for other in items if other != item)


def _guild_id(interaction: discord.Interaction) -> int:
    return interaction.guild_id or 0


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Models(bot))
