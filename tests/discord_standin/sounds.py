"""Sounds for tests: something like speech, with silence where a test wants it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .opus import FRAME, RATE

Sound = NDArray[np.float32]


def utterance(seed: int, seconds: float = 3.0) -> Sound:
    """Something like speech: gliding harmonics under a syllable envelope, with short pauses."""
    random = np.random.default_rng(seed)
    time_line = np.arange(int(seconds * RATE)) / RATE
    knots = np.linspace(0, seconds, int(seconds * 6) + 2)
    pitch = np.interp(time_line, knots, random.uniform(110, 220, len(knots)))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = np.zeros(len(time_line))
    for harmonic in range(1, 16):
        loudness = np.interp(time_line, knots, random.uniform(0, 1, len(knots)) / harmonic)
        sound += loudness * np.sin(harmonic * phase)
    syllables = np.interp(time_line, knots, random.uniform(-0.2, 1, len(knots)).clip(0))
    return np.asarray(0.2 * sound * syllables, np.float32)


def with_silence(sound: Sound, at: float, seconds: float) -> Sound:
    """A sound with silence put in."""
    return np.insert(sound, int(at * RATE), np.zeros(int(seconds * RATE), np.float32))


def as_pcm(sound: Sound) -> bytes:
    """16-bit stereo as discord.py plays it, in whole frames of 20 ms."""
    whole = np.pad(sound, (0, -len(sound) % FRAME))
    return bytes(np.repeat((whole * 32767).clip(-32768, 32767).astype("<i2"), 2).tobytes())
