"""What nobody can see or hear is taken out of a text first. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
"""Controls, zero width, directions, Hangul fillers, lone surrogates, private use. ZWJ stays: it
holds emoji together."""
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f"
    "\u0e31-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20e2\u20e4-\u20ff\ufe20-\ufe2f"
)
_ZALGO: Final = re.compile(f"([{_MARKS}]{{2}})[{_MARKS}]+")
_SPACES: Final = re.compile(r"[^\S\n]+")


def clean(text: str) -> str:
    """`text` in composed characters, without what cannot be seen; at most two marks on a letter."""
    text = _ZALGO.sub(r"\1", _INVISIBLE.sub("", text))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text))
