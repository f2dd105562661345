"""/status /ping /help /credit /doctor of the unmodified bot.py, as members and admins read them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import discord
import pytest
import pytest_asyncio

from cafe import LONG, ROOT, Cafe, luna, open_cafe
from cogs._locale import Phrases
from cogs.status import BUILT_ON
from discord_standin import BotProcess, Human, Interaction, StandIn
from discord_standin.components import walk
from discord_standin.rules import CHAT_INPUT

LOCALES = ("en-US", "ja", "ko")
REFUSALS = {
    "en-US": "You need the permission Manage Server in this server for this; ask an admin.",
    "ja": "このサーバーで サーバー管理 の権限が必要です。サーバーの管理者に頼んでください。",
    "ko": "이 서버에서 서버 관리하기 권한이 필요해요. 서버 관리자에게 부탁해 주세요.",
}


@dataclass(eq=False)
class Scene:
    cafe: Cafe
    bot: BotProcess
    members: dict[str, Human]
    admins: dict[str, Human]
    owner: Human
    """Of the bot; nobody in this server."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    models = tmp_path_factory.mktemp("models")
    (models / "broken").mkdir()
    (models / "broken" / "config.json").write_text("{")
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        guild = cafe.guild
        members = {locale: guild.add_member(f"m-{locale}", locale=locale) for locale in LOCALES}
        admins = {
            locale: guild.add_member(f"a-{locale}", locale=locale, permissions=["manage_guild"])
            for locale in LOCALES
        }
        owner = guild.add_member("owner of the bot", locale="en-US")
        discord.make_owner(owner)
        async with luna(discord, {"LUNA_MODELS": str(models)}) as bot:
            yield Scene(cafe, bot, members, admins, owner)


@pytest_asyncio.fixture(loop_scope="module")
async def scene(whole_scene: Scene) -> AsyncIterator[Scene]:
    """Nobody is in voice, and Luna is silent."""
    yield whole_scene
    cafe = whole_scene.cafe
    for member in (*whole_scene.members.values(), *whole_scene.admins.values(), cafe.alice):
        await member.leave()
    if cafe.discord.voice_channel_of_bot(cafe.guild):
        await (await cafe.alice.command("leave")).reply()
        await cafe.discord.bot_out(cafe.guild)


async def answer(interaction: Interaction) -> str:
    """Every page of an answer that only the caller sees."""
    await interaction.reply(timeout=15)
    assert await interaction.acknowledged() - interaction.sent_at < 1
    seen = 0
    while seen < len(interaction.answers):  # a long answer comes in several messages
        seen = len(interaction.answers)
        await asyncio.sleep(0.1)
    assert all(page.ephemeral for page in interaction.answers)
    return "\n".join(page.content for page in interaction.answers)


async def ask(person: Human, command: str) -> str:
    return await answer(await person.command(command))


def lines(text: str, mark: str) -> list[str]:
    return [line.removeprefix(mark + " ") for line in text.splitlines() if line.startswith(mark)]


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("locale", "nowhere", "unmeasured"),
    [
        ("en-US", "I am in no voice channel here", "Nothing has been spoken"),
        ("ja", "ボイスチャンネルにいません", "まだ何も読み上げていません"),
        ("ko", "음성 채널에 있지 않아요", "아직 아무것도 읽지 않았어요"),
    ],
)
async def test_status_of_a_bot_that_does_nothing(
    scene: Scene, locale: str, nowhere: str, unmeasured: str
) -> None:
    told = await ask(scene.members[locale], "status")
    assert nowhere in told
    assert "open-jtalk" in told
    assert unmeasured in told


async def test_doctor_before_anything_was_spoken_and_without_a_voice_channel(scene: Scene) -> None:
    told = await ask(scene.admins["en-US"], "doctor")
    assert "Neither you nor I are in a voice channel" in told
    assert "Nothing has been spoken since I was started" in told
    assert "Voice connection" not in told


