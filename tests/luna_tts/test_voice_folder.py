"""Voice folders: what is found in them, and that broken ones break nothing."""

from __future__ import annotations

import os
import resource
import shutil
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

import corruption
from luna_tts.errors import InvalidVoice, InvalidWeights, LunaError, UnknownSpeaker, UnknownStyle
from luna_tts.vits.synthesizer import Synthesizer
from luna_tts.vits.voice_folder import VoiceFolder, find_weights, read_voice_folder
from luna_tts.vits.weights import load_synthesizer
from tiny_voice import tiny_voice, walked

CASES = 1000
MOST_SECONDS = 300
"""Of work, whoever else is working."""
SMALLEST = {
    "resblock": "2",
    "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1, 3]],
    "upsample_rates": [64, 8],
    "upsample_kernel_sizes": [64, 8],
}
MOST_GROWTH = 600 << 20


def load(folder: Path) -> Synthesizer:
    voice = read_voice_folder(folder)
    return load_synthesizer(voice.weights, voice.parameters)


@pytest.fixture
def voice(tmp_path: Path) -> VoiceFolder:
    return read_voice_folder(tiny_voice(tmp_path / "hana", styles=("Neutral", "喜び", "怒り")))


def test_a_style_is_scaled_from_the_mean(voice: VoiceFolder) -> None:
    mean, joy = voice.style_vectors[0], voice.style_vectors[1]
    assert voice.styles == ("Neutral", "喜び", "怒り")
    assert np.array_equal(voice.style_vector(), mean)
    assert np.array_equal(voice.style_vector("喜び", 0.0), mean)
    assert np.allclose(voice.style_vector("喜び", 1.0), joy, atol=1e-6)
    assert np.allclose(voice.style_vector("喜び", 3.0), mean + 3 * (joy - mean), atol=1e-5)
    assert voice.style_vector("喜び", 2).dtype == np.float32


def test_unknown_styles_and_speakers_carry_the_names_that_exist(voice: VoiceFolder) -> None:
    with pytest.raises(UnknownStyle, match="喜び") as style:
        voice.style_vector("Happy")
    assert style.value.data == {"name": "Happy", "known": voice.styles}
    for speaker in ("carol", "0", 2, -1):
        with pytest.raises(UnknownSpeaker, match="alice, bob") as unknown:
            voice.speaker_id(speaker)
        assert unknown.value.data["known"] == ("alice", "bob")


def test_speakers_by_name_and_number(voice: VoiceFolder) -> None:
    assert [voice.speaker_id(speaker) for speaker in (None, "alice", "bob", 0, 1)] == [
        0,
        0,
        1,
        0,
        1,
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_style_vectors_of_either_precision(tmp_path: Path, dtype: str, order: str) -> None:
    folder = tiny_voice(tmp_path / "hana")
    vectors = np.load(folder / "style_vectors.npy")
    np.save(folder / "style_vectors.npy", np.asarray(vectors, dtype=dtype, order=order))  # type: ignore[call-overload]
    found = read_voice_folder(folder).style_vectors
    assert found.dtype == np.float32
    assert found.dtype.isnative
    assert np.array_equal(found, vectors)


def test_safetensors_come_first_then_the_newest(tmp_path: Path) -> None:
    names = ["b.pt", "new.pth", "old.pth", "old.safetensors", "new.safetensors"]
    for name, time_ in zip(names, (9, 8, 7, 1, 2), strict=True):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time_, time_))
    (tmp_path / ".hidden.safetensors").touch()
    (tmp_path / "folder.safetensors").mkdir()
    for expected in ("new.safetensors", "old.safetensors", "new.pth", "old.pth", "b.pt"):
        assert find_weights(tmp_path).name == expected
        (tmp_path / expected).unlink()
    with pytest.raises(InvalidVoice, match=r"no weights file \(\.safetensors, \.pth, \.pt\)"):
        find_weights(tmp_path)


@pytest.mark.parametrize("jp_extra", [True, False])
@pytest.mark.parametrize("suffix", [".pth", ".pt"])
def test_checkpoints_give_the_same_weights(tmp_path: Path, jp_extra: bool, suffix: str) -> None:
    one = load(tiny_voice(tmp_path / "one", jp_extra=jp_extra))
    other = load(tiny_voice(tmp_path / "other", jp_extra=jp_extra, suffix=suffix))
    assert torch.equal(walked(one), walked(other))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    folder = tiny_voice(tmp_path / "hana")
    whole = walked(load(folder))
    file = find_weights(folder)
    state = safetensors.torch.load_file(file)
    safetensors.torch.save_file({name: value.to(dtype) for name, value in state.items()}, file)
    network = load(folder)
    assert {weight.dtype for weight in network.parameters()} == {torch.float32}
    assert torch.allclose(walked(network), whole, rtol=0.1, atol=0.1)


