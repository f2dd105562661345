"""Mandarin text -> phones, tones, and which character each phone belongs to: two a syllable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from luna_tts.nlp.chinese.sandhi import spoken_finals
from luna_tts.nlp.chinese.words import Word, find_words
from luna_tts.nlp.symbols import PAD, PUNCTUATIONS

_SYLLABLE_FILE: Final = Path(__file__).with_name("data") / "syllables.txt"
_AFTER_INITIAL: Final = {"uei": "ui", "iou": "iu", "uen": "un"}
_ALONE: Final = {"ing": "ying", "i": "yi", "in": "yin", "u": "wu"}
_FIRST: Final = {"v": "yu", "i": "y", "u": "w"}


@dataclass(frozen=True, slots=True)
class ChinesePhones:
    """A text as phones. Both ends are silence, "_"."""

    phones: tuple[str, ...]
    """[n]; n >= 2."""
    tones: tuple[int, ...]
    """[n]; 1 to 4, 5 neutral, 0 for marks."""
    word2ph: tuple[int, ...]
    """Phones of each character of `text`, with 1 for each end: [len(text) + 2], sums to n."""
    text: str
    """Normalized: what BERT reads."""


def phonemize(text: str) -> ChinesePhones:
    """Phones and tones of a normalized `text`. Never raises."""
    syllables = [syllable for word in find_words(text) for syllable in _syllables(word)]
    return ChinesePhones(
        (PAD, *(phone for phones, _ in syllables for phone in phones), PAD),
        (0, *(tone for phones, tone in syllables for _ in phones), 0),
        (1, *(len(phones) for phones, _ in syllables), 1),
        text,
    )


def _syllables(word: Word) -> Iterator[tuple[tuple[str, ...], int]]:
    """Phones and tone of each character of a word."""
    from pypinyin import Style, lazy_pinyin

    initials = lazy_pinyin(word.text, Style.INITIALS, neutral_tone_with_five=True)
    for character, initial, final in zip(word.text, initials, spoken_finals(word), strict=True):
        if character in PUNCTUATIONS:
            yield (character,), 0
        else:
            yield _phones()[_spell(initial, final[:-1])], int(final[-1])


def _spell(initial: str, final: str) -> str:
    """Pinyin as it is written: uei is wei alone, and ui after an initial."""
    if initial:
        return initial + _AFTER_INITIAL.get(final, final)
    return _ALONE.get(final) or _FIRST.get(final[0], final[0]) + final[1:]


@cache
def _phones() -> dict[str, tuple[str, ...]]:
    rows = (row.split() for row in _SYLLABLE_FILE.read_text("ascii").splitlines())
    return {spelling: tuple(phones) for spelling, *phones in rows}
