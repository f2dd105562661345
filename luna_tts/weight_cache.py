"""Weights in the form in which the engine uses them, kept beside the file that they came from.

Folding, converting, checking and packing a voice is done once; later starts map what came of it
into memory and copy nothing. A kept file belongs to one content: the source's size and time
tell it at a glance, and where they differ its hash does, so that a copied folder keeps its cache
and a changed file never uses it. Whatever is wrong with a kept file or with the disk, the source is
read instead.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import mmap
import os
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final

import torch
from torch import Tensor

from luna_tts.errors import LunaError
from luna_tts.tensor_files import Safetensors

_log = logging.getLogger(__name__)

FOLDER: Final = ".luna"
_FORMAT: Final = "4"
"""To be raised whenever what is kept, or how, changes."""

_DTYPES: Final = {
    torch.float32: "F32",
    torch.bfloat16: "BF16",
    torch.int8: "I8",
    torch.uint8: "U8",
}
_ALIGNED: Final = 64
"""Bytes; where a tensor begins, so that processors read it in whole lines."""
_FETCHED: Final = 65_536
"""Bytes that Linux maps around one that is looked at."""

Form = Mapping[str, tuple[tuple[int, ...], torch.dtype]]
Weights = Iterable[tuple[str, Tensor]]


class KeptWeights:
    """The place of one kind of weights of one file."""

    def __init__(self, source: Path, dtype: torch.dtype) -> None:
        """`source`: a weights file; `dtype`: the numbers in which most of it is kept."""
        kind = str(dtype).removeprefix("torch.")
        self._source = source.resolve()  # on the hub's disk, names are links to contents
        self._folder = source.parent / FOLDER
        self._file = self._folder / f"{source.name}.{kind}.safetensors"
        self._notes = self._folder / f"{source.name}.{kind}.json"

    def weights(self, form: Form, make: Callable[[], Weights], order: str = "") -> Weights:
        """Weights by name, contiguous, as `form` has them, to be kept but not written to.

        Those that were kept in this `order`; else what `make` gives, one after the other as in
        `form`, kept from now on.
        """
        kept = self._opened(form, order)
        if kept is None and self._write(form, make, order):
            kept = self._opened(form, order)
        if kept is None:
            yield from make()
            return
        with kept:
            yield from ((name, kept.read_exactly(name)) for name in form)

    def note(self, name: str) -> float | None:
        """What was noted of the source as it is now, or `None`."""
        return self._noted().get(name)

    def write_note(self, name: str, value: float) -> None:
        """Notes a number beside what is kept, where the disk lets it."""
        about = {**self._noted(), name: value, "seen": self._glance()}
        with contextlib.suppress(OSError):
            _write_at_once(self._notes, [json.dumps(about).encode()])

    def _noted(self) -> dict[str, float]:
        try:
            about = json.loads(self._notes.read_bytes())
            if about.pop("seen") == self._glance():
                return {name: float(value) for name, value in about.items()}
        except (OSError, ValueError, TypeError, AttributeError, KeyError):
            pass
        return {}

    def _opened(self, form: Form, order: str) -> _Mapped | None:
        """What is kept, if it is of that form and order and of the source as it is now."""
        try:
            kept = _Mapped(self._file)
        except (LunaError, OSError, ValueError):
            return None
        if (kept.form, kept.notes.get("order")) == (form, order) and self._is_current(kept.notes):
            return kept
        kept.close()
        return None

    def _is_current(self, notes: Mapping[str, str]) -> bool:
        content = notes.get("content", "")
        if notes.get("seen") == self._glance() or self.note(content):
            return True
        if content != self._hash():
            return False
        self.write_note(content, 1)  # a copy; its hash is not asked for again
        return True

    def _write(self, form: Form, make: Callable[[], Weights], order: str) -> bool:
        """Whether what `make` gives is kept now; says why where the disk does not let it."""
        try:
            self._folder.mkdir(exist_ok=True)
            self._clear()
            notes = {"seen": self._glance(), "content": self._hash(), "order": order}
            _write_at_once(self._file, _parts(form, make(), notes))
        except OSError as error:
            _log.info("%s is not kept in a faster form: %s", self._source.name, error.strerror)
            return False
        return True

    def _clear(self) -> None:
        """Removes what is left of files that are gone, and what was never finished."""
        for old in self._folder.iterdir():
            source, *_ = old.name.rsplit(".", 2)
            if not (self._folder.parent / source).exists():
                old.unlink(missing_ok=True)

    def _glance(self) -> str:
        about = self._source.stat()
        return f"{_FORMAT} {about.st_size} {about.st_mtime_ns}"

    def _hash(self) -> str:
        with self._source.open("rb") as opened:
            return f"{_FORMAT} {hashlib.file_digest(opened, 'sha256').hexdigest()}"


class _Mapped(Safetensors):
    """A kept file whose tensors lie where the disk's cache has them.

    Only what is looked at takes memory, and of that the system may take back what it needs. It was
    written by Luna and is replaced, never changed: nobody shortens it.
    """

    numbers: ClassVar = {name: dtype for dtype, name in _DTYPES.items()}

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        try:
            # Of one's own, for torch wants memory that could be written to.
            self._map = mmap.mmap(self._opened.fileno(), 0, access=mmap.ACCESS_COPY)
            if self._map[-4:] != _checksum(self.header):
                raise ValueError("the header is not what was written")
        except BaseException:
            self.close()
            raise

    @property
    def form(self) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
        return {name: (place.shape, place.dtype) for name, place in self._places.items()}

    def read_exactly(self, name: str) -> Tensor:
        """The tensor, valid for ever; what was read before it takes no memory until it is used."""
        if hasattr(self._map, "madvise"):
            self._map.madvise(mmap.MADV_DONTNEED)
        place = self._places[name]
        count = math.prod(place.shape)
        tensor = torch.frombuffer(self._map, dtype=place.dtype, count=count, offset=place.first)
        small = place.nbytes <= _FETCHED
        return (tensor.clone() if small else tensor).view(place.shape)


def _write_at_once(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Nobody ever sees half a file; two that write at once write the same."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.writelines(parts)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _parts(form: Form, weights: Weights, notes: Mapping[str, str]) -> Iterator[bytes | memoryview]:
    """A file as the format safetensors has it, tensor by tensor, and a checksum of its header."""
    header: dict[str, object] = {"__metadata__": dict(notes)}
    end = 0
    for name, (shape, dtype) in form.items():
        first, end = end, end + math.prod(shape) * dtype.itemsize
        header[name] = {
            "dtype": _DTYPES[dtype],
            "shape": list(shape),
            "data_offsets": [first, end],
        }
        end += -end % _ALIGNED
    head = json.dumps(header).encode()
    head += b" " * (-(8 + len(head)) % _ALIGNED)
    yield struct.pack("<Q", len(head)) + head
    for name, weight in weights:
        assert (tuple(weight.shape), weight.dtype) == form[name], name
        yield weight.contiguous().view(-1).view(torch.uint8).numpy().data
        yield bytes(-weight.nbytes % _ALIGNED)
    yield _checksum(head)


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(data))
