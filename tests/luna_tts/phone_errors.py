"""How far an answer is from a reading, as a listener hears it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from luna_tts.nlp.japanese.g2p import OpenJTalkAnswer, read_words
from luna_tts.nlp.japanese.mora import kana_phones, to_katakana

_ALIKE = {("o", "u"): "o", ("e", "i"): "e"}
"""The second of two vowels, as it sounds: オウ is オー, エイ is エー."""


def heard(kana: str) -> list[str]:
    """Phones of a reading, with one for all spellings of one sound; punctuation is dropped."""
    phones: list[str] = []
    for phone in kana_phones(re.sub("[^ァ-ヴー]", "", to_katakana(kana))):
        before = phones[-1] if phones else ""
        if phones[-2:] == ["y", "u"] and phone == "u":
            phones[-2] = "i"  # ユウ is イウ, as in 言う
            del phones[-1]
            before = "i"
        phones.append(_ALIKE.get((before, phone), phone))
    return phones


def kana_of(answer: OpenJTalkAnswer) -> str:
    return "".join(word.reading for word in read_words(answer.words))


def errors(expected: Sequence[str], got: Sequence[str]) -> int:
    """Edit distance (Levenshtein 1966)."""
    row = list(range(len(got) + 1))
    for i, left in enumerate(expected, 1):
        above, row = row, [i]
        for j, right in enumerate(got, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (left != right)))
    return row[-1]
