"""Voice goes by UDP: what is lost, late or refused on the way, and what a listener hears then."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from cafe import Cafe, length, luna, open_cafe, spoken
from discord_standin import BotProcess, StandIn, similarity
from luna_tts.open_jtalk import OpenJTalkModel

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="module")]

FRAME_SECONDS = 0.02
STORY = "昔々あるところにおじいさんとおばあさんが住んでいました。"
"""Five seconds of speech."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[tuple[Cafe, BotProcess]]:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        await cafe.alice.join(cafe.lounge)
        async with luna(discord) as bot:
            await cafe.hears("はい。")
            yield cafe, bot


class Road:
    """From the voice server to the listener: some packets are lost, all are late, some overtake."""

    def __init__(self, lost: float, latest: float) -> None:
        self.came: list[tuple[int, int, float]] = []
        """Sequence, time stamp and arrival of every packet at the server."""
        self.lost = 0
        self._share, self._latest = lost, latest
        self._dice = random.Random(1)

    def __call__(self, sequence: int, timestamp: int, arrival: float) -> float | None:
        self.came.append((sequence, timestamp, arrival))
        if self._dice.random() < self._share:
            self.lost += 1
            return None
        return self._dice.uniform(0.001, self._latest)


@pytest.mark.parametrize(("lost", "latest"), [(0.05, 0.002), (0.1, 0.2)])
async def test_she_keeps_her_rhythm_whatever_becomes_of_her_packets(
    scene: tuple[Cafe, BotProcess], open_jtalk: OpenJTalkModel, lost: float, latest: float
) -> None:
    cafe, _ = scene
    road = cafe.discord.delays.rtp = Road(lost, latest)
    heard = await cafe.hears(STORY)
    cafe.discord.delays.rtp = lambda *_: 0.0
    sequences, timestamps, arrivals = map(np.array, zip(*road.came, strict=True))
    assert set(np.diff(sequences) % 2**16) == {1}
    assert set(np.diff(timestamps) % 2**32) == {960}
    drift = arrivals - arrivals[0] - FRAME_SECONDS * np.arange(len(arrivals))
    assert np.median(np.abs(np.diff(arrivals) - FRAME_SECONDS)) < 0.005
    assert drift[-1] < 0.3, "nothing was waited for"
    assert road.lost > 5
    whole = spoken(open_jtalk, STORY)
    assert length(heard) == pytest.approx(length(whole), rel=0.15)
    if latest < FRAME_SECONDS:  # those that overtake others garble what a plain decoder makes
        assert similarity(heard, whole) > 0.55


async def test_what_her_kernel_refuses_is_said_again(
    scene: tuple[Cafe, BotProcess], open_jtalk: OpenJTalkModel
) -> None:
    cafe, bot = scene
    said = await cafe.say(STORY)
    await cafe.ear.speech(since=said.sent_at)
    await asyncio.sleep(1.5)
    bot.switch_udp()
    await cafe.quiet()
    await asyncio.sleep(1.5)
    bot.switch_udp()
    again = await cafe.heard(time.monotonic())
    assert similarity(again, spoken(open_jtalk, STORY)) > 0.6, "from the beginning of the sentence"
    assert "could be sent" in bot.log
    assert (await cafe.hears("はい。")).any()
