"""What BERT knows of each character, handed to each of the character's phones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch

from luna_tts.nlp.bert_models import Bert

ASSIST_TEXT_WEIGHT: Final = 1.0
"""As voices of this format are usually run: the assist text's mood instead of the text's own."""


@torch.inference_mode()
def bert_feature(
    bert: Bert,
    text: str,
    word2ph: Sequence[int],
    assist_text: str | None = None,
    assist_text_weight: float = ASSIST_TEXT_WEIGHT,
) -> torch.Tensor:
    """Features of `text` for each phone: [hidden_size, sum(word2ph)], float32, on BERT's device.

    `text` and `word2ph` [tokens + 2] are those of a language's phones, blanks counted where the
    voice has them. `assist_text`, prepared in the same way, lends its mean feature to every row
    with a weight in [0, 1].
    """
    rows = bert.feature(text)
    if assist_text is not None:
        mood = bert.feature(assist_text).mean(0)
        rows = rows * (1 - assist_text_weight) + mood * assist_text_weight
    counts = torch.tensor(word2ph, device=rows.device)
    return rows.repeat_interleave(counts, dim=0).T
