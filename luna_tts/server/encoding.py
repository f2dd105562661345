"""What leaves the server: the chunks of one utterance as bytes of some audio format."""

from __future__ import annotations

import io
import json
from typing import Final, Literal, Protocol

import numpy as np
import soundfile

from luna_tts.audio import PcmConverter
from luna_tts.types import AudioChunk

Format = Literal["wav", "pcm", "opus", "mp3", "flac", "chunks"]
MEDIA_TYPES: Final[dict[Format, str]] = {
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "opus": "audio/ogg",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "chunks": "application/vnd.luna.chunks",
}
WHOLE_ONLY: Final = frozenset({"mp3", "flac"})
"""Their headers tell the length: players stop there, or refuse a file without."""
RATE: Final = 48_000
"""Hertz, where nothing else is wished for."""

_SOUND_FILES: Final = {
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "flac": ("FLAC", "PCM_16"),
}
_UNKNOWN_LENGTH: Final = 0xFFFF_FFFF
_SET_OGG_PAGE_LATENCY_MS: Final = 0x1302
_OGG_PAGE_MS: Final = 60.0
"""A second by default, for which a listener would wait."""


class Encoder(Protocol):
    """Turns one utterance into bytes; used by one thread at a time."""

    def encode(self, chunk: AudioChunk) -> bytes:
        """As much as is ready; all of the rest after the last chunk."""


def encoder(format: Format, rate: int = RATE, *, stream: bool = True) -> Encoder:
    """A new one for one utterance. `rate` in Hertz; Opus is 48 kHz always.

    Without `stream` the bytes may wait for the end, and the headers then know the length.
    """
    if format == "chunks":
        return _Chunks()
    if format in _SOUND_FILES:
        return _SoundFile(format, RATE if format == "opus" else rate, stream=stream)
    return _Pcm(rate, header=format == "wav")


def wav_header(rate: int, data: int | None) -> bytes:
    """44 bytes before mono s16 PCM of `data` bytes; None where nobody knows yet."""
    size = _UNKNOWN_LENGTH if data is None else data
    riff = _UNKNOWN_LENGTH if data is None else data + 36
    numbers = ((16, 4), (1, 2), (1, 2), (rate, 4), (rate * 2, 4), (2, 2), (16, 2))
    format = b"".join(number.to_bytes(length, "little") for number, length in numbers)
    riff_bytes, size_bytes = riff.to_bytes(4, "little"), size.to_bytes(4, "little")
    return b"RIFF" + riff_bytes + b"WAVEfmt " + format + b"data" + size_bytes


class _Pcm:
    """Mono s16, after the header of a WAV file without end if one is wished for."""

    def __init__(self, rate: int, *, header: bool) -> None:
        self._converter = PcmConverter(rate, channels=1)
        self._header = wav_header(rate, None) if header else b""

    def encode(self, chunk: AudioChunk) -> bytes:
        header, self._header = self._header, b""
        return header + self._converter.convert(chunk)


class _Chunks:
    """For `RemoteTTSService`: a line of JSON before the little-endian float32 of each chunk."""

    def encode(self, chunk: AudioChunk) -> bytes:
        head = {
            "text": chunk.text,
            "sample_rate": chunk.sample_rate,
            "samples": len(chunk.samples),
            "last": chunk.last,
        }
        return json.dumps(head).encode() + b"\n" + chunk.samples.astype("<f4").tobytes()


class _SoundFile:
    """What libsndfile writes, handed out as it is written."""

    def __init__(self, format: str, rate: int, *, stream: bool) -> None:
        self._converter = PcmConverter(rate, channels=1)
        self._written = _Sent() if stream else _Kept()
        container, subtype = _SOUND_FILES[format]
        self._file = soundfile.SoundFile(
            self._written, "w", rate, 1, subtype=subtype, format=container
        )
        if format == "opus":
            # The library has no public face for this command.
            latency = soundfile._ffi.new("double*", _OGG_PAGE_MS)
            soundfile._snd.sf_command(self._file._file, _SET_OGG_PAGE_LATENCY_MS, latency, 8)

    def encode(self, chunk: AudioChunk) -> bytes:
        self._file.write(np.frombuffer(self._converter.convert(chunk), "<i2"))
        if chunk.last:
            self._file.close()
        return self._written.take(chunk.last)


class _Kept(io.BytesIO):
    """A file that is handed out when it is complete."""

    def take(self, complete: bool) -> bytes:
        return self.getvalue() if complete else b""


class _Sent(io.RawIOBase):
    """A file that is never read: gives away what was written, and forgets it.

    What is written a second time, as headers are at the end, has been sent already and is dropped.
    """

    def __init__(self) -> None:
        self._ready = bytearray()
        self._at = self._end = 0

    def take(self, complete: bool) -> bytes:
        ready, self._ready = bytes(self._ready), bytearray()
        return ready

    def write(self, data: bytes) -> int:  # type: ignore[override]
        data = bytes(data)
        fresh = data[max(0, self._end - self._at) :]
        self._ready += fresh
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        return b""
