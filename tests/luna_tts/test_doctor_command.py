"""`python -m luna_tts doctor`: what it finds wrong, and that each finding names its cure."""

from __future__ import annotations

import base64
import logging
import socket
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts import doctor
from luna_tts.__main__ import main
from luna_tts.doctor import Finding, examine
from luna_tts.doctor_report import SENTENCES, report
from luna_tts.environment import EngineEnvironment
from luna_tts.variables import KNOWN, unknown_variables
from tiny_voice import tiny_voice

ROOT = Path(__file__).parents[2]
TOKEN = f"{base64.urlsafe_b64encode(b'123456789012345678').decode()}.GaBcDe.{'x' * 38}"


def told(*findings: Finding) -> dict[str, str]:
    """Key -> level, after the words for each were found."""
    for finding in findings:
        assert "{" not in SENTENCES[finding.key].format_map(finding.data)
    return {finding.key: finding.level for finding in findings}


def test_a_first_run_is_told_all_and_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = told(*examine({"LUNA_PAGE_PORT": str(free_port())}, Path(".env")))
    assert found == {
        "python_ok": "ok",
        "package_ok": "ok",
        "opus_ok": "ok",
        "env_none": "warn",
        "port_ok": "ok",
        "disk_ok": "ok",
        "torch_ok": "ok",
        "voices_none": "ok",
        "speech_ok": "ok",
    }
    assert list(tmp_path.iterdir()) == []


def test_the_command_shows_findings_and_fails_where_something_is_to_be_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_voice(tmp_path / "models/akane")
    (tmp_path / "models/botan").mkdir()
    (tmp_path / "models/botan/config.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUNA_MODLES", "elsewhere")
    monkeypatch.setenv("DISCORD_TOKEN", "very.hush")
    assert main(["--models", "models", "doctor"]) == 1
    shown = capsys.readouterr().out
    assert "ok     voice akane: 2 styles, 2 speakers" in shown
    assert "MEND   voice botan cannot be used: 'botan/config.json'" in shown
    assert "python -m luna_tts download bert-ja" in shown
    assert "watch  LUNA_MODLES means nothing to Luna: did you mean LUNA_MODELS?" in shown
    assert "MEND   DISCORD_TOKEN is no bot token" in shown
    assert "hush" not in shown
    assert shown.splitlines()[-1].startswith("In order: ")


def test_what_languages_need_is_told_for_the_voices_that_speak_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_voice(tmp_path / "models/akane")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUNA_ESPEAK", "no-such-program")
    main(["--models", "models", "doctor"])
    shown = capsys.readouterr().out
    assert "bert-en" not in shown
    assert "watch  there is no program no-such-program" in shown
    tiny_voice(tmp_path / "models/emma", jp_extra=False)
    monkeypatch.setenv("LUNA_ESPEAK", sys.executable)
    main(["--models", "models", "doctor"])
    shown = capsys.readouterr().out
    assert "watch  to speak English voices need its BERT" in shown
    assert "python -m luna_tts download bert-zh" in shown
    assert "says what no voice speaks, like a robot" in shown


def test_nothing_to_mend_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([Finding("ok", "token_ok"), Finding("warn", "opus_missing")]) == 0
    assert capsys.readouterr().out.endswith("In order: 1, to watch: 1, to mend: 0\n")


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (TOKEN, ""),
        (f"Bot {TOKEN}", "it begins with Bot"),
        (f"'{TOKEN}'", "a space or a quote"),
        (TOKEN.replace(".", ". "), "a space or a quote"),
        ("123456789012345678", "application's id"),
        ("q" * 32, "a client secret has none"),
        (TOKEN[5:], "a part of it is missing"),
        (TOKEN[:-30], "a part of it is missing"),
        ("a.b.c", "a part of it is missing"),
        ("トークン.です.よ", "a part of it is missing"),
    ],
)
def test_the_shape_of_a_token(token: str, why: str) -> None:
    finding = doctor.check_token(token)
    assert finding.level == ("fail" if why else "ok")
    sentence = SENTENCES[finding.key].format_map(finding.data)
    assert why in sentence
    assert token not in sentence


