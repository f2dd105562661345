"""/mute and /ngword of the unmodified bot.py: whom and what Luna does not read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from admins import Scene, open_scene
from panels import REFUSED, ask, take_setup


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
                "I no longer read {}.",
                "Members and roles that I do not read: 1",
                "I read {} again.",
                "I never speak {} now.",
                "Words that I never speak: 1",
                "A message with one of these words is not read at all.",
                "I speak {} again.",
            ],
        ),
        (
            "ja",
            [
                "{} を読み上げないようにしました。",
                "読み上げないメンバーとロール: 1",
                "{} をまた読み上げます。",
                "「{}」を読まないようにしました。",
                "読まない言葉: 1",
                "これらの言葉があるメッセージは読み上げません。",
                "「{}」をまた読みます。",
            ],
        ),
        (
            "ko",
            [
                "이제 {}의 글을 읽지 않아요.",
                "읽지 않는 멤버와 역할: 1",
                "{}의 글을 다시 읽어요.",
                "이제 '{}'을(를) 읽지 않아요.",
                "읽지 않는 말: 1",
                "이 말이 있는 메시지는 읽지 않아요.",
                "'{}'을(를) 다시 읽어요.",
            ],
        ),
    ],
)
async def test_members_and_words_come_and_go(scene: Scene, locale: str, told: list[str]) -> None:
    admin, alice = scene.admins[locale], scene.cafe.alice
    assert await ask(admin, "mute add", who=alice) == told[0].format(f"<@{alice.id}>")
    assert await scene.kept("ignored_members") == [alice.id]
    assert await ask(admin, "mute list") == f"{told[1]}\n@alice"
    assert await ask(admin, "mute remove", who="@alice") == told[2].format("@alice")
    assert await ask(admin, "ngword add", word=" Spoiler_ ") == told[3].format("Spoiler\\_")
    assert await scene.kept("ng_words") == ["Spoiler_"]
    shown = await ask(admin, "ngword list")
    assert shown == f"{told[4]}\n{told[5]}\nSpoiler\\_"
    assert await ask(admin, "ngword remove", word="spoiler＿") == told[6].format("spoiler＿")
    assert await scene.kept("ng_words") == await scene.kept("ignored_members") == []


async def test_a_role_is_muted_and_heard_again(scene: Scene) -> None:
    role = scene.cafe.guild.add_role("Noisy", [])
    assert await ask(scene.admin, "mute add", who=role) == (
        f"<@&{role.id}> を読み上げないようにしました。"
    )
    await ask(scene.admin, "mute add", who=scene.cafe.alice)
    assert await scene.kept("ignored_roles") == [role.id]
    alice = ("@alice", str(scene.cafe.alice.id))
    offered = await scene.offered("mute remove", "who")
    assert offered == [alice, ("@Noisy", str(role.id))]
    assert await scene.offered("mute remove", "who", "ali") == [alice]
    await ask(scene.admin, "mute remove", who=str(role.id))
    assert await scene.kept("ignored_roles") == []
    assert await scene.kept("ignored_members") == [scene.cafe.alice.id]


async def test_who_has_left_and_what_is_gone_is_shown_as_such_and_can_be_removed(
    scene: Scene,
) -> None:
    guild, admin = scene.cafe.guild, scene.admin
    leaver, role = guild.add_member("leaver"), guild.add_role("Short-lived", [])
    for who in (leaver, role, scene.cafe.alice):
        await ask(admin, "mute add", who=who)
    guild.remove_member(leaver)
    guild.remove_role(role)
    left, gone = f"退出済み（{leaver.id}）", f"削除済み（{role.id}）"
    assert (await ask(admin, "mute list")).splitlines()[1:] == [left, "@alice", gone]
    assert (left, str(leaver.id)) in await scene.offered("mute remove", "who")
    for label in (left, gone):
        assert label in await ask(admin, "mute remove", who=label)
    assert await scene.kept("ignored_members") == [scene.cafe.alice.id]
    assert await scene.kept("ignored_roles") == []


async def test_the_same_word_stands_there_once(scene: Scene) -> None:
    for word in ("Ｆｏｏ", "foo", "FOO "):
        await ask(scene.admin, "ngword add", word=word)
    assert await scene.kept("ng_words") == ["Ｆｏｏ"]
    assert await scene.offered("ngword remove", "word", "fo") == [("Ｆｏｏ", "Ｆｏｏ")]


@pytest.mark.parametrize(
    ("command", "options", "told"),
    [
        ("mute remove", {"who": "nobody"}, "nobody はこの一覧にありません。"),
        ("ngword remove", {"word": "ない"}, "ない はこの一覧にありません。"),
        ("ngword add", {"word": "   "}, "1〜255 文字の普通の文字で書いてください。"),
        ("ngword add", {"word": "a\0b"}, "1〜255 文字の普通の文字で書いてください。"),
    ],
)
async def test_bad_input_is_one_sentence_and_changes_nothing(
    scene: Scene, command: str, options: dict[str, Any], told: str
) -> None:
    await ask(scene.admin, "ngword add", word="残る")
    assert (await ask(scene.admin, command, **options)).startswith(told)
    assert await scene.kept("ng_words") == ["残る"]


async def test_the_lists_are_bounded(scene: Scene) -> None:
    words = [f"word{n}" for n in range(100)]
    await take_setup(scene.admin, {"luna_setup": 1, "settings": {"ng_words": words}})
    told = await ask(scene.admin, "ngword add", word="one more")
    assert told == "この一覧に入れられるのは 100 件までです。先にいくつか削除してください。"
    assert await scene.kept("ng_words") == words


async def test_skipped_or_beeped_out(scene: Scene) -> None:
    assert await scene.kept("ng_beep") is False
    told = await ask(scene.admin, "ngword mode", how="beep")
    assert told == "これらの言葉は「ピー」に置き換えます。"
    assert await scene.kept("ng_beep") is True
    assert told in await ask(scene.admin, "ngword list")
    await ask(scene.admin, "ngword mode", how="skip the message")
    assert await scene.kept("ng_beep") is False


async def test_only_managers_of_the_server(scene: Scene) -> None:
    person, discord = scene.newcomer(), scene.cafe.discord
    for group in ("mute", "ngword"):
        with pytest.raises(AssertionError, match="no permission"):
            await person.command(f"{group} list")
        discord.open_command(scene.cafe.guild, group)
    for command, options in (
        ("mute add", {"who": scene.cafe.alice}),
        ("mute remove", {"who": "x"}),
        ("mute list", {}),
        ("ngword add", {"word": "x"}),
        ("ngword remove", {"word": "x"}),
        ("ngword list", {}),
        ("ngword mode", {"how": "beep"}),
    ):
        assert await ask(person, command, **options) == REFUSED
    assert await scene.kept("ignored_members") == await scene.kept("ng_words") == []
