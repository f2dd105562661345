"""What is written in chat is heard: which messages, and what becomes of edits and deletions."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cafe import LONG, spoken
from discord_standin import similarity
from luna_tts.open_jtalk import OpenJTalkModel
from reading_scene import ALIKE, Bot, open_bot, seconds

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(open_jtalk: OpenJTalkModel) -> AsyncIterator[Bot]:
    async with open_bot(open_jtalk) as bot:
        yield bot


async def test_the_channel_where_luna_was_called_is_read_in_order(bot: Bot) -> None:
    scene = await bot.called()
    texts = [f"{number}番目の発言です。" for number in range(1, 5)]
    for text in texts:
        await scene.post(text)
    await scene.hears(*texts)


async def test_voice_chat_added_channels_and_threads_are_read_and_no_other(bot: Bot) -> None:
    scene = await bot.called()
    guild, alice = scene.cafe.guild, scene.alice
    side, other = guild.add_text_channel("side"), guild.add_text_channel("other")
    await (await scene.admin.command("channel add", channel=side)).reply()
    thread, elsewhere = guild.add_thread(side, "thread"), guild.add_thread(other, "thread")
    await alice.send(scene.cafe.lounge, "ここは通話のチャットです。")
    await alice.send(other, "関係のない部屋です。")
    await alice.send(side, "追加された部屋です。")
    await alice.send(elsewhere, "関係のないスレッドです。")
    await alice.send(thread, "スレッドの中です。")
    await scene.hears("ここは通話のチャットです。", "追加された部屋です。", "スレッドの中です。")


async def test_bots_and_webhooks_are_read_where_admins_want_it(bot: Bot) -> None:
    for read in (False, True):
        scene = await bot.called(read_bots=read, distinct_voices=False)
        robot = scene.cafe.guild.add_member("robot", bot=True)
        hook = scene.cafe.guild.add_webhook("news")
        await robot.send(scene.cafe.chat, "私はロボットです。")
        await hook.send(scene.cafe.chat, "配信が始まりました。")
        await scene.hears(*(["私はロボットです。", "配信が始まりました。"] if read else []))


async def test_who_is_not_in_voice_is_read_unless_admins_want_listeners_only(bot: Bot) -> None:
    for only in (False, True):
        scene = await bot.called(listeners_only=only, distinct_voices=False)
        bob = scene.cafe.guild.add_member("bob")
        await bob.send(scene.cafe.chat, "外から失礼します。")
        await scene.hears(*([] if only else ["外から失礼します。"]))


async def test_the_prefix_keeps_a_message_from_being_read(bot: Bot) -> None:
    scene = await bot.called()
    await scene.post(";これは内緒です。")
    await scene.post("；これも内緒です。")
    await scene.post("これは; 読みます。")
    await scene.hears("これは; 読みます。")
    scene = await bot.called(skip_prefix="読まないで")
    await scene.post("読まないで、これは内緒です。")
    await scene.post(";これは読みます。")
    await scene.hears(";これは読みます。")


async def test_who_opted_out_or_is_ignored_is_not_read(bot: Bot) -> None:
    scene = await bot.called(distinct_voices=False)
    guild, chat = scene.cafe.guild, scene.cafe.chat
    bob, carol, dave = (guild.add_member(name) for name in ("bob", "carol", "dave"))
    role = guild.add_role("noisy", [])
    dave.roles.append(role)
    await (await bob.command("optout")).reply()
    await (await scene.admin.command("mute add", who=carol)).reply()
    await (await scene.admin.command("mute add", who=role)).reply()
    for member in (bob, carol, dave):
        await member.send(chat, "読まれたくない話です。")
    await (await bob.command("optin")).reply()
    await bob.send(chat, "また読んでください。")
    await scene.hears("また読んでください。")


async def test_a_deleted_message_is_taken_back_even_while_it_sounds(bot: Bot) -> None:
    scene = await bot.called()
    first = await scene.post(LONG)
    waiting = await scene.post("これは消します。")
    await scene.cafe.ear.speech(since=scene.began, timeout=10)
    deleted = time.monotonic()
    await scene.alice.delete(waiting)
    await scene.alice.delete(first)
    assert await scene.cafe.quiet() - deleted < 0.5
    heard = await scene.heard()
    assert similarity(heard, spoken(scene.model, "これは消します。")) < ALIKE
    assert seconds(heard) < seconds(spoken(scene.model, LONG)) / 2


async def test_messages_are_taken_back_in_bulk(bot: Bot) -> None:
    scene = await bot.called()
    await scene.post("最初の発言です。")
    gone = [await scene.post(f"{number}番目の宣伝です。") for number in range(1, 4)]
    await scene.admin.purge(scene.cafe.chat, gone)
    await scene.hears("最初の発言です。")


async def test_an_edit_before_its_turn_replaces_what_is_read(bot: Bot) -> None:
    scene = await bot.called()
    first = await scene.post("最初の発言はこれです。")
    second, third = await scene.post("二番目の発言です。"), await scene.post("三番目の発言です。")
    await scene.cafe.ear.speech(since=scene.began, timeout=10)
    await scene.alice.edit(second, "直した発言です。")
    await scene.alice.edit(third, ";やっぱり読まないで。")
    await scene.alice.edit(first, "もう読まれている発言です。")
    await scene.hears("最初の発言はこれです。", "直した発言です。")
