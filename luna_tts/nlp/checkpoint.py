"""Reads tensors of model.safetensors or pytorch_model.bin one by one, and only those asked for.

What is missing, misshapen or broken is collected, so that one error names all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from luna_tts.errors import InvalidVoice, InvalidWeights

if TYPE_CHECKING:
    import torch

    from luna_tts.tensor_files import TensorFile

_SAFE: Final = "model.safetensors"
_PICKLED: Final = "pytorch_model.bin"
_CURE: Final = "download this model once more"


class Checkpoint:
    """The tensors of one open file. `expect` first, then `check`, then `read`, then `check`."""

    def __init__(self, file: Path, tensors: TensorFile) -> None:
        self._file = file
        self._tensors = tensors
        self._shapes = tensors.shapes
        self._missing: list[str] = []
        self._misshapen: list[str] = []
        self._not_finite: list[str] = []
        self.names = frozenset(self._shapes)

    def expect(self, name: str, shape: Sequence[int]) -> None:
        """Notes whether `name` is there in that shape."""
        if name not in self.names:
            self._missing.append(name)
        elif list(self._shapes[name]) != list(shape):
            self._misshapen.append(name)

    def read(self, name: str) -> torch.Tensor:
        """The tensor as float32; notes values that are no numbers."""
        tensor = self._tensors.read(name)
        if not tensor.sum().isfinite():  # finite only if all terms are, and cheaper to ask
            self._not_finite.append(name)
        return tensor.clone()  # the next read overwrites it

    def check(self) -> None:
        """Raises `InvalidWeights` if anything was noted."""
        if self._missing or self._misshapen or self._not_finite:
            raise InvalidWeights(self._file, self._missing, self._misshapen, self._not_finite)


def checkpoint_file(folder: Path) -> Path:
    """The weights in `folder`, the safe format first. Raises `InvalidVoice`: there are none."""
    safe = folder / _SAFE
    file = safe if safe.exists() else folder / _PICKLED
    if not file.exists():
        raise InvalidVoice(safe, "is missing", _CURE)
    return file


@contextmanager
def open_checkpoint(file: Path) -> Iterator[Checkpoint]:
    """Opens a weights file. Raises `InvalidVoice`."""
    from luna_tts.tensor_files import open_tensor_file

    with open_tensor_file(file) as tensors:
        yield Checkpoint(file, tensors)
