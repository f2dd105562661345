"""Hands that fell on a keyboard: asdfghjkl, ㅁㄴㅇㄹ, くぁwせdrftgyふじこlp. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from ._markup_reading import Reading

_ROWS: Final = ("qwertyuiop", "asdfghjkl;", "zxcvbnm,.")
_KOREAN_ROWS: Final = ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ")
_KEYS: Final = re.compile("[a-zA-Zａ-ｚＡ-Ｚ;；]{4,}|[ㄱ-ㅣ]{3,}")
_JAPANESE: Final = re.compile(
    "(?:くぁ|あ)[wｗ]せ[dｄ][rｒ][fｆ][tｔ][gｇ][yｙ]ふじこ[lｌ]?[pｐ]?[；;@＠]*"
    "|[あアｱ][sｓ][dｄ][fｆ][a-zａ-ｚ;；]*"
)
_NO_VOWEL: Final = re.compile("[bcdfghjklmnpqrstvwxz]{7,}")


def _slides(rows: tuple[str, ...], length: int) -> Iterator[str]:
    """Every `length` keys that lie side by side, in both directions."""
    for row in rows:
        for keys in (row, row[::-1]):
            yield from (keys[at : at + length] for at in range(len(keys) - length + 1))


_FIVE: Final = re.compile("|".join(map(re.escape, _slides(_ROWS, 5))))
"""As no word has them, save qwerty."""
_FOURS: Final = re.compile(
    f"(?:qwer|uiop|poiu|{'|'.join(map(re.escape, _slides(_ROWS[1:], 4)))})+[asdfghjkl;]{{0,3}}"
)
"""Four are in words (property), but then they are not alone."""
_KOREAN: Final = re.compile(
    "|".join([*_slides(_KOREAN_ROWS, 4), "^(?:ㅁㄴㅇ|ㄴㅇㄹ|ㅂㅈㄷ|ㅈㄷㄱ)$"])
)


def name_mash(text: str, reading: Reading) -> str:
    """`text` with a word for what is none."""

    def replace(match: re.Match[str]) -> str:
        return reading.say("mash") if _is_mash(match[0]) else match[0]

    return _KEYS.sub(replace, _JAPANESE.sub(lambda _: reading.say("mash"), text))


def _is_mash(run: str) -> bool:
    if "ㄱ" <= run[0] <= "ㅣ":
        return bool(_KOREAN.search(run))
    keys = unicodedata.normalize("NFKC", run).lower()
    if keys == "qwerty":
        return False
    consonants = any(len(set(part)) > 2 for part in _NO_VOWEL.findall(keys))
    return consonants or bool(_FIVE.search(keys) or _FOURS.fullmatch(keys))
