"""Where a speaker would breathe: text -> pieces that are synthesized, and heard, one after another.

Pieces follow sentences. The first sound waits for the first piece only, so a long first sentence
gives up its first clause; any other is cut only where it is too long for one breath, at the best
place there is: after a comma, a space, a particle, where the script changes, at last by force.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import takewhile
from typing import Final

MAX_PIECE: Final = 60
"""Characters in one piece; HMM synthesis loses its stability on longer unbroken runs."""
FIRST_PIECE: Final = 20
"""A first sentence up to here stays whole: its sound begins within a quarter of a second."""
_FIRST_REACH: Final = 30
"""The most of an unbroken first sentence that is to be one piece."""
_SHORTEST: Final = 2
"""Letters of a first clause, kanji counting twice. Two letters sound for 0.36 s and the pause
after them for 0.15 s, which is what a neural voice needs until the next 60 characters begin to
sound; after one, 「え、」, the listener would hear a gap, and intonation of a word cut loose."""
_SHORT_QUOTE: Final = 20

_MARKS: Final = "。｡．！？!?‼⁇⁈⁉♪…‥.・"
_CLOSERS: Final = re.escape("」』）)】〕］]〉》”’\"'")
_OPENERS: Final = "「『（(【〔［[〈《“‘"
_SENTENCE_END: Final = re.compile(
    rf"(?:\n|(?P<marks>[{_MARKS}]+)(?P<closers>[{_CLOSERS}]*)(?:[(（][笑泣爆汗怒苦]+[)）])?"
    "[\u2190-\u21ff\u2600-\u27bf\U0001f000-\U0001faff\u200d\ufe0f]*)\\s*"
)
"""Marks, and what still belongs to the sentence: closing brackets, (笑), emoji."""
_FAINT: Final = re.compile("[.．…‥・]+")
"""These may also be hesitation: え…うん."""
_CLAUSE_END: Final = re.compile(
    rf"(?:[、，､：；]+|[,:;]+(?=\s)|[―—]{{2,}})(?P<closers>[{_CLOSERS}]*)\s*"
)
_SOFT_CLAUSE_END: Final = re.compile("(?:けど|けれども?|ので)(?=[ァ-ヺ一-鿿A-Za-z0-9])")
"""Where a speaker breathes without a comma; followed by another script, so no part of a word."""
_GOES_ON: Final = re.compile("って|と[言いか思]|みたいな|的な")
_GOES_ON_AFTER_QUOTE: Final = re.compile("[とっのをはがにもでなだやかへ、。，,.!?！？a-z]")

_WHOLE: Final = re.compile(
    r"(?:https?://|www\.)[!-~]+"
    r"|(?<![a-zA-Z0-9_.+-])[a-zA-Z0-9_.+-]++@[a-zA-Z0-9.-]+"
    r"|(?<![A-Za-z])(?:(?:Mr|Mrs|Ms|Dr|Prof|St|vs|e\.g|i\.e)\. ?\w|No\. ?[0-9]|(?:[A-Z]\. ?)+\w)"
    r"|(?m:^[0-9０-９]{1,3}(?:\. +|．)\S)|\d[\d.,:：，．/-]*"
    + "".join(
        rf"|{re.escape(first)}[^{re.escape(first + last)}\n]{{0,{_SHORT_QUOTE}}}{re.escape(last)}"
        for first, last in ("「」", "『』", "（）", "()", "【】", "[]", "“”", '""')
    )
)
"""What is said in one breath: addresses, abbreviations, 1. of lists, numbers, short quotations."""

_LETTER: Final = re.compile("[\\w\ue000-\uf8ff]")
_WEIGHTY: Final = re.compile("[々㐀-䶿一-鿿\ue000-\uf8ff]")
"""A character of the private use areas stands for a word of the user's dictionary."""

# How good a place for a cut is.
_NEVER, _WORD, _ANY, _BORDER, _PARTICLE, _SPACE, _CLAUSE = range(7)
_SCRIPT: Final = re.compile(
    "([ぁ-ゖゝゞ])|([ァ-ヴヷ-ヾｦ-ﾝ])|([々〆ヵヶ㐀-䶿一-鿿豈-﫿\U00020000-\U000323af])"
    r"|(\d)|(\w)" + "|([\ue000-\uf8ff])"
)
_OTHER, _HIRAGANA, _KATAKANA, _KANJI, _DIGIT, _FOREIGN, _PRIVATE = range(7)
_PARTICLES: Final = frozenset("をはがにでともへ")
_PREFIXES: Final = frozenset("おご")
_LEANING: Final = re.compile(
    "[ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮｧ-ｰーんンﾝﾞﾟ゛゜"
    "\u200d\u1160-\u11ff\udc00-\udfff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
    rf"{_MARKS}、，､,;:；：{_CLOSERS}]"
)
"""What belongs to the character before: small kana, ー, joiners, jamo, skin tones, marks."""
_REGIONAL: Final = re.compile("[\U0001f1e6-\U0001f1ff]")
"""Two of them are one flag."""


def split_sentences(text: str, limit: int = MAX_PIECE) -> list[str]:
    """Cuts `text` into pieces of at most `limit` characters, in order; `limit` >= 2.

    Joined, the pieces are the text again, except for white space at their ends. Numbers, addresses
    and short quotations stay whole; marks without words stay with the words of their line.
    """
    whole = _inside(text)
    pieces: list[str] = []
    start = 0
    for end in _sentence_ends(text, whole):
        for cut in _cuts(text, start, end, limit, whole):
            pieces.append(text[start:cut])
            start = cut
    return [stripped for piece in pieces if (stripped := piece.strip())]


