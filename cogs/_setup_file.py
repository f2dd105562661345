"""A server's whole set-up as one JSON file: written, read and checked. No Discord."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from luna_tts import DictionaryWord

from ._errors import InvalidSetup
from ._store import GuildSettings

LONGEST_FILE: Final = 2_000_000
"""Bytes."""

_VERSION: Final = 1
_SETTINGS: Final = {field.name for field in fields(GuildSettings)}
_WORD: Final = {field.name for field in fields(DictionaryWord)}


@dataclass(frozen=True, slots=True)
class Setup:
    """What the admins and members of a server have changed."""

    settings: GuildSettings
    words: tuple[DictionaryWord, ...]


def write_setup(setup: Setup) -> bytes:
    """JSON that `read_setup` reads."""
    settings = {name: getattr(setup.settings, name) for name in sorted(_SETTINGS)}
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
    if not isinstance(content, dict) or content.get("luna_setup") != _VERSION:
        raise InvalidSetup("luna_setup")
    settings = _object(content.get("settings", {}), _SETTINGS, "settings")
    words = content.get("dictionary", [])
    if not isinstance(words, list):
        raise InvalidSetup("dictionary")
    try:
        return Setup(
            GuildSettings(**settings),
            tuple(DictionaryWord(**_object(word, _WORD, "dictionary")) for word in words),
        )
    except (TypeError, ValueError, AttributeError) as error:  # a value of another type
        raise InvalidSetup("settings, dictionary") from error


def _object(value: object, known: set[str], part: str) -> Mapping[str, Any]:
    """A later version of this format has another number, so what is unknown here is a mistake."""
    if not isinstance(value, dict) or not value.keys() <= known:
        raise InvalidSetup(part)
    return value
