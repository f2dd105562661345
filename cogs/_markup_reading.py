"""Reading: what the steps of speakable() share. Pure.

A phrase that is put into the text (a name, "spoiler", an emoji's name) is one private character
until the last step, so that no later step takes it for something that the author wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from luna_tts import UserDictionary

from ._chat_message import ChatMessage
from ._spoken import spoken


class Kind(Enum):
    """How a phrase stands in its line; the value is the first of its private characters."""

    INLINE = 0xF0000
    """As if it had been written there: names, words of the dictionary."""
    APART = 0xF8000
    """With a breath around it: what is left out, and why."""
    LINK = 0x100000
    """As `APART`; several in a row are counted."""
    EMOJI = 0x108000
    """As `APART`; the same one is said once in a row."""
    LAUGHTER = 0x10C000
    """As `EMOJI`; no part of any sentence."""


ANY: Final = "\U000f0000-\U0010fffd"
LINK: Final = "\U00100000-\U00107fff"
EMOJI: Final = "\U00108000-\U0010fffd"
_INLINE: Final = "\U000f0000-\U000f7fff"
_MOST: Final = 0x3FF0
_STAND_IN: Final = re.compile(f" *([\U000f8000-\U0010fffd]) *|([{ANY}])")
_LINE_ENDS: Final = re.compile("[\\s\U000f8000-\U0010fffd!！?？。.…]*(?:\n|\\Z)")
_STOPS: Final = "、。！？!?…"
_CLOSING: Final = "、。，．！？!?,.…:：;；)）]】」』》〉"
_OPENING: Final = "(（[【「『《〈“‘#"
_QUOTES: Final = "\"'”’"
_PARTICLES: Final = "とをがはにのでもへだっら"
_ATTACHED: Final = {
    "ja": re.compile(f"[{_PARTICLES}]"),
    "ko": re.compile("(?<! )[가-힣]"),
    "en": re.compile(""),
}
"""What follows a phrase that is a part of its sentence, as far as that can be known."""
_TYPED_BREATH: Final = re.compile(
    f"(?<=[ぁ-ゖァ-ヺー一-鿿々{_INLINE}]) (?=[ぁ-ゖァ-ヺ一-鿿々{_INLINE}])"
    f"(?![{_PARTICLES}]|さん|くん|ちゃん|さま|[様君氏])"
)
_LISTED: Final = re.compile(r"^(\d{1,3})\. (?=\S)", re.MULTILINE)


@dataclass(slots=True)
class Reading:
    """One call of speakable(): for whom, and the phrases that were put into the text so far."""

    language: str
    message: ChatMessage
    words: UserDictionary | None
    now: datetime
    _phrases: dict[str, str] = field(default_factory=dict)
    _known: dict[tuple[str, Kind], str] = field(default_factory=dict)

    def say(self, key: str, kind: Kind = Kind.APART, **data: object) -> str:
        """The stand-in of a phrase of [spoken]."""
        return self.keep(spoken(key, self.language, **data), kind)

    def keep(self, phrase: str, kind: Kind = Kind.INLINE) -> str:
        """The stand-in of `phrase`: one character, the same for the same phrase."""
        known = self._known.get((phrase, kind))
        if known is None:
            if len(self._known) >= _MOST:
                return " "
            known = chr(kind.value + len(self._known))
            self._known[phrase, kind] = known
            self._phrases[known] = phrase
        return known

    def knows(self, text: str, *, whole: bool = False) -> bool:
        """Whether a word of the dictionary is in `text`, or with `whole` is all of it."""
        found = self.words.find(text) if self.words is not None else []
        return any(not whole or (one.start, one.end) == (0, len(text)) for one in found)

    def keep_words(self, text: str) -> str:
        """`text` with stand-ins for the words of the dictionary, which are to be read as set."""
        found = self.words.find(text) if self.words is not None else []
        parts, end = [], 0
        for one in found:
            parts += [text[end : one.start], self.keep(text[one.start : one.end])]
            end = one.end
        return "".join([*parts, text[end:]])

    def breathe(self, text: str) -> str:
        """`text` with commas for spaces that Japanese has no use for, but to breathe."""
        if self.language != "ja":
            return text
        return _TYPED_BREATH.sub("、", _LISTED.sub(r"\1、", text))

    def restore(self, text: str) -> str:
        """`text` with its phrases again, each set off from what is around it."""
        return _STAND_IN.sub(self._put, text)

    def _put(self, match: re.Match[str]) -> str:
        if match[2]:
            return self._phrases[match[2]]
        text, comma = match.string, spoken("comma", self.language)
        start = match.start()
        while start and text[start - 1] == " ":  # the phrase before has taken it
            start -= 1
        before = text[start - 1] if start else ""
        after = text[match.end() : match.end() + 1]
        part = match[1] < chr(Kind.LAUGHTER.value) and bool(
            _ATTACHED[self.language].match(text, match.end())
        )
        lead = tail = " " if part else comma
        quote = before in _QUOTES and not text[max(0, start - 2) : start - 1].strip()
        if not before.strip() or before in _OPENING or quote:
            lead = ""
        elif before in _CLOSING:
            lead = comma.strip("、,")
        elif _is_apart(before) or after in _STOPS or _LINE_ENDS.match(text, match.end()):
            lead = comma
        glued = part and self.language != "en"
        if glued or not after.strip() or after in _CLOSING + _QUOTES or _is_apart(after):
            tail = ""
        return f"{lead}{self._phrases[match[1]]}{tail}"


def _is_apart(character: str) -> bool:
    return character >= chr(Kind.APART.value)
