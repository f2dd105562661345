"""What moderators and Discord do to Luna in voice: drags, stages, AFK, kicks, outages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cafe import LONG, Cafe, luna, open_cafe, spoken
from discord_standin import BotProcess, StandIn, similarity
from luna_tts.open_jtalk import OpenJTalkModel
from presence_scene import environment, joins, stored

pytestmark = pytest.mark.realtime

NOTHING_HAPPENS = 1.0
"""Seconds for which a test watches that something does not happen."""
ALIKE = 0.6


@pytest.fixture
async def discord() -> AsyncIterator[StandIn]:
    async with StandIn() as discord:
        yield discord


@pytest.fixture
async def cafe(discord: StandIn) -> Cafe:
    cafe = open_cafe(discord)
    cafe.guild.afk_channel = cafe.guild.add_voice_channel("Away")
    await cafe.alice.join(cafe.lounge)
    return cafe


@pytest.fixture
async def bot(discord: StandIn, cafe: Cafe, tmp_path: Path) -> AsyncIterator[BotProcess]:
    async with luna(discord, environment(tmp_path)) as bot:
        yield bot
        assert "Traceback" not in bot.log


async def test_a_drag_is_remembered_and_the_chat_stays_bound(
    discord: StandIn, cafe: Cafe, bot: BotProcess, tmp_path: Path, open_jtalk: OpenJTalkModel
) -> None:
    garden, cellar = (cafe.guild.add_voice_channel(name) for name in ("Garden", "Cellar"))
    for place in (garden, cellar):
        await cafe.guild.add_member(f"guest of {place.name}").join(place)
    await (await cafe.alice.command("join")).reply()
    said = await cafe.say(LONG)
    await cafe.ear.speech(since=said.sent_at, timeout=10)
    await discord.drag(cafe.guild, garden)
    await discord.drag(cafe.guild, cellar)
    await discord.bot_in(cellar)
    await cafe.quiet()
    assert similarity(cafe.ear.pcm(since=said.sent_at), spoken(open_jtalk, LONG)) > ALIKE
    await bot.stop()
    settings = await stored(tmp_path, cafe.guild)
    assert (settings.voice_channel, settings.text_channel) == (cellar.id, cafe.chat.id)


@pytest.mark.usefixtures("bot")
async def test_dragged_where_nobody_is_she_goes(discord: StandIn, cafe: Cafe) -> None:
    garden = cafe.guild.add_voice_channel("Garden")
    await (await cafe.alice.command("join")).reply()
    await discord.drag(cafe.guild, garden)
    await discord.bot_out(cafe.guild)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("where", ["the AFK channel", "a channel where she may not speak"])
async def test_where_nobody_hears_her_she_waits(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel, where: str
) -> None:
    away = cafe.guild.afk_channel
    if where != "the AFK channel" or away is None:
        away = cafe.guild.add_voice_channel("Garden")
        away.deny(cafe.guild.everyone, "speak")
    await cafe.guild.add_member("bob").join(away)
    said = await cafe.say(LONG)
    await cafe.ear.speech(since=said.sent_at, timeout=10)
    await discord.drag(cafe.guild, away)
    await cafe.ear.quiet(seconds=2)
    await discord.drag(cafe.guild, cafe.lounge)
    await cafe.ear.speech(since=time.monotonic())
    await cafe.quiet()
    assert similarity(cafe.ear.pcm(since=said.sent_at), spoken(open_jtalk, LONG)) > ALIKE
    assert cafe.ear.faults == []


@pytest.mark.usefixtures("bot")
async def test_she_cannot_be_called_to_the_afk_channel(discord: StandIn, cafe: Cafe) -> None:
    assert cafe.guild.afk_channel is not None
    await cafe.alice.move(cafe.guild.afk_channel)
    refused = await cafe.alice.command("join")
    assert "AFK チャンネル" in (await refused.reply()).content
    assert joins(discord, cafe.guild) == []


async def test_on_a_stage_she_takes_the_floor_if_she_may(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel, tmp_path: Path
) -> None:
    stage = cafe.guild.add_stage_channel("Stage")
    cafe.guild.me.roles.append(cafe.guild.add_role("moderators", ["mute_members"]))
    await cafe.alice.move(stage)
    async with luna(discord, environment(tmp_path)):
        join = await cafe.alice.command("join")
        assert "モデレーター" not in (await join.reply()).content
        heard = await cafe.hears("登壇しました。")
        assert similarity(heard, spoken(open_jtalk, "登壇しました。")) > ALIKE
        await discord.let_speak(cafe.guild, allowed=False)
        await asyncio.sleep(NOTHING_HAPPENS)
        assert cafe.guild.me.suppressed, "she does not quarrel with moderators"
        assert cafe.ear.faults == []


@pytest.mark.usefixtures("bot")
async def test_on_a_stage_she_asks_and_speaks_when_she_is_let(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    stage = cafe.guild.add_stage_channel("Stage")
    await cafe.alice.move(stage)
    said = await cafe.say(LONG)
    reply = await said.reply()
    assert reply.content.startswith(f"🔊 {LONG}\n")
    assert "発言できるようにモデレーターに頼んでください" in reply.content
    assert cafe.guild.me.voice is not None
    assert cafe.guild.me.voice.asked_to_speak_at is not None
    await asyncio.sleep(NOTHING_HAPPENS)
    for _ in range(2):
        let = time.monotonic()
        await discord.let_speak(cafe.guild)
        await cafe.ear.speech(since=let)
        await asyncio.sleep(NOTHING_HAPPENS)
        await discord.let_speak(cafe.guild, allowed=False)
        await cafe.ear.quiet(seconds=1)
    let = time.monotonic()
    await discord.let_speak(cafe.guild)
    await cafe.ear.speech(since=let)
    await cafe.quiet()
    assert similarity(cafe.ear.pcm(since=said.sent_at), spoken(open_jtalk, LONG)) > ALIKE
    assert cafe.ear.faults == []


async def test_without_the_permission_to_ask_the_log_says_so(
    discord: StandIn, cafe: Cafe, bot: BotProcess
) -> None:
    stage = cafe.guild.add_stage_channel("Stage")
    stage.deny(cafe.guild.everyone, "request_to_speak")
    await cafe.alice.move(stage)
    join = await cafe.alice.command("join")
    assert "モデレーター" in (await join.reply()).content
    await bot.wait_for_log(f"no floor on stage {stage.id}: 403 Forbidden")


async def test_where_she_may_not_come_back_she_is_still_awaited(
    discord: StandIn, cafe: Cafe, bot: BotProcess, tmp_path: Path
) -> None:
    await (await cafe.alice.command("join")).reply()
    await discord.bot_in(cafe.lounge)
    cafe.lounge.deny(cafe.guild.everyone, "connect")
    await discord.voice_close(cafe.guild, 4006)
    await bot.wait_for_log("cannot come back: missing in Lounge: connect")
    cafe.lounge.allow(cafe.guild.everyone, "connect")
    await cafe.guild.add_member("bob").join(cafe.lounge)
    await discord.bot_in(cafe.lounge)
    await bot.stop()
    assert (await stored(tmp_path, cafe.guild)).text_channel == cafe.chat.id


async def test_after_an_outage_she_comes_back_as_nobody_sent_her_out(
    discord: StandIn, cafe: Cafe, bot: BotProcess, tmp_path: Path, open_jtalk: OpenJTalkModel
) -> None:
    said = await cafe.say(LONG)
    await cafe.ear.speech(since=said.sent_at, timeout=10)
    failed = time.monotonic()
    await discord.voice_outage(cafe.guild)
    await discord.bot_in(cafe.lounge, timeout=30)
    await cafe.ear.speech(since=failed + 1)
    await cafe.quiet()
    assert similarity(cafe.ear.pcm(since=said.sent_at), spoken(open_jtalk, LONG)) > ALIKE
    await bot.stop()
    assert (await stored(tmp_path, cafe.guild)).voice_channel == cafe.lounge.id
