"""Emoji by their names: those of servers and those of Unicode. Pure."""

from __future__ import annotations

import re
from typing import Final

import emoji

from ._markup_reading import EMOJI, Kind, Reading
from ._spoken import emoji_names, spoken

_CUSTOM: Final = re.compile(r"<a?:(\w{1,40}):\d{1,25}>")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SKIN: Final = re.compile("[\U0001f3fb-\U0001f3ff]")
_GENDER: Final = re.compile("\u200d[♂♀]\ufe0f?\\Z")
_KEYCAP: Final = "\u20e3"
_LETTERS: Final = re.compile("[\U0001f1e6-\U0001f1ff]+")
_TEXT_STYLE: Final = re.compile("[\xa9\xae\u2000-\u2bff\u3030\u303d\u3297\u3299]")
"""Without a selector behind it, a character and no emoji: © ™ ↔ ♥ ☆."""
_LEFT_OVER: Final = re.compile("[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_RUN: Final = re.compile(rf"[{EMOJI}](?:\s*[{EMOJI}])+")
_FLAG: Final = re.compile("^(?:旗|깃발) ")
_FACE: Final = re.compile("(?<=[ァ-ヺー])の顔$")
_WHOLE: Final[object] = emoji.STATUS["fully_qualified"]
_MOST: Final = 3


def name_emoji(text: str, reading: Reading) -> str:
    """`text` with names for its emoji; those that the dictionary knows stay, for their reading."""

    def custom(match: re.Match[str]) -> str:
        name = match[1]
        forms = (match[0], f":{name}:", name)  # as somebody may have put it into the dictionary
        known = next((form for form in forms if reading.knows(form, whole=True)), None)
        return reading.keep(known or _CAMEL.sub(" ", name.replace("_", " ").strip()), Kind.EMOJI)

    def named(found: str, data: dict[str, str]) -> str:
        if reading.knows(found):
            return reading.keep(found, Kind.EMOJI)
        if _KEYCAP in found:
            return found[0]
        if _TEXT_STYLE.fullmatch(found) and data["status"] != _WHOLE:
            return found
        return reading.keep(_name(found, data, reading.language), Kind.EMOJI)

    text = _CUSTOM.sub(custom, text)
    if not text.isascii():
        emoji.config.load_language(reading.language)  # reads the names once
        text = _LEFT_OVER.sub("", _LETTERS.sub(_plain_letters, emoji.replace_emoji(text, named)))
    return text


def drop_emoji(text: str) -> str:
    """`text` without its emoji."""
    return _LEFT_OVER.sub("", emoji.replace_emoji(text, ""))


def shorten_runs(text: str) -> str:
    """`text` with emoji in a row said once each, and at most three of them."""
    return _RUN.sub(_shorten, text)


def _shorten(run: re.Match[str]) -> str:
    different = dict.fromkeys(re.sub(r"\s", "", run[0]))
    return "".join(list(different)[:_MOST])


def _name(found: str, data: dict[str, str], language: str) -> str:
    plain = _SKIN.sub("", found)
    plain = _GENDER.sub("", plain)
    if data["en"].startswith(":family_"):
        plain = "👪"
    data = emoji.EMOJI_DATA.get(plain, data)
    name = data.get(language, data["en"]).strip(":").replace("_", " ")
    country = _FLAG.sub("", name)
    if _LETTERS.fullmatch(found) or country != name:
        return spoken("flag", language, name=country)
    return emoji_names(language).get(plain.rstrip("\ufe0f"), _FACE.sub("", name))


def _plain_letters(match: re.Match[str]) -> str:
    """Regional indicators that are no flag: letters in boxes."""
    return "".join(chr(ord(letter) - 0x1F1E6 + ord("A")) for letter in match[0])
