import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts.loudness import CEILING, TARGET_LUFS, level, limit, loudness, soft_clip
from luna_tts.types import Samples


def tone(hertz: float, seconds: float, amplitude: float, rate: int = 48_000) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


@pytest.mark.parametrize("rate", [48_000, 44_100, 22_050])
def test_997_hz_at_full_scale_is_minus_3_01(rate: int) -> None:
    """BS.1770-4, annex 1: a 0 dB FS, 997 Hz sine on one channel reads -3.01 LKFS."""
    assert loudness(tone(997, 2, 1.0, rate), rate) == pytest.approx(-3.01, abs=0.03)


def test_silence_between_words_is_gated_out() -> None:
    speech = tone(1000, 2, 0.1)
    with_pauses = np.concatenate([speech, np.zeros(96_000, np.float32), speech])
    assert loudness(with_pauses, 48_000) == pytest.approx(loudness(speech, 48_000), abs=0.5)


def test_low_rumble_counts_little_and_high_tones_more() -> None:
    assert loudness(tone(30, 2, 0.5), 48_000) < loudness(tone(997, 2, 0.5), 48_000) - 6
    assert loudness(tone(4000, 2, 0.5), 48_000) > loudness(tone(997, 2, 0.5), 48_000) + 2


def test_nothing_has_no_loudness() -> None:
    for samples in (
        np.zeros(0, np.float32),
        np.zeros(10, np.float32),
        np.zeros(96_000, np.float32),
    ):
        assert loudness(samples, 48_000) == -np.inf
        assert np.array_equal(level(samples, 48_000), samples)


@pytest.mark.parametrize("amplitude", [0.02, 0.1, 1.0, 40.0])
def test_levelling_brings_every_amplitude_to_one_loudness(amplitude: float) -> None:
    levelled = level(tone(300, 1.5, amplitude), 48_000)
    assert loudness(levelled, 48_000) == pytest.approx(TARGET_LUFS, abs=0.1)


def test_a_click_does_not_make_speech_quiet() -> None:
    samples = tone(300, 2, 0.1)
    samples[48_000:48_020] = 30.0
    levelled = level(samples, 48_000)
    assert np.abs(levelled).max() <= CEILING
    assert loudness(levelled[:40_000], 48_000) == pytest.approx(TARGET_LUFS, abs=1.5)


@given(st.integers(min_value=0, max_value=2**32 - 1), st.floats(min_value=0.5, max_value=1e6))
def test_the_limiter_holds_the_ceiling_and_spares_what_is_under_it(seed: int, peak: float) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.1, 9_600).astype(np.float32)
    noise[5_000] = peak
    limited = limit(noise, 48_000)
    assert np.abs(limited).max() <= CEILING
    assert np.array_equal(limited[:4_000], noise[:4_000])
    assert np.array_equal(limited[6_000:], noise[6_000:])


def test_the_limiter_turns_down_smoothly_before_it_clips() -> None:
    samples = tone(100, 0.5, 0.5)
    samples[12_000:12_100] *= 6
    limited = limit(samples, 48_000)
    assert np.abs(limited).max() <= CEILING
    assert np.count_nonzero(np.abs(limited) == np.float32(CEILING)) < 5, "it only clipped"


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6, width=32), min_size=1, max_size=50))
def test_soft_clipping_bends_only_what_is_loud(values: list[float]) -> None:
    samples = np.array(sorted(values), np.float32)
    bent = soft_clip(samples)
    assert np.abs(bent).max() <= CEILING + 1e-6
    assert (np.diff(bent) >= 0).all()
    modest = np.abs(samples) <= 0.8
    assert np.array_equal(bent[modest], samples[modest])
