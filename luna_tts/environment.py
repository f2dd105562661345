"""How the engine is set up by LUNA_* variables: the same for the bot and for the server."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from luna_tts.errors import LunaError
from luna_tts.service import DEFAULT_BERTS, TTSService
from luna_tts.types import PRECISIONS, Precision
from luna_tts.variables import unknown_variables

_log = logging.getLogger(__name__)


class InvalidVariable(LunaError):
    """A variable holds what it cannot hold."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(
            f"{name} is {value!r}: it must be {expected}", name=name, value=value, expected=expected
        )


@dataclass(frozen=True, slots=True)
class EngineEnvironment:
    """Which voices there are and where they compute. .env.example explains every variable."""

    models: Path
    voices: tuple[str, ...] | None
    bert_ja: Path
    device: str
    precision: Precision
    memory: int
    """Bytes."""
    espeak: str = ""
    """The program of the voice for languages that no other voice speaks; "" = none."""
    servers: tuple[str, ...] = ()
    """Addresses of engines elsewhere; none = the engine is in this process."""
    server_token: str = field(default="", repr=False)
    unknown: Mapping[str, str] = field(default_factory=dict)
    """LUNA_* variables that mean nothing -> the nearest that does, or ""."""

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> EngineEnvironment:
        """Raises `InvalidVariable`."""
        return cls(
            models=Path(variables.get("LUNA_MODELS") or "models"),
            voices=_names(variables.get("LUNA_VOICES", "")),
            bert_ja=Path(variables.get("LUNA_BERT_JA") or DEFAULT_BERTS["ja"]),
            device=variables.get("LUNA_DEVICE", "").strip() or "cpu",
            precision=_precision(variables),
            memory=number(variables, "LUNA_MEMORY_MB", 4096, low=100, high=1_000_000) * 2**20,
            espeak=variables.get("LUNA_ESPEAK", "").strip(),
            servers=_names(variables.get("LUNA_ENGINE", "")) or (),
            server_token=variables.get("LUNA_SERVER_TOKEN", "").strip(),
            unknown=unknown_variables(variables),
        )

    @property
    def berts(self) -> dict[str, Path]:
        """ISO 639-1 code -> folder: those of other languages lie beside the Japanese one."""
        beside = {code: self.bert_ja.parent / path.name for code, path in DEFAULT_BERTS.items()}
        return {**beside, "ja": self.bert_ja}

    def place(self, name: str, bert: str = "") -> Path:
        """Where the voice `name` is kept, or the BERT of the language `bert`."""
        return self.berts[bert] if bert else self.models / name

    def open_service(self) -> TTSService:
        """The engine as it is set up, here or elsewhere, not yet started."""
        if not self.servers:
            return self.open_local_service()
        from luna_tts.remote import RemoteTTSService

        self._warn()
        return RemoteTTSService(self.servers, self.server_token)

    def open_local_service(self, kind: Callable[..., TTSService] = TTSService) -> TTSService:
        """The engine in this process, not yet started; `kind` takes what `TTSService` takes."""
        self._warn()
        return kind(
            self.models,
            voices=self.voices,
            berts=self.berts,
            device=self.device,
            precision=self.precision,
            memory=self.memory,
            espeak=self.espeak,
        )

    def _warn(self) -> None:
        for name, nearest in self.unknown.items():
            hint = f"did you mean {nearest}?" if nearest else ".env.example has those that do"
            _log.warning("%s means nothing to Luna: %s", name, hint)


def number(variables: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    """A whole number, `default` where the variable is empty. Raises `InvalidVariable`."""
    value = variables.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and len(value) < 20 and low <= int(value) <= high):
        raise InvalidVariable(name, value, f"a whole number from {low} to {high}")
    return int(value)


def _precision(variables: Mapping[str, str]) -> Precision:
    value = variables.get("LUNA_PRECISION", "").strip() or "auto"
    for precision in PRECISIONS:
        if value == precision:
            return precision
    raise InvalidVariable("LUNA_PRECISION", value, " or ".join(PRECISIONS))


def _names(listed: str) -> tuple[str, ...] | None:
    names = (name.strip() for name in listed.split(","))
    return tuple(name for name in names if name) or None
