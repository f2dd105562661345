"""Open JTalk's answer -> phones, tones, and which character each phone belongs to.

Pure functions: what a dictionary said comes in, what the network reads goes out. Nothing here
raises, whatever the answer; each function says what it does where the format leaves a gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from luna_tts.nlp.japanese.accent import label_tones, merge_tones
from luna_tts.nlp.japanese.mora import kana_phones
from luna_tts.nlp.japanese.normalizer import clean_punctuation
from luna_tts.nlp.symbols import PAD, PUNCTUATIONS, UNREADABLE

_KATAKANA: Final = re.compile(r"[\u30a0-\u30ff]+")
_NO_READING: Final = "、"
"""Open JTalk's `pron` for everything that it does not pronounce."""


@dataclass(frozen=True, slots=True)
class OpenJTalkAnswer:
    """What Open JTalk makes of a text."""

    words: Sequence[Mapping[str, object]]
    """NJD nodes; of each only "string" and "pron" are read."""
    labels: Sequence[str]
    """Full-context labels, one a phone, or none."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and how it is read."""

    text: str
    reading: str
    """Katakana, or the punctuation that `text` is, or one ' a character for the unreadable."""


@dataclass(frozen=True, slots=True)
class JapanesePhones:
    """A text as phones. Both ends are silence, "_"."""

    phones: tuple[str, ...]
    """[n]; n >= 2."""
    tones: tuple[int, ...]
    """[n], 0 low or 1 high."""
    word2ph: tuple[int, ...]
    """Phones of each character of `text`, with 1 for each end: [len(text) + 2], sums to n."""
    text: str
    """The words joined: what BERT reads. Not always the text that was asked for."""


def phonemize(answer: OpenJTalkAnswer) -> JapanesePhones:
    """Phones, tones and alignment of one text."""
    words = read_words(answer.words)
    spoken = word_phones(words)
    phones = [phone for part in spoken for phone in part]
    tones = merge_tones(phones, label_tones(answer.labels))
    counts = [
        count
        for word, part in zip(words, spoken, strict=True)
        for count in spread(len(part), len(word.text))
    ]
    return JapanesePhones(
        (PAD, *phones, PAD), (0, *tones, 0), (1, *counts, 1), "".join(word.text for word in words)
    )


def read_words(nodes: Iterable[Mapping[str, object]]) -> list[Word]:
    """Words and readings of NJD nodes.

    Words without a single permitted character vanish with their reading: no character is left
    that could own the phones. Readings that are not katakana count as no reading.
    """
    words = []
    for node in nodes:
        if text := clean_punctuation(str(node["string"])):
            words.append(Word(text, _reading(text, str(node["pron"]).replace("’", ""))))
    return words


def word_phones(words: Iterable[Word]) -> list[tuple[str, ...]]:
    """Phones of each word; a leading ー depends on the word before."""
    spoken: list[tuple[str, ...]] = []
    last = ""
    for word in words:
        if all(character in PUNCTUATIONS for character in word.reading):
            phones = tuple(word.reading)
        else:
            phones = kana_phones(word.reading, last)
        spoken.append(phones)
        last = phones[-1] if phones else ""
    return spoken


def spread(phones: int, characters: int) -> list[int]:
    """Deals `phones` to `characters` as evenly as can be, from the left; characters >= 1."""
    each, more = divmod(phones, characters)
    return [each + 1] * more + [each] * (characters - more)


def _reading(text: str, pron: str) -> str:
    if pron == "？":
        return "?"
    if _KATAKANA.fullmatch(pron) and kana_phones(pron):
        return pron
    if all(character in PUNCTUATIONS for character in text):
        return text
    return UNREADABLE * len(text)
