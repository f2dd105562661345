"""/settings reading of the unmodified bot.py: what is read of a chat, to press and to fill in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from admins import Scene, open_scene
from cogs._reading_panel import SWITCHES, ZONES
from discord_standin import Human, Interaction, Message
from panels import AGAIN, LOCALES, REFUSED, answer, ask, buttons, form, menus

ON = {"en-US": "What is on", "ja": "オンにするもの", "ko": "켤 것"}
ZONE = {"en-US": "Time zone", "ja": "タイムゾーン", "ko": "시간대"}
TEXTS = {
    "en-US": "Prefix, name, time zone…",
    "ja": "除外の記号・名前・タイムゾーン…",
    "ko": "제외 기호, 이름, 시간대…",
}
BACK = {"en-US": "Back", "ja": "戻る", "ko": "돌아가기"}
READING = {"en-US": "Reading…", "ja": "読み上げ方…", "ko": "읽는 방법…"}
FIRST = {
    "en-US": ["✅ Leave when nobody is left", "⬜ Read only who is in the voice channel"],
    "ja": ["✅ 誰もいなくなったら退出する", "⬜ ボイスチャンネルにいる人だけを読む"],
    "ko": ["✅ 아무도 없으면 나가기", "⬜ 음성 채널에 있는 사람만 읽기"],
}
LAST = {
    "en-US": [
        "Not read: messages that begin with ;",
        "Said before a message: as the language has it",
        "Time zone: as the language has it",
    ],
    "ja": [
        "読まないメッセージの始まり: ;",
        "メッセージの前に読むもの: 言語に合わせる",
        "タイムゾーン: 言語に合わせる",
    ],
    "ko": [
        "읽지 않는 메시지의 시작: ;",
        "메시지 앞에 읽는 말: 언어에 맞추기",
        "시간대: 언어에 맞추기",
    ],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_scene() -> AsyncIterator[Scene]:
    async with open_scene() as scene:
        yield scene


@pytest_asyncio.fixture(loop_scope="module")
async def scene(whole_scene: Scene) -> Scene:
    return await whole_scene.afresh()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def panel(person: Human) -> Message:
    return await answer(await person.command("settings reading"))


async def lines(interaction: Interaction, message: Message) -> list[str]:
    """What stands in the panel after it was used."""
    assert await interaction.reply() is message
    return message.content.splitlines()


async def fill(person: Human, message: Message, /, **fields: str) -> Interaction:
    opened = await person.press(message, TEXTS["ja"])
    await opened.modal()
    return await person.submit(opened, **fields)


@pytest.mark.parametrize("locale", LOCALES)
async def test_everything_that_is_shown(scene: Scene, locale: str) -> None:
    admin = scene.admins[locale]
    message = await panel(admin)
    shown = message.content.splitlines()
    assert shown[:2] == FIRST[locale]
    assert shown[-3:] == LAST[locale]
    assert len(shown) == len(SWITCHES) + 3
    assert [line[2:] for line in shown[:-3]] == [
        label.removeprefix("★") for label in menus(message)[ON[locale]]
    ]
    home = LAST[locale][2].partition(": ")[2]
    assert menus(message)[ZONE[locale]] == [f"★{home}", *ZONES]
    assert buttons(message) == [TEXTS[locale], BACK[locale]]
    opened = await admin.press(message, TEXTS[locale])
    assert list(form(await opened.modal()).values()) == ["", "", ""]
    assert "{name}" in str(list(form(await opened.modal())))


async def test_the_switches_are_pressed_together(scene: Scene) -> None:
    message = await panel(scene.admin)
    on = [label.removeprefix("★") for label in menus(message)[ON["ja"]] if "★" in label]
    before = {name: await scene.kept(name) for name in SWITCHES}
    assert len(on) == sum(before.values()) == 5
    bots, leave = "ボットとウェブフックも読む", "誰もいなくなったら退出する"
    chosen = [*(label for label in on if label != leave), bots]
    shown = await lines(await scene.admin.select(message, *chosen, menu=ON["ja"]), message)
    assert f"✅ {bots}" in shown
    assert f"⬜ {leave}" in shown
    after = {name: await scene.kept(name) for name in SWITCHES}
    assert after == {**before, "read_bots": True, "auto_leave": False}
    await lines(await scene.admin.select(message, menu=ON["ja"]), message)
    assert not any([await scene.kept(name) for name in SWITCHES])


async def test_an_old_panel_undoes_nothing_of_what_it_does_not_show(scene: Scene) -> None:
    first, second = await panel(scene.admin), await panel(scene.admins["ko"])
    on = [label.removeprefix("★") for label in menus(first)[ON["ja"]] if "★" in label]
    bots = "봇과 웹후크도 읽기"
    same = [label.removeprefix("★") for label in menus(second)[ON["ko"]] if "★" in label]
    await lines(await scene.admins["ko"].select(second, *same, bots, menu=ON["ko"]), second)
    names = "メッセージの前に名前を読む"
    shown = await lines(await scene.admin.select(first, *on, names, menu=ON["ja"]), first)
    assert f"✅ {names}" in shown
    assert "✅ ボットとウェブフックも読む" in shown


async def test_texts_are_filled_in_and_taken_back(scene: Scene) -> None:
    admin = scene.admin
    message = await panel(admin)
    given = {"skip_prefix": "*!", "name_template": "{name}さん", "time_zone": "Asia/Kathmandu"}
    shown = await lines(await fill(admin, message, **given), message)
    assert shown[-3:] == [
        r"読まないメッセージの始まり: \*!",
        "メッセージの前に読むもの: {name}さん",
        "タイムゾーン: Asia/Kathmandu",
    ]
    assert {name: await scene.kept(name) for name in given} == given
    assert menus(message)[ZONE["ja"]][:2] == ["★Asia/Kathmandu", "言語に合わせる"]
    opened = await admin.press(message, TEXTS["ja"])
    assert list(form(await opened.modal()).values()) == list(given.values())
    nothing = dict.fromkeys(given, "")
    shown = await lines(await admin.submit(opened, **nothing), message)
    assert shown[-3:] == LAST["ja"]
    assert {name: await scene.kept(name) for name in given} == dict.fromkeys(given)


async def test_a_zone_is_chosen_in_the_menu_and_taken_back(scene: Scene) -> None:
    message = await panel(scene.admin)
    chosen = await scene.admin.select(message, "Europe/Berlin", menu=ZONE["ja"])
    assert (await lines(chosen, message))[-1] == "タイムゾーン: Europe/Berlin"
    assert await scene.kept("time_zone") == "Europe/Berlin"
    await lines(await scene.admin.select(message, "言語に合わせる", menu=ZONE["ja"]), message)
    assert await scene.kept("time_zone") is None


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"time_zone": "Mars/Base"}, "Mars/Base というタイムゾーンはありません。"),
        ({"time_zone": "Asia"}, "Asia というタイムゾーンはありません。"),
        ({"time_zone": "../../etc/passwd"}, "というタイムゾーンはありません。"),
        ({"name_template": "さん"}, "{name} を一度だけ入れて"),
        ({"name_template": "{name}{0}"}, "{name} を一度だけ入れて"),
        ({"name_template": "{name}と{name}"}, "{name} を一度だけ入れて"),
    ],
)
async def test_a_faulty_text_is_one_sentence_and_nothing_is_lost(
    scene: Scene, fields: dict[str, str], told: str
) -> None:
    message = await panel(scene.admin)
    refused = await answer(await fill(scene.admin, message, skip_prefix="?", **fields))
    assert told in refused.content
    assert await scene.kept("skip_prefix") is None
    again = await scene.admin.press(refused, AGAIN["ja"])
    assert set(form(await again.modal()).values()) == {"?", "", *fields.values()}


async def test_it_is_a_page_of_the_servers_panel(scene: Scene) -> None:
    for locale, admin in scene.admins.items():
        message = await answer(await admin.command("settings server"))
        server = message.content
        assert (await lines(await admin.press(message, READING[locale]), message))[0] == FIRST[
            locale
        ][0]
        await lines(await admin.press(message, BACK[locale]), message)
        assert message.content == server


async def test_only_managers_also_when_it_was_opened_before(scene: Scene) -> None:
    assert await ask(scene.newcomer(), "settings reading") == REFUSED
    once = scene.cafe.guild.add_member("once", locale="ja", permissions=["manage_guild"])
    message = await panel(once)
    opened = await once.press(message, TEXTS["ja"])
    await opened.modal()
    once.roles.clear()
    for used in (
        await once.select(message, menu=ON["ja"]),
        await once.select(message, "UTC", menu=ZONE["ja"]),
        await once.submit(opened, skip_prefix="?"),
        await once.press(message, BACK["ja"]),
    ):
        assert (await answer(used)).content == REFUSED
    assert await scene.kept("auto_leave") is True
    assert await scene.kept("time_zone") is await scene.kept("skip_prefix") is None
