"""The voice server's UDP side: IP discovery, and RTP with the kernel's own time of arrival."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from nacl.exceptions import CryptoError

from .support import Delays, Tasks

XCHACHA, AES_GCM = "aead_xchacha20_poly1305_rtpsize", "aead_aes256_gcm_rtpsize"
MODES = (AES_GCM, XCHACHA)
"""As Discord offers them, the preferred one first."""
SO_TIMESTAMPNS = 35
"""Linux's socket option; Python has no name for it."""
RTP_HEADER = 12
OPUS_PAYLOAD = 0x78
DISCOVERY_SIZE = 74
RECEIVE_BUFFER = 1 << 20
"""Bytes: a test that computes for some seconds must not lose packets."""


class UndecryptableError(Exception):
    """A packet whose transport encryption is wrong."""


@dataclass(frozen=True)
class RtpPacket:
    """An RTP packet whose payload is still encrypted."""

    arrival: float
    """`time.monotonic()` seconds at which the kernel received it."""
    sequence: int
    timestamp: int
    ssrc: int
    data: bytes

    def decrypted(self, mode: str, key: bytes) -> bytes:
        """The payload; the header is authenticated, the nonce's 4 bytes come last."""
        header_size = RTP_HEADER + (4 if self.data[0] & 0x10 else 0)
        header, nonce = self.data[:header_size], self.data[-4:]
        sealed = self.data[header_size:-4]
        try:
            if mode == AES_GCM:
                return AESGCM(key).decrypt(nonce.ljust(12, b"\0"), sealed, header)
            nonce = nonce.ljust(24, b"\0")
            return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, header, nonce, key)
        except (InvalidTag, CryptoError) as error:
            raise UndecryptableError("transport encryption") from error


class VoiceUdp:
    """One voice session's UDP socket."""

    def __init__(self, delays: Delays, tasks: Tasks, heard: Callable[[RtpPacket], None]) -> None:
        self._delays = delays
        self._tasks = tasks
        self._heard = heard
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    def close(self) -> None:
        """Stop listening."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    def _readable(self) -> None:
        """Take all that has arrived."""
        while True:
            try:
                data, ancillary, _, sender = self._socket.recvmsg(2048, 256)
            except BlockingIOError:
                return
            self._take(data, _arrival(ancillary), sender)

    def _take(self, data: bytes, arrival: float, sender: tuple[str, int]) -> None:
        if len(data) == DISCOVERY_SIZE and data[:2] == b"\x00\x01":
            if self._delays.lost_probes:
                self._delays.lost_probes -= 1
                return
            answer = _discovery_answer(data, sender)
            self._tasks.later(self._delays.ip_discovery, lambda: self._answer(answer, sender))
        elif len(data) > RTP_HEADER + 4 and data[1] & 0x7F == OPUS_PAYLOAD:
            sequence, timestamp, ssrc = struct.unpack_from(">HII", data, 2)
            self._pass_on(RtpPacket(arrival, sequence, timestamp, ssrc, data))

    def _pass_on(self, packet: RtpPacket) -> None:
        """To the listener, at once unless the way is said to be bad."""
        delay = self._delays.rtp(packet.sequence, packet.timestamp, packet.arrival)
        if delay == 0:
            self._heard(packet)
        elif delay is not None:
            later = replace(packet, arrival=packet.arrival + delay)
            self._tasks.later(delay, lambda: self._heard(later))

    def _answer(self, data: bytes, to: tuple[str, int]) -> None:
        self._socket.sendto(data, to)


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> float:
    """The kernel's time stamp on the monotonic clock."""
    now, wall = time.monotonic(), time.time()
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return float(now - (wall - seconds - nanoseconds / 1e9))
    return now


def _discovery_answer(probe: bytes, sender: tuple[str, int]) -> bytes:
    """Type 2, length 70, the SSRC, then the sender's address and port as seen from here."""
    address = sender[0].encode().ljust(64, b"\0")
    return struct.pack(">HH", 2, 70) + probe[4:8] + address + struct.pack(">H", sender[1])
