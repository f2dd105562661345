"""Where a speaker would breathe: text -> pieces that are synthesized, and heard, one after another.

The first sound waits for the first piece only, so pieces follow sentences; a sentence that is too
long for one breath is cut at commas, and a run without any mark at a change of script or by force.
"""

from __future__ import annotations

import re
from itertools import pairwise

MAX_PIECE = 60
"""Characters in one piece; HMM synthesis loses its stability on longer unbroken runs."""

_CLOSERS = "」』）)】〕］\\]〉》”’\"'"
_SENTENCE_END = re.compile(rf"(?:[。．！？!?…‥]+|\.(?=\s)|\n)[{_CLOSERS}]*\s*")
_CLAUSE_END = re.compile(r"[、，,;；:：]+\s*")
_NUMBER = re.compile(r"\d[\d.,:：，．/]*")
_SCRIPTS = (
    re.compile(r"[ぁ-ゖー]"),
    re.compile(r"[ァ-ヺｦ-ﾟ]"),
    re.compile(r"[0-9０-９]"),
    re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]"),
    re.compile(r"\s"),
)


def split_sentences(text: str, limit: int = MAX_PIECE) -> list[str]:
    """Cuts `text` into pieces of at most `limit` characters, in order.

    Joined, the pieces are the text again, except for white space at their ends. Numbers such as
    3.14, 1,000 or 12:30 stay whole. Pieces without any content are left out.
    """
    pieces: list[str] = []
    for sentence in _cut(_SENTENCE_END, text):
        if len(sentence) <= limit:
            pieces.append(sentence)
        else:
            pieces += _split_long(sentence, limit)
    return [stripped for piece in pieces if (stripped := piece.strip())]


def _cut(mark: re.Pattern[str], text: str) -> list[str]:
    """Cuts after each `mark` that does not end inside a number."""
    inside = {i for m in _NUMBER.finditer(text) for i in range(m.start() + 1, m.end())}
    cuts = [m.end() for m in mark.finditer(text) if m.end() not in inside]
    return [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]


def _split_long(sentence: str, limit: int) -> list[str]:
    """Fills pieces with whole clauses up to `limit`, and cuts a clause that is longer by force."""
    pieces = [""]
    for clause in _cut(_CLAUSE_END, sentence):
        if len(pieces[-1]) + len(clause) <= limit:
            pieces[-1] += clause
        else:
            pieces += _split_run(clause, limit)
    return pieces


def _split_run(run: str, limit: int) -> list[str]:
    """Cuts a run without marks where the script changes, at the latest after `limit` characters."""
    pieces = []
    while len(run) > limit:
        border = next((i for i in range(limit, limit // 2, -1) if _may_break(run, i)), limit)
        pieces.append(run[:border])
        run = run[border:]
    return [*pieces, run]


def _may_break(run: str, index: int) -> bool:
    """A word tends to begin where kana ends and another script starts, or after a space."""
    before, after = _script(run[index - 1]), _script(run[index])
    return before != after and (before in (0, 1, 4) or after == 4)


def _script(character: str) -> int:
    return next((n for n, script in enumerate(_SCRIPTS) if script.match(character)), len(_SCRIPTS))
