"""What is under "Apps" of messages and members of the unmodified bot.py, and what is then heard."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from admins import Scene, open_scene
from cafe import LONG, spoken
from cogs._spoken import spoken as phrase
from discord_standin import similarity
from luna_tts.open_jtalk import OpenJTalkModel
from panels import REFUSED, answer, ask, form, take_setup

ALIKE = 0.6
NAMES = {
    "Skip reading": {
        "en-US": "This message is neither being read nor waiting for its turn.",
        "ja": "このメッセージは読み上げ中でも順番待ちでもありません。",
        "ko": "이 메시지는 읽는 중도, 차례를 기다리는 중도 아니에요.",
    },
    "Mute reading": {
        "en-US": "I no longer read your messages in this server.",
        "ja": "このサーバーであなたのメッセージを読み上げないようにしました。",
        "ko": "이제 이 서버에서 보내시는 메시지를 읽지 않을게요.",
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_scene() -> AsyncIterator[Scene]:
    async with open_scene() as scene:
        yield scene


@pytest_asyncio.fixture(loop_scope="module")
async def scene(whole_scene: Scene) -> AsyncIterator[Scene]:
    """Alice is in the lounge; afterwards Luna is out again."""
    cafe = (await whole_scene.afresh()).cafe
    await cafe.alice.join(cafe.lounge)
    yield whole_scene
    if cafe.discord.voice_channel_of_bot(cafe.guild):
        await ask(cafe.alice, "leave")
        await cafe.discord.bot_out(cafe.guild)
    await cafe.alice.leave()


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("locale", ["en-US", "ja", "ko"])
async def test_each_menu_answers_in_the_language_of_who_uses_it(scene: Scene, locale: str) -> None:
    person = scene.newcomer(locale)
    await person.join(scene.cafe.lounge)
    message = await person.send(scene.cafe.chat, "はい。")
    for name, told in NAMES.items():
        target = person if name == "Mute reading" else message
        reply = await answer(await person.context_menu(name, target))
        assert reply.content == told[locale]
    reply = await answer(await person.context_menu("Read aloud", message))
    assert reply.content.startswith("🔊 https://discord.com/channels/")
    await person.leave()


@pytest.mark.realtime
async def test_a_message_is_read_where_the_caller_is(
    scene: Scene, open_jtalk: OpenJTalkModel
) -> None:
    cafe, author = scene.cafe, scene.newcomer()
    await take_setup(scene.admin, {"luna_setup": 1, "settings": {"distinct_voices": False}})
    far = cafe.guild.add_text_channel("elsewhere")
    message = await author.send(far, "こんにちは。||秘密||")
    used = await cafe.alice.context_menu("Read aloud", message)
    heard = await cafe.heard(used.sent_at)
    expected = spoken(open_jtalk, f"こんにちは。{phrase('spoiler', 'ja')}")
    assert similarity(heard, expected) > ALIKE
    assert str(message.id) in (await answer(used)).content


async def test_what_cannot_be_read_is_one_sentence(scene: Scene) -> None:
    cafe = scene.cafe
    await ask(scene.admin, "ngword add", word="チョコ")
    bad = await cafe.alice.send(cafe.chat, "チョコがすき")
    nothing = await cafe.alice.send(cafe.chat, "\u200b")
    for message, told in (
        (bad, "このサーバーでは読まない言葉が入っています。別の言葉にしてください。"),
        (nothing, "読み上げられる文字がありません。言葉を入力してください。"),
    ):
        used = await cafe.alice.context_menu("Read aloud", message)
        assert (await answer(used)).content == told
    assert await ask(cafe.alice, "say", text="チョコがすき") == (
        "このサーバーでは読まない言葉が入っています。別の言葉にしてください。"
    )
    outsider = scene.newcomer()
    used = await outsider.context_menu("Read aloud", bad)
    assert (await answer(used)).content == (
        "先にボイスチャンネルに参加してから、もう一度呼んでください。"
    )
    assert cafe.discord.voice_channel_of_bot(cafe.guild) is None


@pytest.mark.realtime
async def test_ones_own_message_is_taken_back_while_it_sounds_and_before(scene: Scene) -> None:
    cafe, alice = scene.cafe, scene.cafe.alice
    long, waiting = await alice.send(cafe.chat, LONG), await alice.send(cafe.chat, LONG)
    reading = await alice.context_menu("Read aloud", long)
    await cafe.ear.speech(since=reading.sent_at)
    await answer(await alice.context_menu("Read aloud", waiting))
    for message in (waiting, long):
        skipped = await answer(await alice.context_menu("Skip reading", message))
        assert skipped.content == "このメッセージの読み上げをやめました。"
    ended = await cafe.quiet()
    assert ended - reading.sent_at < 10, "of thirteen seconds, twice"
    again = await answer(await alice.context_menu("Skip reading", long))
    assert again.content == NAMES["Skip reading"]["ja"]


@pytest.mark.realtime
async def test_others_messages_are_taken_back_by_those_who_could_delete_them(scene: Scene) -> None:
    cafe = scene.cafe
    message = await scene.newcomer().send(cafe.chat, LONG)
    reading = await cafe.alice.context_menu("Read aloud", message)
    await cafe.ear.speech(since=reading.sent_at)
    refused = await answer(await cafe.alice.context_menu("Skip reading", message))
    assert refused.content == (
        "このサーバーで メッセージの管理 の権限が必要です。サーバーの管理者に頼んでください。"
    )
    moderator = cafe.guild.add_member("mod", locale="ja", permissions=["manage_messages"])
    skipped = await answer(await moderator.context_menu("Skip reading", message))
    assert skipped.content == "このメッセージの読み上げをやめました。"
    await cafe.quiet()


async def test_a_word_of_a_message_is_taught(scene: Scene) -> None:
    cafe = scene.cafe
    message = await scene.newcomer().send(cafe.chat, "これは神曲だ https://example.com/月")
    opened = await cafe.alice.context_menu("Add to dictionary", message)
    assert list(form(await opened.modal()).values()) == ["神曲", "", "", ""]
    told = await answer(await cafe.alice.submit(opened, reading="かみきょく"))
    assert told.content.startswith("神曲 を「カミキョク」と読みます。")
    assert "神曲" in await ask(cafe.alice, "dict list", whose="server")
    opened = await cafe.alice.context_menu("Add to dictionary", message)
    shown = form(await opened.modal())
    assert next(iter(shown.values())) == "これは", "the other is known now"


async def test_a_word_goes_into_ones_own_dictionary_where_the_servers_is_closed(
    scene: Scene,
) -> None:
    cafe, person = scene.cafe, scene.newcomer()
    await ask(scene.admin, "settings server", members_edit_dictionary=False)
    message = await person.send(cafe.chat, "推し")
    for who, whose in ((person, "mine"), (scene.admin, "server")):
        opened = await who.context_menu("Add to dictionary", message)
        await opened.modal()
        await answer(await who.submit(opened, surface=f"推し{whose}", reading="おし"))
        assert f"推し{whose}" in await ask(who, "dict list", whose=whose)


async def test_admins_mute_others_and_everybody_themselves(scene: Scene) -> None:
    admin, person = scene.admin, scene.newcomer()
    assert (await answer(await person.context_menu("Mute reading", admin))).content == REFUSED
    told = [
        (await answer(await who.context_menu("Mute reading", person))).content
        for who in (admin, admin, person, person)
    ]
    assert told == [
        f"<@{person.id}> を読み上げないようにしました。",
        f"<@{person.id}> をまた読み上げます。",
        NAMES["Mute reading"]["ja"],
        "このサーバーであなたのメッセージをまた読み上げます。",
    ]
    await answer(await admin.context_menu("Mute reading", person))
    assert await scene.kept("ignored_members") == [person.id]
