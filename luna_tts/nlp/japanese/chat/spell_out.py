"""spell_out(): digits, Latin words, symbols and faces -> kanji numbers, katakana, silence. Pure.

Stands in front of the normalizer, which knows numbers but neither units nor English. The order of
the themes matters: faces hold every other mark, structured numbers hold plain ones, and each rule
leaves Japanese behind that later rules do not touch.
"""

from __future__ import annotations

import re
from typing import Final

from luna_tts.nlp.japanese.chat import (
    addresses,
    dates,
    english,
    kaomoji,
    quantities,
    symbols,
    units,
)
from luna_tts.nlp.japanese.chat.characters import plain
from luna_tts.nlp.japanese.chat.rules import apply

_NEEDS_NOTHING: Final = re.compile(
    r"[\u3005\u3041-\u309f\u30a0-\u30ff\u4e00-\u9fff\s、。・！？!?…「」『』〜～]*"
)


def spell_out(text: str) -> str:
    """`text` with everything that is no Japanese written out as Japanese says it.

    Text without digits, Latin letters or symbols comes back as it is. Numbers with a counter that
    Open JTalk reads right stay digits, acronyms that it knows stay capitals. Hangul, Chinese, w
    laughter and private-use characters (U+E000..U+F8FF, each an opaque letter) stay where they
    are. May be empty. Never raises, whatever the text.
    """
    if _NEEDS_NOTHING.fullmatch(text):
        return text
    text = plain(kaomoji.silence(text))
    text = english.read_phrases(text)
    for theme in (addresses, dates, units, quantities):
        text = apply(theme.RULES, text)
    return apply(symbols.RULES, english.read_words(apply(symbols.AROUND_WORDS, text)))
