"""Weights in the form in which the engine uses them, kept beside the file that they came from.

Folding, converting and checking a voice is done once; later starts read half the bytes and nothing
else. A kept file belongs to one content: the source's size and time tell it at a glance, and where
they differ its hash does, so that a copied folder keeps its cache and a changed file never uses it.
Whatever is wrong with a kept file or with the disk, the source is read instead.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import struct
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from luna_tts.errors import LunaError
from luna_tts.tensor_files import Safetensors

_log = logging.getLogger(__name__)

FOLDER: Final = ".luna"
_FORMAT: Final = "1"
"""To be raised whenever what is kept, or how, changes."""

_DTYPES: Final = {torch.float32: "F32", torch.bfloat16: "BF16"}

Shapes = Mapping[str, tuple[int, ...]]


class KeptWeights:
    """The place of one kind of weights of one file."""

    def __init__(self, source: Path, kind: str) -> None:
        """`source`: a weights file; `kind`: what was made of it, e.g. "bfloat16"."""
        self._source = source.resolve()  # on the hub's disk, names are links to contents
        self.path = source.parent / FOLDER / f"{source.name}.{kind}.safetensors"

    @contextlib.contextmanager
    def open(self, shapes: Shapes) -> Iterator[Safetensors | None]:
        """What is kept, if it has those shapes and is of the source as it is now; else None."""
        try:
            kept = Safetensors(self.path)
        except LunaError:
            yield None
            return
        with kept:
            yield kept if kept.shapes == shapes and self._is_current(kept) else None

    def write(self, weights: Mapping[str, Tensor], notes: Mapping[str, str]) -> None:
        """Keeps contiguous `weights`; says why where the disk does not let it."""
        try:
            self.path.parent.mkdir(exist_ok=True)
            about = {**notes, "format": _FORMAT, "seen": self._glance(), "content": self._hash()}
            _write_at_once(self.path, weights, about)
        except OSError as error:
            _log.info("%s is not kept in a faster form: %s", self._source.name, error.strerror)

    def _is_current(self, kept: Safetensors) -> bool:
        if kept.notes.get("format") != _FORMAT:
            return False
        if kept.notes.get("seen") == self._glance():
            return True
        return kept.notes.get("content") == self._hash()

    def _glance(self) -> str:
        about = self._source.stat()
        return json.dumps([about.st_size, about.st_mtime_ns])

    def _hash(self) -> str:
        with self._source.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()


def _write_at_once(path: Path, weights: Mapping[str, Tensor], notes: Mapping[str, str]) -> None:
    """Nobody ever sees half a file; two that write at once write the same."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            header = json.dumps(_header(weights, notes)).encode()
            opened.write(struct.pack("<Q", len(header)) + header)
            for weight in weights.values():  # one by one: a BERT does not fit twice everywhere
                opened.write(weight.contiguous().view(-1).view(torch.uint8).numpy().data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _header(weights: Mapping[str, Tensor], notes: Mapping[str, str]) -> dict[str, object]:
    """As the format safetensors has it."""
    header: dict[str, object] = {"__metadata__": dict(notes)}
    end = 0
    for name, weight in weights.items():
        first, end = end, end + weight.nbytes
        shape = list(weight.shape)
        header[name] = {
            "dtype": _DTYPES[weight.dtype],
            "shape": shape,
            "data_offsets": [first, end],
        }
    return header
