"""What goes on and on is shortened: letters, phrases, lines, and hands that fell on a keyboard.

Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

from ._markup_reading import ANY, Reading

_LETTER: Final = re.compile(rf"([^0-9０-９\s{ANY}])\1{{4,}}")
_LONG_VOWEL: Final = re.compile("([ー〜～~])[ー〜～~]{3,}")
_PHRASE: Final = re.compile(r"(?!\d)([^\n]{2,10}?)\1{4,}")
_SAME_LINE: Final = 3
_ROWS: Final = (
    "qwertyuiop",
    "asdfghjkl;",
    "zxcvbnm,.",
    "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ",
    "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ",
)
_KEYS: Final = re.compile("[a-zA-Zａ-ｚＡ-Ｚ;；]{4,}|[ㄱ-ㅣ]{3,}")
_AFTER_KANA: Final = re.compile("[あアｱ][sｓ][dｄ][fｆ][a-zａ-ｚ;；]*")
_FUJIKO: Final = re.compile("くぁ[wｗ]せ[dｄ][rｒ][fｆ][tｔ][gｇ][yｙ]ふじこ[lｌ]?[pｐ]?[；;@＠]*")
_SLIDES: Final = tuple(
    row[at : at + 5] for keys in _ROWS for row in (keys, keys[::-1]) for at in range(len(row) - 4)
)
"""Five keys in a row, as no word has them."""
_SHORT_SLIDES: Final = frozenset(
    row[at : at + length]
    for keys in _ROWS
    for row in (keys, keys[::-1])
    for length in (3, 4)
    for at in range(len(row) - length + 1)
    if length == 4 or keys[0] in "ㅂㅁ"
)
_NO_VOWEL: Final = re.compile("[bcdfghjklmnpqrstvwxz]{7,}")
_LOOSE: Final = re.compile("[ㄱ-ㅎ]{5,}")
_WORDS: Final = frozenset(("qwerty", "tyui", "poiu", "rewq", "were"))


def shorten(text: str, reading: Reading) -> str:
    """`text` without what goes on for more than four letters, phrases or lines."""
    text = _drop_lines(text)
    text = _mash(text, reading)
    text = _LETTER.sub(r"\1\1\1", _LONG_VOWEL.sub(r"\1\1\1", text))
    return _PHRASE.sub(r"\1\1\1", text)


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


def _mash(text: str, reading: Reading) -> str:
    def replace(match: re.Match[str]) -> str:
        return reading.say("mash") if _is_mash(match[0]) else match[0]

    for pattern in (_FUJIKO, _AFTER_KANA):
        text = pattern.sub(lambda _: reading.say("mash"), text)
    return _KEYS.sub(replace, text)


def _is_mash(run: str) -> bool:
    keys = unicodedata.normalize("NFKC", run).lower() if not "ㄱ" <= run[0] <= "ㅣ" else run
    if keys in _WORDS:
        return False
    if keys in _SHORT_SLIDES or any(slide in keys for slide in _SLIDES):
        return True
    return any(
        len(set(part)) > 3 for pattern in (_NO_VOWEL, _LOOSE) for part in pattern.findall(keys)
    )
