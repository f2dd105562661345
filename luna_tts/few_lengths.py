"""Few lengths instead of any: zeros behind texts and speech, up to a multiple of some step.

Whatever computes prepares itself for each length anew. A graphics card's work is recorded
(cuda_graphs.py); on a CPU oneDNN writes code for each operation, so that a line of new lengths, as
nearly every line of a chat is, took a quarter longer than the same line again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Step:
    """Multiples of what come in question: more zeros cost more, and fewer lengths less."""

    cpu: int
    card: int

    def after(self, length: int, device: torch.device) -> int:
        """How many zeros make `length` a multiple."""
        return -length % (self.cpu if device.type == "cpu" else self.card)


TOKENS: Final = Step(4, 16)
PHONES: Final = Step(8, 16)
FRAMES: Final = Step(16, 64)
LAST_FRAMES: Final = Step(16, 32)
"""Of the last window of the decoder."""


def padded(tensor: Tensor, step: Step, dim: int = -1) -> Tensor:
    """With zeros at the end of dimension `dim`."""
    shape = list(tensor.shape)
    shape[dim] = step.after(shape[dim], tensor.device)
    return torch.cat((tensor, tensor.new_zeros(shape)), dim) if shape[dim] else tensor
