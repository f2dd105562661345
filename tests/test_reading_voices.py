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


async def test_who_speaks_is_said_once_until_somebody_else_speaks(bot: Bot) -> None:
    scene = await bot.called(read_names=True, distinct_voices=False)
    taro, hanako = (scene.cafe.guild.add_member(name) for name in ("太郎", "花子さん"))
    for person, text, said in (
        (taro, "おはよう。", "太郎さん、おはよう。"),
        (taro, "今日は寒いですね。", "今日は寒いですね。"),
        (hanako, "本当に。", "花子さん、本当に。"),
        (taro, "雪かな。", "太郎さん、雪かな。"),
    ):
        assert similarity(await scene.hear(person, text), spoken(bot.model, said)) > ALIKE, said


async def test_a_guild_has_a_template_and_members_a_reading_of_their_name(bot: Bot) -> None:
    scene = await bot.called(
        read_names=True, name_template="{name}の発言", distinct_voices=False, read_bots=True
    )
    bob, hook = scene.cafe.guild.add_member("bob {0}"), scene.cafe.guild.add_webhook("ニュース")
    await (await bob.command("name set", reading="ボブ")).reply()
    for person, said in ((bob, "ボブの発言、おはよう。"), (hook, "ニュースの発言、おはよう。")):
        heard = await scene.hear(person, "おはよう。")
        assert similarity(heard, spoken(bot.model, said)) > ALIKE, said
