"""Rules: a pattern and what it becomes; and the classes of characters that patterns share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

PRIVATE: Final = "\ue000-\uf8ff"
"""Words of the user's dictionary; each is a letter."""
LETTER: Final = f"A-Za-z{PRIVATE}"
KANA: Final = "ぁ-ゖァ-ヺー"
KANJI: Final = "々一-鿿"
WORD: Final = f"0-9{LETTER}{KANA}{KANJI}"
APART: Final = rf"(?<![0-9{LETTER}])"
"""Nothing before it that would make it a part of a longer word."""
ENDS: Final = rf"(?![0-9{LETTER}])"
NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
WAVE: Final = "~〜～"
DASH: Final = "\\-‐‑–−"


def apply(rules: Iterable[Rule], text: str) -> str:
    """`text` after each rule in turn."""
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


def pause(match: re.Match[str]) -> str:
    """A comma where the match stands between two words, else nothing."""
    before = match.string[max(0, match.start() - 2) : match.start()].rstrip()
    after = match.string[match.end() : match.end() + 2].lstrip()
    return "、" if _IS_WORD.match(before[-1:]) and _IS_WORD.match(after[:1]) else " "


_IS_WORD: Final = re.compile(f"[{WORD}]")
