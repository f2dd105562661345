"""A hub that is slow, breaks off or lies: what was there stays, and one sentence says why."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))
from fake_hub import FakeHub
from luna_tts.downloads.install import install
from luna_tts.downloads.offer import check_path
from luna_tts.downloads.sources import find_offer
from luna_tts.errors import DownloadFailed, LunaError
from luna_tts.vits.voice_folder import read_voice_folder
from test_downloads import REPO, WEIGHTS, download, folder, hub

__all__ = ["folder", "hub"]

LARGE = bytes(range(256)) * 4096 * 24
"""25 MB: more than two of the library's pieces."""


def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> str:
    """The one sentence of a download that failed, after which nothing is in models/ nor beside."""
    assert download(REPO) == 1
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("luna_tts:")]
    assert len(error) == 1
    left = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert left <= {"models", "bert"}
    assert not (tmp_path / "models/koharu").exists()
    return error[0]


def test_a_broken_connection_is_gone_on_with(hub: FakeHub, tmp_path: Path) -> None:
    hub.repos[REPO][f"koharu/{WEIGHTS}"] = LARGE
    hub.breaks[WEIGHTS] = [11 << 20]
    assert download(REPO) == 0
    asked = hub.fetched(WEIGHTS)
    assert len(asked) == 2
    assert asked[1].startswith("bytes=")
    assert (tmp_path / f"models/koharu/{WEIGHTS}").read_bytes() == LARGE


@pytest.mark.parametrize("reason", [KeyboardInterrupt, StopAsyncIteration])
def test_a_download_that_was_stopped_is_gone_on_with_the_next_time(
    hub: FakeHub, tmp_path: Path, reason: type[BaseException]
) -> None:
    hub.repos[REPO][f"koharu/{WEIGHTS}"] = LARGE
    offer, folder = find_offer(REPO), tmp_path / "models/koharu"

    def stop(done: int, total: int | None) -> None:
        if done > 12 << 20:
            raise reason

    with pytest.raises(reason):
        install(offer, folder, stop)
    assert not folder.exists()
    heard: list[int] = []
    install(offer, folder, lambda done, total: heard.append(done))
    first, second = hub.fetched(WEIGHTS)
    assert first == ""
    assert int(second.removeprefix("bytes=").split("-")[0]) > 10 << 20
    assert heard == sorted(heard)
    assert heard[-1] == offer.size
    assert (folder / WEIGHTS).read_bytes() == LARGE
    assert len(hub.fetched("config.json")) == 1


def test_a_server_without_ranges_sends_it_all_again(hub: FakeHub, tmp_path: Path) -> None:
    hub.repos[REPO][f"koharu/{WEIGHTS}"] = LARGE
    hub.breaks[WEIGHTS] = [11 << 20]
    hub.ranges = False
    assert download(REPO) == 0
    assert (tmp_path / f"models/koharu/{WEIGHTS}").read_bytes() == LARGE


def test_parts_of_another_commit_are_not_mixed_in(hub: FakeHub, tmp_path: Path) -> None:
    hub.repos[REPO][f"koharu/{WEIGHTS}"] = LARGE

    def stop(done: int, total: int | None) -> None:
        if done > 12 << 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install(find_offer(REPO), tmp_path / "models/koharu", stop)
    hub.commits[REPO] = "f00d" + "1" * 36
    hub.repos[REPO][f"koharu/{WEIGHTS}"] = LARGE[::-1]
    hub.requests.clear()
    assert download(REPO) == 0
    assert hub.fetched(WEIGHTS) == [""]
    assert (tmp_path / f"models/koharu/{WEIGHTS}").read_bytes() == LARGE[::-1]


def test_a_slow_hub_shows_how_far_it_is(hub: FakeHub, tmp_path: Path) -> None:
    hub.repos[REPO][f"koharu/{WEIGHTS}"] = LARGE
    released = hub.stalls[WEIGHTS] = threading.Event()
    heard: list[int] = []

    def watch(done: int, total: int | None) -> None:
        heard.append(done)
        if done > 10 << 20:
            released.set()

    install(find_offer(REPO), tmp_path / "models/koharu", watch)
    assert released.is_set()
    assert (tmp_path / f"models/koharu/{WEIGHTS}").read_bytes() == LARGE


def test_a_hub_that_falls_silent_is_not_waited_for_for_ever(
    hub: FakeHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.2)
    monkeypatch.setattr("huggingface_hub.file_download.time", _NoTime)
    hub.stalls[WEIGHTS] = threading.Event()
    assert "did not arrive whole" in refused(capsys, tmp_path)


class _NoTime:
    """The library's pause between two tries."""

    @staticmethod
    def sleep(_: float) -> None:
        pass


