"""Words as tone sandhi sees them: what jieba finds, with short neighbours put together.

The rules are those of PaddleSpeech's tone sandhi (NOTICE) with the order, and the few oddities, of
the front-end that voices were trained with.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Final, NamedTuple

from luna_tts.nlp.symbols import PUNCTUATIONS

_SEGMENT: Final = re.compile("[^{0}]*(?:[{0}]|$)".format(re.escape("".join(PUNCTUATIONS))))
_LONGEST_PAIR: Final = 3
"""Characters of two words that a third tone joins."""
_opening = threading.Lock()


class Word(NamedTuple):
    """A word and jieba's tag for it: n noun, v verb, a adjective, x mark ..."""

    text: str
    tag: str


def find_words(text: str) -> Iterator[Word]:
    """The words of normalized `text`; joined, they are the text. Nothing crosses a mark.

    The first of a process brings in jieba and its dictionary: about a second.
    """
    jieba = _jieba()
    for segment in filter(None, _SEGMENT.findall(text)):
        yield from merge([Word(word, tag) for word, tag in jieba.posseg.lcut(segment)])


def split_word(word: str) -> tuple[str, str]:
    """`word` at the border of its shortest part; the second is "" where it is one.

    The second part may be named after characters that it does not have; its length is right.
    """
    parts = sorted(_jieba().cut_for_search(word), key=len)
    shortest = parts[0]
    if word.startswith(shortest):
        return shortest, word[len(shortest) :]
    return word[: -len(shortest)], shortest


def finals(word: str) -> list[str]:
    """Each syllable's final with its tone at the end, "5" the neutral one; marks as they are."""
    from pypinyin import Style, lazy_pinyin

    found: list[str] = lazy_pinyin(word, Style.FINALS_TONE3, neutral_tone_with_five=True)
    return found


def third(syllables: Sequence[str]) -> bool:
    """Whether all of them have the third tone."""
    return all(syllable.endswith("3") for syllable in syllables)


def merge(words: Sequence[Word]) -> list[Word]:
    """The words of one segment, put together for sandhi."""
    words = _merge_double(_merge_one(_merge_not(words)))
    words = _merge_third(words, lambda before, after: third(before) and third(after))
    words = _merge_third(words, lambda before, after: third([before[-1], after[0]]))
    merged: list[Word] = []
    for word in words:
        _add(merged, word, glued=word.text == "儿" and bool(merged))
    return merged


def _add(merged: list[Word], word: Word, *, glued: bool) -> None:
    if glued:
        word = Word(merged[-1].text + word.text, merged.pop().tag)
    merged.append(word)


def _merge_not(words: Sequence[Word]) -> list[Word]:
    """不 belongs to the word that follows."""
    merged: list[Word] = []
    before = ""
    for text, tag in words:
        before = before + text if before == "不" else text
        if before != "不":
            merged.append(Word(before, tag))
    return [*merged, Word("不", "d")] if before == "不" else merged


def _merge_one(words: Sequence[Word]) -> list[Word]:
    """看一看 is one word, and 一 belongs to the word that follows.

    With two such verbs in one segment everything stays apart: voices were trained so.
    """
    repeated = [
        place
        for place in range(1, len(words) - 1)
        if words[place].text == "一"
        and words[place - 1].text == words[place + 1].text
        and words[place - 1].tag == "v"
    ]
    if _clear(repeated) > 1:
        return list(words)
    if repeated:
        place = repeated[0]
        verb = words[place - 1]
        joined = Word(f"{verb.text}一{verb.text}", "v")
        words = [*words[: place - 1], joined, *words[place + 2 :]]
    merged: list[Word] = []
    for word in words:
        _add(merged, word, glued=bool(merged) and merged[-1].text == "一")
    return merged


def _clear(places: Sequence[int]) -> int:
    """How many of them there are that do not stand in what the one before has taken."""
    count, free = 0, 0
    for place in places:
        if place >= free:
            count, free = count + 1, place + 2
    return count


def _merge_double(words: Sequence[Word]) -> list[Word]:
    merged: list[Word] = []
    for word in words:
        _add(merged, word, glued=bool(merged) and merged[-1].text == word.text)
    return merged


def _merge_third(words: Sequence[Word], meet: Callable[[list[str], list[str]], bool]) -> list[Word]:
    """Short words that meet in third tones are one; of three in a row the last stays alone."""
    sounds = [finals(word.text) for word in words]
    merged: list[Word] = []
    glued = False
    for place, word in enumerate(words):
        before = words[place - 1].text if place else ""
        glued = bool(
            before
            and not glued
            and meet(sounds[place - 1], sounds[place])
            and not (len(before) == 2 and before[0] == before[1])
            and len(before) + len(word.text) <= _LONGEST_PAIR
        )
        _add(merged, word, glued=glued)
    return merged


def _jieba() -> ModuleType:
    with _opening:
        import jieba.posseg

        jieba.setLogLevel(logging.WARNING)
        module: ModuleType = jieba
        return module
