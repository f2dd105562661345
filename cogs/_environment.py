"""The LUNA_* variables. An extension gets no arguments, so this is how a host sets it up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from luna_tts import LunaError, TTSService
from luna_tts.service import DEFAULT_BERTS


class InvalidVariable(LunaError):
    """A variable holds what it cannot hold."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(
            f"{name} is {value!r}: it must be {expected}", name=name, value=value, expected=expected
        )


@dataclass(frozen=True, slots=True)
class Environment:
    """Read once for each cog, in `cog_load`. .env.example explains every variable."""

    models: Path
    voices: tuple[str, ...] | None
    bert_ja: Path
    device: str
    compiled: bool
    memory: int
    group: str
    language: str
    opus_library: str
    queue_limit: int
    max_characters: int
    local_wav: Path
    data: Path
    database_url: str = field(repr=False)
    """Holds a password."""
    metrics_port: int | None
    metrics_host: str

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> Environment:
        """Raises `InvalidVariable`."""
        return cls(
            models=Path(variables.get("LUNA_MODELS") or "models"),
            voices=_voices(variables),
            bert_ja=Path(variables.get("LUNA_BERT_JA") or DEFAULT_BERTS["ja"]),
            device=variables.get("LUNA_DEVICE", "").strip() or "cpu",
            compiled=_number(variables, "LUNA_COMPILE", 0, low=0, high=1) == 1,
            memory=_number(variables, "LUNA_MEMORY_MB", 4096, low=100, high=1_000_000) * 2**20,
            group=_group(variables),
            language=_language(variables),
            opus_library=variables.get("LUNA_OPUS_LIBRARY", ""),
            queue_limit=_number(variables, "LUNA_QUEUE_LIMIT", 30, low=1, high=1000),
            max_characters=_number(variables, "LUNA_MAX_CHARACTERS", 500, low=10, high=5000),
            local_wav=Path(variables.get("LUNA_LOCAL_WAV") or "luna-local.wav"),
            data=Path(variables.get("LUNA_DATA") or "data"),
            database_url=variables.get("LUNA_DATABASE_URL", "").strip(),
            metrics_port=_port(variables, "LUNA_METRICS_PORT"),
            metrics_host=variables.get("LUNA_METRICS_HOST", "").strip() or "127.0.0.1",
        )


def open_service(environment: Environment) -> TTSService:
    """The engine as it is set up, not yet started."""
    return TTSService(
        environment.models,
        voices=environment.voices,
        berts={"ja": environment.bert_ja},
        device=environment.device,
        compiled=environment.compiled,
        memory=environment.memory,
    )


def _voices(variables: Mapping[str, str]) -> tuple[str, ...] | None:
    names = (name.strip() for name in variables.get("LUNA_VOICES", "").split(","))
    return tuple(name for name in names if name) or None


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


def _port(variables: Mapping[str, str], name: str) -> int | None:
    """None where nothing shall listen."""
    if not variables.get(name, "").strip():
        return None
    return _number(variables, name, 0, low=1, high=65_535)


def _number(variables: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    value = variables.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
        raise InvalidVariable(name, value, f"a whole number from {low} to {high}")
    return int(value)
