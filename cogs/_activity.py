"""What speech is doing and how long it takes, as plain numbers for /status, /doctor and metrics."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol

from luna_tts.types import ServiceStats

RECENT = 256
"""How many values of a measure are kept; older ones live on in its sums."""
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Seconds up to which each bucket of a histogram counts."""


class Measure:
    """Durations in seconds: the recent ones, and of all that ever were the sum and a histogram."""

    def __init__(self) -> None:
        self.recent: deque[float] = deque(maxlen=RECENT)
        self.total = 0.0
        self._counts = [0] * (len(BOUNDS) + 1)

    def add(self, seconds: float) -> None:
        """Notes a value."""
        self.recent.append(seconds)
        self.total += seconds
        self._counts[bisect_left(BOUNDS, seconds)] += 1

    def cumulative(self) -> list[tuple[float, int]]:
        """Upper bound and how many values do not exceed it; the last bound is infinity."""
        return list(zip((*BOUNDS, math.inf), accumulate(self._counts), strict=True))

    @property
    def last(self) -> float | None:
        """The latest value."""
        return self.recent[-1] if self.recent else None

    def percentile(self, percent: float) -> float:
        """The value that `percent` of 100 recent ones do not exceed (nearest rank).

        Raises `IndexError` as long as there is none.
        """
        rank = math.ceil(len(self.recent) * percent / 100)
        return sorted(self.recent)[max(rank, 1) - 1]


@dataclass(frozen=True, slots=True)
class Timings:
    """How long things take in all guilds together; written by the queues."""

    waits: Measure = field(default_factory=Measure)
    """From being asked for to one's turn."""
    synthesis: Measure = field(default_factory=Measure)
    """Of a whole utterance, without the time in which it waits for its listener."""
    first_sounds: Measure = field(default_factory=Measure)
    """From being asked for to the first PCM."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """What Luna does in one guild."""

    guild_id: int
    channel_id: int | None
    """The voice channel that she is in."""
    waiting: int
    """Utterances that wait for their turn."""
    speaking: bool
    paused: bool
    backlog_seconds: float
    """About how long she will speak if nothing more comes."""
    dropped: int
    """Utterances left out because too much waited, since the extension was loaded."""


class Activity(Protocol):
    """The side of the speech cog that others may look at."""

    timings: Timings

    def sessions(self) -> Sequence[SessionView]:
        """Every guild in which Luna has been asked to speak."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is exported at one moment: numbers only, no text and no name of anybody."""

    stats: ServiceStats | None
    """None without an engine."""
    activity: Activity | None
    """None without the speech cog."""
    gateway_seconds: float
    """Round trip of a heartbeat; not finite before the first one."""
    lag: Measure
    """How late the event loop came to a timer."""
    shards: int = 1
    shards_connected: int = 1
    """Connections to the gateway that this process is to have, and those that stand."""
