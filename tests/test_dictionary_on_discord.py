"""/dict of the unmodified bot.py: what members see of it, and that they hear it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from cafe import Cafe, length, luna, open_cafe, spoken
from discord_standin import Human, Interaction, Message, StandIn, Upload, similarity
from luna_tts import DictionaryWord, UserDictionary
from luna_tts.nlp.dictionary_files import LONGEST_FILE
from luna_tts.open_jtalk import OpenJTalkModel
from panels import AGAIN, LOCALES, REFUSED, answer, ask, buttons, form, read_wav, transcript

LONG_READING = "とてもとてもながいなまえのきつねさん"
LISTEN = {"en-US": "▶ Listen", "ja": "▶ 聞いてみる", "ko": "▶ 들어 보기"}
OWNER_ONLY = "すべてのサーバーに関わるので、ボットの所有者だけが使えます。"
ALIKE = 0.6


@dataclass(eq=False)
class Scene:
    cafe: Cafe
    bar: Cafe
    """Another server of the same bot."""
    admin: Human
    owner: Human
    """Of the bot; no admin here."""
    _numbers: Iterator[int] = field(default_factory=count)

    def newcomer(self, locale: str = "ja") -> Human:
        """Somebody whose own dictionary is empty."""
        return self.cafe.guild.add_member(f"member {next(self._numbers)}", locale=locale)

    async def exported(self, person: Human, whose: str = "server") -> bytes:
        message = await answer(await person.command("dict export", whose=whose))
        (attachment,) = message.attachments
        return await self.cafe.discord.download(attachment)

    async def words(self, person: Human, whose: str = "server") -> list[list[str]]:
        """Rows of an exported dictionary, without the names of the columns."""
        text = (await self.exported(person, whose)).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))[1:]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Scene]:
    async with StandIn() as discord:
        cafe, bar = open_cafe(discord), open_cafe(discord, "Bar")
        admin = cafe.guild.add_member("admin", locale="ja", permissions=["manage_guild"])
        owner = cafe.guild.add_member("owner of the bot", locale="ja")
        discord.make_owner(owner)
        async with luna(discord) as bot:
            yield Scene(cafe, bar, admin, owner)
            assert "Traceback" not in bot.log, bot.log_tail
            assert "きつねさん" not in bot.log, "what people write is not logged"


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def fill(
    person: Human, surface: str, reading: str, whose: str = "server", **more: str
) -> Interaction:
    opened = await person.command("dict add", whose=whose)
    await opened.modal()
    return await person.submit(opened, surface=surface, reading=reading, **more)


async def add(person: Human, surface: str, reading: str, whose: str = "server") -> Message:
    return await answer(await fill(person, surface, reading, whose))


async def take(person: Human, name: str, data: bytes, whose: str = "server") -> str:
    """Imports a file."""
    return await ask(person, "dict import", file=Upload(name, data), whose=whose)


@pytest.mark.parametrize("locale", LOCALES)
async def test_everything_that_is_shown(scene: Scene, locale: str) -> None:
    """pytest -s prints it."""
    person = scene.newcomer(locale)
    opened = await person.command("dict add", whose="mine")
    transcript(locale, "/dict add", await opened.modal())
    message = await answer(await person.submit(opened, surface="Ω", reading="omega"))
    transcript(locale, "/dict add: faulty reading", message)
    again = await person.press(message, AGAIN[locale])
    transcript(locale, "/dict add: again", await again.modal())
    message = await answer(await person.submit(again, reading="おめが"))
    transcript(locale, "/dict add: done", message)
    message = await answer(await person.press(message, LISTEN[locale]))
    transcript(locale, "/dict add: try it", message)
    await add(person, "Ω", "おーむ", "mine")
    transcript(locale, "/dict add: replaced", await add(person, "Ω", "おめが", "mine"))
    await add(person, f"Ω{locale}", "おめが", "mine")
    message = await add(person, f"Ω{locale}", "おーむ")
    transcript(locale, "/dict add: one's own comes first", message)
    data = "月,つき,0,9\n火,hi\n水,,\n木,き,9".encode()
    sent = await person.command("dict import", file=Upload("a.csv", data), whose="mine")
    transcript(locale, "/dict import", await answer(sent))
    sent = await person.command("dict import", file=Upload("a.csv", b'"'), whose="mine")
    transcript(locale, "/dict import: no dictionary", await answer(sent))
    transcript(locale, "/dict list", await answer(await person.command("dict list", whose="mine")))
    sent = await person.command("dict export", whose="mine")
    transcript(locale, "/dict export", await answer(sent))
    for word in ("月", "海"):
        sent = await person.command("dict remove", word=word, whose="mine")
        transcript(locale, f"/dict remove {word}", await answer(sent))
    sent = await person.command("dict add", whose="everywhere")
    transcript(locale, "/dict add everywhere", await answer(sent))


async def test_the_button_gives_the_word_as_it_will_sound(
    scene: Scene, open_jtalk: OpenJTalkModel
) -> None:
    message = await add(scene.newcomer(), "狐", LONG_READING, "mine")
    person = message.only_for
    assert isinstance(person, Human)
    tried = await answer(await person.press(message, LISTEN["ja"]))
    (attachment,) = tried.attachments
    samples, rate = read_wav(await scene.cafe.discord.download(attachment))
    dictionary = UserDictionary([DictionaryWord("狐", LONG_READING)])
    reference = spoken(open_jtalk, "狐", dictionary)
    assert len(samples) / rate == pytest.approx(len(reference) / 48_000, abs=0.02)
    assert np.corrcoef(samples, reference[: len(samples)])[0, 1] > 0.99


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ({"reading": "tsuki"}, "読み「tsuki」はかなではありません。"),
        ({"surface": "  "}, "単語は印字できる 1〜50 文字で"),
        ({"accent": "3"}, "アクセント 3 は単語の外です。この読みは 2 拍なので"),
        ({"accent": "abc"}, "0〜2 から選んでください"),
        ({"priority": "11"}, "priority は 0 から 10 の間で"),
        ({"priority": "-1"}, "priority は 0 から 10 の間で"),
    ],
)
async def test_nothing_that_was_filled_in_is_lost(
    scene: Scene, filled: dict[str, str], told: str
) -> None:
    person = scene.newcomer()
    given = {"surface": "月", "reading": "つき", "accent": "2", "priority": "7", **filled}
    message = await answer(await fill(person, whose="mine", **given))
    assert told in message.content
    assert message.content.count("\n") == 0
    assert buttons(message) == [AGAIN["ja"]]
    again = await person.press(message, AGAIN["ja"])
    assert list(form(await again.modal()).values()) == [text.strip() for text in given.values()]
    assert await scene.words(person, "mine") == []
    corrected = {"surface": "月", "reading": "つき", "accent": "２", "priority": "7"}
    await answer(await person.submit(again, **corrected))
    assert await scene.words(person, "mine") == [["月", "ツキ", "2", "7"]]


async def test_what_a_word_replaces_and_what_is_in_its_way(scene: Scene) -> None:
    person = scene.newcomer()
    assert (await add(person, "*ルビ*", "るび")).content == "\\*ルビ\\* を「ルビ」と読みます。"
    replaced = await add(person, "＊ルビ＊", "るーびー")
    assert "今まで: \\*ルビ\\* → ルビ" in replaced.content
    assert "今まで" not in (await add(person, "＊ルビ＊", "るーびー")).content
    own = await add(person, "*ルビ*", "あか", "mine")
    assert "優先" not in own.content
    assert "今まで" not in own.content, "each dictionary is its own"
    server = await add(person, "*ルビ*", "るび")
    assert "あなたには自分の辞書が優先されます: \\*ルビ\\* → アカ" in server.content
    assert "優先" not in (await add(scene.newcomer(), "*ルビ*", "るび")).content


async def test_removing(scene: Scene) -> None:
    person = scene.newcomer()
    for surface in ("ミカン", "ミルク", "りんご"):
        await add(person, surface, "あ", "mine")
    typing = await person.autocomplete("dict remove", "word", word="ﾐ", whose="mine")
    assert [c["value"] for c in await typing.suggestions()] == ["ミカン", "ミルク"]
    typing = await person.autocomplete("dict remove", "word", word="りんご")
    assert await typing.suggestions() == [], "the server's dictionary has none"
    removed = await ask(person, "dict remove", word=" ﾐｶﾝ", whose="mine")
    assert removed == "ミカン（ア）を辞書から消しました。"
    gone = await ask(person, "dict remove", word="ミカン", whose="mine")
    assert gone == "この辞書に ミカン はありません。/dict list で確かめてください。"
    assert [row[0] for row in await scene.words(person, "mine")] == ["りんご", "ミルク"]


async def test_pages_turn_and_words_are_found(scene: Scene) -> None:
    person = scene.newcomer()
    rows = [f"ことば{n:03},{'あ' * 80},1,{n % 11}" for n in range(100)]
    await take(person, "a.csv", "\n".join(rows).encode(), "mine")
    message = await answer(await person.command("dict list", whose="mine"))
    assert "単語: 100 件" in message.content
    seen = []
    with pytest.raises(AssertionError, match="disabled"):
        await person.press(message, "back")
    while True:
        seen += re.findall(r"ことば(\d+)", message.content)
        try:
            pressed = await person.press(message, "on")
        except AssertionError:
            break
        assert await pressed.reply() is message
    assert [int(number) for number in seen] == list(range(100))
    before = message.content
    await (await person.press(message, "back")).reply()
    assert message.content != before
    for search in ("ﾊﾞ099", "ば099", "バ099"):
        found = await ask(person, "dict list", whose="mine", search=search)
        assert "単語: 1 件" in found
        assert "ことば099 → " + "ア" * 80 + " [1] (0)" in found
    assert "単語: 100 件" in await ask(person, "dict list", whose="mine", search="あああ")
    assert "単語: 0 件" in await ask(person, "dict list", whose="mine", search="ん")


VOICEVOX = {
    "a": {"surface": "ＶＯＸ", "pronunciation": "ボックス", "accent_type": 1, "priority": 6},
    "b": {"surface": "ＶＯＹ", "pronunciation": "not kana", "accent_type": 1},
}


@pytest.mark.parametrize(
    ("data", "rows", "told"),
    [
        ("surface,reading\nLuna,るな\n", [["Luna", "ルナ", "", "5"]], ["登録: 1 件", "もの: 0 件"]),
        ("表,ひょう,0,9".encode("cp932"), [["表", "ヒョウ", "0", "9"]], ["登録: 1 件"]),
        (json.dumps(VOICEVOX), [["ＶＯＸ", "ボックス", "1", "6"]], ["登録: 1 件", "2: 読み「not"]),
        ('{"猫": "ねこ"}', [["猫", "ネコ", "", "5"]], ["登録: 1 件"]),
        (
            "月,つき\n火,x\n水,\n木,き,5\n金,きん,,99\n土,つ ち",
            [["月", "ツキ", "", "5"]],
            [
                "もの: 5 件",
                "2: 読み「x」",
                "3: 読み「」",
                "4: アクセント 5",
                "5: priority",
                "6: 読み",
            ],
        ),
        ("\n".join(f"x{n},y" for n in range(99)), [], ["登録: 0 件", "もの: 99 件"]),
    ],
)
async def test_importing(
    scene: Scene, data: str | bytes, rows: list[list[str]], told: list[str]
) -> None:
    person = scene.newcomer()
    answered = await take(
        person, "words", data if isinstance(data, bytes) else data.encode(), "mine"
    )
    assert await scene.words(person, "mine") == rows
    for text in told:
        assert text in answered
    assert len(answered.splitlines()) <= 6


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\xff\xff", "このファイルは辞書として読めません。"),
        (b'{"a"', "このファイルは辞書として読めません。"),
        (b"[" * 100_000, "このファイルは辞書として読めません。"),
        (bytes(LONGEST_FILE + 1), "このファイルは辞書として読めません。"),
        ("".join(f"{n},あ\n" for n in range(201)).encode(), "登録できるのは 200 語までです"),
        ("".join(f"{n},あ\n" for n in range(350_000)).encode(), "登録できるのは 200 語までです"),
    ],
)
async def test_a_file_that_is_refused_changes_nothing(scene: Scene, data: bytes, told: str) -> None:
    person = scene.newcomer()
    await add(person, "月", "つき", "mine")
    assert told in await take(person, "a", data, "mine")
    assert await scene.words(person, "mine") == [["月", "ツキ", "", "5"]]


async def test_what_is_exported_is_imported_again(scene: Scene) -> None:
    person, other = scene.newcomer(), scene.newcomer()
    for surface in ('"引用", と', "🦊", "=1+1"):
        await add(person, surface, "あー", "mine")
    data = await scene.exported(person, "mine")
    await take(other, "luna-dictionary-mine.csv", data, "mine")
    assert await scene.words(other, "mine") == await scene.words(person, "mine")
    assert len(await scene.words(other, "mine")) == 3


async def test_whose_word_it_is(scene: Scene) -> None:
    person = scene.newcomer()
    for command, more in (
        ("dict add", {}),
        ("dict remove", {"word": "海"}),
        ("dict import", {"file": Upload("a.csv", "海,うみ".encode())}),
    ):
        for refused in (person, scene.admin):
            assert await ask(refused, command, whose="everywhere", **more) == OWNER_ONLY
    await add(scene.owner, "海", "うみ", "everywhere")
    await add(person, "海", "しー", "mine")
    await add(person, "川", "りばー")
    assert await scene.words(person, "everywhere") == [["海", "ウミ", "", "5"]]
    assert ["川", "リバー", "", "5"] in await scene.words(scene.newcomer())
    assert await scene.words(scene.newcomer(), "mine") == []
    assert await scene.words(scene.bar.alice) == [], "nothing of another server"
    assert "単語: 0 件" in await ask(scene.bar.alice, "dict list")
    typing = await scene.bar.alice.autocomplete("dict remove", "word", word="川")
    assert await typing.suggestions() == []
    await answer(await scene.owner.command("dict remove", word="海", whose="everywhere"))


async def test_a_server_may_keep_its_dictionary_to_its_managers(scene: Scene) -> None:
    person = scene.newcomer()
    opened = await person.command("dict add")
    await opened.modal()
    await ask(scene.admin, "settings server", members_edit_dictionary=False)
    try:
        assert await ask(person, "dict add") == REFUSED
        assert await ask(person, "dict remove", word="山") == REFUSED
        assert await take(person, "a.csv", "山,やま".encode()) == REFUSED
        late = await answer(await person.submit(opened, surface="山", reading="まうんてん"))
        assert late.content == REFUSED, "the form was opened while it was allowed"
        assert "と読みます" in (await add(person, "山", "やま", "mine")).content
        assert "と読みます" in (await add(scene.admin, "山", "やまやま")).content
        assert "山 → ヤマヤマ" in await ask(person, "dict list", search="山")
        assert "と読みます" in (await add(scene.bar.alice, "山", "やま")).content
    finally:
        await ask(scene.admin, "settings server", members_edit_dictionary=True)
    await ask(scene.bar.alice, "dict remove", word="山")


@pytest.mark.realtime
async def test_a_word_is_heard_where_it_holds_and_nowhere_else(
    scene: Scene, open_jtalk: OpenJTalkModel
) -> None:
    text, plain = "あの狐です。", spoken(open_jtalk, "あの狐です。")
    dictionary = UserDictionary([DictionaryWord("狐", LONG_READING)])
    long = spoken(open_jtalk, text, dictionary)
    assert length(long) - length(plain) > 1
    for place in (scene.cafe, scene.bar):
        await place.alice.join(place.lounge)
        assert length(await place.hears(text)) == pytest.approx(length(plain), abs=0.06)
    await add(scene.newcomer(), "狐", LONG_READING)
    for place, reference in ((scene.cafe, long), (scene.bar, plain)):
        heard = await place.hears(text)
        assert similarity(heard, reference) > ALIKE
        assert length(heard) == pytest.approx(length(reference), abs=0.06)


@pytest.mark.realtime
async def test_an_emoji_is_read_as_somebody_wants_it(
    scene: Scene, open_jtalk: OpenJTalkModel
) -> None:
    cafe = scene.cafe
    await cafe.alice.join(cafe.lounge)
    for text in ("🦊", "꙳"):
        dictionary = UserDictionary([DictionaryWord(text, "こんこんこん")])
        await add(cafe.alice, text, "こんこんこん", "mine")
        heard = await cafe.hears(text)
        assert similarity(heard, spoken(open_jtalk, text, dictionary)) > ALIKE
    await cafe.alice.leave()


async def test_in_a_group() -> None:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        async with luna(discord, {"LUNA_GROUP": "luna"}):
            opened = await cafe.alice.command("luna dict add", whose="mine")
            await opened.modal()
            await answer(await cafe.alice.submit(opened, surface="月", reading="つき"))
            typing = await cafe.alice.autocomplete(
                "luna dict remove", "word", word="", whose="mine"
            )
            assert [choice["value"] for choice in await typing.suggestions()] == ["月"]
            assert "声: " not in await ask(cafe.alice, "luna settings server")
            assert (await ask(cafe.alice, "luna settings me")).startswith("open-jtalk")


@pytest.mark.realtime
async def test_a_word_outlives_the_bot(tmp_path: Path, open_jtalk: OpenJTalkModel) -> None:
    dictionary = UserDictionary([DictionaryWord("꙳", LONG_READING)])
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        await cafe.alice.join(cafe.lounge)
        async with luna(discord, {"LUNA_DATA": str(tmp_path)}) as bot:
            assert "文字がありません" in (await answer(await cafe.say("꙳"))).content
            await add(cafe.alice, "꙳", LONG_READING)
            await bot.stop()
        async with luna(discord, {"LUNA_DATA": str(tmp_path)}):
            assert "꙳ → " in await ask(cafe.alice, "dict list")
            heard = await cafe.hears("꙳")
            assert similarity(heard, spoken(open_jtalk, "꙳", dictionary)) > ALIKE
