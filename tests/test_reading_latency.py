"""How long it takes from a message to its first sound."""

from __future__ import annotations

import time

import numpy as np
import pytest

from luna_tts.open_jtalk import OpenJTalkModel
from reading_scene import open_bot

pytestmark = pytest.mark.realtime

MESSAGES = 20
P95_SECONDS = 1.0
"""A ceiling for a machine that does other things too; `pytest -s` prints what was measured."""


async def test_a_message_is_heard_almost_at_once(open_jtalk: OpenJTalkModel) -> None:
    async with open_bot(open_jtalk) as bot:
        scene = await bot.called()
        ear, delays = scene.cafe.ear, []
        for number in range(MESSAGES):
            posted = time.monotonic()
            await scene.post(f"{number}番目です。")
            delays.append(await ear.speech(since=posted) - posted)
            await ear.quiet(seconds=0.4)
    p50, p95 = np.percentile(delays, (50, 95))
    print(f"message to first sound: p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms")
    assert p95 < P95_SECONDS
