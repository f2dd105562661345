"""LUNA_SHARDS: which of Discord's connections to the bot this process has. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from luna_tts import LunaError
from luna_tts.environment import InvalidVariable

EXPECTED: Final = (
    "auto, a number of shards, or those of this process and the number of all, as in 0-3/16"
)
MOST: Final = 10_000
_NUMBER: Final = re.compile(r"[1-9]\d{0,4}", re.ASCII)
_PART: Final = re.compile(r"([\d,\s-]+)/\s*([1-9]\d{0,4})", re.ASCII)
_RANGE: Final = re.compile(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?", re.ASCII)


class ShardsNeedPostgreSQL(LunaError):
    """Other processes have the other shards, and would not share this one's settings."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"LUNA_SHARDS is {value!r}, so that other processes have the other shards: they share "
            "settings in PostgreSQL only, set LUNA_DATABASE_URL in .env",
            value=value,
        )


@dataclass(frozen=True, slots=True)
class Shards:
    """What discord.py's AutoShardedBot is given."""

    count: int | None = None
    """Of all processes together; None = as many as Discord recommends."""
    ids: tuple[int, ...] | None = None
    """Of this process; None = all."""

    @property
    def first(self) -> bool:
        """Whether this process does what is to be done once for all of them."""
        return self.ids is None or 0 in self.ids

    @property
    def alone(self) -> bool:
        """Whether no other process has a part."""
        return self.ids is None or len(self.ids) == self.count


def read_shards(variables: Mapping[str, str]) -> Shards | None:
    """Raises `InvalidVariable`, `ShardsNeedPostgreSQL`."""
    value = variables.get("LUNA_SHARDS", "").strip().lower()
    if not value:
        return None
    shards = _parse(value)
    if shards is None or not 1 <= (shards.count or 1) <= MOST:
        raise InvalidVariable("LUNA_SHARDS", value, EXPECTED)
    if not shards.alone and not variables.get("LUNA_DATABASE_URL", "").strip():
        raise ShardsNeedPostgreSQL(value)
    return shards


def _parse(value: str) -> Shards | None:
    if value == "auto":
        return Shards()
    if _NUMBER.fullmatch(value):
        return Shards(int(value))
    if (part := _PART.fullmatch(value)) is None:
        return None
    ids, count = set[int](), int(part[2])
    for piece in part[1].split(","):
        if (found := _RANGE.fullmatch(piece.strip())) is None:
            return None
        first, last = int(found[1]), int(found[2] or found[1])
        if not first <= last < count:
            return None
        ids.update(range(first, last + 1))
    return Shards(count, tuple(sorted(ids)))
