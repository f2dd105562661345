"""What members read: every failure is one sentence that names the cure, in their language."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cafe import ROOT, Cafe, luna, open_cafe
from discord_standin import BotProcess, Interaction, StandIn


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cafe_and_bot() -> AsyncIterator[tuple[Cafe, BotProcess]]:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        async with luna(discord, {"LUNA_QUEUE_LIMIT": "2"}) as bot:
            yield cafe, bot


@pytest_asyncio.fixture(loop_scope="module")
async def cafe(cafe_and_bot: tuple[Cafe, BotProcess]) -> AsyncIterator[Cafe]:
    cafe, _ = cafe_and_bot
    await cafe.alice.join(cafe.lounge)
    yield cafe
    await cafe.alice.join(cafe.lounge)
    leave = await cafe.alice.command("leave")
    await leave.reply()
    await cafe.discord.bot_out(cafe.guild)


async def answer(interaction: Interaction) -> str:
    reply = await interaction.reply(timeout=15)
    acknowledged = await interaction.acknowledged()
    assert acknowledged - interaction.sent_at < 1
    assert reply.ephemeral
    return reply.content


async def refusal(cafe: Cafe, text: str = "やあ") -> str:
    return await answer(await cafe.say(text))


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("command", ["say", "join"])
async def test_the_caller_is_in_no_voice_channel(cafe: Cafe, command: str) -> None:
    await cafe.alice.leave()
    options = {"text": "やあ"} if command == "say" else {}
    content = await answer(await cafe.alice.command(command, **options))
    assert content == "先にボイスチャンネルに参加してから、もう一度呼んでください。"


async def test_missing_permissions_are_named(cafe: Cafe) -> None:
    secret = cafe.guild.add_voice_channel("Secret")
    secret.deny(cafe.guild.me, "connect", "speak")
    await cafe.alice.join(secret)
    content = await refusal(cafe)
    assert "Secret" in content
    assert content.endswith("次の権限を頼んでください: 接続, 発言")
    quiet = cafe.guild.add_voice_channel("Quiet")
    quiet.deny(cafe.guild.me, "speak")
    await cafe.alice.join(quiet)
    assert (await refusal(cafe)).endswith("次の権限を頼んでください: 発言")


async def test_a_full_channel_and_a_server_where_luna_stays_where_she_is(cafe: Cafe) -> None:
    await cafe.hears("はい。")
    tiny = cafe.guild.add_voice_channel("Tiny", user_limit=1)
    await cafe.alice.join(tiny)
    assert await refusal(cafe) == (
        "Tiny は満員（1 人）で入れません。空きを作るか、人数制限を増やしてください。"
    )
    assert cafe.discord.voice_channel_of_bot(cafe.guild) is cafe.lounge


@pytest.mark.parametrize("text", ["♪♪", "★", "привет", "\u200b\u200b", "  "])
async def test_nothing_pronounceable(cafe: Cafe, text: str) -> None:
    assert await refusal(cafe, text) == "読み上げられる文字がありません。言葉を入力してください。"


async def test_the_queue_is_full(cafe: Cafe) -> None:
    first = await cafe.say("長い文章を何度も読んでもらいます。" * 5)
    await cafe.ear.speech(since=first.sent_at, timeout=20)  # it has its turn and waits no more
    interactions = [await cafe.say(f"{number}番目の文章です。") for number in (2, 3, 4)]
    answers = [await answer(interaction) for interaction in (first, *interactions)]
    assert answers[-1] == "すでに 2 件が待っています。少し待つか、/skip か /stop を使ってください。"
    assert sum(content.startswith("🔊") for content in answers) >= 2


async def test_answers_follow_the_language_of_the_reader(cafe: Cafe) -> None:
    for locale, expected in (
        ("ko", "먼저 음성 채널에 들어간 다음 다시 불러 주세요."),
        ("en-GB", "You are in no voice channel; join one, then call me again."),
        ("de", "You are in no voice channel; join one, then call me again."),
    ):
        guest = cafe.guild.add_member(f"guest-{locale}", locale=locale)
        assert await answer(await guest.command("say", text="x")) == expected


@pytest.mark.parametrize("text", ["あ" * 6000, "{0.__class__} %s 🎉", "@everyone <@1> やあ"])
async def test_hostile_texts_are_answered_like_any_other(cafe: Cafe, text: str) -> None:
    content = await refusal(cafe, text)
    assert content.startswith("🔊 ")
    assert len(content) < 300


async def test_nobody_can_connect_and_is_told_so(cafe: Cafe) -> None:
    cafe.discord.delays.voice_server_update = None
    try:
        content = await refusal(cafe)
    finally:
        cafe.discord.delays.voice_server_update = 0.0
    assert content.startswith("Lounge に接続できませんでした。")
    heard = await cafe.hears("今度は大丈夫。")
    assert len(heard) > 0


async def test_neither_words_nor_token_reach_the_log(
    cafe: Cafe, cafe_and_bot: tuple[Cafe, BotProcess]
) -> None:
    _, bot = cafe_and_bot
    await cafe.hears("ひみつのことば")
    await refusal(cafe, "！ひみつ！" * 1000)
    assert "ひみつ" not in bot.log
    assert cafe.discord.token not in bot.log


async def test_a_wrong_token_is_one_sentence() -> None:
    async with StandIn() as discord:
        env = {"DISCORD_TOKEN": "wrong.token"}
        async with discord.bot_process(ROOT / "bot.py", env=env, cwd=ROOT) as bot:
            assert await bot.wait() == 1
        assert "copy it again from the Developer Portal" in bot.log
        assert "wrong.token" not in bot.log
        assert "Traceback" not in bot.log


async def test_settings_that_cannot_be_opened_are_one_sentence() -> None:
    async with StandIn() as discord:
        for env, sentence in (
            ({"LUNA_DATA": "/dev/null/data"}, "or set LUNA_DATA to another folder"),
            ({"LUNA_DATABASE_URL": "postgresql://a:s3cret@127.0.0.1:1/a"}, "start it, or correct"),
        ):
            async with discord.bot_process(ROOT / "bot.py", env=env, cwd=ROOT) as bot:
                assert await bot.wait() == 1
            assert sentence in bot.log.splitlines()[-1]
            assert "s3cret" not in bot.log
            assert "Traceback" not in bot.log


async def test_without_the_message_content_intent_say_works_and_the_log_says_the_cure() -> None:
    async with StandIn() as discord:
        discord.granted_intents.discard("message_content")
        cafe = open_cafe(discord)
        async with luna(discord) as bot:
            await cafe.alice.join(cafe.lounge)
            assert len(await cafe.hears("聞こえますか。")) > 0
            assert "Message Content Intent is switched off" in bot.log
            assert "Developer Portal > your application > Bot" in bot.log
            assert await bot.stop() < 3


async def test_commands_go_under_one_name_where_the_host_wants_it() -> None:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        async with luna(discord, {"LUNA_GROUP": "luna"}):
            await cafe.alice.join(cafe.lounge)
            said = await cafe.alice.command("luna say", text="やあ")
            assert await answer(said) == "🔊 やあ"
            await cafe.ear.speech(since=said.sent_at)
            assert await answer(await cafe.alice.command("luna stop"))
