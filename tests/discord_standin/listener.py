"""Ears in a voice channel: every packet decrypted and decoded, and every fault of the sender."""

from __future__ import annotations

import ctypes
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .dave import FRAME_MARK, DaveCall
from .hearing import playout
from .opus import FRAME, SILENCE, Decoder
from .support import Changes
from .voice_udp import XCHACHA, RtpPacket, UndecryptableError

AUDIBLE = 0.003
"""Root mean square above which a packet is heard as sound (-50 dBFS)."""
GRACE = 0.1
"""Seconds by which a packet may precede or follow what is said about it on the websocket."""
SPEAKING_GRACE = 0.5


@dataclass(frozen=True)
class HeardPacket:
    """20 ms as the listener's client decoded them."""

    arrival: float
    """`time.monotonic()` seconds at which the kernel received it."""
    sequence: int
    timestamp: int
    ssrc: int
    e2ee: bool
    pcm: NDArray[np.float32]
    """Mono at 48 kHz."""
    audible: bool


@dataclass(eq=False)
class Stream:
    """What the listener must know of one voice session to hear it."""

    ssrc: int
    decoder: Decoder
    died_at: float | None = None
    """`time.monotonic()` seconds since which the server forgets what arrives."""
    mode: str = XCHACHA
    key: bytes = b""
    dave: DaveCall | None = None
    speaking: int = 0
    """Flags of the last SPEAKING."""
    unannounced_since: float | None = None
    last: RtpPacket | None = None

    @property
    def alive(self) -> bool:
        """Whether the server still passes this session's audio on."""
        return self.died_at is None

    def die(self) -> None:
        """The session is over."""
        self.died_at = self.died_at or time.monotonic()


@dataclass
class Listener:
    """Hears one guild's voice channel, whichever it is and however often the bot reconnects."""

    changes: Changes
    library: ctypes.CDLL
    silenced: Callable[[], str | None]
    """Why nobody hears the bot at present (a missing permission, a mute), or None."""
    packets: list[HeardPacket] = field(default_factory=list)
    _faults: Counter[str] = field(default_factory=Counter)
    _streams: list[Stream] = field(default_factory=list)
    _last_audible: float = 0.0

    @property
    def faults(self) -> list[str]:
        """What the sender did wrong, as sentences, each once with its number of times."""
        return [f"{fault} ({count} times)" for fault, count in self._faults.items()]

    async def speech(self, since: float, timeout: float = 5.0) -> float:
        """Arrival of the first audible packet at or after `since`."""
        packet = await self.changes.wait_for(
            lambda: next((p for p in self._after(since) if p.audible), None), "no speech", timeout
        )
        return packet.arrival

    async def quiet(self, seconds: float = 0.5, timeout: float = 20.0) -> float:
        """Wait until nothing audible has arrived for so long; the last audible arrival."""
        deadline = time.monotonic() + timeout
        while (left := self._last_audible + seconds - time.monotonic()) > 0:
            assert time.monotonic() < deadline, f"still speaking after {timeout:g} s"
            await self.changes.pause(min(left, deadline - time.monotonic()))
        return self._last_audible

    def pcm(self, since: float = 0.0, until: float = float("inf")) -> NDArray[np.float32]:
        """Mono 48 kHz as it was played out, from the first packet in the interval."""
        return playout([p for p in self._after(since) if p.arrival < until]).pcm

    def fault(self, sentence: str) -> None:
        """Note a fault."""
        self._faults[sentence] += 1

    def open_stream(self, ssrc: int) -> Stream:
        """A new voice session begins."""
        stream = Stream(ssrc, Decoder(self.library))
        self._streams.append(stream)
        return stream

    def close(self) -> None:
        """Free the decoders."""
        for stream in self._streams:
            stream.decoder.close()

    def hear(self, stream: Stream, rtp: RtpPacket) -> None:
        """Take one RTP packet."""
        try:
            opus, e2ee = _opened(stream, rtp)
            pcm = stream.decoder.decode(opus)
        except (UndecryptableError, ValueError) as error:
            self.fault(f"a packet could not be decrypted or decoded: {error}")
            return
        silent = opus == SILENCE
        self._judge(stream, rtp, e2ee=e2ee, silent=silent)
        reason = self.silenced() if stream.alive else "its voice session is dead"
        if reason is None:
            self._keep(stream, rtp, e2ee, np.zeros_like(pcm) if silent else pcm)
        elif not silent and not _in_flight(stream, rtp):
            self.fault(f"audio that nobody hears: {reason}")

    def _keep(self, stream: Stream, rtp: RtpPacket, e2ee: bool, pcm: NDArray[np.float32]) -> None:
        audible = float(np.sqrt(np.mean(np.square(pcm)))) >= AUDIBLE
        packet = HeardPacket(rtp.arrival, rtp.sequence, rtp.timestamp, rtp.ssrc, e2ee, pcm, audible)
        self.packets.append(packet)
        if audible:
            self._last_audible = rtp.arrival
            self._judge_speaking(stream, rtp.arrival)
        self.changes.notify()

    def _judge(self, stream: Stream, rtp: RtpPacket, *, e2ee: bool, silent: bool) -> None:
        """Note what a real server or client would stumble over."""
        if rtp.ssrc != stream.ssrc:
            self.fault(f"SSRC {rtp.ssrc} instead of {stream.ssrc}")
        active = stream.dave.active_since if stream.dave else None
        if not e2ee and not silent and active is not None and rtp.arrival > active + GRACE:
            self.fault("plaintext after DAVE was activated")
        ended = stream.dave.ended_at if stream.dave else None
        if e2ee and ended is not None and rtp.arrival > ended + GRACE:
            self.fault("end-to-end encryption after DAVE has ended")
        last, stream.last = stream.last, rtp
        if last is None:
            return
        if rtp.sequence != (last.sequence + 1) % (1 << 16):
            self.fault(f"sequence went from {last.sequence} to {rtp.sequence}")
        elif (rtp.timestamp - last.timestamp) % (1 << 32) != FRAME:
            step = (rtp.timestamp - last.timestamp) % (1 << 32)
            self.fault(f"timestamp step {step} instead of {FRAME}")

    def _judge_speaking(self, stream: Stream, arrival: float) -> None:
        """SPEAKING travels beside the audio, so it may come a little late, but it must come."""
        if stream.speaking:
            stream.unannounced_since = None
        elif stream.unannounced_since is None:
            stream.unannounced_since = arrival
        elif arrival > stream.unannounced_since + SPEAKING_GRACE:
            self.fault("SPEAKING was not sent")

    def _after(self, since: float) -> list[HeardPacket]:
        """Packets from `since` on; looks from the end, for waits look often."""
        start = len(self.packets)
        while start > 0 and self.packets[start - 1].arrival >= since:
            start -= 1
        return self.packets[start:]


def _opened(stream: Stream, rtp: RtpPacket) -> tuple[bytes, bool]:
    """The Opus packet inside both layers of encryption, and whether the inner one was there."""
    if not stream.key:
        raise UndecryptableError("it came before the session description")
    frame = rtp.decrypted(stream.mode, stream.key)
    if stream.dave is None or not frame.endswith(FRAME_MARK):
        return frame, False
    return stream.dave.decrypt(frame), True


def _in_flight(stream: Stream, rtp: RtpPacket) -> bool:
    """Whether a packet to a dead session was on its way before the bot could know."""
    return stream.died_at is not None and rtp.arrival < stream.died_at + SPEAKING_GRACE
