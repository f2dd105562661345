"""What members hear of the unmodified bot.py: judged by decoded audio on the Discord stand-in."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import numpy as np
import pytest

from cafe import LONG, Cafe, at_any_pace, length, luna, open_cafe, spoken
from discord_standin import (
    Alignment,
    BotProcess,
    StandIn,
    align,
    largest_gap,
    lost,
    similarity,
)
from luna_tts.open_jtalk import OpenJTalkModel

pytestmark = pytest.mark.realtime

ALIKE = 0.6
"""Likeness from which an utterance was heard; another one of the same voice stays under 0.5."""


def best_of(alignments: list[Alignment]) -> Alignment:
    return max(alignments, key=lambda alignment: alignment.likeness)


@pytest.fixture
async def discord() -> AsyncIterator[StandIn]:
    async with StandIn() as discord:
        yield discord


@pytest.fixture
async def cafe(discord: StandIn) -> Cafe:
    cafe = open_cafe(discord)
    await cafe.alice.join(cafe.lounge)
    return cafe


@pytest.fixture
async def bot(discord: StandIn, cafe: Cafe) -> AsyncIterator[BotProcess]:
    async with luna(discord) as bot:
        yield bot


@pytest.mark.usefixtures("bot")
async def test_say_is_heard_whole_and_without_a_gap(cafe: Cafe, open_jtalk: OpenJTalkModel) -> None:
    interaction = await cafe.say(LONG)
    first = await cafe.ear.speech(since=interaction.sent_at, timeout=10)
    reply = await interaction.reply()
    await cafe.quiet()
    heard, reference = cafe.ear.pcm(since=interaction.sent_at), spoken(open_jtalk, LONG)
    assert (reply.content, reply.ephemeral) == (f"🔊 {LONG}", True)
    assert await interaction.acknowledged() - interaction.sent_at < 1
    assert first - interaction.sent_at < 3, "joining included"
    assert similarity(heard, reference) > ALIKE
    assert length(heard) == pytest.approx(length(reference), rel=0.05)
    assert largest_gap(heard, reference) < 0.06
    assert lost(heard, reference) < 0.06
    assert all(packet.e2ee for packet in cafe.ear.packets if packet.audible)
    assert cafe.ear.faults == [], "timestamps, encryption and SPEAKING are as Discord wants them"


@pytest.mark.usefixtures("bot")
async def test_a_warm_luna_begins_to_sound_almost_at_once(cafe: Cafe) -> None:
    await cafe.hears("はい。")
    interaction = await cafe.say("こんにちは。今日はいい天気ですね。")
    first = await cafe.ear.speech(since=interaction.sent_at)
    assert first - interaction.sent_at < 1


@pytest.mark.usefixtures("bot")
async def test_rapid_says_keep_their_order(cafe: Cafe, open_jtalk: OpenJTalkModel) -> None:
    texts = [
        "一番です。",
        "二番、ラッキー。",
        "三番目。",
        "四番。",
        "五番ですよ。",
        "六番、おしまい。",
    ]
    interactions = [await cafe.say(text) for text in texts]
    await cafe.ear.speech(since=interactions[0].sent_at, timeout=10)
    await cafe.quiet()
    heard = cafe.ear.pcm(since=interactions[0].sent_at)
    begins = []
    for text in texts:
        alignment = best_of([align(heard, sound) for sound in at_any_pace(open_jtalk, text)])
        assert alignment.likeness > ALIKE, text
        begins.append(float(np.median(alignment.delays)))
    assert begins == sorted(begins)
    assert [(await i.reply()).content for i in interactions] == [f"🔊 {text}" for text in texts]
    assert cafe.ear.faults == []


@pytest.mark.usefixtures("bot")
async def test_skip_silences_at_once_and_the_next_one_follows(
    cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    first = await cafe.say(LONG)
    await cafe.say("次の話です。")
    began = await cafe.ear.speech(since=first.sent_at, timeout=10)
    await asyncio.sleep(1.5)
    skip = await cafe.alice.command("skip")
    assert (await skip.reply()).content == "スキップしました。"
    await cafe.quiet()
    audible = [p.arrival for p in cafe.ear.packets if p.audible and p.arrival >= began]
    next_begins = next(b for a, b in pairwise(audible) if a > skip.sent_at - 0.1 and b - a > 0.06)
    cut = max(arrival for arrival in audible if arrival < next_begins)
    assert cut - skip.sent_at < 0.2
    heard = cafe.ear.pcm(since=next_begins - 0.01)
    following = [align(heard, sound) for sound in at_any_pace(open_jtalk, "次の話です。")]
    assert best_of(following).likeness > ALIKE, "made while much waited, so at a faster pace"
    assert cafe.ear.faults == []


@pytest.mark.usefixtures("bot")
async def test_stop_silences_and_forgets_but_stays(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    for text in (LONG, "二つ目。", "三つ目。"):
        last = await cafe.say(text)
    await cafe.ear.speech(since=last.sent_at, timeout=10)
    stop = await cafe.alice.command("stop")
    assert "3 件" in (await stop.reply()).content
    assert await cafe.quiet() - stop.sent_at < 0.3
    assert discord.voice_channel_of_bot(cafe.guild) is cafe.lounge
    again = await cafe.hears("まだいます。")
    assert similarity(again, spoken(open_jtalk, "まだいます。")) > ALIKE
    skip = await cafe.alice.command("skip")
    assert (await skip.reply()).content == "今は何も読み上げていません。"


@pytest.mark.usefixtures("bot")
async def test_leave_and_come_back(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    join = await cafe.alice.command("join")
    assert "に参加しました" in (await join.reply()).content
    await discord.bot_in(cafe.lounge)
    await cafe.hears("一度目。")
    leave = await cafe.alice.command("leave")
    assert (await leave.reply()).content == "ボイスチャンネルから退出しました。"
    await discord.bot_out(cafe.guild)
    for name in ("leave", "skip", "stop"):
        refused = await cafe.alice.command(name)
        assert "/join で呼んでください" in (await refused.reply()).content
    heard = await cafe.hears("二度目。")
    assert similarity(heard, spoken(open_jtalk, "二度目。")) > ALIKE
    assert cafe.ear.faults == []


@pytest.mark.usefixtures("bot")
async def test_a_kick_is_accepted_and_the_next_say_comes_back(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    interaction = await cafe.say(LONG)
    forgotten = await cafe.say("これは忘れてよい。")
    await forgotten.reply()  # it waits; asked for after the kick it would bring Luna back
    await cafe.ear.speech(since=interaction.sent_at, timeout=10)
    await discord.kick_from_voice(cafe.guild)
    await cafe.ear.quiet(seconds=2)
    assert discord.voice_channel_of_bot(cafe.guild) is None, "no join-leave loop"
    heard = await cafe.hears("戻りました。")
    assert similarity(heard, spoken(open_jtalk, "戻りました。")) > ALIKE
    assert length(heard) == pytest.approx(length(spoken(open_jtalk, "戻りました。")), rel=0.05)


@pytest.mark.usefixtures("bot")
async def test_say_brings_luna_from_another_channel(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    await cafe.hears("ここです。")
    garden = cafe.guild.add_voice_channel("Garden")
    await cafe.alice.move(garden)
    heard = await cafe.hears("今度はここです。")
    assert discord.voice_channel_of_bot(cafe.guild) is garden
    assert similarity(heard, spoken(open_jtalk, "今度はここです。")) > ALIKE


@pytest.mark.usefixtures("bot")
async def test_a_moderators_drag_is_followed_in_mid_speech(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    garden = cafe.guild.add_voice_channel("Garden")
    interaction = await cafe.say(LONG)
    await cafe.ear.speech(since=interaction.sent_at, timeout=10)
    await discord.drag(cafe.guild, garden)
    await cafe.quiet()
    assert discord.voice_channel_of_bot(cafe.guild) is garden
    heard = cafe.ear.pcm(since=interaction.sent_at)
    assert similarity(heard, spoken(open_jtalk, LONG)) > ALIKE


@pytest.mark.usefixtures("bot")
async def test_a_broken_connection_is_replaced_and_speech_goes_on(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    interaction = await cafe.say(LONG)
    await cafe.ear.speech(since=interaction.sent_at, timeout=10)
    await asyncio.sleep(1)
    broke = time.monotonic()
    await discord.voice_close(cafe.guild, 4006)
    again = await cafe.ear.speech(since=broke + 0.1, timeout=10)
    assert again - broke < 5
    await cafe.quiet()
    assert similarity(cafe.ear.pcm(since=interaction.sent_at), spoken(open_jtalk, LONG)) > ALIKE
    heard = await cafe.hears("まだ聞こえます。")
    assert similarity(heard, spoken(open_jtalk, "まだ聞こえます。")) > ALIKE


async def test_two_guilds_at_once_hear_their_own(
    discord: StandIn, cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    bar = open_cafe(discord, "Bar")
    await bar.alice.join(bar.lounge)
    async with luna(discord):
        texts = {cafe: LONG, bar: "こちらは別の店です。まったく違う話をしています。聞こえますか？"}
        began = time.monotonic()
        for place, text in texts.items():
            await place.say(text)
        for place in texts:
            await place.ear.speech(since=began, timeout=10)
        for place in texts:
            await place.quiet()
        for place, text in texts.items():
            heard, reference = place.ear.pcm(since=began), spoken(open_jtalk, text)
            assert similarity(heard, reference) > ALIKE
            assert length(heard) == pytest.approx(length(reference), rel=0.05)
            assert largest_gap(heard, reference) < 0.06
            assert place.ear.faults == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_in_mid_speech_lets_her_finish_the_sentence(
    discord: StandIn, cafe: Cafe, bot: BotProcess, open_jtalk: OpenJTalkModel, how: signal.Signals
) -> None:
    first, second = "あと少しで終わりますよ。", LONG
    interaction = await cafe.say(first + second)
    await cafe.ear.speech(since=interaction.sent_at, timeout=10)
    assert await bot.stop(how) < 8
    heard = cafe.ear.pcm(since=interaction.sent_at)
    assert length(heard) == pytest.approx(length(spoken(open_jtalk, first)), rel=0.2)
    assert similarity(heard, spoken(open_jtalk, first)) > ALIKE
    assert bot.returncode == 0
    assert discord.voice_channel_of_bot(cafe.guild) is None, "Luna said goodbye to voice"
    for trouble in (
        "Traceback",
        "never retrieved",
        "was destroyed",
        "Unclosed",
        "WARNING",
        "ERROR",
    ):
        assert trouble not in bot.log


async def test_nothing_is_left_behind_by_leaving(
    discord: StandIn, cafe: Cafe, bot: BotProcess
) -> None:
    await cafe.hears("はい。")
    leave = await cafe.alice.command("leave")
    await leave.reply()
    await discord.bot_out(cafe.guild)
    before = bot.threads()
    for _ in range(3):
        await cafe.hears("はい。")
        leave = await cafe.alice.command("leave")
        await leave.reply()
        await cafe.hears("はい。")
        await discord.kick_from_voice(cafe.guild)
        await discord.bot_out(cafe.guild)
    await discord.wait_for(lambda: bot.threads() <= before, "threads are left behind", timeout=5)
