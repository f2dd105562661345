"""Luna comes with the first person, stays while there is one, and goes after the last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cafe import LONG, Cafe, luna, open_cafe, spoken
from discord_standin import BotProcess, StandIn, similarity
from luna_tts.open_jtalk import OpenJTalkModel
from presence_scene import EMPTY_SECONDS, environment, joins, moves, settle

pytestmark = pytest.mark.realtime

NOTHING_HAPPENS = 1.0
"""Seconds for which a test watches that something does not happen."""


@pytest.fixture
async def discord() -> AsyncIterator[StandIn]:
    async with StandIn() as discord:
        yield discord


@pytest.fixture
async def cafe(discord: StandIn, tmp_path: Path) -> Cafe:
    """Luna comes to the lounge by herself."""
    cafe = open_cafe(discord)
    await settle(tmp_path, cafe.guild, auto_join_channels=[cafe.lounge.id])
    return cafe


@pytest.fixture
async def bot(discord: StandIn, cafe: Cafe, tmp_path: Path) -> AsyncIterator[BotProcess]:
    async with luna(discord, environment(tmp_path)) as bot:
        yield bot
        assert "Traceback" not in bot.log


@pytest.mark.usefixtures("bot")
async def test_she_comes_with_the_first_person_and_goes_after_the_last(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    bob = cafe.guild.add_member("bob")
    entered = time.monotonic()
    await cafe.alice.join(cafe.lounge)
    await discord.bot_in(cafe.lounge)
    await bob.join(cafe.lounge)
    assert moves(discord, cafe.guild)[0][0] - entered < 1
    heard = await cafe.hears("来ましたよ。")
    assert similarity(heard, spoken(open_jtalk, "来ましたよ。")) > 0.55
    await cafe.alice.leave()
    await asyncio.sleep(EMPTY_SECONDS + NOTHING_HAPPENS)
    assert discord.voice_channel_of_bot(cafe.guild) is cafe.lounge, "bob is still there"
    alone = time.monotonic()
    await bob.leave()
    await discord.bot_out(cafe.guild)
    assert joins(discord, cafe.guild) == [cafe.lounge.id]
    assert EMPTY_SECONDS <= moves(discord, cafe.guild)[1][0] - alone < EMPTY_SECONDS + 1
    await bob.join(cafe.lounge)
    await discord.bot_in(cafe.lounge)


@pytest.mark.usefixtures("bot")
async def test_bots_are_not_people(discord: StandIn, cafe: Cafe) -> None:
    music = cafe.guild.add_member("Music", bot=True)
    await music.join(cafe.lounge)
    await asyncio.sleep(NOTHING_HAPPENS)
    assert joins(discord, cafe.guild) == []
    await cafe.alice.join(cafe.lounge)
    await discord.bot_in(cafe.lounge)
    await cafe.alice.leave()
    await discord.bot_out(cafe.guild)


@pytest.mark.usefixtures("bot")
async def test_whoever_comes_back_in_time_finds_her_still_speaking(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    await cafe.alice.join(cafe.lounge)
    await discord.bot_in(cafe.lounge)
    said = await cafe.say(LONG)
    await cafe.ear.speech(since=said.sent_at, timeout=10)
    for _ in range(3):
        await cafe.alice.leave()
        await asyncio.sleep(EMPTY_SECONDS * 0.6)
        await cafe.alice.join(cafe.lounge)
        await asyncio.sleep(EMPTY_SECONDS * 0.6)
    await cafe.quiet()
    assert similarity(cafe.ear.pcm(since=said.sent_at), spoken(open_jtalk, LONG)) > 0.6
    assert [channel for _, channel in moves(discord, cafe.guild)] == [cafe.lounge.id]


@pytest.mark.usefixtures("bot")
async def test_leave_holds_until_everybody_has_gone(discord: StandIn, cafe: Cafe) -> None:
    bob = cafe.guild.add_member("bob")
    await cafe.alice.join(cafe.lounge)
    await discord.bot_in(cafe.lounge)
    await (await cafe.alice.command("leave")).reply()
    await discord.bot_out(cafe.guild)
    await bob.join(cafe.lounge)
    await asyncio.sleep(NOTHING_HAPPENS)
    await cafe.alice.leave()
    await cafe.alice.join(cafe.lounge)
    await asyncio.sleep(NOTHING_HAPPENS)
    assert joins(discord, cafe.guild) == [cafe.lounge.id]
    await cafe.alice.leave()
    await bob.leave()
    await asyncio.sleep(NOTHING_HAPPENS)
    assert joins(discord, cafe.guild) == [cafe.lounge.id]
    await bob.join(cafe.lounge)
    await discord.bot_in(cafe.lounge)


@pytest.mark.usefixtures("bot")
async def test_she_does_not_leave_a_conversation_for_another(discord: StandIn, cafe: Cafe) -> None:
    garden = cafe.guild.add_voice_channel("Garden")
    bob = cafe.guild.add_member("bob")
    await bob.join(garden)
    await (await bob.command("join")).reply()
    await cafe.alice.join(cafe.lounge)
    await asyncio.sleep(NOTHING_HAPPENS)
    assert joins(discord, cafe.guild) == [garden.id]
    await bob.leave()
    await discord.bot_out(cafe.guild)
    await bob.join(garden)
    await asyncio.sleep(NOTHING_HAPPENS)
    assert joins(discord, cafe.guild) == [garden.id], "she was called there once, not for ever"
    await bob.move(cafe.lounge)
    await discord.bot_in(cafe.lounge)


@pytest.mark.usefixtures("bot")
async def test_called_and_left_at_once_she_goes_too(discord: StandIn, cafe: Cafe) -> None:
    garden = cafe.guild.add_voice_channel("Garden")
    discord.delays.voice_server_update = 0.5
    await cafe.alice.join(garden)
    await cafe.alice.command("join")
    await discord.wait_for(lambda: joins(discord, cafe.guild), "she was not called")
    await cafe.alice.leave()
    await discord.bot_in(garden)
    await discord.bot_out(cafe.guild)


async def test_what_she_may_not_enter_is_told_once(
    discord: StandIn, cafe: Cafe, bot: BotProcess
) -> None:
    cafe.lounge.deny(cafe.guild.everyone, "connect")
    await cafe.alice.join(cafe.lounge)
    await bot.wait_for_log("cannot come by myself: missing in Lounge: connect")
    for number in range(5):
        await cafe.guild.add_member(f"guest {number}").join(cafe.lounge)
    await asyncio.sleep(NOTHING_HAPPENS)
    cafe.lounge.allow(cafe.guild.everyone, "connect")
    await cafe.guild.add_member("bob").join(cafe.lounge)
    await discord.bot_in(cafe.lounge)
    assert bot.log.count("cannot come by myself") == 1
    assert joins(discord, cafe.guild) == [cafe.lounge.id]


async def test_she_stays_alone_where_auto_leave_is_off(
    discord: StandIn, cafe: Cafe, tmp_path: Path
) -> None:
    await settle(tmp_path, cafe.guild, auto_leave=False)
    async with luna(discord, environment(tmp_path)):
        await cafe.alice.join(cafe.lounge)
        await discord.bot_in(cafe.lounge)
        await cafe.alice.leave()
        await asyncio.sleep(EMPTY_SECONDS + NOTHING_HAPPENS)
        assert discord.voice_channel_of_bot(cafe.guild) is cafe.lounge
