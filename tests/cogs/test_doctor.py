"""Each check of /doctor by itself: the states that a healthy bot cannot be brought into."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from cogs import _doctor
from cogs._activity import Timings
from cogs._doctor import Finding
from cogs._locale import LANGUAGES, Phrases
from luna_tts import TTSService, doctor

PHRASES = Phrases()


def told(*findings: Finding) -> list[tuple[str, str]]:
    """Level and key of each, after every language has found words for them."""
    for finding in findings:
        for language in LANGUAGES:
            locale = discord.Locale("en-US" if language == "en" else language)
            sentence = PHRASES.text("doctor", finding.key, locale, **finding.data)
            assert "{" not in sentence
    return [(finding.level, finding.key) for finding in findings]


def test_intents() -> None:
    assert told(*_doctor.check_intents(discord.Intents.all())) == [("ok", "intents_ok")]
    without_content = discord.Intents.default()
    assert told(*_doctor.check_intents(without_content)) == [("warn", "message_content_off")]
    nothing = list(_doctor.check_intents(discord.Intents.none()))
    assert told(*nothing) == [("fail", "intents_missing"), ("warn", "message_content_off")]
    assert nothing[0].data["intents"] == ["guilds", "voice_states"]


def test_permissions_are_named() -> None:
    everything = discord.Permissions.all()
    needed = _doctor.STAGE_PERMISSIONS
    assert told(_doctor.check_permissions("#x", everything, needed)) == [("ok", "permissions_ok")]
    everything.update(send_messages=False)
    finding = _doctor.check_permissions("#x", everything, needed)
    assert told(finding) == [("warn", "permissions_missing")]
    everything.update(speak=False, request_to_speak=False)
    finding = _doctor.check_permissions("#x", everything, needed)
    assert told(finding) == [("fail", "permissions_missing")]
    assert finding.data["permissions"] == ["speak", "send_messages", "request_to_speak"]
    sentence = PHRASES.text("doctor", finding.key, discord.Locale.japanese, **finding.data)
    assert "発言, メッセージを送信, スピーカー参加をリクエスト" in sentence


def test_threads_have_a_permission_of_their_own() -> None:
    permissions = discord.Permissions(view_channel=True, send_messages=True)
    check = _doctor.check_text_channel
    assert told(check("#x", permissions, thread=False)) == [("ok", "permissions_ok")]
    finding = check("#x", permissions, thread=True)
    assert told(finding) == [("warn", "permissions_missing")]
    assert finding.data["permissions"] == ["send_messages_in_threads"]


def test_no_voice_channel() -> None:
    assert told(*_doctor.check_voice_channel(None)) == [("warn", "voice_channel_none")]


def test_a_time_out_and_a_mute_are_found() -> None:
    me = SimpleNamespace(id=1, is_timed_out=lambda: True, voice=SimpleNamespace(mute=True))
    lounge: Any = SimpleNamespace(
        mention="<#2>",
        guild=SimpleNamespace(me=me),
        permissions_for=lambda member: discord.Permissions.all(),
    )
    findings = [("ok", "permissions_ok"), ("fail", "timed_out"), ("fail", "muted")]
    assert told(*_doctor.check_voice_channel(lounge)) == findings


def test_missing_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_doctor, "installed", lambda name: None if name == "davey" else "1.0")
    monkeypatch.setattr(discord.opus, "is_loaded", lambda: False)
    monkeypatch.setattr(discord, "version_info", (2, 8, 0))
    assert told(*_doctor.check_libraries()) == [
        ("fail", "library_missing"),
        ("ok", "library_ok"),
        ("fail", "opus_missing"),
        ("warn", "discord_untested"),
    ]


@pytest.mark.parametrize(
    ("version", "key"), [("libopus 1.5.2", "library_ok"), ("libopus unknown", "library_loaded")]
)
def test_opus_may_not_tell_its_version(
    monkeypatch: pytest.MonkeyPatch, version: str, key: str
) -> None:
    monkeypatch.setattr(discord.opus, "is_loaded", lambda: True)
    monkeypatch.setattr(discord.opus.Encoder, "get_opus_version", lambda: version)
    assert told(*_doctor.check_libraries())[2] == ("ok", key)


async def test_the_engine(service: TTSService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_doctor, "installed", lambda name: "2.13.0")
    assert told(await _doctor.check_engine(service, "cpu")) == [("ok", "engine_ok")]
    monkeypatch.setattr(_doctor, "installed", lambda name: None)
    assert told(await _doctor.check_engine(service, "cpu")) == [("ok", "engine_built_in")]
    assert told(await _doctor.check_engine(None, "cpu")) == [("fail", "engine_closed")]
    monkeypatch.setattr(_doctor, "ANSWER_SECONDS", 0.0)
    assert told(await _doctor.check_engine(service, "cpu")) == [("fail", "engine_silent")]
    await service.aclose()
    monkeypatch.setattr(_doctor, "ANSWER_SECONDS", 5.0)
    assert not await _doctor.answers(service)


async def test_reasons_of_broken_voices_are_for_the_operator(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    service = TTSService(tmp_path, voices=["broken", "absent"])
    await service.start()
    mine = list(_doctor.check_voices(service, operator=True))
    assert told(*mine) == [("ok", "voices_ok"), *[("warn", "voice_unusable")] * 2]
    reasons = {str(finding.data["voice"]): str(finding.data["reason"]) for finding in mine[1:]}
    assert "config.json" in reasons["broken"]
    assert "there is no voice 'absent'" in reasons["absent"]
    theirs = list(_doctor.check_voices(service, operator=False))
    assert told(*theirs) == [("ok", "voices_ok"), ("warn", "voices_unusable")]
    assert theirs[1].data == {"count": 2}
    await service.aclose()
    assert list(_doctor.check_voices(None, operator=True)) == []


def test_times() -> None:
    activity: Any = SimpleNamespace(timings=Timings())
    assert told(_doctor.check_times(None)) == [("fail", "speech_not_loaded")]
    assert told(_doctor.check_times(activity)) == [("ok", "times_none")]
    activity.timings.first_sounds.add(0.2)
    activity.timings.synthesis.add(1.0)
    assert told(_doctor.check_times(activity)) == [("ok", "times_ok")]
    activity.timings.first_sounds.add(3.1)
    assert told(_doctor.check_times(activity)) == [("warn", "times_slow")]


def test_latency() -> None:
    assert told(*_doctor.check_latency(0.04, None)) == [("ok", "gateway_ok")]
    slow = [("warn", "gateway_slow"), ("warn", "voice_slow")]
    assert told(*_doctor.check_latency(0.9, 0.6)) == slow
    unknown = [("ok", "gateway_unknown"), ("ok", "voice_unknown")]
    assert told(*_doctor.check_latency(math.nan, math.inf)) == unknown
    assert told(*_doctor.check_latency(0.04, 0.03)) == [("ok", "gateway_ok"), ("ok", "voice_ok")]


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = tmp_path / "not" / "yet"
    assert told(doctor.check_disk(nowhere, tmp_path)) == [("ok", "disk_ok")]
    monkeypatch.setattr(doctor, "LOW_GIGABYTES", 1e9)
    finding = doctor.check_disk(nowhere, tmp_path)
    assert told(finding) == [("warn", "disk_low")]
    assert str(tmp_path) not in str(finding)


def test_variables_that_mean_nothing_are_the_operators_business() -> None:
    unknown = {"LUNA_MODLES": "LUNA_MODELS", "LUNA_XYZZY": ""}
    assert told(*_doctor.check_variables(unknown, operator=True)) == [
        ("warn", "variable_misspelt"),
        ("warn", "variable_unknown"),
    ]
    assert told(*_doctor.check_variables(unknown, operator=False)) == []
