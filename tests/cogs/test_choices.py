"""Whose voice speaks, and what autocompletion offers; pure functions."""

from __future__ import annotations

import time
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._choices import Choice, choose, likely_word, matching, may_use
from cogs._store import GuildSettings, MemberSettings
from luna_tts import SynthesisOptions, VoiceInfo

ADMIN, SINGER = 7, 8
"""Ids of roles."""


def info(name: str) -> VoiceInfo:
    return VoiceInfo(
        name=name,
        languages=("ja",),
        styles=("Neutral", f"only {name}"),
        speakers=("first", f"{name}'s own"),
        sample_rate=44_100,
        credit="",
    )


LOADED = {name: info(name) for name in ("default", "of-guild", "of-newcomers", "own")}
GUILD = GuildSettings(voice="of-guild", newcomer_voice="of-newcomers")
OWN = MemberSettings(
    voice="own",
    speaker="own's own",
    style="only own",
    style_weight=3.0,
    length_scale=0.5,
    pitch_scale=1.1,
    intonation_scale=1.2,
    volume=0.9,
)


def chosen(
    guild: GuildSettings = GUILD,
    member: MemberSettings = OWN,
    roles: tuple[int, ...] = (),
    without: tuple[str, ...] = (),
) -> Choice:
    loaded = {name: voice for name, voice in LOADED.items() if name not in without}
    return choose(guild, member, roles, loaded, "default")


def test_what_a_voice_does_not_speak_others_may_say_if_the_member_may_use_them() -> None:
    many = {name: replace(info(name), languages=("ja", "en", "zh")) for name in ("many", "more")}
    loaded = {**LOADED, **many}
    choice = choose(GUILD, OWN, (), loaded, "default")
    assert (choice.voice, choice.options.other_voices) == ("own", ("many", "more"))
    guild = replace(GUILD, disabled_voices=("many",), voice_roles={"more": (SINGER,)})
    assert choose(guild, OWN, (), loaded, "default").options.other_voices is None
    assert choose(guild, OWN, (SINGER,), loaded, "default").options.other_voices == ("more",)
    assert (
        choose(GUILD, replace(OWN, voice="many"), (), loaded, "many").options.other_voices is None
    )


def test_what_could_be_several_languages_is_the_members_else_the_guilds() -> None:
    korean = replace(GUILD, language="ko")
    assert chosen().options.language is None
    assert chosen(korean).options.language == "ko"
    assert chosen(korean, replace(OWN, written="zh")).options.language == "zh"


def test_a_member_speaks_with_all_that_they_chose() -> None:
    options = SynthesisOptions(
        speaker="own's own",
        style="only own",
        style_weight=3.0,
        length_scale=0.5,
        pitch_scale=1.1,
        intonation_scale=1.2,
        volume=0.9,
    )
    assert chosen() == Choice("own", options)


@pytest.mark.parametrize(
    ("guild", "voice"),
    [
        (GUILD, "of-newcomers"),
        (replace(GUILD, newcomer_voice=None), "of-guild"),
        (GuildSettings(), "default"),
        (replace(GUILD, disabled_voices=("of-newcomers",)), "of-guild"),
        (replace(GUILD, voice_roles={"of-newcomers": (SINGER,)}), "of-guild"),
        (replace(GUILD, newcomer_voice=None, voice_roles={"of-guild": (SINGER,)}), "of-guild"),
        (replace(GUILD, newcomer_voice=None, disabled_voices=("of-guild",)), "of-guild"),
    ],
)
def test_who_chose_none_gets_the_newcomers_the_guilds_the_operators(
    guild: GuildSettings, voice: str
) -> None:
    assert chosen(guild, MemberSettings()) == Choice(voice, SynthesisOptions())


def test_a_voice_that_is_kept_from_the_member_is_not_missed() -> None:
    for guild in (
        replace(GUILD, disabled_voices=("own",)),
        replace(GUILD, voice_roles={"own": (ADMIN, SINGER)}),
    ):
        choice = chosen(guild)
        assert (choice.voice, choice.missed) == ("of-newcomers", None)
    assert chosen(replace(GUILD, voice_roles={"own": (ADMIN, SINGER)}), roles=(1, SINGER)) == (
        chosen()
    )


