"""The alphabet of the voices: phones, tones and languages as the ids that the network embeds.

The three languages share one table, whose order is part of the file format of every voice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["ZH", "JP", "EN"]

PAD: Final = "_"
"""Silence at both ends, and the blank between two phones."""
PUNCTUATIONS: Final = ("!", "?", "…", ",", ".", "'", "-")

_CHINESE = """
    E En a ai an ang ao b c ch d e ei en eng er f g h i i0 ia ian iang iao ie in ing iong ir iu j k
    l m n o ong ou p q r s sh t u ua uai uan uang ui un uo v van ve vn w x y z zh AA EE OO"""
_JAPANESE = """
    N a a: b by ch d dy e e: f g gy h hy i i: j k ky m my n ny o o: p py q r ry s sh t ts ty u u:
    w y z zy"""
_ENGLISH = """
    aa ae ah ao aw ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw V w
    y z zh"""

SYMBOLS: Final = (
    PAD,
    *sorted({*_CHINESE.split(), *_JAPANESE.split(), *_ENGLISH.split()}),
    *PUNCTUATIONS,
    "SP",
    "UNK",
)
"""The id of a symbol is its place here."""
SYMBOL_IDS: Final = {symbol: index for index, symbol in enumerate(SYMBOLS)}

LANGUAGE_IDS: Final[dict[Language, int]] = {"ZH": 0, "JP": 1, "EN": 2}
TONE_COUNTS: Final[dict[Language, int]] = {"ZH": 6, "JP": 2, "EN": 4}
TONE_STARTS: Final[dict[Language, int]] = {"ZH": 0, "JP": 6, "EN": 8}
NUM_TONES: Final = sum(TONE_COUNTS.values())

UNREADABLE: Final = "'"
"""What the Japanese front-end says for a character without a reading."""

# One phone becomes one id, always: tones, word2ph and phones given by hand stay aligned. Hence
# kw -> k and not k + w; today's Japanese pronounces クヮ and カ alike anyway.
_STAND_INS: Final = {
    "kw": "k",
    "gw": "g",
    "cl": "q",
    "pau": "SP",
    "sil": PAD,
    "A": "a",
    "I": "i",
    "U": "u",
    "O": "o",
}


@dataclass(frozen=True, slots=True)
class SymbolIds:
    """What the network embeds, of equal lengths: `phones` [T], `tones` [T], `languages` [T]."""

    phones: tuple[int, ...]
    """In [0, 112)."""
    tones: tuple[int, ...]
    """In [0, 12)."""
    languages: tuple[int, ...]
    """In [0, 3)."""

    def with_blanks(self) -> SymbolIds:
        """The same with a blank around each entry, T -> 2T + 1.

        The blank's tone and language are 0 as well, the Chinese ones: voices were trained so.
        """
        return SymbolIds(
            tuple(_with_blanks(self.phones)),
            tuple(_with_blanks(self.tones)),
            tuple(_with_blanks(self.languages)),
        )


def symbol_ids(
    phones: Sequence[str],
    tones: Sequence[int],
    language: Language = "JP",
    *,
    jp_extra: bool = True,
) -> SymbolIds:
    """Ids of `phones` [T] and of their `tones` [T], counted from 0 within the language.

    Never raises for what a phone or tone may be: unknown phones sound like the nearest one or like
    unreadable text, tones are clipped. Voices that are not JP-Extra know ん as "n", not as "N".
    """
    highest = TONE_COUNTS[language] - 1
    start = TONE_STARTS[language]
    rename = {"N": "n"} if language == "JP" and not jp_extra else {}
    return SymbolIds(
        tuple(_symbol_id(rename.get(phone, phone)) for phone in phones),
        tuple(start + min(max(tone, 0), highest) for tone in tones),
        (LANGUAGE_IDS[language],) * len(phones),
    )


def blank_word2ph(word2ph: Sequence[int]) -> tuple[int, ...]:
    """`word2ph` after blanks: each phone brings one, the first character the one left over.

    The sum grows from T to 2T + 1. `word2ph` has at least one entry.
    """
    doubled = [2 * count for count in word2ph]
    return (doubled[0] + 1, *doubled[1:])


def _symbol_id(phone: str) -> int:
    known = SYMBOL_IDS.get(phone)
    if known is None:
        known = SYMBOL_IDS[_STAND_INS.get(phone, UNREADABLE)]
    return known


def _with_blanks(ids: Iterable[int]) -> list[int]:
    return [0, *(value for index in ids for value in (index, 0))]
