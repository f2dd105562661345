"""Which voice somebody is given who chose none, so that listeners can tell them apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from luna_tts import VoiceInfo
from luna_tts.open_jtalk import EMBEDDED_VOICE

PITCHES: Final = (1.0, 1.2, 0.84, 1.36, 0.76, 1.1, 0.92)
"""Of the embedded voice, which has one speaker; who come one after the other are far apart."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody is given; None = as the voice, or the member, has it."""

    voice: str
    speaker: str | None = None
    style: str | None = None
    pitch_scale: float | None = None


def give(ordinal: int, base: str, loaded: Mapping[str, VoiceInfo], others: Iterable[str]) -> Given:
    """What the `ordinal`th newcomer sounds like, from 0; the first one like `base`.

    `base` is the voice that they would all have. Where the guild's admins chose it, there are no
    `others`, and its speakers and styles are given out; else one speaker of each voice after the
    other. Only the embedded voice is given out at other pitches: for it they cost nothing, but the
    others would have to be finished before anything is heard. When all are gone they begin anew.
    """
    voices = [loaded[name] for name in (base, *sorted({*others} - {base}))]
    gifts = list(_of_one(voices[0])) if len(voices) == 1 else list(_of_many(voices))
    return gifts[ordinal % len(gifts)]


def _of_one(info: VoiceInfo) -> Iterable[Given]:
    if info.name == EMBEDDED_VOICE:
        return _embedded()
    pairs = ((speaker, style) for style in info.styles for speaker in info.speakers)
    return (Given(info.name, speaker, style) for speaker, style in pairs)


def _of_many(voices: Sequence[VoiceInfo]) -> Iterable[Given]:
    """The embedded voice comes last: it sounds like no other, but not as well."""
    kept = [info for info in voices if info.name != EMBEDDED_VOICE]
    for turn in zip_longest(*([(info.name, one) for one in info.speakers] for info in kept)):
        yield from (Given(*gift) for gift in turn if gift)
    if len(kept) < len(voices):
        yield from _embedded()


def _embedded() -> Iterable[Given]:
    return (Given(EMBEDDED_VOICE, pitch_scale=pitch) for pitch in PITCHES)
