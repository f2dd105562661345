"""From the engine's float samples to what a player or a file takes."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
import soxr

from luna_tts.types import AudioChunk, Samples

AUDIBLE = 10 ** (-50 / 20)
"""Amplitude from which a sample can be heard beside speech at -20 LUFS."""


def trim(samples: Samples, sample_rate: int, lead: float, tail: float) -> Samples:
    """Cuts silence, leaving at most `lead` seconds before the first sound, `tail` after the last.

    Silent is what stays 34 dB under the 95th percentile of the magnitudes, which a single peak does
    not move. An all-silent signal comes back empty.
    """
    magnitudes = np.abs(samples)
    if not magnitudes.any():
        return samples[:0]
    sounding = np.flatnonzero(magnitudes > np.percentile(magnitudes, 95) * 0.02)
    first = max(0, int(sounding[0]) - round(lead * sample_rate))
    return samples[first : int(sounding[-1]) + 1 + round(tail * sample_rate)]


class LeadIn:
    """Drops what is silent before an utterance's first sound, so that it is heard at once.

    A breath of 20 ms stays, for soft beginnings. Where the chunks' borders lie makes no difference.
    """

    def __init__(self, sample_rate: int) -> None:
        self._most = round(0.02 * sample_rate)
        self._held: Samples | None = np.zeros(0, np.float32)
        """The end of what was silent so far; None once something was heard."""

    def cut(self, samples: Samples) -> Samples:
        """The part of the next chunk that is to be heard, possibly none of it."""
        if self._held is None:
            return samples
        samples = np.concatenate((self._held, samples))
        sounding = np.flatnonzero(np.abs(samples) > AUDIBLE)
        self._held = None if len(sounding) else samples[-self._most :]
        return samples[max(0, sounding[0] - self._most) :] if len(sounding) else samples[:0]


def finite(samples: Samples) -> bool:
    """Whether all samples are numbers: one that is not makes the sum of squares none, too."""
    return bool(np.isfinite(np.dot(samples, samples)))


def fade_edges(samples: Samples, sample_rate: int, seconds: float = 0.004) -> Samples:
    """Fades in and out over `seconds`, so that a cut edge does not click."""
    count = min(round(seconds * sample_rate), len(samples) // 2)
    ramp = np.linspace(0.0, 1.0, count, endpoint=False, dtype=np.float32)
    faded = samples.copy()
    faded[:count] *= ramp
    faded[len(faded) - count :] *= ramp[::-1]
    return faded


def to_pcm16(samples: Samples) -> bytes:
    """Signed 16-bit little-endian PCM. Clips and never wraps; not-a-number is silence."""
    clipped = np.clip(np.nan_to_num(samples), -1.0, 1.0)
    return np.round(clipped * 32767).astype("<i2").tobytes()


class PcmConverter:
    """Turns the chunks of one utterance into PCM of one rate, without a click at their borders.

    The resampler keeps its state from chunk to chunk; `flush` gives what it still holds.
    """

    def __init__(self, sample_rate: int = 48_000, channels: int = 2) -> None:
        self.sample_rate = sample_rate
        self._channels = channels
        self._source_rate = sample_rate
        self._resampler: soxr.ResampleStream | None = None

    def convert(self, chunk: AudioChunk) -> bytes:
        """Interleaved s16 PCM of as much of the chunk as is ready, all channels alike."""
        ahead = b""
        if chunk.sample_rate != self._source_rate:
            ahead = self.flush()
            self._source_rate = chunk.sample_rate
            if chunk.sample_rate != self.sample_rate:
                self._resampler = soxr.ResampleStream(
                    chunk.sample_rate, self.sample_rate, 1, dtype="float32"
                )
        samples = chunk.samples
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=chunk.last)
        if chunk.last:
            self._forget()
        return ahead + self._interleave(samples)

    def flush(self) -> bytes:
        """The end of an utterance whose last chunk never came (its synthesis was cut short)."""
        rest = np.zeros(0, np.float32)
        if self._resampler is not None:
            rest = self._resampler.resample_chunk(rest, last=True)
        self._forget()
        return self._interleave(rest)

    def _forget(self) -> None:
        self._resampler = None
        self._source_rate = self.sample_rate

    def _interleave(self, samples: Samples) -> bytes:
        return to_pcm16(np.repeat(samples, self._channels))


class WavWriter:
    """Writes s16 PCM to a WAV file as it comes."""

    def __init__(self, file: Path | IO[bytes], sample_rate: int, channels: int) -> None:
        # Opened here: wave would leave a half-made object behind where the path cannot be written.
        self._file = file.open("wb") if isinstance(file, Path) else file
        self._owns_file = self._file is not file
        self._wave: wave.Wave_write = wave.open(self._file, "wb")  # noqa: SIM115
        self._wave.setnchannels(channels)
        self._wave.setsampwidth(2)
        self._wave.setframerate(sample_rate)
        self._bytes_per_second = sample_rate * channels * 2
        self.seconds = 0.0
        """Seconds of audio written so far."""

    def write(self, pcm: bytes) -> None:
        """Appends interleaved s16 PCM."""
        self._wave.writeframes(pcm)
        self.seconds += len(pcm) / self._bytes_per_second

    def close(self) -> None:
        """Completes the header; further writes are an error."""
        self._wave.close()
        if self._owns_file:
            self._file.close()

    def __enter__(self) -> WavWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def to_wav(chunk: AudioChunk) -> bytes:
    """A whole mono WAV file."""
    file = io.BytesIO()
    with WavWriter(file, chunk.sample_rate, channels=1) as wav:
        wav.write(to_pcm16(chunk.samples))
    return file.getvalue()
