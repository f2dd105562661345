"""The names of all variables that set Luna up, so that a misspelt one is noticed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

KNOWN: Final = (
    "DISCORD_TOKEN",
    "LUNA_BERT_JA",
    "LUNA_DATA",
    "LUNA_DATABASE_URL",
    "LUNA_DEVICE",
    "LUNA_EMPTY_SECONDS",
    "LUNA_ENGINE",
    "LUNA_ESPEAK",
    "LUNA_FORGET_LEFT",
    "LUNA_GROUP",
    "LUNA_LANGUAGE",
    "LUNA_LOCAL_WAV",
    "LUNA_LOG_LEVEL",
    "LUNA_MAX_CHARACTERS",
    "LUNA_MEMBER_QUEUE_LIMIT",
    "LUNA_MEMORY_MB",
    "LUNA_METRICS_HOST",
    "LUNA_METRICS_PORT",
    "LUNA_MODELS",
    "LUNA_OPUS_LIBRARY",
    "LUNA_PAGE_PORT",
    "LUNA_PRECISION",
    "LUNA_QUEUE_LIMIT",
    "LUNA_SERVER_MAX_CHARACTERS",
    "LUNA_SERVER_MAX_SECONDS",
    "LUNA_SERVER_MAX_STREAMS",
    "LUNA_SERVER_TOKEN",
    "LUNA_SHARDS",
    "LUNA_VOICES",
)
""".env.example explains each of them; a test compares the two."""


def unknown_variables(names: Iterable[str]) -> dict[str, str]:
    """Those of `names` that begin like Luna's and mean nothing -> the nearest that does, or ""."""
    strange = [name for name in sorted(names) if name.startswith("LUNA_") and name not in KNOWN]
    return {name: _nearest(name) for name in strange}


def _nearest(name: str) -> str:
    return next(iter(difflib.get_close_matches(name, KNOWN, 1, 0.6)), "")
