"""What goes on and on is shortened: letters, words, phrases, lines. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from ._markup_reading import ANY

_LETTER: Final = re.compile(rf"([^0-9０-９\s{ANY}])\1{{4,}}")
_LONG_VOWEL: Final = re.compile("([ー〜～~])[ー〜～~]{3,}")
_PHRASE: Final = re.compile(r"(?!\d)([^\n]{2,10}?)\1{4,}")
_SAME_LINE: Final = 3
_ART: Final = re.compile("[＿_]?人{4,}[＿_]?|￣?(?:[YＹ][\\^＾]?){3,}￣")
"""The frame of "sudden death"."""
_WORD: Final = re.compile(r"(?<!\S)(\S{1,10})(?: \1){4,}(?!\S)")


def shorten(text: str) -> str:
    """`text` without what goes on for more than four letters, phrases or lines."""
    text = _drop_lines(_ART.sub("", text))
    text = _LETTER.sub(r"\1\1\1", _LONG_VOWEL.sub(r"\1\1\1", text))
    return _PHRASE.sub(r"\1\1\1", _WORD.sub(r"\1 \1 \1", text))


def _drop_lines(text: str) -> str:
    """A line is said once in a row, and three times in all."""
    if "\n" not in text:
        return text
    lines: list[str] = []
    seen: Counter[str] = Counter()
    for line in text.split("\n"):
        key = line.strip()
        seen[key] += 1
        if not key or (seen[key] <= _SAME_LINE and not (lines and lines[-1].strip() == key)):
            lines.append(line)
    return "\n".join(lines)
