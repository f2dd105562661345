"""DictionaryWord: how one word of a user dictionary is written and read."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from luna_tts.errors import InvalidAccent, InvalidOption, InvalidReading, InvalidSurface
from luna_tts.nlp.japanese.mora import split_morae, to_katakana

LONGEST_SURFACE: Final = 50
LONGEST_READING: Final = 100
"""Characters."""
HIGHEST_PRIORITY: Final = 10
PRIORITY: Final = 5


@dataclass(frozen=True, slots=True)
class DictionaryWord:
    """One word. Raises `InvalidSurface`, `InvalidReading`, `InvalidAccent`, `InvalidOption`."""

    surface: str
    """As it is written, at most `LONGEST_SURFACE` characters. Width and case do not matter."""
    reading: str
    """Kana, at most `LONGEST_READING` characters; kept as katakana."""
    accent: int | None = None
    """The mora after which the pitch falls, counted from 1; 0 = it does not fall. `None` = as
    unknown words are spoken."""
    priority: int = PRIORITY
    """0 to `HIGHEST_PRIORITY`; of two words for one surface the higher one is read."""

    def __post_init__(self) -> None:
        surface = self.surface.strip()
        # A lone surrogate would be refused by whatever stores or sends the word.
        if not 0 < len(surface) <= LONGEST_SURFACE or not surface.isprintable():
            raise InvalidSurface(len(surface), LONGEST_SURFACE)
        reading = to_katakana(unicodedata.normalize("NFKC", self.reading).strip())
        morae = len(split_morae(reading))
        if not morae or len(reading) > LONGEST_READING:
            raise InvalidReading(self.reading[:LONGEST_READING], LONGEST_READING)
        if self.accent is not None and not 0 <= self.accent <= morae:
            raise InvalidAccent(self.accent, morae)
        if not 0 <= self.priority <= HIGHEST_PRIORITY:
            raise InvalidOption("priority", self.priority, 0, HIGHEST_PRIORITY)
        object.__setattr__(self, "surface", surface)
        object.__setattr__(self, "reading", reading)
