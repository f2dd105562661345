"""Weights files from strangers: one face for .safetensors and for PyTorch's .pth and .pt.

Nothing that such a file claims is believed before it is compared with the size of the file; no code
in it is executed; only the tensors that are asked for are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

from torch import Tensor

from luna_tts.errors import InvalidVoice
from luna_tts.tensor_files.checkpoint_file import Checkpoint
from luna_tts.tensor_files.safetensors_file import Safetensors

MAX_AIVM_HEADER: Final = 64 << 20
"""Bytes. Icons and samples of the voice lie in the header, some megabytes of them."""


class TensorFile(Protocol):
    """An open weights file."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Every floating-point tensor in the file by name."""

    def read(self, name: str) -> Tensor:
        """The tensor as float32 on the CPU, the caller's to write to until the next `read`."""


__all__ = ["Safetensors", "TensorFile", "open_tensor_file"]


def open_tensor_file(file: Path) -> AbstractContextManager[TensorFile]:
    """Opens a weights file by its suffix; reading may raise `InvalidVoice`, as does this."""
    if not file.is_file():  # a pipe would keep the reader waiting for ever
        raise InvalidVoice(file, "is not a file", "put a weights file in its place")
    if file.suffix.lower() == ".aivm":
        return Safetensors(file, max_header=MAX_AIVM_HEADER)
    return Safetensors(file) if file.suffix == ".safetensors" else Checkpoint(file)
