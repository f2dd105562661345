"""How long a text will sound, and how much faster it is spoken while others wait. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from luna_tts import SynthesisOptions

CALM_SECONDS: Final = 6.0
"""A backlog up to which nobody hurries."""
CROWDED_SECONDS: Final = 25.0
"""A backlog from which she speaks at her fastest."""
FASTEST: Final = 1.5
SHORTEST: Final = 0.5
"""`length_scale` below which hurrying does not go: members themselves may choose no less."""


def estimate(text: str) -> float:
    """Seconds that `text` will sound at the voice's own pace, above 0.

    Least squares over the lines of benchmarks/data with the embedded voice (R² 0.99, median error
    10 %).
    """
    return 0.12 + sum(map(_seconds, text))


def speed(backlog: float) -> float:
    """How many times faster than asked for to speak while `backlog` seconds of others wait."""
    crowded = (backlog - CALM_SECONDS) / (CROWDED_SECONDS - CALM_SECONDS)
    return 1.0 + (FASTEST - 1.0) * min(max(crowded, 0.0), 1.0)


def hastened(options: SynthesisOptions | None, backlog: float) -> SynthesisOptions:
    """`options` with the pace for this backlog; what is faster than anybody may be stays so."""
    options = options or SynthesisOptions()
    factor, own = speed(backlog), length_scale(options)
    if factor == 1.0:
        return options
    return replace(options, length_scale=max(own / factor, min(own, SHORTEST)))


def length_scale(options: SynthesisOptions | None) -> float:
    """How many times longer than at the voice's own pace it will sound."""
    scale = options.length_scale if options else None
    return 1.0 if scale is None else scale


def _seconds(character: str) -> float:
    if "぀" <= character <= "ヿ":
        return 0.13  # kana
    if "㐀" <= character <= "鿿":
        return 0.21  # kanji
    if "가" <= character <= "힣":
        return 0.16
    if character.isdigit():
        return 0.27
    if character.isalpha():
        return 0.09
    return 0.0 if character == " " else 0.16  # what one pauses at
