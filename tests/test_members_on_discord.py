"""/name, /optout and /optin of the unmodified bot.py: what a member decides about being read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from admins import Scene, open_scene
from cogs._chat_message import LONGEST_NAME
from discord_standin import Human
from panels import answer, ask, buttons, read_wav

LISTEN = {"en-US": "▶ Listen", "ja": "▶ 聞いてみる", "ko": "▶ 들어 보기"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_scene() -> AsyncIterator[Scene]:
    async with open_scene() as scene:
        yield scene


@pytest_asyncio.fixture(loop_scope="module")
async def scene(whole_scene: Scene) -> Scene:
    return await whole_scene.afresh()


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        (
            "en-US",
            [
                "I call you by the name that is shown: {}",
                "I call you {}.",
                "I no longer read your messages in this server.",
                "I read your messages in this server again.",
            ],
        ),
        (
            "ja",
            [
                "お名前は表示のとおりにお呼びします: {}",
                "お名前は「{}」とお呼びします。",
                "このサーバーであなたのメッセージを読み上げないようにしました。",
                "このサーバーであなたのメッセージをまた読み上げます。",
            ],
        ),
        (
            "ko",
            [
                "보이는 이름 그대로 불러요: {}",
                "이름을 '{}'(이)라고 불러요.",
                "이제 이 서버에서 보내시는 메시지를 읽지 않을게요.",
                "이제 이 서버에서 보내시는 메시지를 다시 읽을게요.",
            ],
        ),
    ],
)
async def test_a_name_and_silence_are_chosen_and_taken_back(
    scene: Scene, locale: str, told: list[str]
) -> None:
    person = scene.newcomer(locale)
    shown = told[0].format(person.user.name)
    assert await ask(person, "name show") == shown
    message = await answer(await person.command("name set", reading=" ルナちゃん "))
    assert message.content == told[1].format("ルナちゃん")
    assert buttons(message) == [LISTEN[locale]]
    assert await ask(person, "name show") == told[1].format("ルナちゃん")
    assert await ask(scene.newcomer(locale), "name show") != told[1].format("ルナちゃん")
    assert await ask(person, "name reset") == shown
    assert await ask(person, "name show") == shown
    for _ in range(2):
        assert await ask(person, "optout") == told[2]
    for _ in range(2):
        assert await ask(person, "optin") == told[3]


async def listen(person: Human, scene: Scene, command: str, **options: str) -> float:
    """Seconds of what the button under an answer lets one hear."""
    message = await answer(await person.command(command, **options))
    heard = await answer(await person.press(message, LISTEN["ja"]))
    (attachment,) = heard.attachments
    sound, rate = read_wav(await scene.cafe.discord.download(attachment))
    assert abs(sound).max() > 0.05
    return len(sound) / rate


async def test_a_name_can_be_listened_to(scene: Scene) -> None:
    person = scene.newcomer()
    short = await listen(person, scene, "name set", reading="るな")
    long = await listen(person, scene, "name set", reading="ジュゲムジュゲムゴコウノスリキレ")
    assert short < 0.6 * long
    assert await listen(person, scene, "name show") == pytest.approx(long, abs=0.05)
    assert await listen(person, scene, "name reset") != pytest.approx(long, abs=0.05)


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        ("  ", "読み上げられる文字がありません。言葉を入力してください。"),
        ("\u200b", "読み上げられる文字がありません。言葉を入力してください。"),
        (
            "いちごチョコ",
            "このサーバーでは読まない言葉が入っています。別の言葉にしてください。",
        ),
    ],
)
async def test_what_cannot_be_spoken_is_no_name(scene: Scene, reading: str, told: str) -> None:
    person = scene.newcomer()
    await ask(scene.admin, "ngword add", word="チョコ")
    await ask(person, "name set", reading="るな")
    assert await ask(person, "name set", reading=reading) == told
    assert await ask(person, "name show") == "お名前は「るな」とお呼びします。"


async def test_a_name_is_no_speech(scene: Scene) -> None:
    with pytest.raises(AssertionError, match="length"):
        await scene.newcomer().command("name set", reading="x" * (LONGEST_NAME + 1))
    told = await ask(scene.newcomer(), "name set", reading="*@everyone* {0}")
    assert told == r"お名前は「\*@everyone\* {0}」とお呼びします。"


async def test_privacy_shows_what_is_kept_and_deletes_it(scene: Scene) -> None:
    person = scene.newcomer("en-US")
    nothing = await (await person.command("privacy")).reply()
    assert nothing.content.startswith("🔒 I keep nothing of you in this server.")
    await ask(person, "optout")
    await answer(await person.command("name set", reading="*るな*"))
    opened = await person.command("dict add", whose="mine")
    await opened.modal()
    await answer(await person.submit(opened, surface="碧", reading="あお"))
    shown = await (await person.command("privacy")).reply()
    for line in ("Not to be read: True", r"\*るな\*", "own dictionary, in all servers: 1"):
        assert line in shown.content
    assert shown.ephemeral
    assert buttons(shown) == ["🗑️ Delete"]
    deleted = await person.press(shown, "🗑️ Delete")
    assert "Deleted" in (await deleted.reply()).content
    after = await (await person.command("privacy")).reply()
    assert after.content.startswith("🔒 I keep nothing of you in this server.")
