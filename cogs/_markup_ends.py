"""What is done to words once they are words: bad ones are beeped, long texts are cut. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from luna_tts import DictionaryWord, UserDictionary
from luna_tts.nlp.dictionary_word import LONGEST_SURFACE

from ._chat_message import ChatMessage
from ._markup_emoji import name_emoji
from ._markup_noise import clean
from ._markup_reading import Reading
from ._spoken import spoken

_BREAKS: Final = (
    re.compile(r"[。！？…\n]|[.!?](?=\s)"),
    re.compile(r"[、，]|[,;:](?=\s)"),
    re.compile(r"\s"),
)
"""Where a text is best cut, the best first."""
_SHARE: Final = 0.6
"""Of the limit; a break before that costs too much."""
_BEGUN_WORD: Final = re.compile("[0-9A-Za-z'’가-힣]+\\Z")
_UNHEARD: Final = frozenset("*_~`|\\^<>[]{}\"'’")
_KATAKANA: Final = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_HIRAGANA: Final = {katakana: hiragana for hiragana, katakana in _KATAKANA.items()}


def cut(text: str, limit: int, language: str) -> str:
    """`text`, or as many of its clauses or words as `limit` characters hold and "and so on"."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    ends = (max((m.end() for m in marks.finditer(head)), default=0) for marks in _BREAKS)
    end = next((at for at in ends if at >= limit * _SHARE), 0)
    begun = _BEGUN_WORD.search(head) if _BEGUN_WORD.match(text[limit]) else None
    if end and not (text[limit] == " " and head[end - 1] == " "):
        head = head[:end]
    elif begun and begun.start() >= limit * _SHARE:
        head = head[: begun.start()]
    return head.rstrip(" \n、，,。．.") + spoken("more", language)


def censor(
    text: str, ng_words: Sequence[str], words: UserDictionary | None, language: str
) -> tuple[str, bool]:
    """`text` with a beep for each of `ng_words` in it, and whether there was one.

    Width, case and the kind of kana do not matter; Latin words are whole words; an emoji is its
    name. A word of the dictionary `words` that would be read as one is one.
    """
    if not ng_words:
        return text, False
    bad, beep = _compile(tuple(ng_words), language), spoken("beep", language)
    spans = [*_places(bad, text)]
    for one in words.find(text) if words is not None else []:
        if bad.find(one.word.reading):
            spans.append((one.start, one.end))
    parts, at = [], 0
    for start, end in sorted(spans):
        parts += [text[at:start], beep if start >= at else ""]
        at = max(at, end)
    return "".join([*parts, text[at:]]), bool(spans)


def _places(bad: UserDictionary, text: str) -> Iterator[tuple[int, int]]:
    """Where the words are, also with marks in them that are not heard."""
    yield from ((one.start, one.end) for one in bad.find(text))
    heard = [at for at, character in enumerate(text) if character not in _UNHEARD]
    if len(heard) < len(text):
        for one in bad.find("".join(text[at] for at in heard)):
            yield heard[one.start], heard[one.end - 1] + 1


@lru_cache(maxsize=64)
def _compile(ng_words: tuple[str, ...], language: str) -> UserDictionary:
    """Dictionaries find words as they are to be found here; what is read for them is no matter."""
    surfaces = {
        form.strip()[:LONGEST_SURFACE].strip()
        for word in ng_words
        for plain in [_named(clean(word).replace("\n", " "), language)]
        for form in (plain, plain.translate(_KATAKANA), plain.translate(_HIRAGANA))
    }
    return UserDictionary(
        DictionaryWord(surface, "ピー") for surface in surfaces if surface and surface.isprintable()
    )


def _named(word: str, language: str) -> str:
    reading = Reading(language, ChatMessage(), None, datetime.now(UTC))
    return reading.restore(name_emoji(word, reading))
