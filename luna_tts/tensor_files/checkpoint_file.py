"""PyTorch's own files, .pth and .pt, from which no code is executed.

torch.load refuses code by itself (weights_only); before it sees a file, the archive and the pickle
in it are checked here for what it would admit and a checkpoint has no need for.
"""

from __future__ import annotations

import pickle
import pickletools
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from luna_tts.errors import InvalidVoice

_CURE = "copy it once more from where it came from"
_MAX_PICKLE = 16 << 20
"""Bytes; a training checkpoint with its optimizer has half a million."""
_MAX_RECORDS = 50_000
_FLOATS = frozenset({torch.float64, torch.float32, torch.float16, torch.bfloat16})
_NEEDED_GLOBALS = frozenset(
    {
        "collections OrderedDict",
        "torch._utils _rebuild_tensor_v2",
        "torch._utils _rebuild_parameter",
        *(
            f"torch {kind}Storage"
            for kind in ("Double", "Float", "Half", "BFloat16", "Long", "Int", "Bool", "Byte")
        ),
    }
)
"""What a pickled state dict refers to. torch admits more; a checkpoint has no need for it."""
_UNREADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    ImportError,
    OverflowError,
    MemoryError,
    RecursionError,
    EOFError,
    OSError,
    zipfile.BadZipFile,
    struct.error,
)
"""What zipfile, pickletools and `torch.load` raise at broken bytes."""


class Checkpoint:
    """A .pth or .pt file as `torch.save` writes it: a zip archive with a pickle and raw bytes.

    Mapped into memory, so that of a training checkpoint only the generator's weights are read, not
    the two optimizer moments of each.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        _check_archive(file)
        try:
            loaded = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
        except _UNREADABLE as error:
            raise InvalidVoice(file, "is no checkpoint that PyTorch can read", _CURE) from error
        self._tensors = self._state_dict(loaded)

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self._tensors = {}

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Every floating-point tensor in the file by name."""
        return {name: tuple(tensor.shape) for name, tensor in self._tensors.items()}

    def read(self, name: str) -> Tensor:
        """The tensor as float32, on the CPU."""
        tensor = self._tensors[name]
        return torch.empty(tensor.shape, dtype=torch.float32).copy_(tensor)

    def _state_dict(self, loaded: object) -> dict[str, Tensor]:
        state = loaded.get("model", loaded) if isinstance(loaded, dict) else None
        if not isinstance(state, dict):
            raise InvalidVoice(self._file, "holds no state dict under 'model'", _CURE)
        tensors = {
            name: value.detach()
            for name, value in state.items()
            if isinstance(name, str) and isinstance(value, Tensor) and value.dtype in _FLOATS
        }
        # Strides of zero make gigabytes out of four bytes. Two names for one tensor are honest: the
        # word embeddings of a BERT are its output layer too.
        if any(t.nbytes > t.untyped_storage().nbytes() for t in tensors.values()):
            raise InvalidVoice(self._file, "claims more weights than it has bytes for", _CURE)
        return tensors


def _check_archive(file: Path) -> None:
    """Raises `InvalidVoice` unless the archive is as plain as `torch.save` makes it."""
    size = file.stat().st_size
    try:
        with zipfile.ZipFile(file) as archive:
            records = archive.infolist()
            if len(records) > _MAX_RECORDS:
                raise InvalidVoice(file, "holds far too many records", _CURE)
            packed = any(record.compress_type != zipfile.ZIP_STORED for record in records)
            if packed or sum(record.file_size for record in records) > size:
                # PyTorch never compresses; who does has a bomb or a broken file.
                raise InvalidVoice(file, "unpacks to more than its own size", _CURE)
            pickled = [r for r in records if r.filename.endswith("/data.pkl")]
            if len(pickled) != 1 or pickled[0].file_size > _MAX_PICKLE:
                raise InvalidVoice(file, "has no data.pkl of a sensible size", _CURE)
            _check_pickle(archive.read(pickled[0]), file)
    except _UNREADABLE as error:
        raise InvalidVoice(file, "is cut off or is no PyTorch checkpoint", _CURE) from error


def _check_pickle(data: bytes, file: Path) -> None:
    """Raises `InvalidVoice` where the pickle refers to more than tensors. Executes nothing."""
    for opcode, argument, _ in pickletools.genops(data):
        foreign = opcode.name == "GLOBAL" and argument not in _NEEDED_GLOBALS
        if foreign or opcode.name in ("STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4"):
            problem = f"holds code ({str(argument)[:80]!r}) where there should be tensors only"
            raise InvalidVoice(file, problem, "do not trust its source; take a .safetensors file")
