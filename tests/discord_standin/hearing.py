"""What a listener hears, as pure functions over sound: playout, speech, gaps, likeness.

A gap is time inside an utterance without its synthesized sound, whether packets were missing or
silence was sent. So the heard sound is aligned with the synthesized one, piece by piece: where
the delay between them grows, the listener waited; where it shrinks, something was never heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
"""Hertz of all PCM here."""
FRAME_SECONDS = 0.02
RESET = 1.0
"""Seconds without packets after which a client begins anew with its playout."""
DECIMATION = 8
"""Alignment works at 6 kHz: speech has most of its energy below 3 kHz."""
CHUNK, HOP = 0.1, 0.05
"""Seconds: the pieces that are aligned, and the step between them."""
CANDIDATES = 6
"""Places in the heard sound considered for each piece."""
CONFIDENT = 0.6
"""Correlation from which a place may be the right one."""
QUIET = 0.1
"""Pieces below this share of the reference's loudness say nothing about time."""
STEADY = 0.002
"""Seconds by which the delay may wander between pieces without being a jump."""
JUMP_COST = 1.2
"""How much correlation a jump must earn: two pieces must agree, one odd match is never enough."""
LOOK_BACK = 24
"""How many pieces in a row may be missing from what was heard before the chain breaks."""

Sound = NDArray[np.float32]


class Packet(Protocol):
    """What playout must know of a packet."""

    @property
    def arrival(self) -> float:
        """Seconds."""

    @property
    def pcm(self) -> Sound:
        """Mono at 48 kHz."""


@dataclass(frozen=True)
class Playout:
    """Sound on the listener's time line."""

    start: float
    """`time.monotonic()` seconds of the first sample."""
    pcm: Sound


def playout(packets: Sequence[Packet]) -> Playout:
    """Lay packets on a time line as a client without jitter buffer plays them.

    A packet plays when it arrives or when the one before has ended, whichever is later; after a
    second without packets a client forgets that it was behind.
    """
    if not packets:
        return Playout(0.0, np.zeros(0, np.float32))
    starts: list[float] = []
    for index, packet in enumerate(packets):
        paused = index == 0 or packet.arrival - packets[index - 1].arrival > RESET
        free = packet.arrival if paused else starts[-1] + FRAME_SECONDS
        starts.append(max(packet.arrival, free))
    places = [round((at - starts[0]) * RATE) for at in starts]
    pcm = np.zeros(max(p + len(q.pcm) for p, q in zip(places, packets, strict=True)), np.float32)
    for place, packet in zip(places, packets, strict=True):
        pcm[place : place + len(packet.pcm)] = packet.pcm
    return Playout(starts[0], pcm)


def speech_spans(
    pcm: Sound, rate: int = RATE, *, threshold: float = 0.003, bridge: float = 0.2
) -> list[tuple[float, float]]:
    """Audible stretches as (start, end) in seconds; pauses up to `bridge` s are inside one."""
    hop = rate // 100
    frames = pcm[: len(pcm) // hop * hop].reshape(-1, hop).astype(np.float64)
    loud = np.flatnonzero(np.sqrt(np.mean(frames**2, axis=1)) >= threshold)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > bridge * 100 + 1)
    firsts = loud[np.concatenate(([0], breaks + 1))]
    lasts = loud[np.concatenate((breaks, [len(loud) - 1]))]
    pairs = zip(firsts, lasts, strict=True)
    return [(float(first) / 100, float(last + 1) / 100) for first, last in pairs]


@dataclass(frozen=True)
class Alignment:
    """Where pieces of the reference were heard; only pieces that were found."""

    times: NDArray[np.float64]
    """Seconds in the reference."""
    delays: NDArray[np.float64]
    """Seconds from the time in the reference to the time in what was heard."""
    likeness: float
    """0..1: how much of the reference's sound was heard, in its order."""

    @property
    def jumps(self) -> NDArray[np.float64]:
        """Changes of the delay between successive pieces, in seconds."""
        return np.diff(self.delays)


def align(heard: Sound, reference: Sound) -> Alignment:
    """Find the reference in what was heard, piece by piece; both mono at 48 kHz."""
    rate = RATE / DECIMATION
    sound, wanted = _decimated(heard), _decimated(reference)
    size, hop = int(CHUNK * rate), int(HOP * rate)
    starts = _loud_starts(wanted, size, hop)
    if not len(starts) or len(sound) < size:
        return Alignment(np.zeros(0), np.zeros(0), 0.0)
    matcher = _Matcher(sound, size)
    nodes = [
        (index, start / rate, (place - start) / rate, score)
        for index, start in enumerate(starts)
        for place, score in matcher.places(wanted[start : start + size])
    ]
    path, gain = _best_chain(np.array(nodes).reshape(-1, 4))
    likeness = float(np.clip(gain / len(starts), 0.0, 1.0))
    return Alignment(path[:, 1], path[:, 2], likeness)


