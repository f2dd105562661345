"""Numbers as English says them."""

from __future__ import annotations

from typing import Final

_SMALL: Final = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen"""
_ROUND: Final = "_ _ twenty thirty forty fifty sixty seventy eighty ninety"
_LARGE: Final = """
    _ thousand million billion trillion quadrillion quintillion sextillion septillion octillion
    nonillion decillion"""
_ONES: Final = tuple(_SMALL.split())
_TENS: Final = tuple(_ROUND.split())
_THOUSANDS: Final = tuple(_LARGE.split())
_LONGEST: Final = 3 * len(_THOUSANDS)
"""Digits; longer numbers are read one by one."""
_ORDINALS: Final = {
    **{"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"},
    **{"nine": "ninth", "twelve": "twelfth"},
}


def cardinal(digits: str, *, conjunction: str = "") -> str:
    """Words for ASCII digits: 1234 -> one thousand, two hundred thirty-four; never raises.

    `conjunction`, "and" or nothing, stands before what is left of a hundred.
    """
    digits = digits.lstrip("0")
    if not digits:
        return _ONES[0]
    if len(digits) > _LONGEST:
        return " ".join(_ONES[int(digit)] for digit in digits)
    joint = f" {conjunction} " if conjunction else " "
    groups = [int(digits[max(0, end - 3) : end]) for end in range(len(digits), 0, -3)]
    words = [
        _below_thousand(group, joint) + (f" {_THOUSANDS[place]}" if place else "")
        for place, group in enumerate(groups)
        if group
    ]
    if len(words) > 1 and 0 < groups[0] < 100:
        return ", ".join(reversed(words[1:])) + joint + words[0]
    return ", ".join(reversed(words))


def ordinal(digits: str) -> str:
    """The ordinal of ASCII digits: 101 -> one hundred and first."""
    before, last = _split_last(cardinal(digits, conjunction="and"))
    if last in _ORDINALS:
        return before + _ORDINALS[last]
    return f"{before}{last.removesuffix('y')}ieth" if last.endswith("y") else f"{before}{last}th"


def year_like(value: int) -> str:
    """1001 to 2999 as years are read: 1066 -> ten sixty-six, 2005 -> two thousand five."""
    first, second = divmod(value, 100)
    if value == 2000:
        return "two thousand"
    if 2000 < value < 2010:
        return f"two thousand {_ONES[second]}"
    if not second:
        return f"{_below_hundred(first)} hundred"
    return f"{_below_hundred(first)} {'oh ' if second < 10 else ''}{_below_hundred(second)}"


def _below_thousand(value: int, joint: str) -> str:
    hundreds, rest = divmod(value, 100)
    if not hundreds:
        return _below_hundred(rest)
    return f"{_ONES[hundreds]} hundred" + (joint + _below_hundred(rest) if rest else "")


def _below_hundred(value: int) -> str:
    if value < len(_ONES):
        return _ONES[value]
    tens, ones = divmod(value, 10)
    return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")


def _split_last(words: str) -> tuple[str, str]:
    start = max(words.rfind(" "), words.rfind("-")) + 1
    return words[:start], words[start:]
