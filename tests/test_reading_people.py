"""Who comes, moves and goes in Luna's channel is announced to those who are there."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cafe import spoken
from discord_standin import similarity
from luna_tts import DictionaryWord, UserDictionary
from luna_tts.open_jtalk import OpenJTalkModel
from reading_scene import ALIKE, Bot, open_bot

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(open_jtalk: OpenJTalkModel) -> AsyncIterator[Bot]:
    async with open_bot(open_jtalk) as bot:
        yield bot


async def test_who_comes_moves_and_goes_is_announced(bot: Bot) -> None:
    scene = await bot.called()
    guild, lounge = scene.cafe.guild, scene.cafe.lounge
    garden, bob = guild.add_voice_channel("Garden"), guild.add_member("太郎")
    texts = []
    for channel, text in (
        (lounge, "太郎さんが参加しました"),
        (garden, "太郎さんがほかのチャンネルに移動しました"),
        (lounge, "太郎さんが移動してきました"),
        (None, "太郎さんが退出しました"),
    ):
        await (bob.join(channel) if channel else bob.leave())
        await scene.announced(text)
        texts.append(text)
    await scene.hears(*texts)


async def test_several_at_once_are_announced_in_their_order(bot: Bot) -> None:
    scene = await bot.called()
    names = ("花子", "次郎", "三郎")
    for name in names:
        await scene.cafe.guild.add_member(name).join(scene.cafe.lounge)
    await scene.announced("三郎さんが参加しました")
    await scene.hears(*(f"{name}さんが参加しました" for name in names))


async def test_what_admins_switched_off_bots_and_who_opted_out_are_not_announced(bot: Bot) -> None:
    scene = await bot.called(announce_joins=False)
    guild, lounge = scene.cafe.guild, scene.cafe.lounge
    robot, bob, carol = (
        guild.add_member("robot", bot=True),
        guild.add_member("次郎"),
        guild.add_member("花子"),
    )
    await (await bob.command("optout")).reply()
    for member in (robot, bob, carol):
        await member.join(lounge)
    for member in (robot, bob, carol):
        await member.leave()
    await scene.announced("花子さんが退出しました")
    await scene.hears("花子さんが退出しました")


async def test_nobody_is_announced_who_was_moved_together_with_luna(bot: Bot) -> None:
    for luna_first in (True, False):
        scene = await bot.called()
        garden = scene.cafe.guild.add_voice_channel("Garden")
        if luna_first:
            await bot.discord.drag(scene.cafe.guild, garden)
        await scene.alice.move(garden)
        if not luna_first:
            await bot.discord.drag(scene.cafe.guild, garden)
        await bot.discord.bot_in(garden)
        bob = scene.cafe.guild.add_member("太郎")
        await bob.join(garden)
        await scene.announced("太郎さんが参加しました")
        await scene.hears("太郎さんが参加しました")


async def test_a_name_is_said_as_its_owner_and_the_dictionary_want_it(bot: Bot) -> None:
    scene = await bot.called()
    bob, carol = (scene.cafe.guild.add_member(name) for name in ("bob", "月見"))
    await (await bob.command("name set", reading="ボブ")).reply()
    form = await scene.admin.command("dict add", whose="server")
    await form.modal()
    await (await scene.admin.submit(form, surface="月見", reading="つきみん")).reply()
    words = UserDictionary([DictionaryWord("月見", "つきみん")])
    await bob.join(scene.cafe.lounge)
    await scene.announced("ボブさんが参加しました")
    came = time.monotonic()
    await carol.join(scene.cafe.lounge)
    heard = await scene.cafe.heard(came)
    assert similarity(heard, spoken(bot.model, "月見さんが参加しました", words)) > ALIKE
