"""What must not be heard by everybody: keys, addresses, long numbers. Pure."""

from __future__ import annotations

import re
from typing import Final

from ._markup_reading import Reading

_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END[A-Z ]{0,40}-----|\Z)", re.DOTALL
)
_TOKEN: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"[A-Za-z0-9_-]{23,30}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{25,}"  # of a Discord bot
    r"|eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?"  # JWT
    r"|(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|npm_|hf_|pypi-|GOCSPX-|mfa\.|ya29\.)"
    r"[A-Za-z0-9_.-]{20,}"
    r"|[prs]k[-_][A-Za-z0-9_-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[A-Za-z0-9_-]{20,})"
)
_RUN: Final = re.compile(r"(?<![A-Za-z0-9_+/=-])[A-Za-z0-9_+/=-]{20,}")
_TURN: Final = re.compile(r"[A-Za-z][0-9]|[0-9][A-Za-z]")
_MAIL: Final = re.compile(
    r"<?(?:mailto:)?(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+[@＠][A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+>?"
)

_SPACED: Final = re.compile(
    r"(?<!\d)(?<!\d\.)(?:"
    r"\+\d{1,3}[ .-]?[(（]?\d{1,4}[)）]?(?:[ .-]{1,2}\d{2,4}){1,4}"  # telephones
    r"|(?:0\d[ .]\d{3,4}|0\d{2,4}[ .]\d{2,4})[ .-]\d{4}|0\d{3}[ .]\d{3}[ .-]\d{3}"
    r"|[(（]?\d{3}[)）]?[ .-]{1,2}\d{3}[ .-]\d{4}"
    r"|\d{4}(?: \d{4}){2,4}|\d{4} \d{6} \d{5}"  # cards
    r")(?!\d|\.\d)"
)
_JOINED: Final = re.compile(r"(?<![\d$¥￥€£₩])[+(（]?\d++(?:[)）]?[-‐‑‒–—−－ー]?[(（]?\d++)*+")
_GROUP: Final = re.compile(r"\d+")
_LONG: Final = 7
_ID: Final = 17
"""Digits of a number that may be a secret, and of one that is never an amount."""
_HUGE: Final = re.compile(rf"\d{{{_ID},}}")
_DATE: Final = re.compile(r"(?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?:-\d\d)*")
_FEWEST: Final = 9
"""Digits in groups that are no size, score or day any more."""
_ROUND: Final = re.compile(r"[1-9]\d?0{5,}|[8８]+|(?:19|20)\d\d(?: (?:19|20)\d\d)+")
"""Millions, applause, years."""
_FRACTION: Final = re.compile(r"\d\.\Z")
_COUNTED: Final = re.compile(
    r"\.\d|\s?(?:円|万|億|兆|ドル|ユーロ|ウォン|人|名|回|個|件|本|枚|年|点|票|再生|フォロワー|ポイント|体|キロ|メートル|グラム|"
    r"원|만|억|조|명|번|개|회|점|달러|엔|%|％|[KMGT]?B\b|yen|won|dollars|euros|people|views|points|times|"
    r"bytes|km|kg|ms|m\b|g\b)"
)


def hide_secrets(text: str, reading: Reading) -> str:
    """`text` with words for keys and tokens, e-mail addresses, and numbers of 7 digits or more.

    Amounts, dates, decimals and round numbers are no secrets.
    """
    text = _PRIVATE_KEY.sub(lambda _: reading.say("secret"), text)
    text = _MAIL.sub(lambda _: reading.say("mail"), text)
    text = _TOKEN.sub(lambda _: reading.say("secret"), text)
    text = _RUN.sub(lambda match: reading.say("secret") if _is_random(match[0]) else match[0], text)

    def number(match: re.Match[str]) -> str:
        return match[0] if _is_harmless(match) else reading.say("number")

    for numbers in (_SPACED, _JOINED, _HUGE):
        text = numbers.sub(number, text)
    return text


def _is_harmless(match: re.Match[str]) -> bool:
    found, groups = match[0], _GROUP.findall(match[0])
    if _DATE.fullmatch(found) or _ROUND.fullmatch(found):
        return True
    if len(groups) == 1:
        return len(found) < _LONG or (len(found) < _ID and _is_amount(match))
    span = len(groups) == 2 and all(len(group) < 6 and group[0] != "0" for group in groups)
    return span or sum(map(len, groups)) < _FEWEST


def _is_amount(match: re.Match[str]) -> bool:
    """With a unit behind it, or on either side of a decimal point."""
    if _FRACTION.search(match.string, max(0, match.start() - 2), match.start()):
        return True
    return match[0][0] not in "0０" and bool(_COUNTED.match(match.string, match.end()))


def _is_random(run: str) -> bool:
    """Letters and digits in turn, as no word has them."""
    return len(_TURN.findall(run)) >= 4
