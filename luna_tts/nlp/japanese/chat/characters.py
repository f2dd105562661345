"""One character for many: full-width letters, squared units, circled numbers, fancy alphabets.

Only where it serves: kana and punctuation of any width are the normalizer's, and unchanged text
keeps its accents.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SYMBOLS: Final = "％＆＃＠＋＝＄＾＊＿／￥⁄"
_BLOCKS: Final = (
    "０-９Ａ-Ｚａ-ｚ"
    "\u2070-\u209c"  # superscripts and subscripts
    "\u2100-\u2101\u2103-\u2121\u212a-\u214f"  # ℃ № ℡ and letter-like symbols
    "\u2150-\u217f¼½¾²³¹"  # fractions, Roman numerals
    "\u2460-\u2473\u24b6-\u24e9"  # circled
    "\u3300-\u33ff"  # squared words
    "\U0001d400-\U0001d7ff"  # mathematical alphabets, the fancy letters of nicknames
)
_COMPATIBLE: Final = re.compile(
    f"(?P<laughter>(?<![Ａ-Ｚａ-ｚA-Za-z])ｗ+(?![Ａ-Ｚａ-ｚA-Za-z]))|[{_BLOCKS}{_SYMBOLS}™©®℠㈱㈲]"
)
_SPECIAL: Final = {
    **dict.fromkeys("™©®℠", ""),
    "⁄": "/",
    "℃": "°C",
    "℡": "電話",
    "№": "No.",
    "㈱": "株式会社",
    "㈲": "有限会社",
}
_ROMAN: Final = re.compile("[\u2160-\u216b\u2170-\u217b]")
_POWER: Final = re.compile(r"(?<=m)([23])$")


def plain(text: str) -> str:
    """`text` with ASCII for letters, digits and units that only look different."""
    return _COMPATIBLE.sub(lambda match: match["laughter"] or _plain(match[0]), text)


def _plain(character: str) -> str:
    special = _SPECIAL.get(character)
    if special is not None:
        return special
    ascii_ = unicodedata.normalize("NFKC", character)
    if character in "²³":
        return f"^{ascii_}"
    if "\u2460" <= character <= "\u2473":
        return f"マル{ascii_} "
    if _ROMAN.match(character):
        return character  # a numeral, whatever the letters; `quantities` reads it
    if "⁄" in ascii_:
        return f" {ascii_.replace('⁄', '/')}"
    return _POWER.sub(r"^\1", ascii_)
