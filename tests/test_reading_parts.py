"""All that hangs on a message is heard, with names for all that it mentions."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from cafe import spoken
from discord_standin import Poll, Upload, similarity
from discord_standin.messages import JOINED
from luna_tts.open_jtalk import OpenJTalkModel
from reading_scene import ALIKE, Bot, Reading, open_bot

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(open_jtalk: OpenJTalkModel) -> AsyncIterator[Bot]:
    async with open_bot(open_jtalk) as bot:
        yield bot


async def hears(scene: Reading, since: float, said: str) -> None:
    heard = await scene.cafe.heard(since)
    assert similarity(heard, spoken(scene.model, said)) > ALIKE, said


async def test_whom_a_message_answers(bot: Bot) -> None:
    scene = await bot.called(distinct_voices=False)
    chat, bob = scene.cafe.chat, scene.cafe.guild.add_member("bob")
    bob.nick = "ボブ"
    first = await bob.send(scene.cafe.guild.add_text_channel("unread"), "どう思いますか。")
    since = time.monotonic()
    await scene.alice.send(chat, "賛成です。", reply_to=first)
    await hears(scene, since, "ボブさんへの返信、賛成です。")
    await bob.delete(first)
    since = time.monotonic()
    await scene.alice.send(chat, "もう消えましたね。", reply_to=first)
    await hears(scene, since, "もう消えましたね。")


async def test_files_stickers_and_voice_messages_by_their_kind(bot: Bot) -> None:
    scene = await bot.called()
    since = time.monotonic()
    names = ("cat.png", "dog.jpg", "song.mp3", "notes.txt", "data.zip")
    await scene.post("見て。", files=[Upload(name, b"0") for name in names])
    said = "見て。画像2枚、音声ファイル1件、テキストファイル1件、ファイル1件"
    await hears(scene, since, said)
    since = time.monotonic()
    await scene.post(stickers=["おやすみ"])
    await hears(scene, since, "スタンプ、おやすみ")
    since = time.monotonic()
    await scene.alice.send_voice_message(scene.cafe.chat)
    await hears(scene, since, "ボイスメッセージ")


async def test_votes_and_how_they_ended(bot: Bot) -> None:
    scene = await bot.called()
    since = time.monotonic()
    message = await scene.post(poll=Poll("お昼は何にしますか", ("そば", "うどん"), votes=(3, 1)))
    await hears(scene, since, "投票、お昼は何にしますか、選択肢は、そば、うどん")
    since = time.monotonic()
    await scene.alice.end_poll(message)
    await hears(scene, since, "投票結果、お昼は何にしますか、1位はそば、3票")


async def test_a_forwarded_message_with_members_whom_no_cache_knows(bot: Bot) -> None:
    scene = await bot.called()
    bob = scene.cafe.guild.add_member("bob")
    bob.nick = "ボブ"
    first = await bob.send(scene.cafe.guild.add_text_channel("unread"), f"{bob.mention}です。")
    asked = len(scene.members_asked)
    for _ in range(2):
        since = time.monotonic()
        await scene.alice.forward(scene.cafe.chat, first)
        await hears(scene, since, "転送されたメッセージ、ボブです。")
    assert len(scene.members_asked) == asked + 1, "Discord is asked once"


async def test_mentions_by_name_and_unknown_ones_by_what_they_are(bot: Bot) -> None:
    scene = await bot.called()
    guild = scene.cafe.guild
    bob, role, secret = (
        guild.add_member("太郎"),
        guild.add_role("係", []),
        guild.add_text_channel("秘密"),
    )
    secret.deny(guild.everyone, "view_channel")
    for content, said in (
        (f"{bob.mention}、<@&{role.id}>は<#{scene.cafe.chat.id}>へ。", "太郎、係はchatへ。"),
        ("<@123456789012345678>と<#123456789012345678>です。", "誰かとチャンネルです。"),
        (f"<#{secret.id}>は見えません。", "チャンネルは見えません。"),
    ):
        since = time.monotonic()
        await scene.post(content)
        await hears(scene, since, said)


async def test_a_silent_discord_costs_a_name_and_neither_order_nor_others(bot: Bot) -> None:
    scene, other = await bot.called(), await bot.called()
    bot.discord.gateway.silent = True
    try:
        since = time.monotonic()
        await scene.post("<@223456789012345678>さん、こんにちは。")
        await scene.post("こちらは二番目です。")
        heard = await other.hear(other.alice, "別の店です。")
        assert similarity(heard, spoken(bot.model, "別の店です。")) > ALIKE
        assert await other.cafe.ear.speech(since) - since < 1.5, "others do not wait"
        await scene.cafe.heard(since)
    finally:
        bot.discord.gateway.silent = False
    await scene.hears("誰かさん、こんにちは。", "こちらは二番目です。")


async def test_times_are_spoken_where_the_guild_is(bot: Bot) -> None:
    now = int(datetime(2026, 1, 1, 4, 30, tzinfo=UTC).timestamp())
    for zone, said in ((None, "午後1時30分に集合。"), ("Europe/Paris", "午前5時30分に集合。")):
        scene = await bot.called(**({"time_zone": zone} if zone else {}))
        since = time.monotonic()
        await scene.post(f"<t:{now}:t>に集合。")
        await hears(scene, since, said)


async def test_what_discord_says_by_itself_and_empty_messages_are_not_read(bot: Bot) -> None:
    scene = await bot.called()
    first = await scene.post("はじめまして。")
    await scene.post(system=JOINED)
    await scene.post()
    await scene.post(reply_to=first)
    await scene.hears("はじめまして。")


async def test_titles_of_linked_pages_where_admins_want_them(bot: Bot) -> None:
    for wanted in (False, True):
        scene = await bot.called(read_embeds=wanted)
        message = await scene.post("これを見て。")
        await scene.cafe.ear.speech(since=scene.began, timeout=10)
        scene.cafe.guild.unfurl(message, "美味しいパンの作り方")
        await scene.cafe.quiet()
        await scene.hears("これを見て。", *(["美味しいパンの作り方"] if wanted else []))
