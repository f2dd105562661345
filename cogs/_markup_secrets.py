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

_DASH: Final = r"[-‐‑‒–—−－ー. ]"
_HYPHEN: Final = "[-‐‑‒–—−－ー]"
_NUMBER: Final = re.compile(
    r"(?<![0-9０-９.,:/$¥￥€£₩-])(?:"
    rf"\+\d{{1,3}}{_DASH}?\(?\d{{1,4}}\)?(?:{_DASH}?\d{{2,4}}){{2,4}}"
    rf"|[(（]?[0０]\d{{1,4}}[)）]?{_DASH}?\d{{1,4}}{_DASH}\d{{3,4}}"
    rf"|[(（]?\d{{3}}[)）]?{_DASH}{{1,2}}\d{{3}}{_DASH}\d{{4}}"
    rf"|\d{{4}}(?:{_DASH}\d{{4}}){{2,4}}|\d{{4}}{_DASH}\d{{6}}{_DASH}\d{{5}}|\d{{6}}[-−－]\d{{7}}"
    rf"|\d{{2,6}}(?:{_HYPHEN}\d{{2,8}}){{2,4}}"  # of accounts
    r"|\d{7,}"
    r")(?!\d|[.,:/]\d)"
)
_HUGE: Final = re.compile(r"\d{17,}")
"""As long as an id, which is never an amount."""
_DATE: Final = re.compile(r"(?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?:-\d\d)*")
_FEW: Final = 9
"""Digits that may be in groups: sizes, scores, days."""
_ROUND: Final = re.compile(r"[1-9]\d?0{5,}|[8８]+|(?:19|20)\d\d(?: (?:19|20)\d\d)+")
"""Millions, applause, years."""
_COUNTED: Final = re.compile(
    r"\s?(?:円|万|億|兆|ドル|ユーロ|ウォン|人|名|回|個|件|本|枚|年|点|票|再生|フォロワー|ポイント|体|キロ|メートル|グラム|"
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
        harmless = _DATE.fullmatch(match[0]) or _ROUND.fullmatch(match[0])
        few = sum(map(str.isdigit, match[0])) < _FEW
        if (
            harmless
            or (few and not match[0].isdigit())
            or _COUNTED.match(match.string, match.end())
        ):
            return match[0]
        return reading.say("number")

    return _HUGE.sub(lambda _: reading.say("number"), _NUMBER.sub(number, text))


def _is_random(run: str) -> bool:
    """Letters and digits in turn, as no word has them."""
    return len(_TURN.findall(run)) >= 4
