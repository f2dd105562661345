"""English text -> what its BERT and its lexicon read: numbers in words, few kinds of marks.

Nothing else is deleted or changed; the voices were trained on exactly this.
"""

from __future__ import annotations

import re
from typing import Final

from luna_tts.nlp.english.number_words import cardinal, ordinal, year_like

_GROUPED: Final = re.compile("[0-9][0-9,]+[0-9]")
_POUNDS: Final = re.compile("£([0-9,]*[0-9]+)")
_DOLLARS: Final = re.compile(r"\$([0-9.,]*[0-9]+)")
_DECIMAL: Final = re.compile(r"([0-9]+)\.([0-9]+)")
_ORDINAL: Final = re.compile("([0-9]+)(?:st|nd|rd|th)")
_NUMBER: Final = re.compile("[0-9]+")
_MARKS: Final = {
    **dict.fromkeys(("…", "···", "・・・"), "..."),
    **dict.fromkeys("：；，·・、", ","),
    **dict.fromkeys("。．\n$", "."),
    **dict.fromkeys("！", "!"),
    **dict.fromkeys("？", "?"),
    **dict.fromkeys('“”"‘’（）()《》【】[]「」', "'"),
    **dict.fromkeys("—−～~", "-"),
}
_MARK: Final = re.compile("|".join(map(re.escape, _MARKS)))
_CLOSE: Final = re.compile(r"([,;.?!])(?=\w)")


def normalize(text: str) -> str:
    """`text` as voices read it. Never raises."""
    text = expand_numbers(text)
    return _CLOSE.sub(r"\1 ", _MARK.sub(lambda mark: _MARKS[mark[0]], text))


def expand_numbers(text: str) -> str:
    """`text` with words for its ASCII digits, money and ordinals."""
    text = _GROUPED.sub(lambda found: found[0].replace(",", ""), text)
    text = _POUNDS.sub(r"\1 pounds", text)
    text = _DOLLARS.sub(_read_dollars, text)
    text = _DECIMAL.sub(r"\1 point \2", text)
    text = _ORDINAL.sub(lambda found: ordinal(found[1]), text)
    return _NUMBER.sub(_read_number, text)


def _read_dollars(found: re.Match[str]) -> str:
    """Digits after the point are so many cents, however many there are: $0.5 is five cents."""
    whole, *rest = found[1].replace(",", "").split(".")
    if len(rest) > 1:
        return f"{found[1]} dollars"
    sums = [(whole.lstrip("0"), "dollar"), ("".join(rest).lstrip("0"), "cent")]
    named = [f"{value} {unit}{'' if value == '1' else 's'}" for value, unit in sums if value]
    return ", ".join(named) or "zero dollars"


def _read_number(found: re.Match[str]) -> str:
    digits = found[0].lstrip("0")
    value = int(digits) if 0 < len(digits) < 5 else 0
    return year_like(value) if 1000 < value < 3000 else cardinal(digits)
