"""What BERT knows of each character, handed to each of the character's phones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch

ASSIST_TEXT_WEIGHT: Final = 1.0
"""As voices of this format are usually run: the assist text's mood instead of the text's own."""


@torch.inference_mode()
def bert_feature(
    rows: torch.Tensor,
    word2ph: Sequence[int],
    assist: torch.Tensor | None = None,
    assist_text_weight: float = ASSIST_TEXT_WEIGHT,
) -> torch.Tensor:
    """Features of a text for each phone: [hidden_size, sum(word2ph)], float32.

    `rows` [tokens + 2, hidden_size] are BERT's, `word2ph` [tokens + 2] is of a language's phones,
    blanks counted where the voice has them. `assist`, BERT's rows of an assist text, lends its mean
    feature to every row with a weight in [0, 1].
    """
    if assist is not None:
        rows = rows * (1 - assist_text_weight) + assist.mean(0) * assist_text_weight
    counts = torch.tensor(word2ph, device=rows.device)
    return rows.repeat_interleave(counts, dim=0, output_size=sum(word2ph)).T
