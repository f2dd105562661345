"""What Luna says of her own accord: [spoken] of locale/*.toml, in any language. No Discord."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path


def spoken(key: str, language: str, **data: object) -> str:
    """The phrase `key` in `language` ("ja", "ko" or "en"), `data` filled in. Raises `KeyError`."""
    return _table(language)["spoken"][key].format_map(data)


def emoji_names(language: str) -> Mapping[str, str]:
    """What people call the emoji whose official names are long or odd."""
    return _table(language)["emoji"]


@cache
def _table(language: str) -> Mapping[str, Mapping[str, str]]:
    path = Path(__file__).with_name("locale") / f"{language}.toml"
    table: Mapping[str, Mapping[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return table
