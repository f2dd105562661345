"""What Luna remembers: settings of guilds and members, dictionaries; in SQLite or PostgreSQL."""

from .errors import (
    InvalidLanguage,
    InvalidText,
    StoreUnavailable,
    TooManyEntries,
    TooManyWords,
)
from .rows import EVERYWHERE, MAX_CHARACTERS, GuildSettings, MemberSettings, Scope, same_word
from .store import Store

__all__ = [
    "EVERYWHERE",
    "MAX_CHARACTERS",
    "GuildSettings",
    "InvalidLanguage",
    "InvalidText",
    "MemberSettings",
    "Scope",
    "Store",
    "StoreUnavailable",
    "TooManyEntries",
    "TooManyWords",
    "same_word",
]
