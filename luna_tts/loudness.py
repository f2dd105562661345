"""One loudness for every line and every voice, and no sample beyond full scale.

Loudness is measured as ITU-R BS.1770-4 defines it (K-weighted power, two gates), not by peaks: an
utterance with one sharp consonant would otherwise be quieter than its neighbours. Peaks that stick
out after that are pressed down by a limiter that looks ahead, so that nothing clips or wraps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from luna_tts.types import Samples

TARGET_LUFS = -20.0
"""Of the mono signal; two equal stereo channels measure 3 LU more (BS.1770-4, table 3)."""
CEILING = 0.95
"""The largest amplitude that leaves the limiter; the rest is headroom for resampling and Opus."""

_SEGMENT_SECONDS = 0.1
_SEGMENTS_PER_BLOCK = 4
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_MAX_GAIN = 10.0
_LIMITER_STEP_SECONDS = 0.001
_LIMITER_REACH = 8
"""Steps before and after a peak over which the limiter's gain falls and rises."""

# Digital K-weighting at 48 kHz (BS.1770-4, tables 1 and 2): high shelf, then high pass.
_K_WEIGHTING_RATE = 48_000
_K_WEIGHTING = (
    (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (-1.69065929318241, 0.73248077421585),
    ),
    ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621)),
)


def loudness(samples: Samples, sample_rate: int) -> float:
    """Integrated loudness of mono `samples` in LUFS; -inf where nothing passes the gates.

    Signals shorter than one 400 ms block are measured as one block.
    """
    powers = _block_powers(samples, sample_rate)
    powers = powers[_lufs(powers) > _ABSOLUTE_GATE_LUFS]
    if not len(powers):
        return -np.inf
    gate = _lufs(powers.mean()) + _RELATIVE_GATE_LU
    return float(_lufs(powers[_lufs(powers) > gate].mean()))


def level(samples: Samples, sample_rate: int, target: float = TARGET_LUFS) -> Samples:
    """Brings mono `samples` of any amplitude to `target` LUFS with peaks of at most `CEILING`.

    Near silence is not raised by more than `_MAX_GAIN`. Limiting takes loudness away where peaks
    stood out far, so gain and limiter are applied until the loudness has settled.
    """
    for _ in range(3):
        measured = loudness(samples, sample_rate)
        if measured == -np.inf:
            break
        gain = min(10 ** ((target - measured) / 20), _MAX_GAIN)
        samples = limit(samples * np.float32(gain), sample_rate)
    return samples


def limit(samples: Samples, sample_rate: int, ceiling: float = CEILING) -> Samples:
    """Turns mono `samples` down around each peak, smoothly, so that none exceeds `ceiling`."""
    step = max(1, round(sample_rate * _LIMITER_STEP_SECONDS))
    peaks = np.abs(_rows(samples, step)).max(axis=1, initial=0.0)
    if peaks.max(initial=0.0) <= ceiling:
        return samples
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, ceiling))
    # The least gain within reach, averaged over that reach, is nowhere above what is needed; one
    # step more of reach covers the slope between two steps.
    width = 2 * _LIMITER_REACH + 1
    reach = np.pad(needed, 2 * _LIMITER_REACH + 1, mode="edge")
    least = sliding_window_view(reach, width + 2).min(axis=1)
    kernel = np.hanning(width + 2)[1:-1]
    gains = np.convolve(least, kernel / kernel.sum(), mode="valid")
    at = np.arange(len(samples)) / step - 0.5
    smooth = np.interp(at, np.arange(len(gains)), gains).astype(np.float32)
    limited: Samples = np.clip(samples * smooth, -ceiling, ceiling)
    return limited


def soft_clip(samples: Samples, ceiling: float = CEILING, knee: float = 0.8) -> Samples:
    """Bends what exceeds `knee` so that it stays under `ceiling`.

    Looks at each sample alone, so that a stream can be clipped window by window.
    """
    beyond = np.maximum(np.abs(samples) - knee, 0.0)
    if not beyond.any():
        return samples
    room = ceiling - knee
    bent = np.sign(samples) * (knee + room * np.tanh(beyond / room))
    return np.where(beyond > 0, bent, samples).astype(np.float32)


def _block_powers(samples: Samples, sample_rate: int) -> npt.NDArray[np.float64]:
    """K-weighted mean square of each 400 ms block, overlapping by 75 % (BS.1770-4, eq. 3)."""
    width = round(sample_rate * _SEGMENT_SECONDS)
    if len(samples) >= _SEGMENTS_PER_BLOCK * width:
        samples = samples[: len(samples) - len(samples) % width]  # whole blocks only, as defined
    rows = _rows(samples, width).astype(np.float64)
    if not rows.size:
        return np.zeros(0)
    spectrum = np.abs(np.fft.rfft(rows)) ** 2 * _k_weights(width, sample_rate)
    doubled = spectrum.sum(axis=1) * 2 - spectrum[:, 0] - spectrum[:, -1]
    segments = doubled / width**2  # Parseval: mean square of each segment
    blocks = min(_SEGMENTS_PER_BLOCK, len(segments))
    means: npt.NDArray[np.float64] = sliding_window_view(segments, blocks).mean(axis=1)
    return means


def _k_weights(length: int, sample_rate: int) -> npt.NDArray[np.float64]:
    """|H(f)|^2 of the K-weighting filters at the frequencies of an rfft of `length` samples."""
    hertz = np.fft.rfftfreq(length, 1 / sample_rate)
    z = np.exp(-2j * np.pi * np.minimum(hertz, _K_WEIGHTING_RATE / 2) / _K_WEIGHTING_RATE)
    weights = np.ones(len(hertz))
    for (b0, b1, b2), (a1, a2) in _K_WEIGHTING:
        weights *= np.abs((b0 + b1 * z + b2 * z**2) / (1 + a1 * z + a2 * z**2)) ** 2
    return weights


def _lufs(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def _rows(samples: Samples, width: int) -> Samples:
    """Folds `samples` into rows of `width`, the last one padded with zeros."""
    return np.pad(samples, (0, -len(samples) % width)).reshape(-1, width)
