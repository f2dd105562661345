"""What is written in chat is heard: the unmodified bot.py on the Discord stand-in."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from cafe import Cafe, luna, open_cafe, spoken
from discord_standin import StandIn, similarity
from luna_tts.open_jtalk import OpenJTalkModel

pytestmark = pytest.mark.realtime

ALIKE = 0.7


@pytest.fixture
async def cafe() -> AsyncIterator[Cafe]:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        await cafe.alice.join(cafe.lounge)
        async with luna(discord):
            await (await cafe.alice.command("join")).reply()
            await discord.bot_in(cafe.lounge)
            yield cafe


async def test_the_channel_where_luna_was_called_is_read(
    cafe: Cafe, open_jtalk: OpenJTalkModel
) -> None:
    text = "こんにちは。今日はいい天気ですね。"
    since = time.monotonic()
    await cafe.alice.send(cafe.chat, text)
    heard = await cafe.heard(since)
    assert similarity(heard, spoken(open_jtalk, text)) > ALIKE
