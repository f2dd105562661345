"""Who speaks is heard: a voice for each newcomer, names, the same by /say and in chat."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cafe import spoken
from cogs._newcomers import PITCHES
from discord_standin import similarity
from luna_tts import SynthesisOptions
from luna_tts.open_jtalk import OpenJTalkModel
from reading_scene import ALIKE, Bot, open_bot

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(open_jtalk: OpenJTalkModel) -> AsyncIterator[Bot]:
    async with open_bot(open_jtalk) as bot:
        yield bot


async def test_newcomers_are_given_different_voices_and_keep_them(bot: Bot) -> None:
    scene = await bot.called()
    bob, text = scene.cafe.guild.add_member("bob"), "誰が話しているか分かりますか。"
    pitched = [
        spoken(bot.model, text, options=SynthesisOptions(pitch_scale=pitch))
        for pitch in PITCHES[:2]
    ]
    await bob.join(scene.cafe.lounge)
    for _ in range(2):
        for person, own, other in ((scene.alice, *pitched), (bob, *pitched[::-1])):
            heard = await scene.hear(person, text)
            assert similarity(heard, own) > ALIKE > similarity(heard, other)
    heard = await scene.cafe.heard((await bob.command("say", text=text)).sent_at)
    assert similarity(heard, pitched[1]) > ALIKE, "/say sounds like chat"
    await (await bob.command("voice set", pitch=1.0)).reply()
    assert similarity(await scene.hear(bob, text), pitched[0]) > ALIKE, "bob has chosen"
