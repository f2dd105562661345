"""The scene of most tests: a guild with a chat and a lounge, a member in it, and Luna online."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from discord_standin import (
    BotProcess,
    Channel,
    Guild,
    Human,
    Interaction,
    Listener,
    StandIn,
    speech_spans,
)
from luna_tts import SynthesisOptions, UserDictionary
from luna_tts.open_jtalk import OpenJTalkModel

ROOT = Path(__file__).parents[1]

Sound = NDArray[np.float32]

LONG = (
    "昔々あるところに、おじいさんとおばあさんが住んでいました。"
    "おじいさんは山へ芝刈りに、おばあさんは川へ洗濯に行きました。"
    "すると川上から、大きな桃がどんぶらこと流れてきました。"
)
"""Thirteen seconds of speech."""


@dataclass(eq=False)
class Cafe:
    """One guild of the stand-in, and the ears in it."""

    discord: StandIn
    guild: Guild
    chat: Channel
    lounge: Channel
    alice: Human

    @property
    def ear(self) -> Listener:
        return self.discord.listener(self.guild)

    async def say(self, text: str) -> Interaction:
        """/say by alice."""
        return await self.alice.command("say", text=text)

    async def quiet(self) -> float:
        """Waits for the end of what is said; commas pause for half a second. The last sound."""
        return await self.ear.quiet(seconds=1.0, timeout=60)

    async def hears(self, text: str, timeout: float = 20) -> Sound:
        """/say by alice, and what was heard until silence followed."""
        interaction = await self.say(text)
        return await self.heard(interaction.sent_at, timeout)

    async def heard(self, since: float, timeout: float = 20) -> Sound:
        """What is heard from a moment of `time.monotonic()` on, until silence follows."""
        await self.ear.speech(since=since, timeout=timeout)
        await self.quiet()
        return self.ear.pcm(since=since)


def open_cafe(discord: StandIn, name: str = "Cafe", locale: str = "ja") -> Cafe:
    guild = discord.add_guild(name, locale=locale)
    chat = guild.add_text_channel("chat")
    lounge = guild.add_voice_channel("Lounge")
    return Cafe(discord, guild, chat, lounge, guild.add_member("alice", locale=locale))


@asynccontextmanager
async def luna(discord: StandIn, env: Mapping[str, str] | None = None) -> AsyncIterator[BotProcess]:
    """The unmodified bot.py, online, with settings of its own."""
    with TemporaryDirectory() as data:
        env = {"LUNA_DATA": data, **(env or {})}
        async with discord.bot_process(ROOT / "bot.py", env=env, cwd=ROOT) as bot:
            await discord.ready()
            yield bot


def spoken(
    model: OpenJTalkModel,
    text: str,
    words: UserDictionary | None = None,
    options: SynthesisOptions | None = None,
) -> Sound:
    """`text` as Luna's engine makes it."""
    chunks = model.stream(text, options or SynthesisOptions(), words)
    return np.concatenate([chunk.samples for chunk in chunks])


def at_any_pace(model: OpenJTalkModel, text: str) -> list[Sound]:
    """`text` as Luna may say it where much waits: up to one and a half times faster."""
    paces = np.linspace(1.0, 1.5, 18)
    return [spoken(model, text, options=SynthesisOptions(length_scale=1 / pace)) for pace in paces]


def length(sound: Sound) -> float:
    """Seconds from the first to the last audible moment."""
    spans = speech_spans(sound)
    return spans[-1][1] - spans[0][0]
