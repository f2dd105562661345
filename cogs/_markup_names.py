"""Names that others gave themselves, as they can be spoken in the midst of a text. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import emoji

from ._markup_clean import clean
from ._markup_emoji import name_emoji
from ._markup_links import name_links
from ._markup_reading import Reading
from ._markup_secrets import hide_secrets

LONGEST_NAME: Final = 30
"""Characters."""
_MARKS: Final = re.compile(r"[\s*_~`|<>\[\]{}\\#@-]+")


def spoken_name(name: str, reading: Reading) -> str:
    """`name` in one line of plain letters, at most `LONGEST_NAME`; "" where nothing is left.

    Emoji are decoration, unless there is nothing else.
    """
    plain = unicodedata.normalize("NFKC", clean(name[: LONGEST_NAME * 10]))
    plain = hide_secrets(name_links(plain, reading), reading)
    letters = emoji.replace_emoji(plain, "")
    if not any(map(str.isalnum, reading.restore(letters))):
        letters = name_emoji(plain, reading)
    return reading.restore(_MARKS.sub(" ", letters)).strip()[:LONGEST_NAME].rstrip()
