"""Voices for those who chose none: told apart, the first as the guild sounds; pure functions."""

from __future__ import annotations

import pytest

from cogs._choices import choose
from cogs._newcomers import PITCHES, Given, give
from cogs._store import GuildSettings, MemberSettings
from luna_tts import VoiceInfo
from luna_tts.open_jtalk import EMBEDDED_VOICE


def info(name: str, speakers: int = 1, styles: int = 1) -> VoiceInfo:
    return VoiceInfo(
        name=name,
        languages=("ja",),
        styles=tuple(f"style {n}" for n in range(styles)),
        speakers=tuple(f"{name} {n}" for n in range(speakers)),
        sample_rate=44_100,
        credit="",
    )


VOICES = [info("akane", 2), info("botan"), info("chika", 3, 2), info(EMBEDDED_VOICE)]
LOADED = {voice.name: voice for voice in VOICES}


def given(count: int, base: str, others: list[str]) -> list[Given]:
    return [give(ordinal, base, LOADED, others) for ordinal in range(count)]


def test_one_speaker_of_each_voice_after_the_other_and_the_embedded_one_last() -> None:
    gifts = given(6 + len(PITCHES), "botan", list(LOADED))
    assert [(gift.voice, gift.speaker) for gift in gifts[:6]] == [
        ("botan", "botan 0"),
        ("akane", "akane 0"),
        ("chika", "chika 0"),
        ("akane", "akane 1"),
        ("chika", "chika 1"),
        ("chika", "chika 2"),
    ]
    assert gifts[6:] == [Given(EMBEDDED_VOICE, pitch_scale=pitch) for pitch in PITCHES]
    assert give(len(gifts), "botan", LOADED, LOADED) == gifts[0], "then they begin anew"


def test_a_voice_that_admins_chose_is_given_out_by_speakers_and_styles() -> None:
    gifts = given(6, "chika", [])
    assert len(set(gifts)) == 6
    assert {gift.voice for gift in gifts} == {"chika"}
    assert [gift.style for gift in gifts] == ["style 0"] * 3 + ["style 1"] * 3


def test_the_embedded_voice_alone_is_given_out_at_other_pitches() -> None:
    gifts = given(len(PITCHES), EMBEDDED_VOICE, [EMBEDDED_VOICE])
    assert gifts[0] == Given(EMBEDDED_VOICE, pitch_scale=1.0)
    assert len(set(gifts)) == len(PITCHES)


@pytest.mark.parametrize("member", [MemberSettings(voice="akane", newcomer=3), MemberSettings()])
def test_who_chose_a_voice_or_was_given_none_keeps_what_they_had(member: MemberSettings) -> None:
    choice = choose(GuildSettings(), member, (), LOADED, "botan")
    assert choice.voice == (member.voice or "botan")
    assert choice.options.speaker is None


def test_a_member_who_chose_a_pitch_keeps_it_in_the_voice_that_is_given() -> None:
    loaded = {EMBEDDED_VOICE: LOADED[EMBEDDED_VOICE]}
    member = MemberSettings(newcomer=1, pitch_scale=0.9)
    assert choose(GuildSettings(), member, (), loaded, EMBEDDED_VOICE).options.pitch_scale == 0.9


def test_nobody_is_given_a_voice_that_they_may_not_use() -> None:
    guild = GuildSettings(disabled_voices=("akane",), voice_roles={"chika": (7,)})
    voices = {
        choose(guild, MemberSettings(newcomer=n), (), LOADED, "botan").voice for n in range(20)
    }
    assert voices == {"botan", EMBEDDED_VOICE}


def test_admins_can_have_all_newcomers_sound_alike() -> None:
    guild = GuildSettings(distinct_voices=False)
    choice = choose(guild, MemberSettings(newcomer=4), (), LOADED, "botan")
    assert (choice.voice, choice.options.speaker) == ("botan", None)


def test_a_chosen_voice_that_is_not_loaded_is_missed_all_the_same() -> None:
    guild = GuildSettings(newcomer_voice="dahlia")
    choice = choose(guild, MemberSettings(newcomer=1), (), LOADED, EMBEDDED_VOICE)
    assert (choice.voice, choice.missed) == (EMBEDDED_VOICE, "dahlia")
