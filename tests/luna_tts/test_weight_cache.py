"""What is kept beside a voice: quick to load, the same to the ear, and never of another file."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from luna_tts import packed_weights
from luna_tts.errors import SpeechTooLong
from luna_tts.nlp.bert_models import BertModel
from luna_tts.precision import EXACT, Arithmetic
from luna_tts.vits.synthesizer import Synthesizer
from luna_tts.vits.voice_folder import read_voice_folder
from luna_tts.vits.weights import load_synthesizer
from tiny_voice import GOLDEN, tiny_voice, walked


def load(folder: Path, dtype: torch.dtype = torch.float32) -> Synthesizer:
    voice = read_voice_folder(folder)
    return load_synthesizer(voice.weights, voice.parameters, arithmetic=Arithmetic(dtype))


def kept(folder: Path) -> Path:
    (file,) = (folder / ".luna").glob("*.safetensors")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_voice(tmp_path / "voice")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_was_kept_says_the_same_bit_for_bit(folder: Path, dtype: torch.dtype) -> None:
    first = walked(load(folder, dtype))
    weights = read_voice_folder(folder).weights
    about = weights.stat()
    weights.write_bytes(bytes(about.st_size))  # only what was kept can speak now
    os.utime(weights, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert torch.equal(walked(load(folder, dtype)), first)


@pytest.mark.parametrize(
    "arithmetic",
    [EXACT, Arithmetic(torch.bfloat16), Arithmetic(torch.bfloat16, int8=True)],
    ids=lambda arithmetic: str(arithmetic.kind),
)
def test_a_bert_is_kept_as_well(tmp_path: Path, arithmetic: Arithmetic) -> None:
    ignored = shutil.ignore_patterns(".luna")
    folder = Path(shutil.copytree(GOLDEN / "bert_h64", tmp_path / "bert", ignore=ignored))
    (folder / ".luna").touch()  # nothing can be kept there
    made = BertModel(folder, "cpu", arithmetic).feature("今日はいい天気")
    (folder / ".luna").unlink()
    first = BertModel(folder, "cpu", arithmetic).feature("今日はいい天気")
    weights = folder / "model.safetensors"
    about = weights.stat()
    weights.write_bytes(bytes(about.st_size))
    os.utime(weights, ns=(about.st_atime_ns, about.st_mtime_ns))
    again = BertModel(folder, "cpu", arithmetic).feature("今日はいい天気")
    assert torch.equal(made, first)
    assert torch.equal(again, first)


def test_what_belongs_to_a_file_that_is_gone_goes(folder: Path) -> None:
    load(folder)
    old = read_voice_folder(folder).weights
    old.rename(folder / "newer_e2_s20.safetensors")
    (folder / ".luna/tmpcrashed").touch()
    load(folder)
    assert [file.name for file in (folder / ".luna").iterdir()] == [
        "newer_e2_s20.safetensors.float32.safetensors"
    ]


def test_a_copied_folder_keeps_it_and_a_changed_file_does_not(folder: Path, tmp_path: Path) -> None:
    first = walked(load(folder))
    copy = Path(shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile))
    before = kept(copy).stat()
    assert torch.equal(walked(load(copy)), first)
    assert kept(copy).stat().st_mtime_ns == before.st_mtime_ns, "it was made anew"
    weights = read_voice_folder(folder).weights
    state = safetensors.torch.load_file(weights)
    state["emb_g.weight"] = state["emb_g.weight"] + 1
    safetensors.torch.save_file(state, weights)
    changed = walked(load(folder))
    assert not torch.equal(changed, first)
    assert torch.equal(walked(load(folder)), changed)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.floats(0, 1), st.integers(0, 255), st.booleans())
def test_a_broken_one_is_made_anew(folder: Path, where: float, byte: int, cut: bool) -> None:
    first = walked(load(folder))
    file = kept(folder)
    data = bytearray(file.read_bytes())
    head = 8 + int.from_bytes(data[:8], "little")
    place = round(where * (head - 1))
    if cut:
        del data[place:]
    else:
        data[place] = byte
    file.write_bytes(data)
    assert torch.equal(walked(load(folder)), first)


@pytest.mark.parametrize("trouble", ["a full disk", "a file in its place"])
def test_without_room_a_voice_loads_as_well(
    folder: Path, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if trouble == "a full disk":
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    else:
        (folder / ".luna").touch()
    try:
        spoken = walked(load(folder))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "is not kept in a faster form" in caplog.text
    assert not list(folder.glob(".luna/*"))
    copy = Path(shutil.copytree(folder, folder.parent / "copy"))
    if (copy / ".luna").is_file():
        (copy / ".luna").unlink()
    load(copy)
    assert torch.equal(walked(load(copy)), spoken), "kept and made are the same"


@pytest.mark.parametrize("where", ["on another processor", "without PyTorch's help"])
def test_what_was_packed_elsewhere_is_made_anew(
    folder: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = walked(load(folder))
    here = kept(folder).read_bytes()
    with monkeypatch.context() as elsewhere:
        if where == "on another processor":
            elsewhere.setattr(packed_weights, "_digest", lambda likes: "another layout")
        else:
            elsewhere.setattr(packed_weights, "_library", lambda: None)
        for _ in range(2):
            assert torch.equal(walked(load(folder)), first)
        assert kept(folder).read_bytes() != here
    assert torch.equal(walked(load(folder)), first)
    assert kept(folder).read_bytes() == here


def test_weights_live_as_long_as_the_voice(folder: Path) -> None:
    load(folder)
    network = load(folder)
    first = walked(network)

    def mapped() -> bool:
        return str(folder) in Path("/proc/self/maps").read_text()

    shutil.rmtree(folder)
    gc.collect()
    assert torch.equal(walked(network), first)
    assert mapped()
    del network
    gc.collect()
    assert not mapped(), "and no longer"


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.floats(0, 1), st.binary(min_size=1, max_size=4096))
def test_spoilt_weights_are_noise_at_worst(folder: Path, where: float, noise: bytes) -> None:
    load(folder)
    data = bytearray(kept(folder).read_bytes())
    head = 8 + int.from_bytes(data[:8], "little")
    place = head + round(where * (len(data) - head - 4 - len(noise)))
    data[place : place + len(noise)] = noise
    kept(folder).write_bytes(data)
    assert load(folder).nbytes > 0
    with contextlib.suppress(FloatingPointError, SpeechTooLong):
        walked(load(folder))


def test_two_programs_at_once(folder: Path) -> None:
    code = """if True:
        import sys
        from pathlib import Path
        from luna_tts.vits.voice_folder import read_voice_folder
        from luna_tts.vits.weights import load_synthesizer
        voice = read_voice_folder(Path(sys.argv[1]))
        for _ in range(5):
            load_synthesizer(voice.weights, voice.parameters)
    """
    programs = [subprocess.Popen([sys.executable, "-c", code, str(folder)]) for _ in range(2)]
    assert [program.wait() for program in programs] == [0, 0]
    assert torch.equal(walked(load(folder)), walked(load(folder)))


def test_a_voice_that_loses_too_much_computes_exactly(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = walked(load(folder))
    shutil.rmtree(folder / ".luna")
    monkeypatch.setattr("luna_tts.vits.weights.LEAST_SNR", 200.0)
    assert torch.equal(walked(load(folder, torch.bfloat16)), exact)
    assert torch.equal(walked(load(folder, torch.bfloat16)), exact), "from what was kept as well"
