"""Phones and tones given by hand, fitted to the characters of the text that they replace.

BERT speaks for characters, so every given phone needs one. Where the given phones are as many as
the generated ones nothing moves; otherwise the characters around each difference grow or shrink.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from luna_tts.errors import GivenPhonesMismatch
from luna_tts.nlp.japanese.g2p import JapanesePhones

_MOST: Final = 6
"""Phones of one character; few, such as 志, are read with more."""
_MOST_PAIRS: Final = 1_000_000
"""A second of work; two sides of a whole minute of speech."""


def apply_given(
    generated: JapanesePhones,
    given_phone: Sequence[str] | None,
    given_tone: Sequence[int] | None,
) -> JapanesePhones:
    """`generated` with phones, tones or both replaced; both ends are "_" there too.

    Phones alone keep the tones of the generated phones they stand for. Raises
    `GivenPhonesMismatch` unless there is one tone a phone, and at least the two ends.
    """
    phones = generated.phones if given_phone is None else tuple(given_phone)
    tones = _inherited_tones(generated, phones) if given_tone is None else tuple(given_tone)
    if len(phones) != len(tones) or len(phones) < 2:
        raise GivenPhonesMismatch(len(phones), len(tones))
    word2ph = generated.word2ph
    if len(phones) != len(generated.phones):
        word2ph = refit(generated, phones)
    return replace(generated, phones=phones, tones=tones, word2ph=word2ph)


def refit(generated: JapanesePhones, phones: Sequence[str]) -> tuple[int, ...]:
    """`word2ph` for other `phones` of the same text: [len(text) + 2], sums to len(phones).

    Never fails: a character has 1 to 6 phones where the numbers allow it at all, less or more
    where they do not. `phones` has at least the two ends.
    """
    counts = list(generated.word2ph[1:-1])
    if not counts:
        return (1, len(phones) - 1)  # nobody else is there to own them
    _shift(counts, generated.phones[1:-1], phones[1:-1])
    _raise(counts, 1)
    _raise(counts, 0)  # where there are fewer phones than characters
    _cap(counts)
    return (1, *counts, 1)


def _shift(counts: list[int], generated: Sequence[str], given: Sequence[str]) -> None:
    """Gives each difference between two matching phones to the character where it begins."""
    owners = [character for character, count in enumerate(counts) for _ in range(count)]
    owners.append(len(counts) - 1)
    at = at_given = 0
    for match, match_given in [*common_phones(generated, given), (len(generated), len(given))]:
        counts[owners[at]] += (match_given - at_given) - (match - at)
        at, at_given = match + 1, match_given + 1


def _raise(counts: list[int], least: int) -> None:
    """Brings entries up to `least` with what their neighbours, the right ones first, can spare."""
    for index in (index for index in range(len(counts)) if counts[index] < least):
        for other in _neighbours(index, len(counts)):
            moved = min(least - counts[index], counts[other] - least)
            if moved > 0:
                counts[index] += moved
                counts[other] -= moved


def _cap(counts: list[int]) -> None:
    """Brings entries down to `_MOST` where their neighbours, the right ones first, have room."""
    for index in (index for index in range(len(counts)) if counts[index] > _MOST):
        for other in _neighbours(index, len(counts)):
            moved = min(counts[index] - _MOST, _MOST - counts[other])
            if moved > 0:
                counts[index] -= moved
                counts[other] += moved


def _neighbours(index: int, count: int) -> Iterable[int]:
    return [*range(index + 1, count), *range(index - 1, -1, -1)]


def _inherited_tones(generated: JapanesePhones, phones: Sequence[str]) -> tuple[int, ...]:
    if len(phones) == len(generated.phones):
        return generated.tones
    matches = {j: i for i, j in common_phones(generated.phones, phones)}
    tones = []
    tone = 0
    for index in range(len(phones)):
        if index in matches:
            tone = generated.tones[matches[index]]
        tones.append(tone)
    return tuple(tones)


def common_phones(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Places (i, j) of a longest common subsequence, in order; ties go back over `left` first.

    Nothing is matched where the table of all pairs would have more than `_MOST_PAIRS` entries.
    """
    if len(left) * len(right) > _MOST_PAIRS:
        return []
    rows = _common_lengths(left, right)
    i, j = len(left), len(right)
    found = []
    while i and j:
        if left[i - 1] == right[j - 1]:
            i, j = i - 1, j - 1
            found.append((i, j))
        elif rows[i - 1][j] >= rows[i][j - 1]:
            i -= 1
        else:
            j -= 1
    return found[::-1]


def _common_lengths(left: Sequence[str], right: Sequence[str]) -> list[list[int]]:
    """Lengths of the common subsequences of all pairs of beginnings."""
    rows = [[0] * (len(right) + 1)]
    for phone in left:
        above, row = rows[-1], [0]
        for j, other in enumerate(right):
            row.append(above[j] + 1 if phone == other else max(above[j + 1], row[j]))
        rows.append(row)
    return rows
