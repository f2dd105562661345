import io
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from luna_tts.__main__ import main
from tiny_voice import tiny_voice


def test_say_writes_a_wav_and_tells_how_long_it_took(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["say", "こんにちは。元気ですか。", "-o", str(tmp_path / "hello.wav")]) == 0
    with wave.open(str(tmp_path / "hello.wav")) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (48_000, 1, 2)
        seconds = wav.getnframes() / 48_000
    assert 1 < seconds < 4
    assert f"hello.wav: {seconds:.2f} s of audio, first sound after 0." in capsys.readouterr().out


def test_options_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []
    for speed in ("1", "2"):
        monkeypatch.setattr(sys, "stdin", io.StringIO("今日はいい天気ですね"))
        path = tmp_path / f"{speed}.wav"
        assert main(["say", "-", "--speed", speed, "--pitch", "1.2", "-o", str(path)]) == 0
        with wave.open(str(path)) as wav:
            lengths.append(wav.getnframes())
    assert lengths[1] < 0.7 * lengths[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["say", "！？"], "nothing in this text can be pronounced"),
        (["say", "やあ", "--speed", "9"], "length_scale is"),
        (["say", "やあ", "--speed", "0"], "length_scale is"),
        (["say", "やあ", "--voice", "nobody"], "there is no voice 'nobody': choose one of open-j"),
        (["say", "やあ", "-o", "no/such/folder/a.wav"], "No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_voices_are_listed_with_their_credit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices"]) == 0
    assert 'open-jtalk  ja  HTS Voice "Mei"' in capsys.readouterr().out


def test_importing_the_engine_imports_nothing_heavy() -> None:
    heavy = ("torch", "transformers", "pyopenjtalk", "discord", "pydantic", "fastapi", "aiohttp")
    code = f"import luna_tts, sys; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_loading_in_8_bits_does_not_import_half_a_compiler(tmp_path: Path) -> None:
    folder = tiny_voice(tmp_path / "voice", model={"upsample_initial_channel": 128})
    code = f"""
import sys
from pathlib import Path
from luna_tts.precision import Arithmetic
from luna_tts.vits.voice_folder import read_voice_folder
from luna_tts.vits.weights import load_synthesizer
voice = read_voice_folder(Path({str(folder)!r}))
load_synthesizer(voice.weights, voice.parameters, arithmetic=Arithmetic(int8=True))
print("sympy" in sys.modules)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_the_readmes_examples_run() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    examples = [part.split("```")[0] for part in readme.split("```python\n")[1:]]
    assert len(examples) == 2
    command = [sys.executable, "-W", "error", "-c", "\n".join(examples)]
    out = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert out.returncode == 0, out.stderr
    assert out.stdout.splitlines()[0].endswith("48000 float32")
    assert len(out.stdout.splitlines()) == 2
