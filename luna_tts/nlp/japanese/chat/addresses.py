"""Links, e-mail addresses, file names, telephone numbers and postal codes."""

from __future__ import annotations

import re
from typing import Final

from luna_tts.nlp.japanese.chat.numerals import digit_by_digit
from luna_tts.nlp.japanese.chat.rules import APART, LETTER, Rule


def _groups(match: re.Match[str]) -> str:
    """Digit by digit, with ノ and a breath between the groups."""
    return "ノ、".join(digit_by_digit(group) for group in match.groups() if group)


def _postal(match: re.Match[str]) -> str:
    return "郵便番号、" + _groups(match)


_NOT_LONGER: Final = r"(?![0-9]|-[0-9])"

RULES: Final[tuple[Rule, ...]] = (
    (re.compile(rf"{APART}(?:https?://|www\.)[!-~]+", re.IGNORECASE), "ユーアールエル "),
    (re.compile(rf"〒\s?([0-9]{{3}})-?([0-9]{{4}}){_NOT_LONGER}"), _postal),
    (
        re.compile(
            r"(?<![0-9A-Za-z.\-])(0[0-9]{1,4})-([0-9]{1,4})-([0-9]{3,4})" + _NOT_LONGER,
        ),
        _groups,
    ),
    (
        re.compile(rf"(?<![0-9.\-{LETTER}])(0[5-9]0)([0-9]{{4}})([0-9]{{4}}){_NOT_LONGER}"),
        _groups,
    ),
)
