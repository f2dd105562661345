"""/status /ping /help /credit for members, /doctor for admins."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from luna_tts import TTSService
from luna_tts.doctor import Finding, Level, check_disk
from luna_tts.errors import EngineClosed
from luna_tts.open_jtalk import EMBEDDED_VOICE

from ._activity import Activity
from ._base import LunaCog, add_cog
from ._checks import is_owner, may_manage_guild
from ._command_list import CommandList
from ._doctor import (
    ANSWER_SECONDS,
    check_engine,
    check_intents,
    check_latency,
    check_libraries,
    check_text_channel,
    check_times,
    check_variables,
    check_voice_channel,
    check_voices,
)
from ._voice_link import VocalChannel

BUILT_ON: Final = {
    "Open JTalk, hts_engine API": "Modified BSD",
    "NAIST Japanese Dictionary": "BSD",
    "pyopenjtalk-plus": "MIT",
    "SudachiPy, SudachiDict": "Apache 2.0",
    "PyTorch": "BSD",
    "WORLD": "Modified BSD",
    "libsoxr": "LGPL 2.1",
    "libopus": "BSD",
    "discord.py, davey": "MIT",
    "PyNaCl": "Apache 2.0",
}
"""What Luna speaks through, and its licences; NOTICE has all of it."""
MARKS: Final[dict[Level, str]] = {"ok": "✅", "warn": "⚠️", "fail": "❌"}


class Status(LunaCog, name="LunaStatus"):
    """Tells how Luna is, what she can do and to whom she owes it."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self._commands = CommandList(bot, self.phrases)

    @app_commands.command(
        description=locale_str("Show what Luna is doing and how quick she is", luna="status")
    )
    @app_commands.guild_only()
    async def status(self, interaction: discord.Interaction) -> None:
        """Where she speaks, which voices are loaded, how long listeners wait."""
        stats, activity = self.service.stats(), self.activity
        lines = [self.text(interaction, "status", "speech_not_loaded")]
        if activity is not None:
            lines = [*self._here(interaction, activity), self._elsewhere(interaction, activity)]
        lines.append(
            self.text(
                interaction, "status", "voices", voices=stats.voices, voice=self.service.voice
            )
        )
        if stats.step_seconds > ANSWER_SECONDS:
            seconds = stats.step_seconds
            lines.append(self.text(interaction, "status", "stuck", seconds=seconds))
        if stats.relieved:
            lines.append(self.text(interaction, "status", "relieved", count=stats.relieved))
        if activity is not None:
            lines += self._timings(interaction, activity)
        await self.show(interaction, "\n".join(lines))

    @app_commands.command(description=locale_str("Measure how quickly Luna answers", luna="ping"))
    @app_commands.guild_only()
    async def ping(self, interaction: discord.Interaction) -> None:
        """Latency of gateway and voice, and the round trip of this very answer."""
        began = time.perf_counter()
        await interaction.response.defer(ephemeral=True)
        trip = time.perf_counter() - began
        voice = _voice_latency(interaction)
        await self.reply(
            interaction,
            "ping",
            gateway=_milliseconds(self.gateway_latency(interaction.guild_id)),
            voice=_milliseconds(math.nan if voice is None else voice),
            trip=_milliseconds(trip),
        )

    @app_commands.command(description=locale_str("List what Luna can do", luna="help"))
    @app_commands.guild_only()
    async def help(self, interaction: discord.Interaction) -> None:
        """The commands that the caller may use."""
        async with self.acknowledged(interaction):
            lines = [self.text(interaction, "help", "intro")]
            async for command, description in self._commands.entries(interaction):
                lines.append(f"{command} {description}")
            if menus := await self._commands.menus(interaction.locale):
                lines.append(self.text(interaction, "help", "menus", names=menus))
        await self.show_pages(interaction, lines)

    @app_commands.command(
        description=locale_str(
            "Show who made Luna's voices and what she is built on", luna="credit"
        )
    )
    @app_commands.guild_only()
    async def credit(self, interaction: discord.Interaction) -> None:
        """Credit lines of the voices, the embedded one's first, and of Luna's parts."""
        voices = sorted(self.service.voices(), key=lambda voice: voice.name != EMBEDDED_VOICE)
        no_credit = self.text(interaction, "credit", "no_credit")
        lines = [self.text(interaction, "credit", "voices")]
        for voice in voices:
            licence = next(iter(voice.licence.splitlines()), "")
            lines.append(f"- {voice.name}: {voice.credit or licence or no_credit}")
        lines.append(self.text(interaction, "credit", "built_on"))
        lines += [f"- {name} ({licence})" for name, licence in BUILT_ON.items()]
        await self.show(interaction, "\n".join(lines))

    @app_commands.command(
        description=locale_str(
            "Examine whether Luna can speak here, and how to help", luna="doctor"
        )
    )
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.check(may_manage_guild)
    async def doctor(self, interaction: discord.Interaction) -> None:
        """Each finding with its cure."""
        async with self.acknowledged(interaction):
            findings = await self._examine(interaction)
        found = Counter(finding.level for finding in findings)
        lines = [self.text(interaction, "doctor", "summary", **{k: found[k] for k in MARKS})]
        lines += [
            f"{MARKS[item.level]} {self.text(interaction, 'doctor', item.key, **item.data)}"
            for item in findings
        ]
        await self.show(interaction, "\n".join(lines))

    async def _examine(self, interaction: discord.Interaction) -> list[Finding]:
        environment, service = self.environment, self._service_or_none()
        chat, thread = interaction.channel_id, isinstance(interaction.channel, discord.Thread)
        operator = await is_owner(interaction)
        return [
            *check_intents(self.bot.intents),
            check_text_channel(f"<#{chat}>", interaction.app_permissions, thread=thread),
            *check_voice_channel(_voice_channel(interaction)),
            *check_libraries(),
            await check_engine(service, environment.engine.device),
            *check_voices(service, operator=operator),
            *check_variables(environment.engine.unknown, operator=operator),
            check_times(self.activity),
            *check_latency(self.gateway_latency(interaction.guild_id), _voice_latency(interaction)),
            await asyncio.to_thread(check_disk, environment.engine.models, environment.data),
        ]

    def _here(self, interaction: discord.Interaction, activity: Activity) -> Iterator[str]:
        """What happens in the caller's server."""
        for session in activity.sessions():
            if session.guild_id == interaction.guild_id and session.channel_id is not None:
                channel = self.bot.get_channel(session.channel_id)
                people = channel.members if isinstance(channel, VocalChannel) else []
                sounding = session.speaking and not session.paused
                yield self.text(
                    interaction,
                    "status",
                    "speaking_here" if sounding else "silent_here",
                    channel=f"<#{session.channel_id}>",
                    listeners=sum(not person.bot for person in people),
                    waiting=session.waiting,
                )
                if session.paused:
                    yield self.text(interaction, "status", "paused_here")
                if session.waiting or session.dropped:
                    seconds, dropped = session.backlog_seconds, session.dropped
                    yield self.text(
                        interaction, "status", "backlog", seconds=seconds, dropped=dropped
                    )
                return
        yield self.text(interaction, "status", "not_here")

    def _elsewhere(self, interaction: discord.Interaction, activity: Activity) -> str:
        """Other servers as numbers: nobody learns their names."""
        others = [view for view in activity.sessions() if view.guild_id != interaction.guild_id]
        connected = [view for view in others if view.channel_id is not None]
        waiting = sum(view.waiting for view in others)
        return self.text(
            interaction, "status", "elsewhere", servers=len(connected), waiting=waiting
        )

    def _timings(self, interaction: discord.Interaction, activity: Activity) -> Iterator[str]:
        timings = activity.timings
        measures = {
            "waits": timings.waits,
            "synthesis": timings.synthesis,
            "first_sounds": timings.first_sounds,
        }
        for key, measure in measures.items():
            if measure.recent:
                p50, p95 = measure.percentile(50), measure.percentile(95)
                yield self.text(interaction, "status", key, p50=p50, p95=p95)
        if not timings.waits.recent:
            yield self.text(interaction, "status", "unmeasured")

    def _service_or_none(self) -> TTSService | None:
        try:
            return self.service
        except EngineClosed:
            return None


def _voice_channel(interaction: discord.Interaction) -> VocalChannel | None:
    """The caller's voice channel, else Luna's."""
    members: Iterable[object] = (interaction.user, interaction.guild and interaction.guild.me)
    for member in members:
        if isinstance(member, discord.Member) and member.voice and member.voice.channel:
            return member.voice.channel
    return None


def _voice_latency(interaction: discord.Interaction) -> float | None:
    """Seconds, not finite before the first heartbeat; None without a voice connection."""
    client = interaction.guild.voice_client if interaction.guild else None
    return client.latency if isinstance(client, discord.VoiceClient) else None


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if math.isfinite(seconds) else "–"


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Status(bot))
