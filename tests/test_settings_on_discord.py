"""/settings of the unmodified bot.py: its panels and forms, and what is heard afterwards."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from cafe import Cafe, length, luna, open_cafe, spoken
from cogs._spoken import spoken as phrase
from discord_standin import Human, Interaction, Message, Role, StandIn, Upload, similarity
from luna_tts import SynthesisOptions
from luna_tts.open_jtalk import OpenJTalkModel
from panels import (
    AGAIN,
    DEFAULTS,
    LOCALES,
    REFUSED,
    answer,
    ask,
    form,
    menus,
    setup_of,
    take_setup,
    transcript,
)

sys.path.insert(0, str(Path(__file__).parent / "luna_tts"))
from tiny_voice import tiny_voice, wide_bert

NUMBERS = {"en-US": "Speed, pitch, volume…", "ja": "速さ・高さ・音量…", "ko": "빠르기, 높이, 음량…"}
FORGET = {"en-US": "Forget my choices", "ja": "自分の設定を消す", "ko": "내 설정 지우기"}
MAX = {
    "en-US": "Characters read, 10 to 5000",
    "ja": "読み上げる文字数（10〜5000）",
    "ko": "읽는 글자 수 (10~5000)",
}
EDIT = {
    "en-US": "Who edits the dictionary",
    "ja": "辞書を編集できる人",
    "ko": "사전을 고칠 수 있는 사람",
}
LANGUAGE = {"en-US": "Language", "ja": "言語", "ko": "언어"}
ONE_VOICE = {"luna_setup": 1, "settings": {"distinct_voices": False}}
"""A set-up in which everybody sounds alike at first."""
LONG_NAME = "x" * 120
"""Of a voice; longer than what Discord takes as a line of a menu."""
ALIKE = 0.6


@dataclass(eq=False)
class Scene:
    cafe: Cafe
    bar: Cafe
    """Another server of the same bot."""
    admins: dict[str, Human]
    owner_of_bar: Human
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def admin(self) -> Human:
        return self.admins["ja"]

    def newcomer(self, locale: str = "ja") -> Human:
        """Somebody who has chosen nothing yet."""
        return self.cafe.guild.add_member(f"member {next(self._numbers)}", locale=locale)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    models = tmp_path_factory.mktemp("models")
    for name in ("小春", LONG_NAME):
        tiny_voice(models / name)
    bert = wide_bert(tmp_path_factory.mktemp("bert"))
    env = {"LUNA_MODELS": str(models), "LUNA_BERT_JA": str(bert), "LUNA_VOICES": "open-jtalk"}
    async with StandIn() as discord:
        cafe, bar = open_cafe(discord), open_cafe(discord, "Bar")
        admins = {
            locale: cafe.guild.add_member(
                f"a-{locale}", locale=locale, permissions=["manage_guild"]
            )
            for locale in LOCALES
        }
        owner = bar.guild.add_member("owner", locale="ja", permissions=["manage_guild"])
        async with luna(discord, env) as bot:
            yield Scene(cafe, bar, admins, owner)
            assert "Traceback" not in bot.log, bot.log_tail


@pytest_asyncio.fixture(loop_scope="module")
async def scene(whole_scene: Scene) -> AsyncIterator[Scene]:
    """The servers are as they were when the bot came."""
    for admin in (whole_scene.admin, whole_scene.owner_of_bar):
        await take_setup(admin, {"luna_setup": 1})
    yield whole_scene


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def panel(person: Human, which: str) -> Message:
    return await answer(await person.command(f"settings {which}"))


async def changed(interaction: Interaction, message: Message) -> str:
    """What stands in the panel after it was used."""
    assert await interaction.reply(30) is message
    return message.content


async def fill(person: Human, message: Message, button: str, /, **fields: str) -> Interaction:
    opened = await person.press(message, button)
    await opened.modal()
    return await person.submit(opened, **fields)


@pytest.mark.parametrize("locale", LOCALES)
async def test_everything_that_is_shown(scene: Scene, locale: str) -> None:
    """pytest -s prints it."""
    person, admin = scene.newcomer(locale), scene.admins[locale]
    message = await panel(person, "me")
    transcript(locale, "/settings me", message)
    opened = await person.press(message, NUMBERS[locale])
    transcript(locale, "/settings me: numbers", await opened.modal())
    faulty = await answer(await person.submit(opened, speed="fast"))
    transcript(locale, "/settings me: no number", faulty)
    faulty = await answer(await fill(person, faulty, AGAIN[locale], speed="9"))
    transcript(locale, "/settings me: out of range", faulty)
    again = await person.press(faulty, AGAIN[locale])
    transcript(locale, "/settings me: again", await again.modal())
    await changed(await person.submit(again, speed="1.25"), faulty)
    transcript(locale, "/settings me: done", faulty)
    transcript(locale, "/settings server: refused", await panel(person, "server"))
    message = await panel(admin, "server")
    transcript(locale, "/settings server", message)
    opened = await admin.press(message, MAX[locale])
    transcript(locale, "/settings server: length", await opened.modal())
    faulty = await answer(await admin.submit(opened, max="9"))
    transcript(locale, "/settings server: out of range", faulty)
    await changed(await admin.press(message, EDIT[locale]), message)
    await changed(await admin.select(message, "한국어", menu=LANGUAGE[locale]), message)
    transcript(locale, "/settings server: changed", message)
    transcript(locale, "/settings export", await panel(admin, "export"))
    for what, content in (("taken", {"luna_setup": 1}), ("faulty", {"settings": {}})):
        file = Upload("luna-setup.json", json.dumps(content).encode())
        told = await answer(await admin.command("settings import", file=file))
        transcript(locale, f"/settings import: {what}", told)


async def test_ones_own_voice_is_chosen_tuned_and_forgotten(scene: Scene) -> None:
    person = scene.newcomer()
    message = await panel(person, "me")
    at_first = message.content
    assert at_first.startswith("open-jtalk — ")
    assert menus(message)["声"][0] == "★open-jtalk"
    assert sorted(menus(message)["声"][1:]) == [LONG_NAME[:100], "小春"]
    told = await changed(await person.select(message, "小春", menu="声"), message)
    assert told.startswith("小春 — 話者 alice、スタイル Neutral × 1、")
    assert (menus(message)["声"][0], menus(message)["スタイル"]) == (
        "★小春",
        ["★Neutral", "Happy"],
    )
    told = await changed(await person.select(message, "Happy", menu="スタイル"), message)
    assert "スタイル Happy × 1、" in told
    given = {"speed": "2", "pitch": "0,9", "volume": "０．５", "style_weight": "3"}
    told = await changed(await fill(person, message, NUMBERS["ja"], **given), message)
    assert "スタイル Happy × 3、速さ 2、高さ 0.9、抑揚 1、音量 0.5" in told
    assert await ask(person, "voice show") == told
    assert (await panel(person, "me")).content == told
    assert await changed(await person.press(message, FORGET["ja"]), message) == at_first
    assert await ask(person, "voice show") == at_first
    assert await ask(scene.newcomer(), "voice show") == at_first, "it was nobody else's"
    await changed(await person.select(message, LONG_NAME[:100], menu="声"), message)
    assert message.content.startswith(LONG_NAME)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"speed": "2.1"}, "speed は 0.5 から 2.0 の間で指定してください（今は 2.1）。"),
        ({"pitch": "0"}, "pitch は 0.5 から 2.0 の間で"),
        ({"volume": "-1"}, "volume は 0.0 から 2.0 の間で"),
        (
            {"intonation": "flat"},
            "intonation は 0.0 から 2.0 の間で指定してください（今は flat）。",
        ),
        ({"style_weight": "inf"}, "style_weight は 0.0 から 20.0 の間で"),
        ({"volume": "1e-400", "speed": " "}, "speed は 0.5 から 2.0 の間で"),
    ],
)
async def test_a_number_that_is_none_loses_nothing(
    scene: Scene, given: dict[str, str], told: str
) -> None:
    person = scene.newcomer()
    message = await panel(person, "me")
    before = message.content
    filled = {"speed": "1.5", "pitch": "1.1", **given}
    refused = await answer(await fill(person, message, NUMBERS["ja"], **filled))
    assert told in refused.content
    assert await ask(person, "voice show") == before
    again = await person.press(refused, AGAIN["ja"])
    kept = list(form(await again.modal()).values())
    assert kept[:2] == [filled["speed"].strip(), filled["pitch"]]
    assert set(text.strip() for text in given.values()) <= set(kept)


async def test_what_is_left_alone_in_the_form_stays_as_it_is(scene: Scene) -> None:
    person = scene.newcomer()
    await ask(person, "voice set", speed=1.2345678, volume=0.00012345)
    message = await panel(person, "me")
    opened = await person.press(message, NUMBERS["ja"])
    shown = list(form(await opened.modal()).values())
    assert shown == ["1.23", "1", "1", "0.000123", "1"]
    told = await changed(await person.submit(opened, pitch="1.1"), message)
    assert "速さ 1.23、高さ 1.1、抑揚 1、音量 0.000123" in told
    server = await panel(scene.admin, "server")
    await changed(await scene.admin.select(server, "小春", menu="声"), server)
    assert (await ask(person, "voice show")).startswith("小春"), "still the server's voice"


@pytest.mark.realtime
async def test_a_number_is_heard(scene: Scene, open_jtalk: OpenJTalkModel) -> None:
    cafe, text = scene.cafe, "こんにちは。今日はいい天気ですね。"
    await take_setup(scene.admin, ONE_VOICE)
    await cafe.alice.join(cafe.lounge)
    message = await panel(cafe.alice, "me")
    await changed(await fill(cafe.alice, message, NUMBERS["ja"], speed="2"), message)
    heard = await cafe.hears(text)
    options = SynthesisOptions(length_scale=0.5)
    fast = np.concatenate([chunk.samples for chunk in open_jtalk.stream(text, options)])
    assert length(fast) < 0.7 * length(spoken(open_jtalk, text))
    assert length(heard) == pytest.approx(length(fast), abs=0.3)
    assert similarity(heard, fast) > ALIKE
    await changed(await cafe.alice.press(message, FORGET["ja"]), message)


async def test_the_servers_panel(scene: Scene) -> None:
    admin = scene.admin
    message = await panel(admin, "server")
    assert message.content.splitlines() == [
        "声: open-jtalk",
        "言語: 日本語",
        "読み上げる文字数: 500",
        "サーバーの辞書を編集できる人: 全員",
    ]
    assert menus(message)["言語"] == ["★日本語", "한국어", "English"]
    await changed(await admin.select(message, "小春", menu="声"), message)
    await changed(await admin.select(message, "English", menu="言語"), message)
    await changed(await fill(admin, message, MAX["ja"], max="1200"), message)
    await changed(await admin.press(message, EDIT["ja"]), message)
    assert message.content.splitlines() == [
        "声: 小春",
        "言語: English",
        "読み上げる文字数: 1200",
        "サーバーの辞書を編集できる人: サーバーの管理者",
    ]
    assert menus(message)["言語"] == ["日本語", "한국어", "★English"]
    assert menus(message)["声"][0] == "★小春"
    assert (await setup_of(admin))["settings"] == {
        **DEFAULTS,
        "voice": "小春",
        "language": "en",
        "max_characters": 1200,
        "members_edit_dictionary": False,
    }
    await changed(await admin.press(message, EDIT["ja"]), message)
    assert message.content.endswith("全員")
    assert "言語: 日本語" in (await panel(scene.owner_of_bar, "server")).content
    for wrong in ("9", "5001", "many", "nan"):
        refused = await answer(await fill(admin, message, MAX["ja"], max=wrong))
        assert "max_characters は 10 から 5000 の間で" in refused.content
    assert "読み上げる文字数: 1200" in (await panel(admin, "server")).content
    await (await fill(admin, refused, AGAIN["ja"], max="10")).reply()
    assert "読み上げる文字数: 10" in refused.content


async def test_options_may_be_typed(scene: Scene) -> None:
    told = await ask(
        scene.admin,
        "settings server",
        language="한국어",
        max_characters=10,
        members_edit_dictionary=False,
    )
    assert told.splitlines()[1:] == [
        "言語: 한국어",
        "読み上げる文字数: 10",
        "サーバーの辞書を編集できる人: サーバーの管理者",
    ]
    assert "言語: English" in await ask(scene.admin, "settings server", language="en")
    assert "読み上げる文字数: 10" in await ask(scene.admin, "settings server")
    for wrong in (9, 5001):
        with pytest.raises(AssertionError, match="is not in"):
            await scene.admin.command("settings server", max_characters=wrong)


async def test_only_managers_of_the_server(scene: Scene) -> None:
    person, before = scene.newcomer(), await setup_of(scene.admin)
    file = Upload("a.json", b'{"luna_setup": 1, "settings": {"language": "ko"}}')
    for command, options in (
        ("server", {"language": "ko"}),
        ("server", {}),
        ("export", {}),
        ("import", {"file": file}),
    ):
        assert await ask(person, f"settings {command}", **options) == REFUSED
    assert await setup_of(scene.admin) == before


async def test_a_panel_left_open_does_not_outlive_the_permission(scene: Scene) -> None:
    once = scene.cafe.guild.add_member("once", locale="ja", permissions=["manage_guild"])
    message, before = await panel(once, "server"), await setup_of(scene.admin)
    opened = await once.press(message, MAX["ja"])
    await opened.modal()
    roles: list[Role] = list(once.roles)
    once.roles.clear()
    for used in (
        await once.press(message, EDIT["ja"]),
        await once.select(message, "English", menu="言語"),
        await once.select(message, "小春", menu="声"),
        await once.submit(opened, max="20"),
    ):
        assert (await answer(used)).content == REFUSED
    assert await setup_of(scene.admin) == before
    once.roles.extend(roles)
    assert "言語: English" in await changed(
        await once.select(message, "English", menu="言語"), message
    )


@pytest.mark.realtime
async def test_the_server_hears_its_language_and_its_length(
    scene: Scene, open_jtalk: OpenJTalkModel
) -> None:
    cafe, url = scene.cafe, "https://example.com/"
    await take_setup(scene.admin, ONE_VOICE)
    await cafe.alice.join(cafe.lounge)
    references = {code: spoken(open_jtalk, phrase("url", code)) for code in ("ja", "ko")}
    assert similarity(references["ja"], references["ko"]) < ALIKE
    for code, reference in references.items():
        await ask(scene.admin, "settings server", language=code)
        assert similarity(await cafe.hears(url), reference) > ALIKE
    await ask(scene.admin, "settings server", language="ja", max_characters=10)
    heard = await cafe.hears("あいうえおかきくけこさしすせそたちつてと")
    reference = spoken(open_jtalk, "あいうえおかきくけこ" + phrase("more", "ja"))
    assert similarity(heard, reference) > ALIKE
    assert length(heard) == pytest.approx(length(reference), abs=0.3)
    await cafe.alice.leave()
