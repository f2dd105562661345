r"""Code, spoilers and escapes: from left to right, as Discord finds them. Pure.

||a `||` b|| is a spoiler up to the second ||, `||a||` is code, and \||a|| is neither.
"""

from __future__ import annotations

import re
from typing import Final

from ._markup_reading import Reading

_CODE: Final = r"```(?P<block>.+?)(?:```{end})|(?P<ticks>`++)(?P<inline>.*?[^`])(?P=ticks)(?!`)"
_SPOILER: Final = r"\|\|(?P<spoiler>.+?)(?:\|\|{end})"
_ESCAPE: Final = r"\\(?P<escaped>[^0-9A-Za-z\s])"
_PATTERN: Final = f"{_ESCAPE}|{_CODE}|{_SPOILER}"
_WHOLE: Final = re.compile(_PATTERN.format(end=""), re.DOTALL)
_CUT: Final = re.compile(_PATTERN.format(end=r"|\Z"), re.DOTALL)
_WORDS: Final = re.compile(r"[\w .,'/+=-]{1,40}")


def hide(text: str, reading: Reading, *, was_cut: bool = False) -> str:
    """`text` with words for its code and its spoilers.

    Inline code that is but a few words is read. Where `was_cut`, what the end hides is hidden.
    """

    def replace(match: re.Match[str]) -> str:
        if match["escaped"]:
            return reading.keep(match["escaped"])
        if match["spoiler"]:
            return reading.say("spoiler")
        inline = match["inline"]
        return inline if inline and _WORDS.fullmatch(inline) else reading.say("code")

    return (_CUT if was_cut else _WHOLE).sub(replace, text)