def test_all_missing_misshapen_and_broken_tensors_are_named_at_once(tmp_path: Path) -> None:
    folder = tiny_voice(tmp_path / "hana")
    file = find_weights(folder)
    state = safetensors.torch.load_file(file)
    del state["emb_g.weight"], state["dec.ups.0.weight_g"], state["enc_p.emb.weight"]
    state["dp.proj.bias"] = torch.zeros(3)
    state["flow.flows.2.pre.weight"] = torch.zeros(1)
    safetensors.torch.save_file(state, file)
    with pytest.raises(InvalidWeights, match=r"hana_e1_s10\.safetensors") as caught:
        load(folder)
    data = caught.value.data
    assert set(data["missing"]) == {"emb_g.weight", "dec.ups.0.weight_g", "enc_p.emb.weight"}  # type: ignore[call-overload]
    assert set(data["misshapen"]) == {"dp.proj.bias", "flow.flows.2.pre.weight"}  # type: ignore[call-overload]
    assert all(name in str(caught.value) for name in [*data["missing"], *data["misshapen"]])  # type: ignore[misc]


def test_weights_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    folder = tiny_voice(tmp_path / "hana")
    file = find_weights(folder)
    state = safetensors.torch.load_file(file)
    state["dp.norm_1.beta"][3] = torch.nan
    state["emb_g.weight"][0, 0] = -torch.inf
    state["dec.ups.1.weight_v"][0] = 0  # folds to 0 / 0
    safetensors.torch.save_file(state, file)
    with pytest.raises(InvalidWeights, match=r"dp\.norm_1\.beta") as caught:
        load(folder)
    broken = {"dp.norm_1.beta", "emb_g.weight", "dec.ups.1.weight"}
    assert set(caught.value.data["not_finite"]) == broken  # type: ignore[call-overload]


def test_a_loaded_voice_outlives_its_file(tmp_path: Path) -> None:
    for suffix in (".safetensors", ".pth"):
        folder = tiny_voice(tmp_path / suffix[1:], suffix=suffix)
        network = load(folder)
        before = network.state_dict()["emb_g.weight"].clone()
        weights = find_weights(folder)
        os.truncate(weights, 0)
        assert torch.equal(network.state_dict()["emb_g.weight"], before)


@pytest.mark.timeout(500)
def test_a_thousand_broken_voices_break_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small: Any = {"jp_extra": False, "model": SMALLEST}  # a thousand are to be built
    kinds = (
        (tiny_voice(tmp_path / "a", **small), corruption.SAFETENSORS),
        (tiny_voice(tmp_path / "b", **small, suffix=".pth"), corruption.CHECKPOINT),
    )
    (tmp_path / "secret").write_bytes(b"not yours")
    load(kinds[0][0])
    before, memory, started = _snapshot(tmp_path), _peak(), time.process_time()
    outcomes: Counter[str] = Counter()
    for number in range(CASES):
        random = Random(number)
        sound, own = random.choice(kinds)
        damage = random.choice(corruption.EVERYWHERE + own * 2)
        broken = tmp_path / "broken"
        shutil.copytree(sound, broken, ignore=shutil.ignore_patterns(".luna"))
        damage(broken, random)
        outcomes[f"{damage.__name__}: {_outcome(broken, number)}"] += 1
        shutil.rmtree(broken)
        assert not (tmp_path / "executed").exists(), f"case {number} executed code"
    seconds = time.process_time() - started
    assert _snapshot(tmp_path) == before, "a file beside the voice was touched"
    assert _peak() - memory < MOST_GROWTH
    assert seconds < MOST_SECONDS
    with capfd.disabled():
        print(f"\n{CASES} broken voices in {seconds:.0f} s")
        for outcome, count in sorted(outcomes.items()):
            print(f"  {outcome:40} {count}")


def _outcome(folder: Path, number: int) -> str:
    """A garbled weight may still be a weight; everything else is one sentence with a file in it."""
    try:
        load(folder)
    except LunaError as error:
        message = str(error)
        assert "broken" in message, f"case {number} does not name the file: {message}"
        assert "\n" not in message
        assert message.isprintable()
        assert len(message) < 3000, f"case {number}: {len(message)} characters"
        return "refused"
    return "still sound"


def _snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    files = (file for file in root.rglob("*") if file.is_file())
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in files}


def _peak() -> int:
    """Bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_strides_do_not_make_gigabytes_out_of_four_bytes(tmp_path: Path) -> None:
    folder = tiny_voice(tmp_path / "hana", suffix=".pth")
    huge = torch.zeros(1).expand(1 << 20, 1 << 20)
    torch.save({"model": {"emb_g.weight": huge}}, find_weights(folder))
    with pytest.raises(InvalidVoice, match="more weights than it has bytes for"):
        load(folder)
