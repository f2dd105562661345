"""Numbers in the three ways in which Japanese says them: as amounts, digit by digit, in English."""

from __future__ import annotations

from typing import Final

from luna_tts.nlp.japanese.numbers import read_number

_SPOKEN: Final = "ゼロ イチ ニー サン ヨン ゴー ロク ナナ ハチ キュー"
_WRITTEN: Final = "ゼロ 一 二 三 四 五 六 七 八 九"
_ENGLISH: Final = (
    "ゼロ ワン ツー スリー フォー ファイブ シックス セブン エイト ナイン テン イレブン "
    "トゥエルブ サーティーン フォーティーン フィフティーン シックスティーン セブンティーン "
    "エイティーン ナインティーン"
)
_ENGLISH_TENS: Final = (
    "トゥエンティー サーティー フォーティー フィフティー シックスティー セブンティー "
    "エイティー ナインティー"
)
_DIGITS: Final = dict(zip("0123456789", _SPOKEN.split(), strict=True))
_FRACTION: Final = str.maketrans(dict(zip("0123456789", _WRITTEN.split(), strict=True)))
_ONES: Final = _ENGLISH.split()
_TENS: Final = _ENGLISH_TENS.split()
_ORDINALS: Final = {
    1: "ファースト",
    2: "セカンド",
    3: "サード",
    5: "フィフス",
    8: "エイス",
    9: "ナインス",
    12: "トゥエルフス",
}


def amount(number: str) -> str:
    """ASCII digits, grouped by commas or not, with at most one "."; a fraction keeps its zeros."""
    whole, point, fraction = number.replace(",", "").partition(".")
    reading = read_number(whole)
    return f"{reading}点{fraction.translate(_FRACTION)}" if point else reading


def digit_by_digit(digits: str) -> str:
    """As a telephone number or a model's name is read."""
    return "".join(_DIGITS.get(digit, "") for digit in digits)


def english_number(value: int) -> str:
    """0 <= value < 100."""
    if value < len(_ONES):
        return _ONES[value]
    ten, one = divmod(value, 10)
    return _TENS[ten - 2] + (_ONES[one] if one else "")


def english_ordinal(value: int) -> str:
    """0 < value < 100."""
    ten, one = divmod(value, 10)
    if value in _ORDINALS:
        return _ORDINALS[value]
    if ten > 1 and one:
        return _TENS[ten - 2] + english_ordinal(one)
    return english_number(value) + "ス"


def attached(digits: str) -> str:
    """Digits that are part of a name: PS5, 3DS, HP1200, iPhone15; long ones are no amount."""
    if len(digits) > 6 or (len(digits) > 1 and digits[0] == "0"):
        return digit_by_digit(digits)
    return english_number(int(digits)) if int(digits) <= 12 else amount(digits)
