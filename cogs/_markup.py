"""speakable(): what somebody wrote on Discord -> the words that are to be spoken. Pure.

The order of the steps matters: what hides other marks (code, spoilers) goes before what reveals
them, and every phrase that a step puts in is out of reach of the later ones until the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from luna_tts import UserDictionary

from ._chat_message import ChatMessage
from ._markup_emoji import name_emoji, shorten_runs
from ._markup_ends import censor, cut
from ._markup_laughter import say_laughter
from ._markup_links import name_links
from ._markup_marks import drop_marks, hide
from ._markup_noise import clean, name_mash, shorten
from ._markup_parts import LONGEST_TITLE, additions, attached, join, reply
from ._markup_reading import Reading
from ._markup_secrets import hide_secrets
from ._markup_tags import name_tags, spoken_name
from ._spoken import spoken

_LONGEST: Final = 6000
"""Characters that Discord lets through; what is longer is cut before anything looks at it."""
_SPACES: Final = re.compile(r"[ \t]+")
_LINES: Final = re.compile(r" ?\n[ \n]*")
_SAYABLE: Final = re.compile(r"[^\W_]|[%@&+=×÷±√∞≠°]")
_ONLY_MARKS: Final = {
    "question": re.compile(r"[!！]*[?？][?？!！]*"),
    "surprise": re.compile(r"[!！]+"),
    "silence": re.compile(r"(?:\.{2,}|…+|。{2,}|・{2,})"),
}


def speakable(
    message: ChatMessage | str,
    language: str,
    limit: int,
    words: UserDictionary | None = None,
    *,
    ng_words: Sequence[str] = (),
    ng_beep: bool = False,
) -> str:
    """What is spoken of `message`, in `language` ("ja", "ko" or "en").

    Of what was written at most `limit` characters are spoken, and "and so on"; whom it answers
    and what hangs on it come besides. Links, code, spoilers and secrets are named, never read.
    What is in `words` stays as it is, for its reading. With one of `ng_words` in it nothing is
    spoken, or with `ng_beep` a beep for the word. May be empty. Never raises, whatever the text.
    """
    message = ChatMessage(message) if isinstance(message, str) else message
    reading = Reading(language, message, words, message.now or datetime.now(UTC))
    parts = [
        reply(reading),
        join(_written(reading), language),
        join(attached(reading), language),
    ]
    censored = [censor(part, ng_words, words, language) for part in parts]
    if any(found for _, found in censored) and not ng_beep:
        return ""
    head, body, tail = (text for text, _ in censored)
    return join([head, cut(body, limit, language), tail], language)


def speakable_name(name: str, language: str) -> str:
    """`name` as it is spoken where Luna herself names somebody, and in a message that does.

    One line of at most `LONGEST_NAME` characters, without marks, decoration and secrets; may be
    empty. Never raises.
    """
    return spoken_name(name, Reading(language, ChatMessage(), None, datetime.now(UTC)))


def _written(reading: Reading) -> Iterator[str]:
    """All that somebody wrote: text, titles, questions; and all of what was passed on."""
    message, language = reading.message, reading.language
    yield _read(message.content, reading)
    yield from additions(message, lambda text: _line(text, reading), language)
    if message.forwarded is not None:
        inner = replace(message.forwarded, forwarded=None)
        passed_on = Reading(language, inner, reading.words, reading.now)
        yield spoken("forwarded", language)
        yield from _written(passed_on)
        yield from attached(passed_on)


def _line(text: str, reading: Reading) -> str:
    """A title or an answer: one line, not for long."""
    return _LINES.sub(" ", _read(text, reading))[:LONGEST_TITLE].rstrip()


def _read(text: str, reading: Reading) -> str:
    """Any text of a message in words."""
    was_cut = len(text) > _LONGEST
    text = clean(text[:_LONGEST])
    text = hide(text, reading, was_cut=was_cut)
    text = name_links(text, reading)
    text = name_tags(text, reading)
    text = name_emoji(text, reading)
    text = drop_marks(text)
    text = hide_secrets(text, reading)
    text = reading.keep_words(text)
    text = name_mash(text, reading)
    text = say_laughter(text, reading)
    text = shorten(text)
    text = reading.restore(reading.breathe(shorten_runs(text)))
    text = _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
    if _SAYABLE.search(text) or reading.knows(text):  # an emoji can be a word
        return text
    return _alone(text, reading.language)


def _alone(text: str, language: str) -> str:
    """What people say for marks that stand alone, or ""."""
    found = (key for key, marks in _ONLY_MARKS.items() if marks.fullmatch(text))
    key = next(found, None)
    return spoken(key, language) if key else ""
