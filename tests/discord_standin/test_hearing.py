"""The ears' judgement: what counts as a gap, as lost, as the same utterance."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pytest

from .hearing import align, largest_gap, lost, playout, similarity, speech_spans
from .opus import RATE
from .sounds import Sound, utterance, with_silence


@dataclass(frozen=True)
class Packet:
    """A packet for `playout`."""

    arrival: float
    pcm: Sound


def packets(*arrivals: float) -> list[Packet]:
    return [Packet(at, np.full(960, i + 1, np.float32)) for i, at in enumerate(arrivals)]


def test_playout_plays_early_packets_in_turn_and_late_ones_when_they_come() -> None:
    heard = playout(packets(10.0, 10.001, 10.1))
    assert heard.start == 10.0
    assert len(heard.pcm) == int(0.12 * RATE)
    assert heard.pcm[960] == 2
    assert heard.pcm[1920:4800].max() == 0
    assert heard.pcm[4800] == 3


def test_playout_forgets_its_backlog_after_a_pause() -> None:
    heard = playout(packets(*[0.0] * 60, 1.1))
    assert np.argmax(heard.pcm == 61) == int(1.1 * RATE)


def test_playout_of_nothing_is_empty() -> None:
    assert len(playout([]).pcm) == 0


def test_speech_spans_bridge_short_pauses() -> None:
    loud, pause = np.full(RATE, 0.1, np.float32), np.zeros(RATE // 2, np.float32)
    short = pause[: RATE // 10]
    spans = speech_spans(np.concatenate((pause, loud, short, loud, pause, loud)))
    assert spans == [(0.5, 2.6), (3.1, 4.1)]
    assert speech_spans(pause) == []


def test_an_undisturbed_utterance_has_no_gap() -> None:
    sound = utterance(1)
    assert largest_gap(sound, sound) < 0.005
    assert lost(sound, sound) < 0.005
    assert similarity(sound, sound) > 0.9


@pytest.mark.parametrize("at", [0.7, 1.5, 2.43])
@pytest.mark.parametrize("seconds", [0.06, 0.2, 1.5])
def test_put_in_silence_is_a_gap(at: float, seconds: float) -> None:
    sound = utterance(2)
    assert largest_gap(with_silence(sound, at, seconds), sound) == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize("seconds", [0.1, 0.3])
def test_what_was_never_heard_is_lost(seconds: float) -> None:
    sound = utterance(3)
    heard = np.delete(sound, np.arange(RATE, RATE + int(seconds * RATE)))
    assert lost(heard, sound) == pytest.approx(seconds, abs=0.01)
    assert largest_gap(heard, sound) < 0.01


def test_gaps_are_found_through_noise_loudness_and_clipping() -> None:
    sound = utterance(4)
    noise = np.random.default_rng(0).normal(0, 0.01, len(sound) + RATE // 4)
    swell = np.linspace(0.5, 8, len(noise))
    heard = ((with_silence(sound, 1.2, 0.25) + noise) * swell).clip(-1, 1).astype(np.float32)
    heard = np.concatenate((np.zeros(RATE, np.float32), heard))
    assert largest_gap(heard, sound) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("seed", range(10, 14))
def test_similarity_tells_utterances_apart(seed: int) -> None:
    heard = with_silence(utterance(seed), 1.0, 0.3)
    assert similarity(heard, utterance(seed)) > 0.7
    assert similarity(heard, utterance(seed + 1)) < 0.4


def test_alignment_of_ten_seconds_is_cheap() -> None:
    sound = utterance(5, 10.0)
    started = time.process_time()
    align(sound, sound)
    assert time.process_time() - started < 3.0


def test_silence_resembles_nothing() -> None:
    silence = np.zeros(RATE, np.float32)
    assert similarity(silence, utterance(6)) == 0
    assert similarity(utterance(6), silence) == 0
    assert largest_gap(silence, utterance(6)) == 0
