"""What admins and members press and type is heard in what is read, or no longer heard."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cafe import LONG
from luna_tts.open_jtalk import OpenJTalkModel
from panels import answer, ask
from reading_scene import Bot, open_bot, seconds

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(open_jtalk: OpenJTalkModel) -> AsyncIterator[Bot]:
    async with open_bot(open_jtalk) as bot:
        yield bot


async def test_a_word_of_the_servers_silences_its_message_or_is_beeped_out(bot: Bot) -> None:
    scene = await bot.called()
    await ask(scene.admin, "ngword add", word="チョコ")
    await scene.post("チョコが食べたいです。")
    await scene.post("お茶が飲みたいです。")
    await ask(scene.admin, "ngword mode", how="beep")
    await scene.hear(scene.alice, "ちょこが大好きです。")
    await ask(scene.admin, "ngword remove", word="チョコ")
    await scene.hear(scene.alice, "チョコの話です。")
    await scene.hears("お茶が飲みたいです。", "ピー が大好きです。", "チョコの話です。")


async def test_who_is_muted_by_the_menu_is_not_read_until_it_is_used_again(bot: Bot) -> None:
    scene = await bot.called(distinct_voices=False)
    bob = scene.cafe.guild.add_member("bob", locale="ja")
    by_admin, by_bob = (scene.admin, bob), (bob, bob)
    for who, target in (by_admin, by_bob):
        await answer(await who.context_menu("Mute reading", target))
        await bob.send(scene.cafe.chat, "聞こえますか。")
        await scene.hear(scene.alice, "誰もいませんね。")
        await answer(await who.context_menu("Mute reading", target))
    await scene.hear(bob, "ただいま戻りました。")
    await scene.hears("誰もいませんね。", "誰もいませんね。", "ただいま戻りました。")


async def test_a_message_that_is_being_read_is_skipped_by_its_author(bot: Bot) -> None:
    scene = await bot.called()
    began = time.monotonic()
    long = await scene.post(LONG)
    await scene.cafe.ear.speech(since=began)
    skipped = await answer(await scene.alice.context_menu("Skip reading", long))
    assert skipped.content == "このメッセージの読み上げをやめました。"
    await scene.cafe.quiet()
    assert seconds(scene.cafe.ear.pcm(since=began)) < 5, "of thirteen seconds"
