"""Pitch and intonation of finished speech, through the WORLD vocoder.

Morise, Yokomori, Ozawa, "WORLD: a vocoder-based high-quality speech synthesis system for real-time
applications" (2016): analysed into pitch, spectrum and aperiodicity, and put together again.
"""

from __future__ import annotations

import numpy as np

from luna_tts.errors import EngineUnavailable
from luna_tts.types import Samples


def change_pitch(
    samples: Samples, sample_rate: int, pitch_scale: float, intonation_scale: float
) -> Samples:
    """Speech with its mean pitch times `pitch_scale` and its deviation times `intonation_scale`.

    Of the same length. Speech without a voiced frame comes back unchanged.
    Raises `EngineUnavailable` where the WORLD package is missing.
    """
    try:
        import pyworld
    except ImportError as error:
        raise EngineUnavailable(
            "changing pitch or intonation needs WORLD", "run `pip install pyworld-prebuilt`"
        ) from error
    wave = samples.astype(np.float64)
    f0, times = pyworld.harvest(wave, sample_rate)
    voiced = f0 > 0
    if not voiced.any():
        return samples
    envelope = pyworld.cheaptrick(wave, f0, times, sample_rate)
    aperiodicity = pyworld.d4c(wave, f0, times, sample_rate)
    mean = f0[voiced].mean()
    f0[voiced] = pitch_scale * mean + intonation_scale * (f0[voiced] - mean)
    changed = pyworld.synthesize(np.maximum(f0, 0.0), envelope, aperiodicity, sample_rate)
    padded = np.zeros(len(samples), np.float32)
    padded[: len(changed)] = changed[: len(samples)]
    return padded
