import io
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts import AudioChunk
from luna_tts.audio import LeadIn, PcmConverter, WavWriter, fade_edges, to_pcm16, to_wav, trim
from luna_tts.types import Samples


def tone(seconds: float, sample_rate: int, hertz: float = 440.0) -> Samples:
    return np.sin(np.arange(round(seconds * sample_rate)) * 2 * np.pi * hertz / sample_rate).astype(
        np.float32
    )


def chunks(samples: Samples, sample_rate: int, sizes: list[int]) -> list[AudioChunk]:
    bounds = [0, *np.minimum(np.cumsum(sizes), len(samples)), len(samples)]
    return [
        AudioChunk(samples[a:b], sample_rate, "", last=n == len(bounds) - 2)
        for n, (a, b) in enumerate(pairwise(bounds))
    ]


def left(pcm: bytes) -> np.ndarray:
    frames = np.frombuffer(pcm, "<i2").reshape(-1, 2)
    assert np.array_equal(frames[:, 0], frames[:, 1])
    return frames[:, 0]


def test_pcm_clips_and_never_wraps() -> None:
    samples = np.array([0.0, 1.0, -1.0, 1.9, -1e30, np.inf, -np.inf, np.nan], np.float32)
    pcm = np.frombuffer(to_pcm16(samples), "<i2")
    assert pcm.tolist() == [0, 32767, -32767, 32767, -32767, 32767, -32767, 0]


def test_48_khz_passes_unchanged_on_both_channels() -> None:
    samples = tone(0.1, 48_000)
    pcm = PcmConverter().convert(AudioChunk(samples, 48_000, "", last=True))
    assert left(pcm).tobytes() == to_pcm16(samples)


@given(st.lists(st.integers(min_value=1, max_value=5000), max_size=12))
def test_resampling_does_not_notice_where_chunks_end(sizes: list[int]) -> None:
    samples = tone(0.3, 44_100)
    whole = PcmConverter().convert(AudioChunk(samples, 44_100, "", last=True))
    converter = PcmConverter()
    in_chunks = b"".join(converter.convert(chunk) for chunk in chunks(samples, 44_100, sizes))
    assert abs(len(whole) // 4 - round(0.3 * 48_000)) <= 1
    assert in_chunks == whole


def test_a_resampled_tone_has_no_click() -> None:
    samples = 0.5 * tone(1.0, 44_100)
    converter = PcmConverter()
    pcm = b"".join(converter.convert(chunk) for chunk in chunks(samples, 44_100, [999] * 40))
    heard = left(pcm).astype(float) / 32767
    steepest = 0.5 * 2 * np.pi * 440 / 48_000
    inside = heard[1000:-1000]  # the tone itself begins and ends abruptly
    assert np.abs(np.diff(inside)).max() < steepest * 1.01


def test_an_utterance_that_is_cut_short_is_flushed() -> None:
    samples = tone(0.2, 44_100)
    converter = PcmConverter()
    pcm = converter.convert(AudioChunk(samples, 44_100, "", last=False)) + converter.flush()
    assert abs(len(pcm) // 4 - round(0.2 * 48_000)) <= 1
    assert converter.flush() == b""


def test_voices_of_different_rates_may_follow_one_another() -> None:
    converter = PcmConverter()
    pcm = b""
    for rate in (44_100, 48_000, 22_050):
        pcm += converter.convert(AudioChunk(tone(0.5, rate), rate, "", last=False))
    pcm += converter.flush()
    assert abs(len(pcm) // 4 - 72_000) <= 3


def test_trim_leaves_a_breath() -> None:
    silence = np.zeros(24_000, np.float32)
    speech = np.concatenate([silence, tone(1.0, 48_000), silence])
    assert len(trim(speech, 48_000, lead=0.01, tail=0.1)) == pytest.approx(48_000 * 1.11, abs=50)
    assert len(trim(speech, 48_000, lead=2.0, tail=2.0)) == len(speech)
    assert len(trim(silence, 48_000, lead=0.1, tail=0.1)) == 0
    assert len(trim(silence[:0], 48_000, lead=0.1, tail=0.1)) == 0


def test_trim_does_not_let_one_spike_hide_quiet_speech() -> None:
    speech = np.concatenate([0.1 * tone(1.0, 48_000), np.zeros(24_000, np.float32)])
    speech[20_000] = 5.0
    assert len(trim(speech, 48_000, lead=0.0, tail=0.0)) == pytest.approx(48_000, abs=50)


def test_fades_begin_and_end_at_nothing() -> None:
    faded = fade_edges(np.ones(4800, np.float32), 48_000)
    assert faded[0] == faded[-1] == 0
    assert faded[2400] == 1
    assert len(fade_edges(np.ones(1, np.float32), 48_000)) == 1


def test_wav_is_readable_by_others(tmp_path: Path) -> None:
    with WavWriter(tmp_path / "a.wav", 48_000, channels=2) as wav:
        wav.write(bytes(3840))
        wav.write(bytes(3840))
    assert wav.seconds == pytest.approx(0.04)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (48_000, 2, 1920)
    with wave.open(
        io.BytesIO(to_wav(AudioChunk(tone(0.5, 44_100), 44_100, "", last=True)))
    ) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (44_100, 1, 22_050)


@given(st.integers(0, 3000), st.lists(st.integers(1, 700), min_size=1, max_size=8))
def test_what_is_silent_at_the_beginning_is_dropped(silence: int, sizes: list[int]) -> None:
    whole = np.full(silence + 3000, 0.5, np.float32)
    whole[:silence] = 1e-4
    lead_in, at, heard = LeadIn(16_000), 0, []
    for size in [*sizes, len(whole)]:
        heard.append(lead_in.cut(whole[at : at + size]))
        at += size
    assert np.array_equal(np.concatenate(heard), whole[max(0, silence - 320) :])
    assert len(LeadIn(16_000).cut(whole[:silence])) == 0