@pytest.mark.parametrize(
    "path",
    [
        "../evil.npy",
        "koharu/../../evil.npy",
        "/etc/evil.npy",
        "koharu//evil.npy",
        "koharu\\..\\evil.npy",
        "C:/evil.npy",
        "koharu/.",
        "koharu/a\0b",
        "koharu/line\nbreak",
        "koharu/" + "x" * 600,
        "",
    ],
)
def test_a_name_that_leads_elsewhere_is_the_end_of_it(
    hub: FakeHub, path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repos[REPO][path] = b"evil"
    assert "names a file outside of itself: do not trust this source" in refused(capsys, tmp_path)
    assert not [asked for asked, _ in hub.requests if "/resolve/" in asked]


@pytest.mark.parametrize("commit", ["../../evil", "", "a/../../b"])
def test_a_commit_that_is_a_path_is_refused(
    hub: FakeHub, commit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.commits[REPO] = commit
    assert "names a file outside of itself" in refused(capsys, tmp_path)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"evil" * 500_000, "may have"),
        (b"short", "did not arrive whole"),
        (None, "has a wrong checksum: run it again"),
    ],
)
def test_what_is_not_what_was_listed_is_thrown_away(
    hub: FakeHub,
    sent: bytes | None,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = hub.repos[REPO][f"koharu/{WEIGHTS}"]
    hub.sent[WEIGHTS] = bytes(len(good)) if sent is None else sent
    assert sentence in refused(capsys, tmp_path)
    del hub.sent[WEIGHTS]
    assert download(REPO) == 0
    assert (tmp_path / f"models/koharu/{WEIGHTS}").read_bytes() == good


@pytest.mark.parametrize(
    "lie", [{"lfs": None, "blobId": None}, {"size": None, "lfs": None}, {"size": -1, "lfs": None}]
)
def test_what_could_not_be_checked_is_not_fetched(
    hub: FakeHub, lie: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.listed[f"koharu/{WEIGHTS}"] = lie
    assert "tells neither size nor checksum" in refused(capsys, tmp_path)


@pytest.mark.parametrize(
    ("status", "cure"), [(403, "set HF_TOKEN"), (404, "check the name"), (500, "try again later")]
)
def test_a_refusal_is_told_with_its_cure(
    hub: FakeHub, status: int, cure: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.statuses[WEIGHTS] = status
    assert cure in refused(capsys, tmp_path)


def test_a_repository_that_is_not_there(
    hub: FakeHub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert download("nobody/nothing") == 1
    assert "nobody/nothing is not there" in capsys.readouterr().err
    assert download(f"{REPO}@v9") == 1
    assert "check the name and the revision" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("nonsense", "is unknown: give owner/repo"),
        ("../../etc/passwd", "is unknown"),
        ("http://example.com/a.aivm", "is no https address"),
        ("file:///etc/passwd.aivm", "is no https address"),
        ("https://example.com/a.aivmx", "is an ONNX file, which Luna cannot speak with"),
        ("https://example.com/a.zip", "does not end in .aivm"),
        (f"{REPO}/elsewhere", f"is not one voice: choose one of {REPO}/koharu"),
    ],
)
def test_what_is_no_source(
    hub: FakeHub, source: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert download(source) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../up", ".hidden", "a/b", "x" * 101, "con:"])
def test_a_name_is_a_name(
    hub: FakeHub, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert download(REPO, "--name", name) == 1
    assert not (tmp_path / "models").exists()


def test_onnx_voices_are_answered_with_what_to_use(
    hub: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repos[REPO] = {"mao.aivmx": b"onnx"}
    assert download(REPO) == 1
    assert "ask its maker for the .aivm or the .safetensors file" in capsys.readouterr().err


def test_a_full_disk_is_told_before_anything_is_fetched(
    hub: FakeHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 1_000_000))
    assert "1 MB are free on this disk: free some space" in refused(capsys, tmp_path)
    assert not [asked for asked, _ in hub.requests if "/resolve/" in asked]


def test_an_update_that_fails_leaves_the_voice_as_it_was(hub: FakeHub, tmp_path: Path) -> None:
    assert download(REPO) == 0
    hub.commits[REPO] = "f00d" + "1" * 36
    hub.sent["config.json"] = b"short"
    assert download(REPO) == 1
    assert read_voice_folder(tmp_path / "models/koharu")


def test_a_plain_address_may_not_send_without_end(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("luna_tts.downloads.install.MOST_BYTES", 100_000)
    hub.repos[""] = {"big.aivm": bytes(200_000)}
    with pytest.raises(DownloadFailed, match="sends more than the 100,000 bytes"):
        install(find_offer(f"{hub.url}/big.aivm"), tmp_path / "models/big")
    assert not (tmp_path / "models/big").exists()


@given(st.text(max_size=80) | st.from_regex(r"[\w./@:?-]{0,40}", fullmatch=True))
def test_whatever_is_typed_is_answered_with_one_sentence(source: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        try:
            offer = find_offer(source)
        except LunaError as error:
            assert str(error).count("\n") <= source.count("\n")  # noqa: PT017
        else:
            assert offer.files[0].path.endswith(".aivm"), "an address is asked only for its file"


@given(
    st.text(max_size=60) | st.lists(st.sampled_from(["..", ".", "", "a", "/", "\\"])).map("/".join)
)
def test_a_path_that_is_taken_stays_where_it_belongs(path: str) -> None:
    try:
        taken = check_path(path, "repo")
    except DownloadFailed:
        return
    root = Path("/somewhere/models")
    assert Path(os.path.normpath(root / taken)).is_relative_to(root)
    assert Path(os.path.normpath(root / taken)) != root


def test_a_disk_that_fills_up_meanwhile_is_one_sentence(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("luna_tts.downloads.hub._Bounded.write", full)
    with pytest.raises(DownloadFailed, match="No space left on device"):
        install(find_offer(REPO), tmp_path / "models/koharu")
