"""What a server may be asked for, and by whom."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from luna_tts.environment import number


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Limits of one server. .env.example explains every variable."""

    token: str = field(default="", repr=False)
    """Whoever asks must show it; empty = everybody may ask."""
    max_characters: int = 2000
    """Of one text."""
    max_streams: int = 8
    """Utterances at once; more are refused, and told to come again."""
    max_seconds: int = 600
    """What one request may take, a slow reader's time included."""
    dictionary: Path = Path("data/server-dictionary.csv")

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> ServerSettings:
        """Raises `InvalidVariable`."""
        return cls(
            token=variables.get("LUNA_SERVER_TOKEN", "").strip(),
            max_characters=number(
                variables, "LUNA_SERVER_MAX_CHARACTERS", 2000, low=1, high=10_000
            ),
            max_streams=number(variables, "LUNA_SERVER_MAX_STREAMS", 8, low=1, high=1000),
            max_seconds=number(variables, "LUNA_SERVER_MAX_SECONDS", 600, low=1, high=86_400),
            dictionary=Path(variables.get("LUNA_DATA") or "data") / "server-dictionary.csv",
        )
