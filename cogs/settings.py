"""/settings: panels for oneself and for the server, and the server's set-up as a file."""

from __future__ import annotations

import asyncio
import io
import math
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Range, locale_str
from discord.ext import commands

from luna_tts.errors import InvalidOption

from ._base import LunaCog, add_cog
from ._checks import may_manage_guild
from ._errors import InvalidSetup
from ._forms import Field, Form
from ._lists import known_here
from ._member_voice import MANNER, NUMBERS, TUNED, described
from ._reading_panel import check_texts, reading_panel
from ._setup_file import LONGEST_FILE, WHEREABOUTS, Setup, read_setup, write_setup
from ._store import MAX_CHARACTERS
from ._views import Panel

LANGUAGES: Final = {"ja": "日本語", "ko": "한국어", "en": "English"}
_CODES: Final = {name: code for code, name in LANGUAGES.items()}
_NUMBER_LENGTH: Final = 8
"""Characters of a number in a form, for example 1.23e-05."""
_CHOICES: Final = [app_commands.Choice(name=name, value=code) for code, name in LANGUAGES.items()]


class Settings(LunaCog, name="LunaSettings"):
    """All that can be set, by pressing instead of typing."""

    settings = app_commands.Group(
        name="settings",
        description=locale_str("Settings of yourself and of this server", luna="settings"),
        guild_only=True,
    )

    @settings.command(description=locale_str("Your own voice, to press", luna="settings_me"))
    async def me(self, interaction: discord.Interaction) -> None:
        """The same as /voice, as a panel."""
        async with self.acknowledged(interaction):
            content, panel = await self._member_panel(interaction)
        await self.show_view(interaction, content, panel)

    @settings.command(description=locale_str("This server's settings", luna="settings_server"))
    @app_commands.describe(
        language=locale_str("What Luna says of her own accord", luna="settings_language"),
        max_characters=locale_str("Longer texts are cut", luna="settings_max"),
        members_edit_dictionary=locale_str(
            "Whether all members may edit the server's dictionary", luna="settings_edit"
        ),
    )
    @app_commands.choices(language=_CHOICES)
    @app_commands.check(may_manage_guild)
    async def server(
        self,
        interaction: discord.Interaction,
        language: str | None = None,
        max_characters: Range[int, 10, 5000] | None = None,
        members_edit_dictionary: bool | None = None,
    ) -> None:
        """Changes what is given, then shows the panel."""
        given = {
            "language": language,
            "max_characters": max_characters,
            "members_edit_dictionary": members_edit_dictionary,
        }
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        async with self.acknowledged(interaction):
            if changes:
                await self.store.update_guild(interaction.guild_id or 0, **changes)
            content, panel = await self._server_panel(interaction)
        await self.show_view(interaction, content, panel)

    @settings.command(
        description=locale_str("What is read of a chat, and how", luna="settings_reading")
    )
    @app_commands.check(may_manage_guild)
    async def reading(self, interaction: discord.Interaction) -> None:
        """Switches, a time zone, and a form for texts."""
        async with self.acknowledged(interaction):
            content, panel = await reading_panel(self, interaction, self._server_panel)
        await self.show_view(interaction, content, panel)

    @settings.command(
        name="export",
        description=locale_str("This server's set-up as one file", luna="settings_export"),
    )
    @app_commands.check(may_manage_guild)
    async def export_setup(self, interaction: discord.Interaction) -> None:
        """Settings and dictionary, for a backup or for another server."""
        guild_id = interaction.guild_id or 0
        async with self.acknowledged(interaction):
            settings = await self.store.guild(guild_id)
            setup = Setup(settings, await self.store.words(guild_id, 0))
        file = discord.File(io.BytesIO(write_setup(setup)), "luna-setup.json")
        await interaction.followup.send(file=file, ephemeral=True)

    @settings.command(
        name="import",
        description=locale_str("Take over a set-up from a file", luna="settings_import"),
    )
    @app_commands.describe(file=locale_str("From /settings export", luna="settings_file"))
    @app_commands.check(may_manage_guild)
    async def import_setup(
        self, interaction: discord.Interaction, file: discord.Attachment
    ) -> None:
        """All of it or nothing, but for ids of what this server does not have."""
        assert interaction.guild is not None
        if file.size > LONGEST_FILE:
            raise InvalidSetup("size")
        async with self.acknowledged(interaction):
            setup = await asyncio.to_thread(read_setup, await file.read())
            check_texts(setup.settings.name_template, setup.settings.time_zone)
            settings, left_out = await known_here(interaction.guild, setup.settings)
            now = await self.store.guild(interaction.guild.id)
            settings = replace(settings, **{name: getattr(now, name) for name in WHEREABOUTS})
            await self.store.replace_guild(interaction.guild.id, settings, setup.words)
        told = [self.text(interaction, "replies", "setup_imported", count=len(setup.words))]
        if left_out:
            told.append(self.text(interaction, "replies", "setup_left_out", count=left_out))
        await self.show(interaction, "\n".join(told))

    async def _member_panel(self, interaction: discord.Interaction) -> tuple[str, Panel]:
        """Menus for voice and style, a form for the numbers, a button to forget them all."""
        member = self.caller_voice(interaction)
        info = await member.load(None)
        choice = await member.choice()
        favourites = (await member.settings()).favourites
        usable = [info.name for info in await member.usable()]
        voices = sorted(usable, key=lambda name: (name != choice.voice, name not in favourites))

        async def take(pressed: discord.Interaction, **changes: Any) -> None:
            await pressed.response.defer()
            await self.caller_voice(pressed).take(changes)
            await self._redraw(pressed, await self._member_panel(pressed))

        async def pick_voice(pressed: discord.Interaction, name: str) -> None:
            await take(pressed, voice=name)

        async def pick_style(pressed: discord.Interaction, name: str) -> None:
            await take(pressed, style=name)

        async def forget(pressed: discord.Interaction) -> None:
            await take(pressed, **dict.fromkeys((*TUNED, *MANNER)))

        async def fill(pressed: discord.Interaction) -> None:
            await pressed.response.send_modal(await self._numbers_form(pressed, take))

        panel = Panel(self.explain)
        panel.menu(
            self.text(interaction, "panels", "voice"), voices, pick_voice, chosen=choice.voice
        )
        style = choice.options.style or info.styles[0]
        styles = [style, *(name for name in info.styles if name != style)]
        panel.menu(self.text(interaction, "panels", "style"), styles, pick_style, chosen=style)
        panel.button(self.text(interaction, "panels", "numbers"), fill)
        panel.button(self.text(interaction, "panels", "forget"), forget)
        shown = self.text(interaction, "replies", "voice_shown", **described(choice, info))
        return shown, panel

    async def _numbers_form(
        self, interaction: discord.Interaction, take: Callable[..., Awaitable[None]]
    ) -> Form:
        member = self.caller_voice(interaction)
        shown = described(await member.choice(), await member.load(None))

        async def submitted(sent: discord.Interaction, filled: Mapping[str, str]) -> None:
            # What was left alone stays as it is: shown is rounded, and a strength of the style
            # would tie the member to the voice of now.
            await take(sent, **_manner({k: v for k, v in filled.items() if v != shown[k]}))

        fields = [
            Field(key, self.text(interaction, "panels", key), _NUMBER_LENGTH, value=shown[key])
            for key in NUMBERS
        ]
        return Form(self, self.text(interaction, "panels", "numbers"), fields, submitted)

    async def _server_panel(self, interaction: discord.Interaction) -> tuple[str, Panel]:
        """Menus for voice and language, a form for the length, a switch for the dictionary."""
        guild = await self.store.guild(interaction.guild_id or 0)
        voice = guild.voice or self.service.voice
        language = guild.language or self.environment.language
        most = guild.max_characters or self.environment.max_characters

        async def take(pressed: discord.Interaction, **changes: Any) -> None:
            await may_manage_guild(pressed)  # it may be some time since the panel was opened
            await pressed.response.defer()
            if changes.get("voice"):
                await self.service.load(changes["voice"])
            await self.store.update_guild(pressed.guild_id or 0, **changes)
            await self._redraw(pressed, await self._server_panel(pressed))

        async def pick_voice(pressed: discord.Interaction, name: str) -> None:
            await take(pressed, voice=name)

        async def pick_language(pressed: discord.Interaction, name: str) -> None:
            await take(pressed, language=_CODES[name])

        async def fill(pressed: discord.Interaction) -> None:
            field = Field(
                "max", self.text(pressed, "panels", "max"), _NUMBER_LENGTH, value=str(most)
            )

            async def submitted(sent: discord.Interaction, filled: Mapping[str, str]) -> None:
                number = _number("max_characters", filled["max"], *MAX_CHARACTERS)
                await take(sent, max_characters=round(number))

            form = Form(self, self.text(pressed, "panels", "max"), [field], submitted)
            await pressed.response.send_modal(form)

        async def switch(pressed: discord.Interaction) -> None:
            await take(pressed, members_edit_dictionary=not guild.members_edit_dictionary)

        async def turn(pressed: discord.Interaction) -> None:
            await may_manage_guild(pressed)
            await pressed.response.defer()
            await self._redraw(pressed, await reading_panel(self, pressed, self._server_panel))

        voices = [status.name for status in self.service.catalogue() if status.info]
        panel = Panel(self.explain)
        panel.menu(
            self.text(interaction, "panels", "voice"),
            sorted(voices, key=lambda name: name != voice),
            pick_voice,
            chosen=voice,
        )
        panel.menu(
            self.text(interaction, "panels", "language"),
            list(_CODES),
            pick_language,
            chosen=LANGUAGES[language],
        )
        panel.button(self.text(interaction, "panels", "max"), fill)
        panel.button(self.text(interaction, "panels", "edit"), switch)
        panel.button(self.text(interaction, "panels", "reading"), turn)
        everybody = "everybody" if guild.members_edit_dictionary else "managers"
        shown = self.text(
            interaction,
            "panels",
            "server",
            voice=voice,
            language=LANGUAGES[language],
            max=most,
            editors=self.text(interaction, "panels", everybody),
        )
        return shown, panel

    async def _redraw(self, interaction: discord.Interaction, drawn: tuple[str, Panel]) -> None:
        content, panel = drawn
        await interaction.edit_original_response(content=content, view=panel)


def _manner(filled: Mapping[str, str]) -> dict[str, float]:
    """The numbers of the form as fields of `MemberSettings`. Raises `InvalidOption`."""
    changes = {}
    for key, text in filled.items():
        name, low, high = NUMBERS[key]
        value = _number(key, text, low, high)
        changes[name] = 1 / value if key == "speed" else value
    return changes


def _number(name: str, text: str, low: float, high: float) -> float:
    try:
        value = float(unicodedata.normalize("NFKC", text).replace(",", "."))
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise InvalidOption(name, text, low, high)
    return value


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Settings(bot))
