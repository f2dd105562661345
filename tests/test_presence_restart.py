"""After a restart, a crash or an outage Luna is back where she was, unless she was sent out."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cafe import LONG, Cafe, luna, open_cafe, spoken
from discord_standin import StandIn, similarity
from luna_tts.open_jtalk import OpenJTalkModel
from presence_scene import environment, joins, moves, settle, stored

pytestmark = pytest.mark.realtime

NOTHING_HAPPENS = 1.0
"""Seconds for which a test watches that something does not happen."""


@pytest.fixture
async def discord() -> AsyncIterator[StandIn]:
    async with StandIn() as discord:
        yield discord


@pytest.fixture
async def cafe(discord: StandIn) -> Cafe:
    cafe = open_cafe(discord)
    await cafe.alice.join(cafe.lounge)
    return cafe


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_she_is_back_after_any_end(
    discord: StandIn, cafe: Cafe, tmp_path: Path, open_jtalk: OpenJTalkModel, how: signal.Signals
) -> None:
    async with luna(discord, environment(tmp_path)) as bot:
        await (await cafe.alice.command("join")).reply()
        await discord.bot_in(cafe.lounge)
        await bot.stop(how)
    settings = await stored(tmp_path, cafe.guild)
    assert (settings.voice_channel, settings.text_channel) == (cafe.lounge.id, cafe.chat.id)
    async with luna(discord, environment(tmp_path)) as bot:
        await discord.wait_for(lambda: len(joins(discord, cafe.guild)) == 2, "she is not back")
        await discord.bot_in(cafe.lounge)
        message = time.monotonic()
        await cafe.alice.send(cafe.chat, "おかえりなさい。")
        await cafe.ear.speech(since=message)
        await cafe.quiet()
        heard = cafe.ear.pcm(since=message)
        assert similarity(heard, spoken(open_jtalk, "おかえりなさい。")) > 0.6
        assert cafe.ear.faults == []
        assert len(joins(discord, cafe.guild)) == 2, "once each time"
        assert "Traceback" not in bot.log


@pytest.mark.parametrize("how", ["leave", "kick", "delete", "empty"])
async def test_she_is_not_back_where_she_is_not_to_be(
    discord: StandIn, cafe: Cafe, tmp_path: Path, how: str
) -> None:
    async with luna(discord, environment(tmp_path)) as bot:
        await (await cafe.alice.command("join")).reply()
        await discord.bot_in(cafe.lounge)
        if how == "leave":
            await (await cafe.alice.command("leave")).reply()
        elif how == "kick":
            await discord.kick_from_voice(cafe.guild)
        elif how == "delete":
            cafe.guild.remove_channel(cafe.lounge)
            discord.voice.end(cafe.guild.id)
        else:
            await cafe.alice.leave()
        await discord.bot_out(cafe.guild)
        await asyncio.sleep(NOTHING_HAPPENS)
        await bot.stop()
    settings = await stored(tmp_path, cafe.guild)
    assert (settings.voice_channel, settings.text_channel) == (None, None)
    assert joins(discord, cafe.guild) == [cafe.lounge.id]


async def test_to_an_empty_channel_she_returns_with_the_first_person(
    discord: StandIn, cafe: Cafe, tmp_path: Path
) -> None:
    bob = cafe.guild.add_member("bob")
    await settle(tmp_path, cafe.guild, voice_channel=cafe.lounge.id, text_channel=cafe.chat.id)
    await cafe.alice.leave()
    async with luna(discord, environment(tmp_path)) as bot:
        await bot.wait_for_log("is ready")
        await asyncio.sleep(NOTHING_HAPPENS)
        assert joins(discord, cafe.guild) == []
        await bob.join(cafe.lounge)
        await discord.bot_in(cafe.lounge)
        await bot.stop()
    assert (await stored(tmp_path, cafe.guild)).text_channel == cafe.chat.id


async def test_she_returns_to_a_server_that_was_down(
    discord: StandIn, cafe: Cafe, tmp_path: Path
) -> None:
    await settle(tmp_path, cafe.guild, voice_channel=cafe.lounge.id)
    cafe.guild.down = True
    open_cafe(discord, "Bar")
    async with luna(discord, environment(tmp_path)) as bot:
        await bot.wait_for_log("is ready")
        assert joins(discord, cafe.guild) == []
        discord.restore(cafe.guild)
        await discord.bot_in(cafe.lounge)


async def test_where_auto_leave_is_off_she_returns_at_once(
    discord: StandIn, cafe: Cafe, tmp_path: Path
) -> None:
    await settle(tmp_path, cafe.guild, voice_channel=cafe.lounge.id, auto_leave=False)
    await cafe.alice.leave()
    async with luna(discord, environment(tmp_path)):
        await discord.bot_in(cafe.lounge)


async def test_what_is_gone_meanwhile_is_forgotten_and_what_is_forbidden_is_told(
    discord: StandIn, cafe: Cafe, tmp_path: Path
) -> None:
    bar = open_cafe(discord, "Bar")
    await bar.alice.join(bar.lounge)
    bar.lounge.deny(bar.guild.everyone, "connect")
    await settle(tmp_path, bar.guild, voice_channel=bar.lounge.id)
    await settle(tmp_path, cafe.guild, voice_channel=cafe.lounge.id)
    cafe.guild.remove_channel(cafe.lounge)
    async with luna(discord, environment(tmp_path)) as bot:
        await bot.wait_for_log("cannot come by myself: missing in Lounge: connect")
        await bot.stop()
    assert (await stored(tmp_path, cafe.guild)).voice_channel is None
    assert (await stored(tmp_path, bar.guild)).voice_channel == bar.lounge.id
    assert joins(discord, cafe.guild) == joins(discord, bar.guild) == []
    assert "Traceback" not in bot.log


@pytest.mark.parametrize("how", ["called", "returning"])
async def test_she_ends_at_once_while_discord_keeps_her_waiting(
    discord: StandIn, cafe: Cafe, tmp_path: Path, how: str
) -> None:
    if how == "returning":
        await settle(tmp_path, cafe.guild, voice_channel=cafe.lounge.id)
    discord.delays.voice_server_update = None
    async with luna(discord, environment(tmp_path)) as bot:
        if how == "called":
            await cafe.alice.command("join")
        await discord.wait_for(lambda: joins(discord, cafe.guild), "she does not come")
        assert await bot.stop() < 4
        assert bot.returncode == 0
        assert discord.voice_channel_of_bot(cafe.guild) is None
        for trouble in ("Traceback", "never retrieved", "was destroyed", "Unclosed"):
            assert trouble not in bot.log


async def test_many_servers_are_entered_a_few_at_a_time(
    discord: StandIn, cafe: Cafe, tmp_path: Path
) -> None:
    cafes = [cafe, *(open_cafe(discord, f"Cafe {number}") for number in range(2, 13))]
    for one in cafes:
        await one.alice.join(one.lounge)
        await settle(tmp_path, one.guild, voice_channel=one.lounge.id)
    discord.delays.voice_server_update = 1.0
    async with luna(discord, environment(tmp_path)):
        for one in cafes:
            await discord.bot_in(one.lounge, timeout=30)
    began = sorted(moves(discord, one.guild)[0][0] for one in cafes)
    assert all(later - one > 0.9 for one, later in zip(began, began[4:], strict=False))
    assert began[-1] - began[0] < 6, "twelve in three rounds of a second"


async def test_a_gateway_that_begins_anew_finds_her_once(
    discord: StandIn, cafe: Cafe, tmp_path: Path, open_jtalk: OpenJTalkModel
) -> None:
    async with luna(discord, environment(tmp_path)) as bot:
        said = await cafe.say(LONG)
        await cafe.ear.speech(since=said.sent_at, timeout=10)
        await discord.gateway_reconnect()
        await discord.wait_for(lambda: discord.gateway.resumed == 1, "not resumed")
        await cafe.quiet()
        assert similarity(cafe.ear.pcm(since=said.sent_at), spoken(open_jtalk, LONG)) > 0.6
        assert len(moves(discord, cafe.guild)) == 1, "she never left"
        await discord.invalidate_session(resumable=False)
        await discord.bot_out(cafe.guild)
        await discord.bot_in(cafe.lounge, timeout=20)
        await asyncio.sleep(12)  # for as long as what is left of the old connection could end it
        assert discord.voice_channel_of_bot(cafe.guild) is cafe.lounge
        assert len(joins(discord, cafe.guild)) == 2
        heard = await cafe.hears("ただいま。")
        assert similarity(heard, spoken(open_jtalk, "ただいま。")) > 0.6
        assert "Traceback" not in bot.log
