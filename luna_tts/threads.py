"""How many processors PyTorch uses: all for the thread that speaks, one for any other.

OpenMP keeps a pool of workers for each thread that computes. As soon as two pools together are more
than the processors, their workers sleep between any two operations, and a short line takes two
thirds longer. So a thread that loads voices computes alone.
"""

from __future__ import annotations

import torch


def compute_alone() -> int:
    """The calling thread computes without workers from now on; how many threads it had before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    return before


def compute_with(threads: int) -> None:
    """The calling thread computes with so many from now on, itself among them."""
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
