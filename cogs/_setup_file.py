"""A server's whole set-up as one JSON file: written, read and checked. No Discord."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, TypeVar

from luna_tts import DictionaryWord

from ._errors import InvalidSetup
from ._store import GuildSettings

LONGEST_FILE: Final = 2_000_000
"""Bytes."""

_VERSION: Final = 1
_PARTS: Final = {"luna_setup", "settings", "dictionary"}
WHEREABOUTS: Final = ("voice_channel", "text_channel")
"""Of `GuildSettings`; where Luna is belongs to no set-up."""
_SETTINGS: Final = [one.name for one in fields(GuildSettings) if one.name not in WHEREABOUTS]
_WORD: Final = [one.name for one in fields(DictionaryWord)]

Made = TypeVar("Made", GuildSettings, DictionaryWord)


@dataclass(frozen=True, slots=True)
class Setup:
    """What the admins and members of a server have changed."""

    settings: GuildSettings
    words: tuple[DictionaryWord, ...]


def write_setup(setup: Setup) -> bytes:
    """JSON that `read_setup` reads."""
    settings = {name: getattr(setup.settings, name) for name in _SETTINGS}
    content = {
        "luna_setup": _VERSION,
        "settings": {**settings, "voice_roles": dict(setup.settings.voice_roles)},
        "dictionary": [asdict(word) for word in setup.words],
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def read_setup(data: bytes) -> Setup:
    """Checks all of a stranger's file.

    Raises `InvalidSetup`, naming the part that is wrong, and what `GuildSettings` and
    `DictionaryWord` raise.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidSetup("JSON") from error
    parts = _object(content, _PARTS, "luna_setup")
    if parts.get("luna_setup") != _VERSION:
        raise InvalidSetup("luna_setup")
    settings = _made(GuildSettings, parts.get("settings", {}), _SETTINGS, "settings")
    return Setup(settings, _words(parts.get("dictionary", [])))


def _words(value: object) -> tuple[DictionaryWord, ...]:
    if not isinstance(value, list):
        raise InvalidSetup("dictionary")
    words = tuple(_made(DictionaryWord, word, _WORD, "dictionary") for word in value)
    numbers = {type(number) for word in words for number in (word.accent, word.priority)}
    if not numbers <= {int, type(None)}:  # 1.5 lies within the bounds, too
        raise InvalidSetup("dictionary")
    return words


def _made(kind: type[Made], value: object, known: Collection[str], part: str) -> Made:
    values = _object(value, known, part)
    try:
        return kind(**values)
    except (TypeError, ValueError, AttributeError) as error:  # a value of another type
        raise InvalidSetup(part) from error


def _object(value: object, known: Collection[str], part: str) -> Mapping[str, Any]:
    """A later version of this format has another number, so what is unknown here is a mistake."""
    if not isinstance(value, dict) or not value.keys() <= set(known):
        raise InvalidSetup(part)
    return value
