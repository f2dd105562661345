"""Which language each part of a chat line is in: by script, else by a default.

Rules of script, because detectors that count letters are wrong on lines of three words. Kana are
Japanese, Hangul is Korean. Han characters alone are Chinese where no Japanese would write them, or
where Chinese is the default and no hiragana stands beside. Latin words are English where they are
a sentence; the single ones of Japanese and Korean chat (Discord, lol, ohayou) stay with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from luna_tts.nlp.japanese.chat.romaji import kana_of
from luna_tts.nlp.japanese.hanzi import is_chinese

DEFAULT: Final = "ja"

_HAN: Final = "々〆〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_HANGUL: Final = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb\uffa0-\uffdc"
_LATIN: Final = "A-Za-zＡ-Ｚａ-ｚÀ-ÖØ-öø-ɏ"
_TOKEN: Final = re.compile(
    r"(?P<address>https?://\S+|www\.\S+|:[A-Za-z0-9_]+:)"
    "|(?P<kana>[ぁ-ゖァ-ヺー゛゜ゝゞヽヾｦ-ﾟ]+)"
    f"|(?P<hangul>[{_HANGUL}]+)|(?P<han>[{_HAN}]+)"
    rf"|(?P<latin>[{_LATIN}]+(?:['’-][{_LATIN}]+)*)"
    r"|(?P<number>\d[\d.,:]*)|(?P<end>[。！？!?…，\n]+)|(?P<opening>[「『（(【\[“‘《]+)|(?P<other>.)",
    re.DOTALL,
)
_LANGUAGES: Final = {"kana": "ja", "hangul": "ko"}
_HIRAGANA: Final = re.compile("[ぁ-ゖ]")
_REAL_WORD: Final = re.compile("(?=.*[aeiouy])[a-z'’-]{2,}|i|a")
_SENTENCE_WORDS: Final = """
    the a an is are am was were be been i'm i'll i've it's that's you're don't can't won't didn't
    isn't let's what's i you he she it we they my your his her our their this that these those what
    who when where why how which and or but if because with for from of at in on by not can will
    would should could have has had do does did there here please thanks thank good nice hello hi
    hey bye very really just about now today tomorrow anyone someone"""
_FUNCTION_WORDS: Final = frozenset(_SENTENCE_WORDS.split())
"""One of them makes two words a sentence."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a line in one language."""

    text: str
    language: str
    """ISO 639-1: "ja", "en", "zh" or "ko"."""


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    language: str | None = None
    """None as long as its neighbours decide."""


def cut_languages(
    text: str, default: str = DEFAULT, whole: Iterable[tuple[int, int]] = ()
) -> list[Segment]:
    """Cuts `text` where its language changes; joined, the segments are the text. Never raises.

    Args:
        text: one message, of any length.
        default: ISO 639-1: what is meant where the script leaves it open.
        whole: places (start, end) of words with a Japanese reading of their own, in order.
    """
    tokens = list(_tokens(text, whole))
    chinese = any(token.kind == "han" and is_chinese(token.text) for token in tokens)
    for clause in _clauses(tokens):
        _decide_han(clause, default, chinese=chinese)
        _decide_latin(clause, default)
    _settle(tokens, default)
    return _joined(tokens)


def _tokens(text: str, whole: Iterable[tuple[int, int]]) -> Iterator[_Token]:
    end = 0
    for start, stop in whole:
        yield from _scan(text[end:start])
        yield _Token("word", text[start:stop], "ja")
        end = stop
    yield from _scan(text[end:])


def _scan(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        yield _Token(kind, match[0], _LANGUAGES.get(kind))


def _clauses(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    clause: list[_Token] = []
    for token in tokens:
        clause.append(token)
        if token.kind == "end":
            yield clause
            clause = []
    yield clause


def _decide_han(clause: Sequence[_Token], default: str, *, chinese: bool) -> None:
    """`chinese`: something in the line surely is."""
    kana = any(token.language == "ja" for token in clause)
    hiragana = any(token.kind == "kana" and _HIRAGANA.search(token.text) for token in clause)
    for token in clause:
        if token.kind == "han":
            open_to_both = not hiragana if default == "zh" else chinese and not kana
            token.language = "zh" if open_to_both or is_chinese(token.text) else "ja"


def _decide_latin(clause: Sequence[_Token], default: str) -> None:
    for first, last in _latin_runs(clause):
        run = clause[first : last + 1]
        latin = [token for token in run if token.kind == "latin"]
        if _is_english(clause, first, last, [token.text for token in latin], default):
            for token in run:
                token.language = "en"


def _latin_runs(clause: Sequence[_Token]) -> Iterator[tuple[int, int]]:
    """First and last place of Latin words with nothing of another language between them."""
    first = last = None
    for place, token in enumerate(clause):
        if token.kind == "latin":
            first, last = place if first is None else first, place
        elif token.language is not None or token.kind == "han":
            if first is not None and last is not None:
                yield first, last
            first = last = None
    if first is not None and last is not None:
        yield first, last


def _is_english(
    clause: Sequence[_Token], first: int, last: int, words: Sequence[str], default: str
) -> bool:
    beside = _language_beside(clause, first, last)
    if "zh" in beside:
        return True  # a Chinese voice says nothing at all for letters
    glued = any(language == "ja" for language in _glued(clause, first, last))
    if default in ("en", "zh"):
        return not (glued and len(words) == 1)
    real = [word for word in map(str.lower, words) if _REAL_WORD.fullmatch(word)]
    known = [word for word in real if word.replace("’", "'") in _FUNCTION_WORDS]
    if len(real) < 2 or all(kana_of(word) for word in real if len(word) > 1):
        return False
    return len(real) >= (3 if glued else 2 if known or not beside else 4)


def _language_beside(clause: Sequence[_Token], first: int, last: int) -> set[str]:
    before = (token.language for token in reversed(clause[:first]) if token.language)
    after = (token.language for token in clause[last + 1 :] if token.language)
    return {language for language in (next(before, None), next(after, None)) if language}


def _glued(clause: Sequence[_Token], first: int, last: int) -> Iterator[str | None]:
    if first:
        yield clause[first - 1].language
    if last + 1 < len(clause):
        yield clause[last + 1].language


def _settle(tokens: Sequence[_Token], default: str) -> None:
    """What has no language takes that of its neighbour: brackets and counters of the next one."""
    for token, following in reversed(list(pairwise(tokens))):
        if token.language is None and _leans_forward(token, following):
            token.language = following.language
    language = next((token.language for token in tokens if token.language), default)
    for token in tokens:
        if token.language is None and token.kind == "latin" and language not in ("ja", "ko"):
            token.language = default if default in ("ja", "ko") else "en"
        token.language = language = token.language or language


def _leans_forward(token: _Token, following: _Token) -> bool:
    return token.kind == "opening" or (
        token.kind == "number" and following.kind in ("han", "hangul", "kana")
    )


def _joined(tokens: Iterable[_Token]) -> list[Segment]:
    segments: list[Segment] = []
    for token in tokens:
        language = token.language or DEFAULT
        if segments and segments[-1].language == language:
            segments[-1] = Segment(segments[-1].text + token.text, language)
        else:
            segments.append(Segment(token.text, language))
    return segments
