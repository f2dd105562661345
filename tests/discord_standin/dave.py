"""DAVE, Discord's end-to-end encryption: the server's role and one listener, with real MLS.

The voice gateway is the MLS group's external sender: it proposes that the listener be added, the
bot commits to that, and its welcome makes the listener able to decrypt. V(x) below is MLS's
variable-length vector; numbers are big-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import davey
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PREPARE_TRANSITION, EXECUTE_TRANSITION, TRANSITION_READY, PREPARE_EPOCH = 21, 22, 23, 24
EXTERNAL_SENDER, KEY_PACKAGE, PROPOSALS, COMMIT_WELCOME = 25, 26, 27, 28
ANNOUNCE_COMMIT, WELCOME, INVALID_COMMIT = 29, 30, 31
"""Voice gateway opcodes of DAVE."""
VERSION = 1
TRANSITION = 1
"""The id of the transition in which the listener comes in; 0 would mean "at once"."""
DOWNGRADE = 2
"""The id of the transition in which everybody else has left and nothing is encrypted any more."""
FRAME_MARK = b"\xfa\xfa"
"""The last bytes of an end-to-end encrypted frame."""

_MLS_10 = struct.pack(">H", 1)
_PUBLIC_MESSAGE = struct.pack(">H", 1)
_CIPHER_SUITE = struct.pack(">H", 2)


def vector(data: bytes) -> bytes:
    """V(data): its length in 1, 2 or 4 bytes, then the data."""
    if len(data) < 1 << 6:
        return bytes([len(data)]) + data
    if len(data) < 1 << 14:
        return struct.pack(">H", len(data) | 1 << 14) + data
    return struct.pack(">I", len(data) | 1 << 31) + data


def after_vector(data: bytes, offset: int) -> int:
    """Where the vector that begins at `offset` ends; beyond the data if there is none."""
    if offset >= len(data):
        return len(data) + 1
    width = 1 << (data[offset] >> 6)
    length = int.from_bytes(data[offset : offset + width], "big")
    return offset + width + (length & ((1 << (8 * width - 2)) - 1))


@dataclass
class ExternalSender:
    """The voice gateway's identity in MLS groups."""

    identity: bytes = b"discord-standin"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def package(self) -> bytes:
        """Payload of op 25: V(public point), basic credential, V(identity)."""
        encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        point = self.key.public_key().public_bytes(encoding, form)
        return vector(point) + struct.pack(">H", 1) + vector(self.identity)

    def proposal(self, group: int, epoch: int, key_package: bytes) -> bytes:
        """Payload of op 27: append one proposal, to add the owner of a key package."""
        sender = b"\x02" + struct.pack(">I", 0)
        add = b"\x02" + struct.pack(">H", 1) + key_package
        group_id = vector(struct.pack(">Q", group))
        content = group_id + struct.pack(">Q", epoch) + sender + vector(b"") + add
        signed = vector(b"MLS 1.0 FramedContentTBS")
        signed += vector(_MLS_10 + _PUBLIC_MESSAGE + content)
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return b"\x00" + vector(_MLS_10 + _PUBLIC_MESSAGE + content + vector(signature))


class DaveCall:
    """One bot's call with one listener."""

    def __init__(self, sender: ExternalSender, bot: int, listener: int, channel: int) -> None:
        self._sender = sender
        self._bot = bot
        self._channel = channel
        self._session = davey.DaveSession(VERSION, listener, channel)
        self._session.set_external_sender(sender.package())
        self.active_since: float | None = None
        """`time.monotonic()` at which the bot said that it encrypts."""
        self.ended_at: float | None = None
        """`time.monotonic()` at which the bot said that it no longer does."""

    def external_sender(self) -> bytes:
        """Payload of op 25."""
        return self._sender.package()

    def proposals(self) -> bytes:
        """Payload of op 27: the listener wants in; the bot's fresh group is at epoch 0."""
        key_package = self._session.get_serialized_key_package()
        return self._sender.proposal(self._channel, 0, key_package)

    def announce(self, commit_and_welcome: bytes) -> bytes:
        """Payload of op 29 in answer to op 28; the listener takes the welcome."""
        commit, welcome = split_commit(commit_and_welcome)
        self._session.process_welcome(welcome)
        return struct.pack(">H", TRANSITION) + commit

    def decrypt(self, frame: bytes) -> bytes:
        """An end-to-end encrypted frame as Opus; ValueError if it cannot be decrypted."""
        try:
            return self._session.decrypt(self._bot, davey.MediaType.audio, frame)
        except Exception as error:  # davey's exceptions have no common type
            raise ValueError(str(error)) from error


def split_commit(payload: bytes) -> tuple[bytes, bytes]:
    """Commit and welcome of op 28, which has no mark between them.

    The welcome is the cipher suite and two vectors that end exactly where the payload ends.
    """
    start = payload.find(_CIPHER_SUITE)
    while start >= 0:
        if after_vector(payload, after_vector(payload, start + 2)) == len(payload):
            return payload[:start], payload[start:]
        start = payload.find(_CIPHER_SUITE, start + 1)
    raise ValueError("no welcome in the commit: the bot did not add the listener")
