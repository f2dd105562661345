"""/voice: every member's own voice, as far as the admins allow it."""

from __future__ import annotations

import io
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Range, locale_str
from discord.ext import commands

from luna_tts import VoiceInfo
from luna_tts.audio import to_wav

from ._base import LunaCog, add_cog
from ._choices import matching
from ._errors import NoFavourites
from ._member_voice import MANNER, TUNED, WRITTEN, check_part_of, described
from ._rate_limits import unless_hasty
from ._views import Panel

MOST_FAVOURITES: Final = 25
"""As many as a menu has lines."""
PREVIEW_CHARACTERS: Final = 100
_WRITTEN: Final = [app_commands.Choice(name=name, value=code) for code, name in WRITTEN.items()]
MOST_NOTICE: Final = 200
"""Characters of a credit or a licence."""


class Voices(LunaCog, name="LunaVoices"):
    """What each member sounds like."""

    voice = app_commands.Group(
        name="voice", description=locale_str("Your own voice", luna="voice"), guild_only=True
    )

    @voice.command(
        name="set", description=locale_str("Choose your voice and how it speaks", luna="voice_set")
    )
    @app_commands.describe(
        voice=locale_str("The voice", luna="voice_voice"),
        speaker=locale_str("A speaker of that voice", luna="voice_speaker"),
        style=locale_str("A style of that voice", luna="voice_style"),
        style_weight=locale_str("How strong the style is; 1 = as recorded", luna="voice_weight"),
        speed=locale_str("1 = the voice's own, 2 = twice as fast", luna="voice_speed"),
        pitch=locale_str("1 = the voice's own, 2 = an octave up", luna="voice_pitch"),
        intonation=locale_str("1 = the voice's own, 0 = flat", luna="voice_intonation"),
        volume=locale_str("1 = as loud as everybody, 0 = silent", luna="voice_volume"),
        language=locale_str(
            "What you write where it could be several, as 大丈夫 alone", luna="voice_language"
        ),
    )
    @app_commands.choices(language=_WRITTEN)
    async def set_voice(
        self,
        interaction: discord.Interaction,
        voice: str | None = None,
        speaker: str | None = None,
        style: str | None = None,
        style_weight: Range[float, 0.0, 20.0] | None = None,
        speed: Range[float, 0.5, 2.0] | None = None,
        pitch: Range[float, 0.5, 2.0] | None = None,
        intonation: Range[float, 0.0, 2.0] | None = None,
        volume: Range[float, 0.0, 2.0] | None = None,
        language: str | None = None,
    ) -> None:
        """Changes what is given and shows the outcome."""
        given = {
            "voice": voice,
            "speaker": speaker,
            "style": style,
            "style_weight": style_weight,
            "length_scale": 1 / speed if speed else None,
            "pitch_scale": pitch,
            "intonation_scale": intonation,
            "volume": volume,
            "written": language,
        }
        async with self.acknowledged(interaction):
            changes = {name: value for name, value in given.items() if value is not None}
            await self.caller_voice(interaction).take(changes)
        await self._show(interaction)

    @voice.command(name="show", description=locale_str("Show how you sound now", luna="voice_show"))
    async def show_voice(self, interaction: discord.Interaction) -> None:
        """Tells the caller's voice and its settings."""
        async with self.acknowledged(interaction):
            await self.caller_voice(interaction).load(None)
        await self._show(interaction)

    @voice.command(
        description=locale_str("Forget your choices; the server's voice speaks", luna="voice_reset")
    )
    async def reset(self, interaction: discord.Interaction) -> None:
        """Back to what newcomers have; favourites stay."""
        guild_id, member_id = _ids(interaction)
        async with self.acknowledged(interaction):
            await self.store.update_member(guild_id, member_id, **dict.fromkeys((*TUNED, *MANNER)))
            await self.caller_voice(interaction).load(None)
        await self._show(interaction)

    @voice.command(
        description=locale_str("Listen to a voice before you choose it", luna="voice_preview")
    )
    @app_commands.describe(
        voice=locale_str("The voice", luna="voice_voice"),
        style=locale_str("A style of that voice", luna="voice_style"),
        text=locale_str("What to say", luna="say_text"),
    )
    async def preview(
        self,
        interaction: discord.Interaction,
        voice: str | None = None,
        style: str | None = None,
        text: Range[str, 1, PREVIEW_CHARACTERS] | None = None,
    ) -> None:
        """An audio file for the caller alone."""
        self.limits.expensive(interaction)
        async with self.acknowledged(interaction):
            member = self.caller_voice(interaction)
            info = await member.load(voice)
            check_part_of(info, {"style": style})
            given = {"style": style} if style else {}
            choice = await member.choice(voice=info.name, **given)
            chunk = await self.service.synthesize(
                text or self.text(interaction, "voice", "sample"),
                voice=choice.voice,
                options=choice.options,
                words=await self.words(*_ids(interaction)),
            )
        files = [discord.File(io.BytesIO(to_wav(chunk)), f"{choice.voice}.wav")]
        if info.icon:
            kind = "png" if info.icon.startswith(b"\x89PNG") else "jpg"
            files.append(discord.File(io.BytesIO(info.icon), f"icon.{kind}"))
        await interaction.followup.send(_notices(info), files=files, ephemeral=True)

    @voice.command(
        description=locale_str("Mark a voice as a favourite, or no longer", luna="voice_favourite")
    )
    @app_commands.describe(voice=locale_str("The voice", luna="voice_voice"))
    async def favourite(self, interaction: discord.Interaction, voice: str) -> None:
        """Favourites come first in what is offered, and are a menu in /voice favourites."""
        member = self.caller_voice(interaction)
        favourites = (await member.settings()).favourites
        if voice in favourites:
            favourites = tuple(name for name in favourites if name != voice)
            key = "favourite_removed"
        else:
            await member.check(voice)
            favourites = (voice, *favourites)[:MOST_FAVOURITES]
            key = "favourite_added"
        await self.store.update_member(*_ids(interaction), favourites=favourites)
        await self.reply(interaction, key, voice=voice)

    @voice.command(
        description=locale_str("Switch between your favourites", luna="voice_favourites")
    )
    async def favourites(self, interaction: discord.Interaction) -> None:
        """A menu of the favourites that may be used here."""
        member = self.caller_voice(interaction)
        usable = {info.name for info in await member.usable()}
        favourites = (await member.settings()).favourites
        names = matching("", [name for name in favourites if name in usable])
        if not names:
            raise NoFavourites

        async def switch(picked: discord.Interaction, name: str) -> None:
            async with self.acknowledged(picked):
                await self.caller_voice(picked).take({"voice": name})
            await self._show(picked)

        title = self.text(interaction, "voice", "favourites")
        panel = Panel(self.explain)
        panel.menu(title, names, switch)
        await self.show_view(interaction, title, panel)

    @set_voice.autocomplete("voice")
    @preview.autocomplete("voice")
    @favourite.autocomplete("voice")
    @unless_hasty
    async def _offer_voices(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        member = self.caller_voice(interaction)
        names = [info.name for info in await member.usable()]
        return _offers(matching(typed, names, (await member.settings()).favourites))

    @set_voice.autocomplete("style")
    @preview.autocomplete("style")
    @unless_hasty
    async def _offer_styles(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return _offers(matching(typed, (await self._voice_in_question(interaction)).styles))

    @set_voice.autocomplete("speaker")
    @unless_hasty
    async def _offer_speakers(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return _offers(matching(typed, (await self._voice_in_question(interaction)).speakers))

    async def _show(self, interaction: discord.Interaction) -> None:
        member = self.caller_voice(interaction)
        info = await member.load(None)
        shown = described(await member.choice(), info)
        await self.reply(interaction, "voice_shown", **shown)

    async def _voice_in_question(self, interaction: discord.Interaction) -> VoiceInfo:
        """The voice that is being typed into the same command, else the caller's own."""
        return await self.caller_voice(interaction).in_question(interaction.namespace.voice)


def _notices(info: VoiceInfo) -> str:
    """Who made the voice, and on what terms, in a line each; the rest is for /model list."""
    notices = (" ".join(notice.split())[:MOST_NOTICE] for notice in (info.credit, info.licence))
    return "\n".join(discord.utils.escape_markdown(notice) for notice in notices if notice)


def _ids(interaction: discord.Interaction) -> tuple[int, int]:
    return interaction.guild_id or 0, interaction.user.id


def _offers(names: list[str]) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=name, value=name) for name in names]


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Voices(bot))