def _inside(text: str) -> set[int]:
    """The places where a cut would fall inside what is said in one breath."""
    return {i for match in _WHOLE.finditer(text) for i in range(match.start() + 1, match.end())}


def _weight(text: str) -> int:
    """Letters, those that stand for more than one sound counting twice."""
    return len(_LETTER.findall(text)) + len(_WEIGHTY.findall(text))


def _sentence_ends(text: str, whole: set[int]) -> Iterator[int]:
    """Where sentences end; the last is the end of the text.

    Marks alone are no sentence, save on a line of their own.
    """
    weighed = weight = 0
    end: int | None = None
    line_ended = False
    for match in _SENTENCE_END.finditer(text):
        if match.end() in whole or not _ends_sentence(match):
            continue
        weight += _weight(text[weighed : match.end()])
        weighed = match.end()
        faint = _FAINT.fullmatch(match["marks"] or "")
        ends_line = "\n" in match[0]
        if ends_line or weight >= (_SHORTEST if faint else 1):
            if end is not None and (weight or line_ended):
                yield end
            end, weight, line_ended = weighed, 0, ends_line
        elif not weight and end is not None and not line_ended:
            end = weighed
    if end is not None and (line_ended or weight or _weight(text[weighed:])):
        yield end
    yield len(text)


def _ends_sentence(match: re.Match[str]) -> bool:
    text, marks, end = match.string, match["marks"], match.end()
    if marks is None:
        return True
    if match["closers"] and not text[match.end("closers") : end].strip():
        if _GOES_ON_AFTER_QUOTE.match(text, end):
            return False
    elif _GOES_ON.match(text, end):
        return False
    following = text[match.end("closers") : match.end("closers") + 1]
    if marks == ".":
        return not following or following.isspace()
    if marks in ("!", "?"):
        return not re.match("[A-Za-z0-9=]", following)
    return marks.strip("・") != "" or len(marks) > 2


def _cuts(text: str, start: int, end: int, limit: int, whole: set[int]) -> Iterator[int]:
    """Where the sentence from `start` to `end` is cut; the last cut is its end."""
    if start == 0 and end > FIRST_PIECE:
        first = _first_clause(text, end, limit, whole)
        if first:
            yield first
            start = first
    clauses = set(_clause_ends(text, start, end, whole)) if end - start > limit else set()
    while end - start > limit:
        start = _best_cut(text, start, end, limit, whole, clauses)
        yield start
    yield end


def _clause_ends(text: str, start: int, end: int, whole: set[int]) -> Iterator[int]:
    for match in _CLAUSE_END.finditer(text, start, end):
        quoted = match["closers"] and _GOES_ON_AFTER_QUOTE.match(text, match.end())
        if match.end() not in whole and not quoted:
            yield match.end()


def _first_clause(text: str, end: int, limit: int, whole: set[int]) -> int | None:
    """The end of the first clause that is long enough to stand alone and leaves enough behind."""

    def stands(cut: int) -> bool:
        return min(_weight(text[:cut]), _weight(text[cut : min(cut + limit, end)])) >= _SHORTEST

    reach = min(end, limit)
    commas = takewhile(lambda cut: cut <= reach, _clause_ends(text, 0, end, whole))
    comma = next(filter(stands, commas), None)
    if comma and comma <= FIRST_PIECE:
        return comma
    breaths = (match.end() for match in _SOFT_CLAUSE_END.finditer(text, 0, comma or reach))
    return next((cut for cut in breaths if cut not in whole and stands(cut)), comma)


def _best_cut(
    text: str, start: int, end: int, limit: int, whole: set[int], clauses: set[int]
) -> int:
    """The last of the best places that leave neither piece too short nor the first too long."""
    wished = limit if start else min(limit, _FIRST_REACH)
    reach = min(start + wished, end - limit // 10)
    good = range(start + max(1, wished // 4), reach + 1)
    for places in (good, range(start + 1, start + limit + 1)):
        ranks = {place: _rank(text, start, place, whole, clauses) for place in places}
        best = max(places, key=lambda place: (ranks[place], place))
        if ranks[best] > _NEVER:
            return best
    return start + limit


def _rank(text: str, start: int, place: int, whole: set[int], clauses: set[int]) -> int:
    before, after = text[place - 1], text[place]
    if _leans(text, start, place):
        return _NEVER
    if place in clauses:
        return _CLAUSE
    if place in whole or after.isspace():
        return _WORD
    if before.isspace():
        return _SPACE
    if after in _OPENERS or before in _CLOSERS:
        return _PARTICLE
    return _rank_by_script(before, after)


def _leans(text: str, start: int, place: int) -> bool:
    """Whether the characters beside `place` are one to the eye or the ear."""
    before, after = text[place - 1], text[place]
    if before == "\u200d" or before in _OPENERS or _LEANING.match(after):
        return True
    if _REGIONAL.match(after):
        flags = place
        while flags > start and _REGIONAL.match(text[flags - 1]):
            flags -= 1
        return (place - flags) % 2 == 1
    return unicodedata.category(after).startswith("M")


def _rank_by_script(before: str, after: str) -> int:
    """A word tends to begin where hiragana ends and another script starts."""
    first, second = _script(before), _script(after)
    if _PRIVATE in (first, second) or first == _DIGIT:
        return _WORD
    if first == second:
        if first != _HIRAGANA:
            return _ANY if first == _OTHER else _WORD
        return _BORDER if before == "を" else _ANY
    if first == _HIRAGANA and before not in _PREFIXES:
        return _PARTICLE if before in _PARTICLES else _BORDER
    return _WORD if (first, second) == (_KANJI, _HIRAGANA) else _ANY


def _script(character: str) -> int:
    match = _SCRIPT.match(character)
    return _OTHER if match is None else int(match.lastindex or _OTHER)
