"""bot.py without a token: typed lines become a WAV file of what a listener would hear."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import wave
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from cafe import ROOT, length, spoken
from discord_standin import largest_gap, similarity
from luna_tts.open_jtalk import OpenJTalkModel


def run(lines: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LUNA_LOCAL_WAV": str(folder / "heard.wav"), **variables}
    return subprocess.run(
        [sys.executable, ROOT / "bot.py"],
        input=lines,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def heard(folder: Path) -> np.ndarray:
    with wave.open(str(folder / "heard.wav")) as wav:
        assert (wav.getframerate(), wav.getnchannels()) == (48_000, 2)
        frames = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, 2)
    assert np.array_equal(frames[:, 0], frames[:, 1])
    return frames[:, 0].astype(np.float32) / 32767


def test_lines_are_heard_in_order_and_whole(tmp_path: Path, open_jtalk: OpenJTalkModel) -> None:
    lines = ["こんにちは。今日はいい天気ですね！", "二行目です。", "これで終わりです。"]
    done = run("\n".join(lines) + "\n", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "discord.com/developers/applications" in done.stdout.splitlines()[0]
    reference = np.concatenate([spoken(open_jtalk, line) for line in lines])
    sound = heard(tmp_path)
    assert similarity(sound, reference) > 0.9
    assert length(sound) == pytest.approx(length(reference), rel=0.05)
    assert largest_gap(sound, reference) < 0.06
    told = re.search(r"heard\.wav: ([\d.]+) s of audio, first sound after ([\d.]+) s", done.stdout)
    assert told
    assert float(told[1]) == pytest.approx(len(sound) / 48_000, abs=0.01)
    assert 0 < float(told[2]) < 5


def test_what_cannot_be_said_is_told_and_the_rest_is_heard(tmp_path: Path) -> None:
    done = run("(´・ω・`)\n\nよし。\n||ひみつ|| https://example.com\nпривет\n", tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("not spoken: nothing in this text can be pronounced") == 2
    assert len(heard(tmp_path)) > 48_000
    assert "よし" not in done.stderr


def test_no_line_at_all(tmp_path: Path) -> None:
    done = run("", tmp_path)
    assert done.returncode == 0
    assert "heard.wav: nothing was said" in done.stdout


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    done = run("やあ\n", tmp_path, LUNA_LOCAL_WAV="/no/such/folder/a.wav")
    assert done.returncode == 1
    assert "No such file or directory: '/no/such/folder/a.wav'" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_are_read_from_the_env_file_beside_the_bot(tmp_path: Path) -> None:
    shutil.copy(ROOT / "bot.py", tmp_path)
    shutil.copytree(ROOT / "cogs", tmp_path / "cogs")
    (tmp_path / ".env").write_text("LUNA_LOCAL_WAV=from_env_file.wav\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    del environment["PYTHON_DOTENV_DISABLED"]
    command = [sys.executable, tmp_path / "bot.py"]
    subprocess.run(command, input="やあ\n", env=environment, cwd=tmp_path, text=True, check=True)
    assert (tmp_path / "from_env_file.wav").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("LUNA_LOG_LEVEL", "LOUD", "it must be DEBUG, INFO, WARNING or ERROR"),
        ("LUNA_LANGUAGE", "tlh", "it must be ja, ko or en"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    tmp_path: Path, variable: str, value: str, expected: str
) -> None:
    done = run("やあ\n", tmp_path, **{variable: value})
    assert done.returncode == 1
    assert expected in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


async def test_in_a_terminal_there_is_a_page_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ours, theirs = pty.openpty()
    environment = {
        **os.environ,
        "LUNA_LOCAL_WAV": str(tmp_path / "heard.wav"),
        "LUNA_PAGE_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, ROOT / "bot.py"),
        stdin=theirs,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
        cwd=tmp_path,
    )
    try:
        assert process.stdout
        async with asyncio.timeout(30):
            while f"http://127.0.0.1:{port}/".encode() not in await process.stdout.readline():
                pass
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
                async with http.get("/") as page:
                    assert "<title>Luna</title>" in await page.text()
                async with http.post("/synthesize", json={"text": "はい。"}) as speech:
                    assert (await speech.read()).startswith(b"RIFF")
            os.write(ours, b"\x04")
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)
        os.close(theirs)
