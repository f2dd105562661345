"""Links, e-mail addresses, file names, telephone numbers and postal codes."""

from __future__ import annotations

import re
from typing import Final

from luna_tts.nlp.japanese.chat.numerals import digit_by_digit
from luna_tts.nlp.japanese.chat.rules import APART, LETTER, Rule


def _groups(match: re.Match[str]) -> str:
    """Digit by digit, with ノ and a breath between the groups."""
    country = "プラス" if match[1][0] == "+" else ""
    return country + "ノ、".join(digit_by_digit(group) for group in match.groups() if group)


def _postal(match: re.Match[str]) -> str:
    return "郵便番号、" + _groups(match)


_NOT_LONGER: Final = r"(?![0-9]|-[0-9])"
_BEGINS: Final = rf"(?<![0-9.\-{LETTER}])"

RULES: Final[tuple[Rule, ...]] = (
    (re.compile(rf"{APART}(?:https?://|www\.)[!-~]+", re.IGNORECASE), "ユーアールエル "),
    (re.compile(rf"〒\s?([0-9]{{3}})-?([0-9]{{4}}){_NOT_LONGER}"), _postal),
    *(
        (re.compile(_BEGINS + number + _NOT_LONGER), _groups)
        for number in (
            r"(0[0-9]{1,4})-([0-9]{1,4})-([0-9]{3,4})",
            r"(0[0-9]{1,4})[(（]([0-9]{1,4})[)）]([0-9]{3,4})",
            r"(\+[0-9]{1,3})-([0-9]{1,4})-([0-9]{1,4})-([0-9]{3,4})",
            "(0[5-9]0)([0-9]{4})([0-9]{4})",
        )
    ),
)
