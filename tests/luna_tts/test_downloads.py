"""`python -m luna_tts download` from a hub on loopback: what arrives, what is asked before."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from fake_hub import COMMIT, FakeHub, fake_hub
from luna_tts.__main__ import main
from luna_tts.downloads.curated import CURATED
from luna_tts.environment import EngineEnvironment
from luna_tts.vits.voice_folder import read_voice_folder
from tiny_voice import GOLDEN, tiny_voice

ROOT = Path(__file__).parents[2]
BERT = CURATED["bert-ja"]
REPO = "somebody/voices"
WEIGHTS = "koharu_e1_s10.safetensors"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_voice(tmp_path_factory.mktemp("origin") / "koharu")


@pytest.fixture
def hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """One voice in a folder of its repository, and the BERT."""
    with fake_hub() as hub:
        hub.repos[REPO] = {
            f"koharu/{file.name}": file.read_bytes() for file in folder.glob("[!.]*")
        }
        hub.repos[REPO]["README.md"] = b"# Voices"
        bert = GOLDEN / "bert_h64"
        hub.repos[BERT.repo] = {file.name: file.read_bytes() for file in bert.glob("[!.]*")}
        hub.commits[BERT.repo] = BERT.revision
        hub.licences[BERT.repo] = "cc-by-sa-4.0"
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("LUNA_MODELS", str(tmp_path / "models"))
        monkeypatch.setenv("LUNA_BERT_JA", str(tmp_path / "bert"))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield hub


def download(*arguments: str) -> int:
    return main(["download", *arguments, "--accept-licence"])


def test_a_voice_and_what_it_needs_arrive_whole(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert download(f"{REPO}/koharu") == 0
    out, err = capsys.readouterr()
    assert f"from https://huggingface.co/{REPO} (koharu) {COMMIT}" in out
    assert "Licence: cc0-1.0" in out
    assert "Voices need the Japanese BERT" in out
    assert "koharu: 100% of" in err
    voice = read_voice_folder(tmp_path / "models/koharu")
    assert voice.weights.read_bytes() == hub.repos[REPO][f"koharu/{WEIGHTS}"]
    assert voice.licence.startswith("cc0-1.0\nFrom https://huggingface.co/somebody/voices")
    assert json.loads((voice.path / "luna-source.json").read_text())["commit"] == COMMIT
    assert (tmp_path / "bert/vocab.txt").exists()
    assert (tmp_path / "bert/LICENSE.txt").read_text().startswith("CC BY-SA 4.0\n")
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["koharu"]


def test_files_are_asked_for_by_commit_and_not_by_branch(hub: FakeHub) -> None:
    assert download(f"{REPO}/koharu") == 0
    asked = [path for path, _ in hub.requests if "/resolve/" in path]
    assert len(asked) == 6
    assert all(f"/resolve/{COMMIT}/" in p or f"/resolve/{BERT.revision}/" in p for p in asked)


@pytest.mark.parametrize(
    "source",
    [
        REPO,
        f"{REPO}@{COMMIT}",
        f"https://huggingface.co/{REPO}",
        f"https://huggingface.co/{REPO}/tree/main/koharu",
        f"https://huggingface.co/{REPO}/tree/{COMMIT}/koharu?x=1",
    ],
)
def test_where_a_voice_can_be_said_to_be(hub: FakeHub, source: str, tmp_path: Path) -> None:
    assert download(source) == 0
    assert read_voice_folder(tmp_path / "models/koharu")


@pytest.mark.parametrize(
    ("answer", "here"), [("y", True), ("yes", True), ("", False), ("n", False)]
)
def test_the_licence_is_shown_and_accepted_before_anything_is_fetched(
    hub: FakeHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    here: bool,
) -> None:
    asked: list[str] = []

    def reply(question: str) -> str:
        asked.append(question)
        assert "Licence: cc0-1.0" in capsys.readouterr().out
        assert not [path for path, _ in hub.requests if f"{REPO}/resolve" in path]
        return answer

    (tmp_path / "bert").mkdir()
    (tmp_path / "bert/config.json").write_text("{}")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", reply)
    assert main(["download", REPO]) == (0 if here else 1)
    assert len(asked) == 1
    assert (tmp_path / "models/koharu").exists() == here


def test_nobody_to_ask_is_told_how_to_accept(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main(["download", REPO]) == 1
    assert "give --accept-licence once you have read it" in capsys.readouterr().err


def test_what_is_here_is_not_fetched_again_and_needs_no_network(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert download("bert-ja") == 0
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.requests.clear()
    assert download("bert-ja") == 0
    assert "bert-ja is here already, and whole" in capsys.readouterr().out
    assert hub.requests == []
    assert download(REPO) == 1
    assert "unset HF_HUB_OFFLINE" in capsys.readouterr().err
    assert hub.requests == []


@pytest.mark.parametrize(
    ("name", "tokens", "beside"),
    [
        ("bert-en", "spm.model", "deberta-v3-large"),
        ("bert-zh", "vocab.txt", "chinese-roberta-wwm-ext-large"),
    ],
)
def test_what_other_languages_need_lies_beside_the_japanese_bert(
    hub: FakeHub, tmp_path: Path, name: str, tokens: str, beside: str
) -> None:
    entry = CURATED[name]
    hub.repos[entry.repo] = {"config.json": b"{}", tokens: b"a", "pytorch_model.bin": b"w"}
    hub.commits[entry.repo] = entry.revision
    assert download("bert-ja", name) == 0
    assert {"config.json", tokens, "pytorch_model.bin"} <= {
        file.name for file in (tmp_path / beside).iterdir()
    }
    assert EngineEnvironment.read().berts[name[-2:]] == tmp_path / beside


def test_what_was_damaged_here_is_fetched_again(hub: FakeHub, tmp_path: Path) -> None:
    assert download("bert-ja") == 0
    vocab = tmp_path / "bert/vocab.txt"
    good = vocab.read_bytes()
    vocab.write_bytes(good[:-1])
    assert download("bert-ja") == 0
    assert vocab.read_bytes() == good


def test_a_newer_commit_takes_the_place_of_the_older(hub: FakeHub, tmp_path: Path) -> None:
    assert download(REPO) == 0
    hub.commits[REPO] = "f00d" + "1" * 36
    hub.repos[REPO]["koharu/LICENSE"] = b"CC0"
    assert download(REPO) == 0
    voice = tmp_path / "models/koharu"
    assert json.loads((voice / "luna-source.json").read_text())["commit"] == hub.commits[REPO]
    assert read_voice_folder(voice).licence == "CC0"
    assert sorted(path.name for path in voice.parent.iterdir()) == ["koharu"]


def test_a_folder_of_ones_own_is_never_replaced(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "models/koharu/config.json"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    assert download(REPO) == 1
    assert "has a folder of your own in its place" in capsys.readouterr().err
    assert own.read_text() == "mine"
    assert download(REPO, "--name", "haru") == 0
    assert read_voice_folder(tmp_path / "models/haru")


def test_the_longest_training_is_the_one_that_is_taken(hub: FakeHub, tmp_path: Path) -> None:
    weights = hub.repos[REPO][f"koharu/{WEIGHTS}"]
    hub.repos[REPO]["koharu/koharu_e9_s90.safetensors"] = b"9"
    hub.repos[REPO]["koharu/koharu_e10_s100.safetensors"] = weights
    assert download(REPO) == 0
    weights_file = read_voice_folder(tmp_path / "models/koharu").weights
    assert weights_file.name == "koharu_e10_s100.safetensors"


def test_the_list_shows_licences_and_asks_nobody(
    hub: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["download"]) == 0
    listed = capsys.readouterr().out
    for name, entry in CURATED.items():
        assert f"{name}: {entry.licence}. " in listed
        assert entry.terms
    assert hub.requests == []


def test_curated_voices_of_known_commits_are_pinned() -> None:
    pinned = {name for name, entry in CURATED.items() if len(entry.revision) == 40}
    assert pinned == set(CURATED) - {"amitaro"}


def test_an_aivm_file_comes_from_a_plain_address_without_the_token(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repos[""] = {"Mao.aivm": b"\x02\0\0\0\0\0\0\0{}"}
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert download("bert-ja") == 0
    assert any("hf_secret" in value for value in hub.authorizations)
    hub.authorizations.clear()
    assert download(f"{hub.url}/files/Mao.aivm?download=1") == 0
    assert (tmp_path / "models/Mao/Mao.aivm").read_bytes() == hub.repos[""]["Mao.aivm"]
    assert set(hub.authorizations) == {""}


def test_a_terminal_sees_a_bar(hub: FakeHub, tmp_path: Path) -> None:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    command = [sys.executable, "-m", "luna_tts", "download", REPO, "--accept-licence"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # Linux says so at the end
            while data := os.read(ours, 4096):
                shown += data
    os.close(ours)
    assert re.search(rf"{WEIGHTS}: 100%\|█+\|", shown.decode())
    assert b"koharu is here" in shown