def largest_gap(heard: Sound, reference: Sound) -> float:
    """Seconds of the longest wait inside the utterance: silence put in, or packets missing."""
    return float(np.max(align(heard, reference).jumps, initial=0.0))


def lost(heard: Sound, reference: Sound) -> float:
    """Seconds of the longest piece of the utterance that was never heard."""
    return float(np.max(-align(heard, reference).jumps, initial=0.0))


def similarity(heard: Sound, reference: Sound) -> float:
    """0..1: whether this utterance was heard, whatever its loudness and its gaps."""
    return align(heard, reference).likeness


def _decimated(pcm: Sound) -> NDArray[np.float64]:
    """A sound at 6 kHz without what lies below 60 Hz, by way of its spectrum."""
    size = _fast_size(len(pcm))
    spectrum = np.fft.rfft(pcm.astype(np.float64), size)
    spectrum = spectrum[: size // DECIMATION // 2 + 1]
    spectrum[: int(60 / RATE * size) + 1] = 0
    small = np.fft.irfft(spectrum, size // DECIMATION) / DECIMATION
    return small[: len(pcm) // DECIMATION]


def _fast_size(least: int) -> int:
    """A size that is quick to transform: 2^n or 3 * 2^n, divisible by the decimation."""
    power = 1 << max(6, (least - 1).bit_length())
    return power * 3 // 4 if power * 3 // 4 >= least else power


def _loud_starts(wanted: NDArray[np.float64], size: int, hop: int) -> NDArray[np.intp]:
    """Where the pieces begin that have enough energy in both halves to say something."""
    starts = np.arange(0, max(0, len(wanted) - size + 1), hop)
    half = size // 2
    energy = np.concatenate(([0.0], np.cumsum(wanted**2)))
    first = (energy[starts + half] - energy[starts]) / half
    second = (energy[starts + size] - energy[starts + half]) / half
    loudest = max(float(np.max((first + second) / 2, initial=0.0)), 1e-12)
    return starts[np.minimum(first, second) > loudest * QUIET**2]


class _Matcher:
    """Normalised cross-correlation of short pieces with one long sound."""

    def __init__(self, sound: NDArray[np.float64], size: int) -> None:
        self._size = size
        self._count = len(sound) - size + 1
        self._fft = _fast_size(len(sound) + size)
        self._spectrum = np.fft.rfft(sound, self._fft)
        energy = np.concatenate(([0.0], np.cumsum(sound**2)))
        power = energy[size:] - energy[:-size]
        # Windows that are all but silent would correlate with anything by rounding noise.
        self._norm = np.sqrt(np.maximum(power, 1e-4 * float(np.max(power)) + 1e-12))

    def places(self, piece: NDArray[np.float64]) -> list[tuple[int, float]]:
        """The best places for a piece, at most a few, with their correlation."""
        spectrum = self._spectrum * np.conj(np.fft.rfft(piece, self._fft))
        scores = np.fft.irfft(spectrum, self._fft)[: self._count]
        scores /= self._norm * float(np.sqrt(np.sum(piece**2)))
        peaks = np.flatnonzero(scores >= CONFIDENT)
        left = scores[np.maximum(peaks - 1, 0)]
        right = scores[np.minimum(peaks + 1, self._count - 1)]
        peaks = peaks[(scores[peaks] >= left) & (scores[peaks] >= right)]
        best = peaks[np.argsort(scores[peaks])[::-1][:CANDIDATES]]
        return [(int(place), float(scores[place])) for place in best]


def _best_chain(nodes: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The chain of (piece, time, delay, score) with most correlation and fewest jumps.

    Pieces may be left out, and what is said later is heard later.
    """
    if not len(nodes):
        return nodes, 0.0
    piece, time, delay, score = nodes.T
    gains, before = score.copy(), np.full(len(nodes), -1)
    heard = time + delay
    for index in range(len(nodes)):
        first = int(np.searchsorted(piece, piece[index] - LOOK_BACK))
        last = int(np.searchsorted(piece, piece[index]))
        if first == last:
            continue
        jump = np.abs(delay[index] - delay[first:last])
        cost = np.where(jump > STEADY, JUMP_COST + 0.05 * jump, 0.0)
        options = gains[first:last] - cost
        options[heard[first:last] > heard[index] + STEADY] = -np.inf
        best = int(np.argmax(options))
        if options[best] > 0:
            gains[index], before[index] = score[index] + options[best], first + best
    return nodes[_traced(before, int(np.argmax(gains)))], float(np.max(gains))


def _traced(before: NDArray[np.intp], end: int) -> list[int]:
    """A chain's nodes from its first to its last."""
    chain = [end]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    return chain[::-1]
