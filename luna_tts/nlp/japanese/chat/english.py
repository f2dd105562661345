"""Latin words as a Japanese speaker says them: our list, letters by name, or kanalizer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import kanalizer

from luna_tts.nlp.japanese.chat.numerals import amount, attached
from luna_tts.nlp.japanese.chat.romaji import read_romaji
from luna_tts.nlp.japanese.chat.rules import APART, ENDS

_LETTERS: Final = (
    "エー ビー シー ディー イー エフ ジー エイチ アイ ジェー ケー エル エム エヌ オー ピー "
    "キュー アール エス ティー ユー ブイ ダブリュー エックス ワイ ゼット"
)
_NAMES: Final = dict(zip("abcdefghijklmnopqrstuvwxyz", _LETTERS.split(), strict=True))
_RUN: Final = re.compile(r"[0-9A-Za-z]+(?:['’_\-][0-9A-Za-z]+)*")
_PART: Final = re.compile(
    r"i[A-Z][a-z]+|[A-Z]{2,}'?s(?![A-Za-z])|[A-Z]+(?![a-z])(?:'[A-Z]+)?|[A-Z]?[a-z]+(?:'[A-Za-z]+)*"
)
_PIECE: Final = re.compile(r"[0-9]+|[A-Za-z']+")
_COUNTED: Final = re.compile("[倍個人回本枚体連円点分日時年月位話勝敗]")
_LATIN: Final = re.compile("[A-Za-z]")
_LAUGHTER: Final = re.compile("w+")
_LONGEST: Final = 30
_FAR: Final = 4_000
"""Characters, the longest message there is; words beyond are spelled: no text takes minutes."""
_STRETCHED: Final = re.compile(r"([a-z])\1{2,}")
_CRIES: Final = {"a": "アー", "i": "イー", "u": "ウー", "e": "エー", "o": "オー"}
_LEET: Final = re.compile(r"[a-z]+(?:[013457]+[a-z]+)+")
_LEET_LETTERS: Final = str.maketrans("013457", "oieast")
_ENDINGS: Final = {
    "n't": "ント",
    "'s": "ズ",
    "'re": "アー",
    "'ll": "ル",
    "'ve": "ブ",
    "'d": "ド",
    "'m": "ム",
}
_ONSET: Final = "[bcdfghjklmnprstvwyz]|[bcdfgkpst][lr]|[cstw]h|s[ckmnptw]|tw|qu|str"
_INNER: Final = "[bcdfgklmnprstvxz]|[lmnrsx][bcdfgkmpst]r?|ps|ck|[cst]h|ll|ss|tt|pp|mm|nn|ff|rr"
_CODA: Final = "[bdfgklmnprstxy]|[lmnrs][cdgkpst]|[cfpx]t|ck|[cst]h|ng|ll|ss|ff"
_SAYABLE: Final = re.compile(
    f"(?:{_ONSET}|(?=.{{5}}))[aeiouy]{{1,2}}(?:(?:{_INNER})[aeiouy]{{1,2}}){{0,2}}(?:{_CODA})?"
)


@cache
def _table() -> Mapping[str, str]:
    """words.tsv; a row in capitals is for capitals alone, any other for every case.

    What is read as Latin capitals Open JTalk knows letter by letter, with an accent that katakana
    would not have.
    """
    text = files(__package__).joinpath("words.tsv").read_text("utf-8")
    return dict(line.split("\t") for line in text.splitlines())


@cache
def _phrases() -> re.Pattern[str]:
    """Rows that hold more than letters, and digits behind them: C++, 24/7, Node.js."""
    rows = sorted((row for row in _table() if not row.replace("'", "").isalnum()), key=len)
    words = "|".join(re.escape(row) for row in reversed(rows) if row[-1].isalnum())
    marks = "|".join(re.escape(row) for row in reversed(rows) if not row[-1].isalnum())
    return re.compile(rf"{APART}(?:(?:{words}){ENDS}|{marks})", re.IGNORECASE)


def read_phrases(text: str) -> str:
    """`text` with the rows of the list read that are more than one word."""
    return _phrases().sub(lambda match: _table()[match[0].lower()], text)


def read_words(text: str) -> str:
    """`text` with its Latin words, and the digits that belong to them, in katakana."""
    return _RUN.sub(_run, text)


def _run(match: re.Match[str]) -> str:
    run = match[0].replace("’", "'")
    if not _LATIN.search(run) or _LAUGHTER.fullmatch(run):
        return match[0]
    if known := _known(run):
        return known if not known.isascii() or _stands_alone(match) else spell(known)
    if run == "a" and _among_english(match):
        return "ア"
    read = read_word if match.end() < _FAR else spell
    if _LEET.fullmatch(run) and len(run) > 3:
        return read(run.translate(_LEET_LETTERS))
    *parts, last = (part if part.isdecimal() else read(part) for part in _parts(run))
    number = amount if _COUNTED.match(match.string, match.end()) else attached
    return "".join(attached(part) if part.isdecimal() else part for part in parts) + (
        number(last) if last.isdecimal() else last
    )


def _parts(run: str) -> Iterator[str]:
    """Words and numbers of a run; CamelCase is split where the whole is no word of the list."""
    for piece in _PIECE.findall(run):
        if piece.isdecimal() or _known(piece):
            yield piece
        else:
            yield from _PART.findall(piece)


def _known(word: str) -> str | None:
    return _table().get(word) or _table().get(word.lower())


def _stands_alone(match: re.Match[str]) -> bool:
    """Beside no Latin letter, which would join it once the normalizer drops the space."""
    before = match.string[max(0, match.start() - 2) : match.start()].rstrip()
    after = match.string[match.end() : match.end() + 2].lstrip()
    return not (_LATIN.match(before[-1:]) or _LATIN.match(after[:1]))


def _among_english(match: re.Match[str]) -> bool:
    after = match.string[match.end() : match.end() + 3]
    return after[:1] == " " and after[1:].isascii() and after[1:].isalpha() and len(after) > 2


def read_word(word: str) -> str:
    """Katakana of ASCII letters, which may hold apostrophes."""
    if known := _known(word):
        return spell(known) if known.isascii() else known
    if word.isupper():
        return _word(word.lower()) if _sounds_like_word(word) else spell(word)
    if word[:-1].isupper() and word[-1] == "s" and len(word) > 2:
        return read_word(word[:-1].rstrip("'")) + "ズ"
    return _word(word.lower())


def spell(word: str) -> str:
    """Letters by name."""
    return "".join(_NAMES.get(letter, "") for letter in word.lower())


def _sounds_like_word(capitals: str) -> bool:
    """HELLO and YOASOBI do, HTML and LGBT do not; three letters are letters."""
    lower = capitals.lower()
    return len(lower) > 5 or (len(lower) > 3 and bool(_SAYABLE.fullmatch(lower)))


def _word(word: str) -> str:
    """Lower-case letters and apostrophes, of which one ending is read for what it is."""
    ending = next((e for e in _ENDINGS if word.endswith(e) and word != e), "")
    stem = word.removesuffix(ending).replace("'", "")
    return (read_word(stem) if _known(stem) else _stem(stem)) + _ENDINGS.get(ending, "")


def _stem(word: str) -> str:
    if len(word) < 2 or not re.search("[aeiouy]", word):
        return spell(word)
    if stretched := _STRETCHED.search(word):
        return _stretched(word, stretched)
    return read_romaji(word) or _kanalize(word)


def _stretched(word: str, match: re.Match[str]) -> str:
    """nooooo: the word without the excess, and its last vowel held."""
    short = _STRETCHED.sub(r"\1", word)
    reading = _CRIES.get(short) or (read_word(short) if _known(short) else _kanalize(short))
    return reading.rstrip("ー") + "ー" if match.end() == len(word) else reading


@lru_cache(maxsize=4096)
def _kanalize(word: str) -> str:
    """Some 4 ms a word; where kanalizer finds no end, what it has said till then."""
    if len(word) > _LONGEST:
        return spell(word)
    return str(kanalizer.convert(word, on_incomplete="ignore"))
