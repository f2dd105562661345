r"""What Discord's markdown hides, and its marks. Pure.

Code, spoilers and escapes are taken from left to right, as Discord finds them: ||a `||` b|| is a
spoiler up to the second ||, `||a||` is code, and \||a|| is neither.
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


_LINE_MARKS: Final = re.compile(
    r"^[ \t]*(?:(?:>>> |> |-# |#{1,3} |[-*] (?:\[[ xX]\] )?)[ \t]*){1,4}", re.MULTILINE
)
_RUN: Final = re.compile(r"\*+|_+|~~+")
_OPERAND: Final = re.compile("[0-9A-Za-z]")
_OPENS_FACE: Final = "(（"


def drop_marks(text: str) -> str:
    """`text` without the marks of headings, lists, quotes, bold, italics, underline and strike."""
    text = _LINE_MARKS.sub("", text)
    dropped: list[tuple[int, int]] = []
    opened: dict[str, tuple[int, int]] = {}
    for run in _RUN.finditer(text):
        mark, (start, end) = run[0], run.span()
        before, after = text[start - 1 : start] if start else "", text[end : end + 1]
        if len(mark) > 3 or _is_sum(mark, before, after):
            continue
        if mark in opened and _closes(mark, before, after):
            dropped += [opened[mark], (start, end)]
            begun = opened[mark][0]
            opened = {mark: span for mark, span in opened.items() if span[0] < begun}
        elif _opens(mark, before, after):
            opened[mark] = (start, end)
    return _without(text, sorted(dropped))


def _is_sum(mark: str, before: str, after: str) -> bool:
    if mark[0] != "*" or not (_OPERAND.match(before) and _OPERAND.match(after)):
        return False
    return mark == "*" or before.isdigit() or after.isdigit()


def _opens(mark: str, before: str, after: str) -> bool:
    if mark == "_" and (_OPERAND.match(before) or not (_is_word(after) or after in "*~_")):
        return False
    return bool(after.strip()) and not (mark == "*" and before and before in _OPENS_FACE)


def _closes(mark: str, before: str, after: str) -> bool:
    if mark == "_" and _OPERAND.match(after):
        return False
    return bool(before.strip())


def _is_word(character: str) -> bool:
    return character.isalnum() or character > "\U000f0000"


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts.append(text[at:start])
        at = end
    return "".join([*parts, text[at:]])
