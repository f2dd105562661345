"""What takes minutes to notice: a gateway that falls silent, a way back into voice, an outage."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import discord as discord_py
import pytest
import pytest_asyncio
from discord.backoff import ExponentialBackoff

from cafe import ROOT, Cafe, open_cafe, spoken
from cogs._gateway import GatewayBot
from discord_standin import BotProcess, StandIn, similarity
from luna_tts.open_jtalk import OpenJTalkModel

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="module")]

STORY = "昔々あるところにおじいさんとおばあさんが住んでいました。"
"""Four seconds of speech."""
HOURS = 6 * 3600.0
HASTY = Path(__file__).with_name("hasty_bot.py")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[tuple[Cafe, BotProcess]]:
    """Luna was online for the first time while the gateway was still down."""
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        discord.gateway.heartbeat_interval = discord.voice.heartbeat_interval = 0.5
        discord.gateway.down = True
        with TemporaryDirectory() as data:
            env = {"LUNA_DATA": data}
            async with discord.bot_process(HASTY, env=env, cwd=ROOT) as bot:
                await bot.wait_for_log("logging in", 30)
                await asyncio.sleep(3)
                discord.gateway.down = False
                await discord.ready()
                await cafe.alice.join(cafe.lounge)
                await (await cafe.alice.command("join")).reply()
                await discord.bot_in(cafe.lounge)
                yield cafe, bot


@pytest.mark.asyncio(loop_scope="function")
async def test_after_hours_of_an_outage_she_is_back_within_two_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits = list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if sum(waits) > HOURS:
            raise KeyboardInterrupt

    async def refuse(*_: object, **__: object) -> None:
        raise OSError("the network is down")

    monkeypatch.setattr("discord.client.ExponentialBackoff", ExponentialBackoff)  # to be put back
    luna = GatewayBot(command_prefix="!", intents=discord_py.Intents.none())
    monkeypatch.setattr("discord.client.DiscordWebSocket.from_client", refuse)
    monkeypatch.setattr("asyncio.sleep", sleep)
    for met_before in (False, True):
        waits.clear()
        luna.ws = SimpleNamespace(sequence=1, gateway=None, session_id="1") if met_before else None
        with pytest.raises(KeyboardInterrupt):
            await luna.connect()
        assert 10 < len(waits) < 1000 * HOURS / 86_400 * 2
        assert max(waits) <= 100


async def test_a_gateway_that_answers_no_heartbeat_is_left_and_nothing_is_lost(
    scene: tuple[Cafe, BotProcess], open_jtalk: OpenJTalkModel
) -> None:
    cafe, _ = scene
    gateway, text = cafe.discord.gateway, "返事がない間に書きました。"
    before = gateway.resumed
    gateway.fall_silent()
    posted = time.monotonic()
    await cafe.alice.send(cafe.chat, text)
    await cafe.discord.wait_for(lambda: gateway.resumed > before, "not resumed")
    assert time.monotonic() - posted < 5
    assert similarity(await cafe.heard(posted), spoken(open_jtalk, text)) > 0.6


async def test_a_voice_server_that_answers_no_heartbeat_is_left_and_she_speaks_on(
    scene: tuple[Cafe, BotProcess], open_jtalk: OpenJTalkModel
) -> None:
    cafe, _ = scene
    said = await cafe.say(STORY)
    await cafe.ear.speech(since=said.sent_at)
    cafe.discord.voice.fall_silent(cafe.guild.id)
    again = await cafe.heard(time.monotonic())
    assert similarity(again, spoken(open_jtalk, STORY)) > 0.6, "the sentence from its beginning"


async def test_she_looks_whether_she_can_come_back_and_does_without_being_called(
    scene: tuple[Cafe, BotProcess],
) -> None:
    cafe, _ = scene
    cafe.lounge.deny(cafe.guild.everyone, "connect")
    await cafe.discord.voice_close(cafe.guild, 4006)
    await cafe.discord.bot_out(cafe.guild)
    await asyncio.sleep(2)
    assert cafe.guild.me.voice is None
    cafe.lounge.allow(cafe.guild.everyone, "connect")
    await cafe.discord.bot_in(cafe.lounge)
    assert (await cafe.hears("戻りましたよ。")).any()