@pytest.mark.realtime
async def test_status_names_this_server_and_counts_the_others(scene: Scene) -> None:
    cafe = scene.cafe
    other = open_cafe(cafe.discord, "Secret Society")
    await cafe.alice.join(cafe.lounge)
    await other.alice.join(other.lounge)
    for each in (cafe, other):
        await each.hears("はい。")
        first = await each.say(LONG)
        await each.ear.speech(since=first.sent_at, timeout=20)
        await (await each.say(LONG)).reply()
    told = await ask(scene.members["en-US"], "status")
    assert f"🔊 Speaking in <#{cafe.lounge.id}>; listeners: 1, texts waiting: 1" in told
    assert "Other servers with me in voice: 1, texts waiting there: 1" in told
    assert str(other.lounge.id) not in told
    assert "Secret" not in told
    for what in ("Wait for one's turn", "First sound", "Synthesis of an utterance"):
        assert re.search(rf"{what}: half within \d+\.\d\d s, 95 % within \d+\.\d\d s", told)
    for locale in ("ja", "ko"):
        assert f"<#{cafe.lounge.id}>" in await ask(scene.members[locale], "status")
    for each in (cafe, other):
        await (await each.alice.command("leave")).reply()
        await each.discord.bot_out(each.guild)
    assert "I am in no voice channel here" in await ask(scene.members["en-US"], "status")


@pytest.mark.parametrize("locale", LOCALES)
async def test_ping(scene: Scene, locale: str) -> None:
    told = await ask(scene.members[locale], "ping")
    assert re.fullmatch(r"🏓 \S+ \d+ ms\D+–\D+\d+ ms", told)


def _can_turn(part: dict[str, Any]) -> bool:
    return part.get("custom_id") == "on" and not part.get("disabled")


async def help_of(person: Human, command: str = "help") -> str:
    """All pages of /help."""
    message = await (await person.command(command)).reply(15)
    pages = [message.content]
    while any(_can_turn(part) for part in walk(message.components)):
        turned = await person.press(message, "on")
        assert await turned.reply() is message
        pages.append(message.content)
    return "\n".join(pages)


@pytest.mark.parametrize(
    ("locale", "intro", "skip", "menus"),
    [
        (
            "en-US",
            "I speak what you type",
            "Silence what is being spoken; the next one follows",
            "Read aloud, Skip reading, Mute reading",
        ),
        (
            "ja",
            "読み上げます",
            "今の読み上げを止めて、次へ進みます",
            "読み上げる, 読み上げをやめる, 読み上げミュート",
        ),
        (
            "ko",
            "읽어 드려요",
            "지금 읽는 글을 멈추고 다음으로 넘어가요",
            "소리 내어 읽기, 읽지 않기, 읽기 끄기/켜기",
        ),
    ],
)
async def test_help_lists_what_the_caller_may_use(
    scene: Scene, locale: str, intro: str, skip: str, menus: str
) -> None:
    registered = scene.cafe.discord.commands.scopes[None]
    ids = {
        command["name"]: command["id"] for command in registered if command["type"] == CHAT_INPUT
    }
    told = await help_of(scene.members[locale])
    assert intro in told.splitlines()[0]
    assert f"</skip:{ids['skip']}> {skip}" in told.splitlines()
    assert set(re.findall(r"</(\w+)[ \w]*:", told)) == {
        command["name"]
        for command in registered
        if command["type"] == CHAT_INPUT and command["default_member_permissions"] is None
    }
    assert told.splitlines()[-1].endswith(menus)
    admin = await help_of(scene.admins[locale])
    assert set(re.findall(r"</(\w+)[ \w]*:(\d+)>", admin)) == set(ids.items())
    assert "settings import" in admin
    assert "settings import" not in told
    assert "model reload" not in admin, "that is for the bot's owner"


async def test_help_asks_for_the_ids_once(scene: Scene) -> None:
    for _ in range(2):
        await ask(scene.members["ja"], "help")
    requests = scene.cafe.discord.requests
    assert sum(r.method == "GET" and r.path.endswith("/commands") for r in requests) == 1


