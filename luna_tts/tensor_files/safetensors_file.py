"""A .safetensors file, read tensor by tensor and believed in nothing that does not add up."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from luna_tts.errors import InvalidVoice
from luna_tts.strict_json import parse_object

_CURE = "copy it once more from where it came from"
_MAX_HEADER = 2 << 20
"""Bytes; the header of a real voice has 90 thousand."""


@dataclass(frozen=True, slots=True)
class _Place:
    dtype: torch.dtype
    shape: tuple[int, ...]
    first: int
    """Position in the file, in bytes."""
    nbytes: int


class Safetensors:
    """A .safetensors file: eight bytes of length, a JSON header, then the tensors' bytes.

    Read with plain reads into one buffer, again and again: nothing is freed between the weights
    that stay, so that the process does not grow by the holes. A mapped file would be held twice
    while it is converted, and would crash the process if somebody shortened it meanwhile.
    """

    numbers: ClassVar[Mapping[str, torch.dtype]] = {
        "F64": torch.float64,
        "F32": torch.float32,
        "F16": torch.float16,
        "BF16": torch.bfloat16,
    }
    """Those that are read; tensors of others are as if they were not there."""

    def __init__(self, file: Path, *, max_header: int = _MAX_HEADER) -> None:
        self._file = file
        self._max_header = max_header
        self._opened = _open(file)
        self._buffer = torch.empty(0, dtype=torch.uint8)
        self._notes: dict[str, str] = {}
        self.header = b""
        """What stands before the tensors."""
        try:
            self._places = self._read_places()
        except BaseException:
            self._opened.close()
            raise

    def __enter__(self) -> Safetensors:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._opened.close()

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Every tensor in the file that is read, by name."""
        return {name: place.shape for name, place in self._places.items()}

    @property
    def notes(self) -> Mapping[str, str]:
        """What its writer noted beside the tensors."""
        return self._notes

    def read(self, name: str) -> Tensor:
        """The tensor as float32, on the CPU; the next `read` overwrites it."""
        return self.read_exactly(name).float()

    def read_exactly(self, name: str) -> Tensor:
        """The tensor in the precision of the file; the next `read` overwrites it."""
        place = self._places[name]
        if place.nbytes > len(self._buffer):
            self._buffer = torch.empty(place.nbytes, dtype=torch.uint8)
        raw = self._buffer[: place.nbytes]
        self._opened.seek(place.first)
        if self._opened.readinto(raw.numpy().data) != place.nbytes:
            raise InvalidVoice(self._file, "became shorter while it was read", _CURE)
        return raw.view(place.dtype).view(place.shape)

    def _read_places(self) -> dict[str, _Place]:
        size = os.fstat(self._opened.fileno()).st_size
        head = self._opened.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        if not 2 <= length <= min(size - 8, self._max_header):
            raise InvalidVoice(self._file, "is cut off or is no safetensors file", _CURE)
        try:
            self.header = self._opened.read(length)
            header = parse_object(self.header)
        except ValueError as error:
            raise InvalidVoice(self._file, f"has a header that {error}", _CURE) from error
        notes = header.pop("__metadata__", None)
        self._notes = notes if isinstance(notes, dict) else {}
        places = {
            name: self._place(name, entry, 8 + length, size) for name, entry in header.items()
        }
        found = {name: place for name, place in places.items() if place is not None}
        if sum(place.nbytes for place in found.values()) > size:
            # Tensors on top of one another: each fits into the file, together they do not.
            raise InvalidVoice(self._file, "claims more weights than it has bytes for", _CURE)
        return found

    def _place(self, name: str, entry: Any, start: int, length: int) -> _Place | None:
        """Where a tensor lies; `None` for numbers that are not read."""
        try:
            dtype, shape, (first, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
            sizes = [first, end, *shape]
            sound = all(type(size) is int and size >= 0 for size in sizes)
            sound = sound and len(shape) <= 8 and first <= end <= length - start
        except (TypeError, KeyError, ValueError):
            sound = False
        if sound and not (isinstance(dtype, str) and dtype in self.numbers):
            return None
        if not sound or math.prod(shape) * self.numbers[dtype].itemsize != end - first:
            problem = f"claims an impossible size or place for {name[:80]!r}"
            raise InvalidVoice(self._file, problem, _CURE)
        return _Place(self.numbers[dtype], tuple(shape), start + first, end - first)


def _open(file: Path) -> BufferedReader:
    try:
        return file.open("rb")
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise InvalidVoice(file, problem, "check who may read it") from error
