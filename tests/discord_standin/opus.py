"""A real libopus decoder: the listener hears what a Discord client would hear."""

from __future__ import annotations

import ctypes
import ctypes.util
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
"""Hertz."""
FRAME = 960
"""Samples in 20 ms."""
SILENCE = b"\xf8\xff\xfe"
"""Opus's frame of silence, which Discord's protocol sends around speech."""
LONGEST = 5760
"""Samples in 120 ms, the most that one Opus packet can hold."""


def load_libopus() -> ctypes.CDLL:
    """The system's libopus, or the one that the package opuslib-next-bundled carries."""
    path = ctypes.util.find_library("opus")
    spec = find_spec("opuslib_next")
    if path is None and spec is not None and spec.origin is not None:
        path = str(Path(spec.origin).parent / "_native" / "libopus.so")
    if path is None:
        raise RuntimeError("no libopus: install libopus0 or `pip install opuslib-next-bundled`")
    library = ctypes.CDLL(path)
    library.opus_decoder_create.restype = ctypes.c_void_p
    library.opus_decoder_create.argtypes = [ctypes.c_int32, ctypes.c_int, ctypes.c_void_p]
    library.opus_decode_float.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.c_void_p,
        ctypes.c_int,
        ctypes.c_int,
    ]
    library.opus_decoder_destroy.argtypes = [ctypes.c_void_p]
    return library


class Decoder:
    """Decodes one stream to mono; Opus itself mixes stereo down."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._state = library.opus_decoder_create(RATE, 1, None)
        self._buffer = np.zeros(LONGEST, np.float32)

    def decode(self, packet: bytes) -> NDArray[np.float32]:
        """Float32 samples in [-1, 1] at 48 kHz; ValueError for what is not Opus."""
        target = self._buffer.ctypes.data
        count = self._library.opus_decode_float(
            self._state, packet, len(packet), target, LONGEST, 0
        )
        if count < 0:
            raise ValueError(f"not an Opus packet (error {count})")
        return self._buffer[:count].copy()

    def close(self) -> None:
        """Free the decoder."""
        self._library.opus_decoder_destroy(self._state)