@pytest.mark.parametrize("locale", LOCALES)
async def test_credit_begins_with_the_embedded_voice(scene: Scene, locale: str) -> None:
    told = await ask(scene.members[locale], "credit")
    assert 'HTS Voice "Mei" © 2009-2018 Nagoya Institute of Technology' in told.splitlines()[1]
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for names, licence in BUILT_ON.items():
        assert f"- {names} ({licence})" in told
        assert all(name in notice for name in names.split(", "))


@pytest.mark.parametrize("locale", LOCALES)
async def test_doctor_is_for_admins_whatever_a_server_overrides(scene: Scene, locale: str) -> None:
    discord, guild = scene.cafe.discord, scene.cafe.guild
    with pytest.raises(AssertionError, match="does not see /doctor"):
        await scene.members[locale].command("doctor")
    discord.open_command(guild, "doctor")
    try:
        assert await ask(scene.members[locale], "doctor") == REFUSALS[locale]
        assert "Check-up" in await ask(scene.owner, "doctor"), "the bot's owner may look anywhere"
    finally:
        discord.commands.opened.clear()


@pytest.mark.realtime
@pytest.mark.parametrize(
    ("locale", "found"),
    [
        (
            "en-US",
            (
                "Intents: servers, voice states, message content",
                "View Channel, Connect, Speak, Send Messages",
                "Last utterance: first sound after",
                "Free disk space",
            ),
        ),
        (
            "ja",
            (
                "インテント: サーバー、ボイス状態、メッセージ内容",
                "チャンネルを見る, 接続, 発言, メッセージを送信",
                "前回の読み上げ: 最初の音まで",
                "ディスクの空き",
            ),
        ),
        (
            "ko",
            (
                "인텐트: 서버, 음성 상태, 메시지 내용",
                "채널 보기, 연결, 말하기, 메시지 보내기",
                "지난 읽기: 첫 소리까지",
                "디스크 여유 공간",
            ),
        ),
    ],
)
async def test_doctor_finds_a_healthy_bot(
    scene: Scene, locale: str, found: tuple[str, ...]
) -> None:
    cafe, admin = scene.cafe, scene.admins[locale]
    await cafe.alice.join(cafe.lounge)
    await admin.join(cafe.lounge)
    await cafe.hears("はい。")
    told = await ask(admin, "doctor")
    # On a busy machine Luna is rightly said to be slow.
    healthy = [*lines(told, "✅"), *lines(told, "⚠️")]
    for text in (*found, "davey", "PyNaCl", "libopus", "discord.py", "open-jtalk", "PyTorch"):
        assert any(text in line for line in healthy), text
    assert f"<#{cafe.chat.id}>" in told
    assert f"<#{cafe.lounge.id}>" in told
    assert lines(told, "❌") == []
    unusable = Phrases().text("doctor", "voices_unusable", discord.Locale(locale), count=1)
    assert unusable in lines(told, "⚠️")
    assert "broken" not in told, "names of folders are for the bot's owner"
    assert "config.json" not in told
    assert str(ROOT) not in told


@pytest.mark.parametrize(
    ("locale", "cure"),
    [
        ("en-US", "I lack Speak, Send Messages. Grant them to my role"),
        ("ja", "権限が足りません（発言, メッセージを送信）。チャンネル設定の「権限」で"),
        ("ko", "권한이 부족해요 (말하기, 메시지 보내기). 채널 설정의 권한에서"),
    ],
)
async def test_doctor_names_missing_permissions_and_the_cure(
    scene: Scene, locale: str, cure: str
) -> None:
    guild, admin = scene.cafe.guild, scene.admins[locale]
    quiet = guild.add_voice_channel("Quiet")
    quiet.deny(guild.me, "speak", "send_messages")
    await admin.join(quiet)
    (finding,) = lines(await ask(admin, "doctor"), "❌")
    assert finding.startswith(f"<#{quiet.id}>: ")
    assert cure in finding


