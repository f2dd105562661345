"""Parity with vectors of an independent implementation, for every voice and sentence in a folder.

`LUNA_GOLDEN_DIR` points at another set of the same layout (tests/data/golden/README.md).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from luna_tts.vits.synthesizer import Synthesizer
from luna_tts.vits.text_encoder import TextInput
from luna_tts.vits.voice_folder import VoiceFolder, read_voice_folder
from luna_tts.vits.weights import load_synthesizer
from tiny_voice import walked

_DEFAULT = Path(__file__).parent.parent / "data" / "golden"
_TOLERANCE = {"logw_sdp": 1e-4, "wav": 1e-4, "wav_head": 1e-4, "wav_rms_frames": 1e-4}
_STRICT = 1e-5


def _root() -> Path:
    """Read while tests are collected: a fixture hides the caller's LUNA_* from the tests."""
    return Path(os.environ.get("LUNA_GOLDEN_DIR") or _DEFAULT)


ROOT = _root()


@dataclass(frozen=True)
class Case:
    voice: str
    entry: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.voice}-{Path(self.entry['file']).stem}"


def _cases(root: Path) -> list[Case]:
    indexes = sorted(root.glob("vectors/*/index.json"))
    return [Case(i.parent.name, e) for i in indexes for e in json.loads(i.read_bytes())]


CASES = _cases(ROOT)


@cache
def _voice(name: str) -> tuple[VoiceFolder, Synthesizer]:
    folder = read_voice_folder(ROOT / "voices" / name)
    return folder, load_synthesizer(folder.weights, folder.parameters)


def _bert(case: Case, vectors: dict[str, np.ndarray]) -> torch.Tensor:
    """[1024, T]: random rows, regenerated, each repeated for the tokens of its character."""
    shape = (len(vectors["word2ph_blank"]), 1024)
    generator = np.random.default_rng(case.entry["bert_seed"])
    rows = generator.standard_normal(shape, dtype=np.float32)
    assert hashlib.sha256(rows.tobytes()).hexdigest() == case.entry["bert_feature_sha256"]
    return torch.from_numpy(rows.repeat(vectors["word2ph_blank"], axis=0).T.copy())


@dataclass
class Errors:
    """The worst difference of each tensor, kept over all cases of the run."""

    worst: dict[str, float]

    def check(self, name: str, ours: torch.Tensor | np.ndarray, golden: np.ndarray) -> None:
        ours = np.asarray(ours)
        assert ours.shape == golden.shape, f"{name}: shape {ours.shape}, not {golden.shape}"
        assert np.isfinite(ours).all(), f"{name} is not finite"
        error = float(np.abs(ours.astype(np.float64) - golden).max(initial=0.0))
        self.worst[name] = max(self.worst[name], error)
        limit = _TOLERANCE.get(name, _STRICT)
        assert error <= limit, f"{name}: differs by {error:.2e}, at most {limit:.0e} is allowed"


@pytest.fixture(scope="module")
def errors(request: pytest.FixtureRequest) -> Iterator[Errors]:
    errors = Errors(defaultdict(float))
    yield errors
    # One line per tensor, also where pytest captures what tests print.
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\ngolden vectors: worst absolute errors over {len(CASES)} cases")
        for name, error in errors.worst.items():
            print(f"  {name:15} {error:.2e}")


def test_there_are_golden_vectors() -> None:
    assert CASES, f"no vectors under {ROOT}: unset LUNA_GOLDEN_DIR or point it at a golden folder"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_matches_the_golden_vectors(case: Case, errors: Errors) -> None:
    folder, network = _voice(case.voice)
    file = ROOT / "vectors" / case.voice / case.entry["file"]
    vectors = dict(np.load(file))
    speaker = network.speaker(folder.speaker_id(case.entry["speaker_id"]))
    style = folder.style_vector(case.entry["style"], case.entry["style_weight"])
    errors.check("g", speaker[0, :, 0], vectors["g"])
    errors.check("style_vec", style, vectors["style_vec"])
    ids = {name: torch.from_numpy(vectors[f"{name}_ids"].astype(np.int64)) for name in _IDS}
    bert = _bert(case, vectors)
    text = TextInput(ids["phone"], ids["tone"], ids["language"], bert, torch.from_numpy(style))
    encoded, _ = network.ask_prior(text, speaker, 0.0, 0.0, torch.Generator())()
    errors.check("m_p", encoded.mean[0], vectors["m_p"])
    errors.check("logs_p", encoded.log_deviation[0], vectors["logs_p"])
    for ratio, name in ((0.0, "logw_dp"), (1.0, "logw_sdp")):
        logw = network.ask_prior(text, speaker, ratio, 0.0, torch.Generator())()[1]
        errors.check(name, logw, vectors[name])
    for ratio in case.entry["sdp_ratios"]:
        _check_speech(network, text, speaker, case.entry, ratio, vectors, errors)


_IDS = ("phone", "tone", "language")


def _check_speech(
    network: Synthesizer,
    text: TextInput,
    speaker: torch.Tensor,
    entry: dict[str, Any],
    ratio: float,
    vectors: dict[str, np.ndarray],
    errors: Errors,
) -> None:
    prefix = f"r{round(ratio * 100):03}_"
    encoded, logw = network.ask_prior(
        text, speaker, ratio, entry["noise_scale_w"], torch.Generator()
    )()
    durations = network.durations(logw, entry["length_scale"])
    assert durations.tolist() == vectors[f"{prefix}durations"].tolist()
    z = network.expand(encoded, durations, entry["noise_scale"], torch.Generator())
    found = {"z_p": z[0]}
    for step in range(network.flow.steps()):
        z = network.flow_step(z, speaker, step)
    wave = network.decode(z, speaker)
    hop = network.hyper_parameters.hop_length
    found |= {"z": z[0], "wav": wave, "wav_head": wave[:16384]}
    found["wav_rms_frames"] = (
        wave[: len(wave) // 512 * 512].unflatten(0, (-1, 512)).square().mean(1).sqrt()
    )
    assert len(wave) == z.shape[2] * hop
    compared = [name for name in found if f"{prefix}{name}" in vectors]
    assert compared, f"nothing to compare for sdp_ratio {ratio}"
    for name in compared:
        errors.check(name, found[name], vectors[f"{prefix}{name}"])


def test_training_checkpoints_give_the_same_networks() -> None:
    pairs = sorted(folder.name for folder in ROOT.glob("voices/*_pth"))
    assert pairs or ROOT != _DEFAULT, "no voice in the .pth layout"
    for name in pairs:
        _, checkpoint = _voice(name)
        _, safetensors = _voice(name.removesuffix("_pth"))
        assert torch.equal(walked(checkpoint), walked(safetensors)), name
