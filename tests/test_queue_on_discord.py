"""Holding on, floods and failures of the unmodified bot.py, as listeners hear them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest

from cafe import LONG, Cafe, Sound, luna, open_cafe, spoken
from discord_standin import StandIn, largest_gap, lost, similarity
from luna_tts.open_jtalk import OpenJTalkModel
from voice_scene import ask

pytestmark = pytest.mark.realtime

ALIKE = 0.6
SECOND = 48_000


@pytest.fixture
async def cafe() -> AsyncIterator[Cafe]:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        await cafe.alice.join(cafe.lounge)
        async with luna(discord, {"LUNA_MEMBER_QUEUE_LIMIT": "2"}) as bot:
            yield cafe
            assert "Traceback" not in bot.log
        assert cafe.ear.faults == []


async def test_pause_holds_on_at_once_and_resume_loses_nothing(
    cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    said = await cafe.say(LONG)
    await cafe.ear.speech(since=said.sent_at, timeout=10)
    await asyncio.sleep(1.5)
    pause = await cafe.alice.command("pause")
    assert "/resume" in (await pause.reply()).content
    assert await cafe.quiet() - pause.sent_at < 0.2
    assert "⏸️" in await ask(cafe.alice, "status")
    resume = await cafe.alice.command("resume")
    after = await cafe.heard(resume.sent_at)
    before = cafe.ear.pcm(since=said.sent_at, until=pause.sent_at + 0.5)
    reference = spoken(open_jtalk, LONG)
    heard = np.concatenate([without_silence(before), without_silence(after)])
    assert lost(heard, reference) < 0.06
    assert largest_gap(heard, reference) < 0.06
    refused = await cafe.alice.command("resume")
    assert "一時停止していません" in (await refused.reply()).content


async def test_what_is_said_in_a_pause_waits_and_stop_ends_it(
    cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    await cafe.hears("はい。")
    await (await cafe.alice.command("pause")).reply()
    said = await cafe.say("一つ目です。")
    assert (await said.reply()).content.startswith("⏸️")
    await cafe.say("二つ目の話です。")
    assert "スキップ" in await ask(cafe.alice, "skip")
    await asyncio.sleep(0.5)
    resume = await cafe.alice.command("resume")
    heard = await cafe.heard(resume.sent_at)
    assert similarity(heard, spoken(open_jtalk, "二つ目の話です。")) > ALIKE
    await (await cafe.alice.command("pause")).reply()
    await cafe.say("三つ目です。")
    assert "1 件" in await ask(cafe.alice, "stop")
    assert len(await cafe.hears("はい。")), "the pause is over"


async def test_a_flood_is_cut_and_the_number_of_what_was_left_out_is_said(
    cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    await (await cafe.alice.command("join")).reply()
    began = time.monotonic()
    await cafe.alice.send(cafe.chat, "これから話します。")
    for number in range(1, 6):
        await cafe.alice.send(cafe.chat, f"連投の{number}番です。")
    heard = await cafe.heard(began)
    for text in ("これから話します。", "連投の5番です。", "3件省略しました"):
        assert similarity(heard, spoken(open_jtalk, text)) > ALIKE, text
    end = heard[-2 * SECOND :]
    assert similarity(end, spoken(open_jtalk, "3件省略しました")) > ALIKE, "at the very end"
    assert "省略した文章: 3 件" in await ask(cafe.alice, "status")


async def test_more_says_than_a_member_may_have_waiting_are_refused(cafe: Cafe) -> None:
    for text in (LONG, "二つ目です。", "三つ目です。"):
        assert (await (await cafe.say(text)).reply()).content.startswith("🔊")
    assert "2 件" in (await (await cafe.say("四つ目です。")).reply()).content


def without_silence(heard: Sound) -> Sound:
    """Up to the last frame that is not silence itself."""
    frames = np.flatnonzero(heard)
    return heard[frames[0] : frames[-1] + 1]