async def test_doctor_looks_at_stages_full_channels_and_mutes(scene: Scene) -> None:
    cafe, admin = scene.cafe, scene.admins["en-US"]
    stage = cafe.guild.add_stage_channel("Stage")
    stage.deny(cafe.guild.everyone, "request_to_speak")
    await admin.join(stage)
    (finding,) = lines(await ask(admin, "doctor"), "⚠️")[:1]
    assert finding.startswith(f"<#{stage.id}>: I lack Request to Speak.")
    tiny = cafe.guild.add_voice_channel("Tiny", user_limit=1)
    await admin.join(tiny)
    assert f"<#{tiny.id}> is full (1 members)" in await ask(admin, "doctor")
    await admin.leave()
    await cafe.alice.join(cafe.lounge)
    await (await cafe.alice.command("join")).reply()
    await cafe.discord.bot_in(cafe.lounge)
    await cafe.discord.mute(cafe.guild)
    (muted,) = lines(await ask(admin, "doctor"), "❌")
    assert "take off Server Mute" in muted
    assert f"<#{cafe.lounge.id}>" in await ask(admin, "doctor"), "Luna's channel, for want of one"
    await cafe.discord.mute(cafe.guild, muted=False)


async def test_only_the_owner_sees_which_voice_folder_is_broken_and_why(scene: Scene) -> None:
    scene.cafe.discord.open_command(scene.cafe.guild, "doctor")
    try:
        told = await ask(scene.owner, "doctor")
    finally:
        scene.cafe.discord.commands.opened.clear()
    (broken,) = [line for line in lines(told, "⚠️") if "broken" in line]
    assert broken.startswith("Voice broken cannot be used: 'broken/config.json'")


async def test_a_chat_where_luna_may_not_write_is_found(scene: Scene) -> None:
    cafe = scene.cafe
    cafe.chat.deny(cafe.guild.me, "send_messages")
    told = await ask(scene.admins["en-US"], "doctor")
    cafe.chat.allow(cafe.guild.me, "send_messages")
    assert f"<#{cafe.chat.id}>: I lack Send Messages." in told


async def test_nothing_that_people_wrote_is_logged(scene: Scene) -> None:
    assert "おじいさん" not in scene.bot.log
    assert "Traceback" not in scene.bot.log


async def test_in_a_group_the_check_alone_decides() -> None:
    async with StandIn() as discord:
        cafe = open_cafe(discord, locale="en-US")
        admin = cafe.guild.add_member("admin", permissions=["manage_guild"])
        async with luna(discord, {"LUNA_GROUP": "luna"}):
            registered = discord.commands.scopes[None]
            (luna_id,) = [one["id"] for one in registered if one["type"] == CHAT_INPUT]
            told = await ask(cafe.alice, "luna help")
            assert f"</luna say:{luna_id}> Have a text spoken" in told
            assert "doctor" not in told
            assert "Manage Server" in await ask(cafe.alice, "luna doctor")
            assert "luna doctor" in await help_of(admin, "luna help")
            assert "Check-up" in await ask(admin, "luna doctor")


async def test_without_ids_and_without_an_owner_help_and_doctor_still_answer() -> None:
    async with StandIn() as discord:
        cafe = open_cafe(discord, locale="en-US")
        async with luna(discord):
            discord.answer_next("GET", r"/commands$", 403, {"message": "no", "code": 0})
            assert "`/say` Have a text spoken" in await ask(cafe.alice, "help")
            assert re.search(r"</say:\d+>", await ask(cafe.alice, "help"))
            discord.open_command(cafe.guild, "doctor")
            discord.answer_next("GET", r"/oauth2/applications/@me$", 403, {"message": "no"})
            assert "Manage Server" in await ask(cafe.alice, "doctor")


async def test_without_message_content_doctor_says_the_cure() -> None:
    async with StandIn() as discord:
        discord.granted_intents.discard("message_content")
        cafe = open_cafe(discord, locale="en-US")
        admin = cafe.guild.add_member("admin", permissions=["manage_guild"])
        async with luna(discord):
            told = await ask(admin, "doctor")
            assert "⚠️ The Message Content Intent is off" in told
            assert "Developer Portal > your application > Bot" in told
