"""The sound in the place of what could not be spoken."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from luna_tts.audio import to_pcm16

RATE: Final = 48_000
SECONDS: Final = 0.15
LEVEL: Final = 0.05
"""Amplitude, well below speech."""
HERTZ: Final = (660.0, 495.0)
"""A falling fourth: something is missing, and nothing is wrong with you."""


@cache
def earcon() -> bytes:
    """48 kHz stereo s16 PCM that swells and fades."""
    time = np.arange(round(SECONDS * RATE)) / RATE
    pitch = np.where(time < SECONDS / 2, *HERTZ)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE  # goes on from note to note without a click
    samples = LEVEL * np.hanning(len(time)) * np.sin(phase)
    return to_pcm16(np.repeat(samples.astype(np.float32), 2))
