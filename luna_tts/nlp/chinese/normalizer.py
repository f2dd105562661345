"""Chinese text -> Han characters and seven marks, which is all that its voices know."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_NUMBER: Final = re.compile(r"\d+(?:\.?\d+)?")
_LONGEST_NUMBER: Final = 16
"""Digits before the point; longer numbers are read one by one."""
_DIGITS: Final = "零一二三四五六七八九"
_CHARACTERS: Final = {
    "嗯": "恩",
    "呣": "母",
    **dict.fromkeys("：；，·、", ","),
    **dict.fromkeys("。\n$", "."),
    "！": "!",
    "？": "?",
    "...": "…",
    **dict.fromkeys('“”"‘’（）()《》【】[]「」', "'"),
    **dict.fromkeys("—～~", "-"),
}
_MAPPED: Final = re.compile("|".join(map(re.escape, _CHARACTERS)))
_FOREIGN: Final = re.compile("[^\u4e00-\u9fa5!?…,.'-]|[兙兡嗧桛烪瓧瓰瓱瓼甅噷覅]")
"""What no voice knows, and the characters for which no dictionary has a reading."""


def normalize(text: str) -> str:
    """The speakable part of any string; "" where nothing is left. Never raises.

    The first number of a process brings in cn2an, a fifth of a second.
    """
    text = _NUMBER.sub(lambda found: _read_number(found[0]), text)
    return _FOREIGN.sub("", _MAPPED.sub(lambda found: _CHARACTERS[found[0]], text))


def _read_number(digits: str) -> str:
    import cn2an

    digits = "".join(c if c == "." else str(unicodedata.digit(c)) for c in digits)
    whole, _, _ = digits.partition(".")
    if len(whole) > _LONGEST_NUMBER:
        return "".join("点" if c == "." else _DIGITS[int(c)] for c in digits)
    read: str = cn2an.an2cn(digits)
    return read
