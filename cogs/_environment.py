"""The LUNA_* variables. An extension gets no arguments, so this is how a host sets it up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from luna_tts.environment import EngineEnvironment, InvalidVariable, number


@dataclass(frozen=True, slots=True)
class Environment:
    """Read once for each cog, in `cog_load`. .env.example explains every variable."""

    engine: EngineEnvironment
    group: str
    language: str
    opus_library: str
    queue_limit: int
    member_queue_limit: int
    max_characters: int
    empty_seconds: int
    page_port: int
    local_wav: Path
    data: Path
    database_url: str = field(repr=False)
    """Holds a password."""
    forget_left: bool
    metrics_port: int | None
    metrics_host: str

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> Environment:
        """Raises `InvalidVariable`."""
        return cls(
            engine=EngineEnvironment.read(variables),
            group=_group(variables),
            language=_language(variables),
            opus_library=variables.get("LUNA_OPUS_LIBRARY", ""),
            queue_limit=number(variables, "LUNA_QUEUE_LIMIT", 30, low=1, high=1000),
            member_queue_limit=number(variables, "LUNA_MEMBER_QUEUE_LIMIT", 5, low=1, high=1000),
            max_characters=number(variables, "LUNA_MAX_CHARACTERS", 500, low=10, high=5000),
            empty_seconds=number(variables, "LUNA_EMPTY_SECONDS", 30, low=0, high=86_400),
            page_port=number(variables, "LUNA_PAGE_PORT", 8000, low=1, high=65_535),
            local_wav=Path(variables.get("LUNA_LOCAL_WAV") or "luna-local.wav"),
            data=Path(variables.get("LUNA_DATA") or "data"),
            database_url=variables.get("LUNA_DATABASE_URL", "").strip(),
            forget_left=_switch(variables, "LUNA_FORGET_LEFT"),
            metrics_port=_port(variables, "LUNA_METRICS_PORT"),
            metrics_host=variables.get("LUNA_METRICS_HOST", "").strip() or "127.0.0.1",
        )


def _group(variables: Mapping[str, str]) -> str:
    value = variables.get("LUNA_GROUP", "").strip().lower()
    if value and not (len(value) <= 32 and value.replace("-", "").replace("_", "").isalnum()):
        raise InvalidVariable("LUNA_GROUP", value, "a command name of letters, digits, - and _")
    return value


def _language(variables: Mapping[str, str]) -> str:
    value = variables.get("LUNA_LANGUAGE", "").strip().lower() or "ja"
    if value not in ("ja", "ko", "en"):
        raise InvalidVariable("LUNA_LANGUAGE", value, "ja, ko or en")
    return value


def _switch(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "").strip() or "0"
    if value not in ("0", "1"):
        raise InvalidVariable(name, value, "0 or 1")
    return value == "1"


def _port(variables: Mapping[str, str], name: str) -> int | None:
    """None where nothing shall listen."""
    if not variables.get(name, "").strip():
        return None
    return number(variables, name, 0, low=1, high=65_535)
