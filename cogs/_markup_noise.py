"""What is no speech: what cannot be seen, hands on a keyboard, what goes on and on. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ._markup_reading import ANY, Reading

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
"""Controls, zero width, directions, Hangul fillers, lone surrogates, private use. ZWJ stays: it
holds emoji together."""
_COMBINING: Final = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f"
    "\u0e31-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20e2\u20e4-\u20ff\ufe20-\ufe2f"
)
_MARKS: Final = re.compile(f"[{_COMBINING}]+")
_HEAPS: Final = re.compile(f"([{_COMBINING}]{{2}})[{_COMBINING}]+")
_SPACES: Final = re.compile(r"[^\S\n]+")


def clean(text: str) -> str:
    """`text` in composed characters, without marks on others and without what cannot be seen."""
    text = _HEAPS.sub(r"\1", _INVISIBLE.sub("", text))  # heaps would take NFC long
    text = _MARKS.sub("", unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", text)


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


_LETTER: Final = re.compile(rf"([^0-9０-９\s{ANY}])\1{{4,}}")
_LONG_VOWEL: Final = re.compile("([ー〜～~])[ー〜～~]{3,}")
_PHRASE: Final = re.compile(r"(?!\d)([^\n]{2,10}?)\1{4,}")
_DOTS: Final = re.compile(r"[…。]{2,}|、{2,}|・{3,}|\.{4,}")
_SAME_LINE: Final = 3
_ART: Final = re.compile("[＿_]?人{4,}[＿_]?|￣?(?:[YＹ][\\^＾]?){3,}￣")
"""The frame of "sudden death"."""
_WORD: Final = re.compile(r"(?<!\S)(\S{1,10})(?: \1){4,}(?!\S)")


def shorten(text: str) -> str:
    """`text` without what goes on for more than four letters, phrases or lines."""
    text = _DOTS.sub("…", _drop_lines(_ART.sub("", text)))
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
