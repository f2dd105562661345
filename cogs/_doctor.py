"""What /doctor looks at. Each check returns findings as data; sentences are in locale, [doctor]."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import discord

from luna_tts import LunaError, TTSService
from luna_tts.doctor import Finding, Level, installed
from luna_tts.espeak import ESPEAK_VOICE

from ._activity import Activity
from ._errors import AfkChannel, ChannelFull, MissingPermissions, TimedOut
from ._voice_link import NEEDED_PERMISSIONS, VocalChannel, check_access

TEXT_PERMISSIONS: Final = ("view_channel", "send_messages")
THREAD_PERMISSIONS: Final = ("view_channel", "send_messages_in_threads")
VOICE_PERMISSIONS: Final = (*NEEDED_PERMISSIONS, "send_messages")
STAGE_PERMISSIONS: Final = (*VOICE_PERMISSIONS, "request_to_speak")
PACKAGES: Final = {"davey": "DAVE: davey", "PyNaCl": "PyNaCl"}
"""What end-to-end and transport encryption need, and how it is shown."""
TESTED_DISCORD: Final = (2, 7)

ANSWER_SECONDS = 5.0
"""A step of another listener is about 0.1 s; an engine silent for so long is stuck."""
SLOW_FIRST_SOUND = 3.0
SLOW_LATENCY = 0.5


def check_intents(intents: discord.Intents) -> Iterator[Finding]:
    """What Discord tells the bot of."""
    missing = [name for name in ("guilds", "voice_states") if not getattr(intents, name)]
    if missing:
        yield Finding("fail", "intents_missing", {"intents": missing})
    if not intents.message_content:
        yield Finding("warn", "message_content_off")
    elif not missing:
        yield Finding("ok", "intents_ok")


def check_permissions(
    channel: str, permissions: discord.Permissions, needed: Sequence[str]
) -> Finding:
    """Every permission in `needed`, by name, in the channel with the mention `channel`."""
    missing = [name for name in needed if not getattr(permissions, name)]
    if not missing:
        return Finding("ok", "permissions_ok", {"channel": channel, "permissions": needed})
    level: Level = "fail" if set(missing) & set(NEEDED_PERMISSIONS) else "warn"
    return Finding(level, "permissions_missing", {"channel": channel, "permissions": missing})


def check_text_channel(channel: str, permissions: discord.Permissions, *, thread: bool) -> Finding:
    """Whether Luna may read and write where she was asked."""
    return check_permissions(
        channel, permissions, THREAD_PERMISSIONS if thread else TEXT_PERMISSIONS
    )


def check_voice_channel(channel: VocalChannel | None) -> Iterator[Finding]:
    """Whether Luna may join, speak and write there, and be heard."""
    if channel is None:
        yield Finding("warn", "voice_channel_none")
        return
    me = channel.guild.me
    stage = isinstance(channel, discord.StageChannel)
    needed = STAGE_PERMISSIONS if stage else VOICE_PERMISSIONS
    yield check_permissions(channel.mention, channel.permissions_for(me), needed)
    try:
        check_access(channel)
    except MissingPermissions:
        pass  # told above
    except TimedOut:
        yield Finding("fail", "timed_out")
    except AfkChannel:
        yield Finding("fail", "afk_channel", {"channel": channel.mention})
    except ChannelFull as error:
        yield Finding("warn", "channel_full", {**error.data, "channel": channel.mention})
    if me.voice is not None and me.voice.mute:
        yield Finding("fail", "muted")


def check_libraries() -> Iterator[Finding]:
    """What voice needs, with versions."""
    for package, name in PACKAGES.items():
        version = installed(package)
        if version is None:
            yield Finding("fail", "library_missing", {"name": name})
        else:
            yield Finding("ok", "library_ok", {"name": name, "version": version})
    yield _opus()
    tested = discord.version_info[:2] == TESTED_DISCORD
    data = {"name": "discord.py", "version": discord.__version__}
    yield Finding("ok", "library_ok", data) if tested else Finding("warn", "discord_untested", data)


def _opus() -> Finding:
    if not discord.opus.is_loaded():
        return Finding("fail", "opus_missing")
    version = discord.opus.Encoder.get_opus_version().removeprefix("libopus ")
    if version == "unknown":
        return Finding("ok", "library_loaded", {"name": "Opus: libopus"})
    return Finding("ok", "library_ok", {"name": "Opus: libopus", "version": version})


async def check_engine(service: TTSService | None, device: str) -> Finding:
    """Whether the engine answers, and what it computes with."""
    if service is None:
        return Finding("fail", "engine_closed")
    if not await answers(service):
        return Finding("fail", "engine_silent", {"seconds": ANSWER_SECONDS})
    torch = installed("torch")
    if torch is None:
        return Finding("ok", "engine_built_in")
    return Finding("ok", "engine_ok", {"device": device, "torch": torch})


def check_voices(service: TTSService | None, *, operator: bool) -> Iterator[Finding]:
    """The voices; reasons name files, so they are for the operator's eyes only."""
    if service is None:
        return
    stats, problems = service.stats(), service.problems()
    data = {"voices": stats.voices, "voice": service.voice, "megabytes": stats.nbytes / 1e6}
    yield Finding("ok", "voices_ok", data)
    if ESPEAK_VOICE in stats.voices:
        yield Finding("ok", "robot", {"voice": ESPEAK_VOICE})
    if problems and not operator:
        yield Finding("warn", "voices_unusable", {"count": len(problems)})
    elif problems:
        for name, error in problems.items():
            yield Finding("warn", "voice_unusable", {"voice": name, "reason": str(error)})


def check_variables(unknown: Mapping[str, str], *, operator: bool) -> Iterator[Finding]:
    """Variables that mean nothing; for the operator's eyes only."""
    for name, nearest in unknown.items() if operator else ():
        key = "variable_misspelt" if nearest else "variable_unknown"
        yield Finding("warn", key, {"name": name, "nearest": nearest})


def check_times(activity: Activity | None) -> Finding:
    """How long the last utterance took."""
    if activity is None:
        return Finding("fail", "speech_not_loaded")
    first_sound, synthesis = activity.timings.first_sounds.last, activity.timings.synthesis.last
    if first_sound is None or synthesis is None:
        return Finding("ok", "times_none")
    data = {"first_sound": first_sound, "synthesis": synthesis}
    if first_sound > SLOW_FIRST_SOUND:
        return Finding("warn", "times_slow", data)
    return Finding("ok", "times_ok", data)


def check_latency(gateway: float, voice: float | None) -> Iterator[Finding]:
    """Seconds of a heartbeat's round trip; not finite before the first one."""
    for name, seconds in (("gateway", gateway), ("voice", voice)):
        if seconds is None:
            continue
        if not math.isfinite(seconds):
            yield Finding("ok", f"{name}_unknown")
        elif seconds > SLOW_LATENCY:
            yield Finding("warn", f"{name}_slow", {"milliseconds": seconds * 1000})
        else:
            yield Finding("ok", f"{name}_ok", {"milliseconds": seconds * 1000})


async def answers(service: TTSService) -> bool:
    """Whether a question to the voice that speaks is answered in time."""
    try:
        await asyncio.wait_for(service.check("あ"), ANSWER_SECONDS)
    except (TimeoutError, LunaError):
        return False
    return True
