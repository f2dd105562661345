"""UserDictionary: finds the words whose reading somebody has set, wherever they are written.

A found word is not replaced by its reading, for its accent would be lost and another word could be
found in what was put there. One private-use character stands in for it until Open JTalk has
answered (nlp/japanese/stand_ins.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from luna_tts.nlp.dictionary_word import DictionaryWord

_CLUSTER: Final = re.compile("[\\s\\S][\u0300-\u036f\u3099\u309a\uff9e\uff9f]*")
"""A character and the marks that NFKC would compose with it."""


@dataclass(frozen=True, slots=True)
class FoundWord:
    """A word of the dictionary in a text: text[start:end]."""

    start: int
    end: int
    word: DictionaryWord


class UserDictionary:
    """Words, compiled. Immutable; any thread may ask it; worth keeping from line to line."""

    def __init__(self, *layers: Iterable[DictionaryWord]) -> None:
        """Of several layers the first that has a surface says how it is read.

        Give the member's own words, then the guild's, then those of everybody.
        """
        self._words: dict[str, DictionaryWord] = {}
        for layer in reversed(layers):
            for word in sorted(layer, key=lambda word: word.priority):
                self._words[fold(word.surface)] = word
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for surface in self._words:
            lengths[surface[0]].add(len(surface))
        self._lengths = {first: tuple(known) for first, known in lengths.items()}

    @property
    def words(self) -> Sequence[DictionaryWord]:
        """Each surface once; a dictionary made of these finds the same."""
        return tuple(self._words.values())

    def find(self, text: str) -> list[FoundWord]:
        """The words in `text`, in order, none inside another.

        Where two overlap, the one with the higher priority is meant, then the longer, then the
        first. Width and case do not matter. Words of letters that have case (Latin, Greek,
        Cyrillic) and of digits are whole words: "gg" is not in "eggs".
        """
        taken: set[int] = set()
        found = []
        matches = list(self._matches(text)) if self._words else []
        for match in sorted(matches, key=_rank):
            place = range(match.start, match.end)
            if taken.isdisjoint(place):
                taken.update(place)
                found.append(match)
        return sorted(found, key=lambda match: match.start)

    def _matches(self, text: str) -> Iterator[FoundWord]:
        folded, starts = _fold_with_starts(text)
        for start, first in enumerate(folded):
            for length in self._lengths.get(first, ()):
                end = start + length
                word = self._words.get(folded[start:end]) if end <= len(folded) else None
                if word is not None and all(_is_border(folded, starts, at) for at in (start, end)):
                    yield FoundWord(starts[start], starts[end], word)


def fold(surface: str) -> str:
    """What two surfaces have in common if they are one word."""
    return unicodedata.normalize("NFKC", surface).casefold()


def _fold_with_starts(text: str) -> tuple[str, list[int]]:
    """`text` folded, and for each of its characters and its end the place in `text`."""
    parts = []
    starts: list[int] = []
    for match in _CLUSTER.finditer(text):
        part = fold(match[0])
        parts.append(part)
        starts += [match.start()] * len(part)
    return "".join(parts), [*starts, len(text)]


def _is_border(folded: str, starts: Sequence[int], at: int) -> bool:
    """Whether a word may begin or end before folded[at]."""
    if not 0 < at < len(folded):
        return True
    inside_a_character = starts[at - 1] == starts[at]
    return not inside_a_character and not (
        _is_lettered(folded[at - 1]) and _is_lettered(folded[at])
    )


def _is_lettered(character: str) -> bool:
    return character.lower() != character.upper() or character.isdigit()


def _rank(match: FoundWord) -> tuple[int, int, int]:
    return (-match.word.priority, match.start - match.end, match.start)