@given(st.text())
def test_no_token_breaks_the_doctor_or_is_shown(token: str) -> None:
    finding = doctor.check_token(token)
    shown = SENTENCES[finding.key].format_map(finding.data)
    assert len(token) < 5 or token not in shown or token in SENTENCES["token_wrong"]


def test_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    assert told(*doctor.check_env_file(file, {})) == {"env_none": "warn"}
    assert told(*doctor.check_env_file(file, {"DISCORD_TOKEN": "x"})) == {}
    file.write_text("DISCORD_TOKEN=x")
    file.chmod(0o644)
    assert told(*doctor.check_env_file(file, {})) == {"env_open": "warn"}
    file.chmod(0o600)
    assert told(*doctor.check_env_file(file, {})) == {"env_ok": "ok"}
    monkeypatch.setattr(doctor, "installed", lambda _: None)
    assert told(*doctor.check_env_file(file, {})) == {"env_unread": "fail", "env_ok": "ok"}


def test_what_is_missing_or_old(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(doctor.check_python((3, 10, 4))) == {"python_old": "fail"}
    assert told(doctor.check_package("no-such-package", "x", "y")) == {"package_missing": "warn"}
    monkeypatch.setattr(doctor, "installed", lambda _: None)
    assert told(doctor.check_torch("cpu")) == {"torch_missing": "warn"}
    monkeypatch.setattr(doctor, "opus_candidates", lambda _: ["no-such-library.so"])
    assert told(doctor.check_opus("")) == {"opus_missing": "warn"}


def test_a_device_that_is_not_there() -> None:
    finding = doctor.check_torch("cuda")
    assert told(finding) == {"device_refused": "fail"}
    assert "set LUNA_DEVICE" in str(finding.data["reason"])


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        finding = doctor.check_port("LUNA_PAGE_PORT", taken.getsockname()[1])
    assert told(finding) == {"port_taken": "warn"}


def test_a_wrong_value_is_one_finding(tmp_path: Path) -> None:
    found = list(examine({"LUNA_MEMORY_MB": "much"}, tmp_path / ".env"))
    assert told(*found)["variable_wrong"] == "fail"
    assert "LUNA_MEMORY_MB is 'much'" in str(found[-1].data["reason"])


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("LUNA_VOICE", "LUNA_VOICES"),
        ("LUNA_MODEL", "LUNA_MODELS"),
        ("LUNA_QUEUE_LIMITS", "LUNA_QUEUE_LIMIT"),
        ("LUNA_LANG", "LUNA_LANGUAGE"),
        ("LUNA_TOKEN_SERVER", "LUNA_SERVER_TOKEN"),
        ("LUNA_XYZZY", ""),
    ],
)
def test_the_nearest_name(name: str, nearest: str) -> None:
    assert unknown_variables({name, "PATH", *KNOWN}) == {name: nearest}


@given(st.sets(st.text(string.ascii_uppercase + "_", max_size=20).map("LUNA_".__add__)))
def test_every_strange_name_is_told_and_no_known_one(names: set[str]) -> None:
    assert set(unknown_variables([*names, *KNOWN])) == names - set(KNOWN)


def test_the_bot_warns_of_variables_that_mean_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        EngineEnvironment.read({"LUNA_DEVICES": "cuda", "LUNA_ENGINE": ""}).open_service()
    assert "LUNA_DEVICES means nothing to Luna: did you mean LUNA_DEVICE?" in caplog.text


def test_every_command_reads_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LUNA_MODELS=voices-of-mine\n")
    command = [sys.executable, "-m", "luna_tts", "voices"]
    tiny_voice(tmp_path / "voices-of-mine/akane")
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    out = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert "akane" in out.stdout + out.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
