"""Numbers as Japanese writes them: 11000 -> 一万千, 12.5 -> 十二点五.

Works on digits, not on int or float: the length of a number in a chat line has no limit, and a
fraction keeps all of its digits.
"""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = "零一二三四五六七八九"
_TENS: Final = ("", "十", "百", "千")
_MYRIADS: Final = ("", *"万億兆京垓秭穣溝澗正載極")
"""Names of 10^4, 10^8, ... 10^48; more digits than that are read one by one."""
_LONGEST: Final = 4 * len(_MYRIADS)
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def read_numbers(text: str) -> str:
    """Replaces each number of ASCII digits in `text` by its reading."""
    return _NUMBER.sub(lambda match: read_number(match[0]), text)


def read_number(number: str) -> str:
    """Reads digits with at most one ".", e.g. "0.05" -> 零点零五, "007" -> 七, "1.0" -> 一."""
    whole, _, fraction = number.partition(".")
    whole = whole.lstrip("0")
    fraction = fraction.rstrip("0")
    reading = _read_whole(whole) if len(whole) <= _LONGEST else _spell(whole)
    return f"{reading}点{_spell(fraction)}" if fraction else reading


def _read_whole(digits: str) -> str:
    """Reads digits without leading zeros, four at a time; none is zero."""
    if not digits:
        return _DIGITS[0]
    head = len(digits) % 4 or 4
    groups = [digits[:head], *(digits[i : i + 4] for i in range(head, len(digits), 4))]
    names = reversed(_MYRIADS[: len(groups)])
    return "".join(_read_group(group, name) for group, name in zip(groups, names, strict=True))


def _read_group(digits: str, myriad: str) -> str:
    """Reads one to four digits in units of `myriad`; zeros are silent, and so is 一 before 十."""
    reading = "".join(
        ("" if digit == "1" and ten else _DIGITS[int(digit)]) + ten
        for digit, ten in zip(digits, reversed(_TENS[: len(digits)]), strict=True)
        if digit != "0"
    )
    return reading + myriad if reading else ""


def _spell(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)
