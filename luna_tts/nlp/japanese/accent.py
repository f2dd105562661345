"""Open JTalk's full-context labels -> a high or low tone for every phone.

Reads the accent fields of the labels in the way of Kurihara et al., "Prosodic features control by
symbols as input of sequence-to-sequence acoustic modeling for neural TTS" (IEICE Trans. 2021),
which ESPnet calls pyopenjtalk_prosody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from luna_tts.nlp.symbols import PUNCTUATIONS

Toned = tuple[str, int]
"""A phone and its tone, 0 low or 1 high."""

_LABEL: Final = re.compile(
    r"-(?P<phone>[^+]*)\+.*?/A:(?P<a1>[^+]*)\+(?P<a2>[^+]*)\+(?P<a3>[^/]*)/.*?/F:(?P<f1>[^_]*)_"
)
_ABSENT: Final = -50
"""Stands for "xx"; far from every value that is compared with it."""
_ENDS_A_MORA: Final = frozenset(("a", "i", "u", "e", "o", "N", "cl"))
_PAUSES: Final = frozenset(("sil", "pau"))
_SEARCH: Final = 12
"""Phones within which a disagreement between reading and labels must end; some four morae."""


@dataclass(frozen=True, slots=True)
class _Label:
    phone: str
    until_fall: int
    """a1: mora's distance from the accent nucleus; 0 on the last high mora."""
    from_start: int
    """a2: place of the mora in its accent phrase, from 1."""
    until_end: int
    """a3: the same from the end of the phrase."""
    morae: int
    """f1: morae of the accent phrase."""


def label_tones(labels: Iterable[str]) -> list[Toned]:
    """Phones of full-context `labels`, pauses left out, with their tones in {0, 1}."""
    parsed = [label for text in labels if (label := _parse(text))]
    nothing = _Label("sil", _ABSENT, _ABSENT, _ABSENT, _ABSENT)
    toned: list[Toned] = []
    phrase: list[Toned] = []
    height = 0
    for label, following in pairwise([*parsed, nothing]):
        if label.phone not in _PAUSES:
            phrase.append(("q" if label.phone == "cl" else label.phone, height))
            height += _step(label, following)
        if label.phone in _PAUSES or _ends_phrase(label, following):
            toned += _grounded(phrase)
            phrase, height = [], 0
    return toned + _grounded(phrase)


def merge_tones(phones: Sequence[str], toned: Sequence[Toned]) -> list[int]:
    """Tones of `phones`, the reading, from those of `toned`, the labels. Shape [len(phones)].

    The two agree but for punctuation, which is low. Where they do not (the reference stops there)
    phones without a partner go on as high or low as the phone before.
    """
    tones: list[int] = []
    at = tone = 0
    for index, phone in enumerate(phones):
        if at < len(toned) and toned[at][0] != phone and phone not in PUNCTUATIONS:
            at = _resume(phones, index, toned, at)
        if at < len(toned) and toned[at][0] == phone:
            tone = toned[at][1]
            tones.append(tone)
            at += 1
        else:
            tones.append(0 if phone in PUNCTUATIONS or at >= len(toned) else tone)
    return tones


def _parse(label: str) -> _Label | None:
    """None for what is no full-context label."""
    if not (match := _LABEL.search(label)):
        return None
    phone = match["phone"]
    a1, a2, a3, f1 = (_number(match[name]) for name in ("a1", "a2", "a3", "f1"))
    return _Label(phone.lower() if phone in "AIUEO" else phone, a1, a2, a3, f1)


def _number(field: str) -> int:
    try:
        return int(field)
    except ValueError:
        return _ABSENT


def _ends_phrase(label: _Label, following: _Label) -> bool:
    return label.until_end == 1 and following.from_start == 1 and label.phone in _ENDS_A_MORA


def _step(label: _Label, following: _Label) -> int:
    """How the voice moves after `label`: 1 up, -1 down, 0 not at all."""
    if (
        label.until_fall == 0
        and following.from_start == label.from_start + 1
        and label.from_start != label.morae
    ):
        return -1
    return 1 if label.from_start == 1 and following.from_start == 2 else 0


def _grounded(phrase: Iterable[Toned]) -> list[Toned]:
    """Shifts the heights of one accent phrase to tones in {0, 1}.

    A phrase that only falls begins high. Phrases with more than two heights, which the reference
    refuses, are clipped.
    """
    phrase = list(phrase)
    heights = [height for _, height in phrase]
    lift = 1 if heights and min(heights) < 0 and max(heights) == 0 else 0
    return [(phone, min(max(height + lift, 0), 1)) for phone, height in phrase]


def _resume(phones: Sequence[str], index: int, toned: Sequence[Toned], at: int) -> int:
    """Where in `toned`, from `at` on, the reading goes on; `at` where phones[index] has no partner.

    Either side may hold phones that the other lacks; the fewest are passed over.
    """
    following = phones[index + 1] if index + 1 < len(phones) else ""
    for candidate in range(at + 1, min(at + _SEARCH, len(toned))):
        if toned[at][0] in phones[index + 1 : index + 1 + candidate - at]:
            return at
        after = toned[candidate + 1][0] if candidate + 1 < len(toned) else ""
        if toned[candidate][0] == phones[index] and following in (after, *PUNCTUATIONS):
            return candidate
    return at