def test_what_is_not_loaded_is_missed_and_the_next_one_speaks() -> None:
    choice = chosen(without=("own",))
    assert (choice.voice, choice.missed) == ("of-newcomers", "own")
    choice = chosen(without=("own", "of-newcomers", "of-guild"))
    assert (choice.voice, choice.missed) == ("default", "own")
    choice = chosen(member=MemberSettings(), without=("of-newcomers",))
    assert (choice.voice, choice.missed) == ("of-guild", "of-newcomers")
    choice = chosen(GuildSettings(), MemberSettings(), without=("default",))
    assert (choice.voice, choice.missed) == ("of-guild", "default"), "somebody has to be heard"


def test_speaker_and_style_stay_behind_when_another_voice_speaks() -> None:
    options = chosen(without=("own",)).options
    assert (options.speaker, options.style, options.style_weight) == (None, None, None)
    assert (options.length_scale, options.volume) == (0.5, 0.9)


def test_a_speaker_and_a_style_that_the_voice_lost_are_left_to_it() -> None:
    options = chosen(member=replace(OWN, speaker="gone", style="gone")).options
    assert (options.speaker, options.style) == (None, None)
    assert options.length_scale == 0.5


def test_may_use() -> None:
    guild = GuildSettings(disabled_voices=("off",), voice_roles={"off": (1,), "sung": (SINGER,)})
    assert may_use(guild, "any", ())
    assert not may_use(guild, "off", (1,))
    assert not may_use(guild, "sung", (ADMIN,))
    assert may_use(guild, "sung", (ADMIN, SINGER))


def test_autocompletion_puts_favourites_then_beginnings_first() -> None:
    names = ["Koharu", "haru", "Haruka", "ako", "Chiharu"]
    assert matching("haru", names) == ["haru", "Haruka", "Koharu", "Chiharu"]
    assert matching("HARU", names, first=("Chiharu", "ako")) == [
        "Chiharu",
        "haru",
        "Haruka",
        "Koharu",
    ]
    assert matching("", names, first=("ako",)) == ["ako", "Koharu", "haru", "Haruka", "Chiharu"]
    assert matching("nobody", names) == []


def test_width_and_case_do_not_matter() -> None:
    assert matching("ＡＢ", ["abc", "ﾊﾙ"]) == ["abc"]
    assert matching("ハル", ["abc", "ﾊﾙ"]) == ["ﾊﾙ"]
    assert matching("한", ["한국"]) == ["한국"], "composed or not"


def test_discord_takes_25_choices_of_1_to_100_characters() -> None:
    assert matching("x", ["", "x" * 101, "x" * 100]) == ["x" * 100]
    assert matching("", [str(number) for number in range(60)]) == [str(n) for n in range(25)]


@pytest.mark.realtime
def test_5000_styles_are_looked_through_in_time() -> None:
    styles = [f"スタイル {number:04}" for number in range(5000)]
    began = time.perf_counter()
    assert matching("ｽﾀｲﾙ 49", styles)[0] == "スタイル 4900"
    assert time.perf_counter() - began < 0.1


@given(st.text(max_size=5), st.lists(st.text(max_size=120), unique=True), st.data())
def test_whatever_is_typed_discord_takes_the_answer(
    typed: str, names: list[str], data: st.DataObject
) -> None:
    first = data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    offered = matching(typed, names, first)
    assert len(offered) == len(set(offered)) <= 25
    assert set(offered) <= set(names)
    assert all(0 < len(name) <= 100 for name in offered)
    rank = [name not in first for name in offered]
    assert rank == sorted(rank)


@pytest.mark.parametrize(
    ("text", "known", "word"),
    [
        ("今日は月ノ美兎さんと話した", (), "今日"),
        ("今日は月ノ美兎さんと話した", ("今日",), "月"),
        ("ありがとう、Ｌｕｎａ", (), "Luna"),
        ("ありがとう、Luna-chan!", (), "Luna-chan"),
        ("LUNA です", ("luna",), "です"),
        ("안녕하세요 여러분", ("안녕하세요",), "여러분"),
        ("https://example.com/月 <:kitsune:123456789012345678> どうも", (), "どうも"),
        ("ボカロ 神曲", (), "神曲"),
        ("🦊🦊", (), "🦊🦊"),
        ("https://example.com", (), ""),
        ("", (), ""),
    ],
)
def test_the_word_that_somebody_may_want_to_teach(
    text: str, known: tuple[str, ...], word: str
) -> None:
    assert likely_word(text, known) == word


@given(st.text(max_size=200), st.lists(st.text(max_size=5), max_size=3))
def test_any_message_has_no_word_but_its_own(text: str, known: list[str]) -> None:
    word = likely_word(text, known)
    assert word in unicodedata.normalize("NFKC", text)
