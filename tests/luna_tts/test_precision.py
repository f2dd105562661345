"""Fewer bits: near enough for every voice, and not at all for a voice that they would spoil."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from luna_tts.int8 import (
    THEN,
    Int8Kernel,
    Int8Matrix,
    Then,
    packed_kernel,
    packed_matrix,
    rounded_weight,
)
from luna_tts.precision import EXACT, Arithmetic, choose_arithmetic
from luna_tts.vits.self_check import LEAST_SNR, audio_signal_to_noise
from luna_tts.vits.streaming import Stream
from luna_tts.vits.synthesizer import Synthesizer
from luna_tts.vits.voice_folder import read_voice_folder
from luna_tts.vits.weights import load_synthesizer
from tiny_voice import tiny_voice, walked

WIDE = {"upsample_initial_channel": 128}
"""Two stages of convolutions that 8 bits are worth."""
COARSE = [Arithmetic(torch.bfloat16), Arithmetic(int8=True), Arithmetic(torch.bfloat16, int8=True)]


def load(folder: Path, arithmetic: Arithmetic) -> Synthesizer:
    voice = read_voice_folder(folder)
    return load_synthesizer(voice.weights, voice.parameters, arithmetic=arithmetic)


@pytest.mark.parametrize("arithmetic", COARSE, ids=str)
def test_a_voice_sounds_the_same_in_fewer_bits(tmp_path: Path, arithmetic: Arithmetic) -> None:
    folder = tiny_voice(tmp_path / "voice", model=WIDE)
    network, exact = load(folder, arithmetic), load(folder, EXACT)
    assert not torch.equal(walked(network), walked(exact)), "it computes in something else"
    assert audio_signal_to_noise(network, exact) >= LEAST_SNR


@pytest.mark.parametrize("arithmetic", COARSE, ids=str)
def test_windows_in_fewer_bits_are_as_near_as_the_whole(
    tmp_path: Path, arithmetic: Arithmetic
) -> None:
    folder = tiny_voice(tmp_path / "voice", model=WIDE)
    network, exact = load(folder, arithmetic), load(folder, EXACT)
    z = torch.randn(1, 8, 60, generator=torch.Generator().manual_seed(1))
    stream, speaker = Stream(), network.speaker(0)
    pieces = [
        network.decode(z[:, :, first : first + 7], speaker, stream, last=first + 7 >= 60)
        for first in range(0, 60, 7)
    ]
    expected = exact.decode(z, exact.speaker(0))
    noise = torch.cat(pieces) - expected
    assert 10 * torch.log10(expected.square().sum() / noise.square().sum()) >= LEAST_SNR


def test_a_voice_that_8_bits_would_spoil_computes_in_more(tmp_path: Path) -> None:
    folder = tiny_voice(tmp_path / "voice", model=WIDE)
    weights = read_voice_folder(folder).weights
    state = safetensors.torch.load_file(weights)
    # A channel that nobody listens to, so loud that 8 bits leave nothing of the others.
    for name in [name for name in state if name.startswith("dec.resblocks")]:
        if name.endswith("weight_v"):
            state[name][:, 0] = 0
    state["dec.ups.0.bias"][0] = 1e6
    state["dec.ups.1.weight_v"][0] = 1e-20
    state["dec.ups.1.weight_g"][0] = 0
    safetensors.torch.save_file(state, weights)
    exact = walked(load(folder, EXACT))
    for _ in range(2):  # measured, and remembered
        assert torch.equal(walked(load(folder, Arithmetic(int8=True))), exact)


def _kernel(weight: torch.Tensor) -> Int8Kernel:
    whole, scales = rounded_weight(weight)
    return Int8Kernel(packed_kernel(whole, 1, 16), scales, 1)


@given(
    rows=st.integers(3, 40),
    loudness=st.sampled_from([0.0, 1e-30, 1e-6, 1.0, 1e6]),
    above=st.floats(-3, 3),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_any_rows_are_convolved_as_well_as_8_bits_can(
    rows: int, loudness: float, above: float, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(32, 32, 3, generator=generator)
    given_rows = (torch.randn(rows, 32, generator=generator) + above) * loudness
    said = _kernel(weight).convolve(given_rows, None)
    expected = F.conv1d(given_rows.T[None], weight)[0].T
    step = (given_rows.max().clamp_min(0) - given_rows.min().clamp_max(0)) / 255
    # Half a step of the input, half a step of the kernel, each at every tap and channel.
    most = weight.abs().sum((1, 2)) * step + given_rows.abs().max() * 96 * weight.abs().max() / 254
    assert ((said - expected).abs() <= most + 1e-6).all()


@given(
    rows=st.integers(1, 40),
    loudness=st.sampled_from([0.0, 1e-30, 1e-6, 1.0, 1e6]),
    above=st.floats(-3, 3),
    outlier=st.sampled_from([1.0, 30.0, 1e4]),
    then=st.sampled_from(["none", "relu", "gelu"]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=100, deadline=None)
def test_any_product_keeps_what_is_small_beside_what_is_large(
    rows: int, loudness: float, above: float, outlier: float, then: Then, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(64, 32, generator=generator)
    bias = torch.randn(64, generator=generator)
    given_rows = torch.randn(rows, 32, generator=generator) + above
    given_rows[rows // 2, 7] *= outlier
    given_rows *= loudness
    whole, scales = rounded_weight(weight)
    said = Int8Matrix(packed_matrix(whole), scales).product(given_rows, bias, then)
    expected = THEN[then](F.linear(given_rows, whole * scales[:, None], bias))
    typical = given_rows.square().mean().sqrt()
    # A step is a sixteenth of what is typical, and the error half a step in each of 32 channels.
    most = weight.abs().sum(1) * typical / 32 * 1.1 + 1e-5 * given_rows.abs().max() * 32
    assert ((said - expected).abs() <= 1.2 * most + 1e-5).all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_said_so(value: float) -> None:
    rows = torch.zeros(5, 32)
    rows[2, 3] = value
    with pytest.raises(FloatingPointError, match="no numbers"):
        _kernel(torch.ones(32, 32, 3)).convolve(rows, None)


def test_what_is_asked_for_is_chosen() -> None:
    assert choose_arithmetic("fp32", "cpu") == EXACT
    assert choose_arithmetic("bf16", "cpu") == Arithmetic(torch.bfloat16)
    assert choose_arithmetic("int8", "cpu").int8


def test_a_voice_that_says_no_numbers_is_loaded_and_found_out_when_it_speaks(
    tmp_path: Path,
) -> None:
    folder = tiny_voice(tmp_path / "voice", model=WIDE)
    weights = read_voice_folder(folder).weights
    state = safetensors.torch.load_file(weights)
    name = next(name for name in state if name.startswith("flow.") and name.endswith("pre.bias"))
    state[name][:1] = 3e38
    safetensors.torch.save_file(state, weights)
    for _ in range(2):  # measured, and remembered
        assert not walked(load(folder, Arithmetic(torch.bfloat16, int8=True))).isfinite().all()
