"""GuildSettings and MemberSettings: frozen rows, whose values are checked when they are made.

A new field is one line here and one migration: its column follows from its annotation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from operator import index
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from luna_tts.errors import InvalidOption
from luna_tts.nlp.user_dictionary import fold
from luna_tts.types import RANGES

from .errors import InvalidLanguage, InvalidText, TooManyEntries

T = TypeVar("T")

Snowflake: TypeAlias = int
"""An id of Discord's, 64 bit."""
Scope: TypeAlias = tuple[int, int]
"""Where a dictionary holds: (guild id, 0) = in a guild, (0, member id) = a member's own."""
EVERYWHERE: Final[Scope] = (0, 0)
Change: TypeAlias = tuple[int | None, int | None]
"""The guild id and the member id of what has changed, 0 as in `Scope`; None = whichever."""
ANYTHING: Final[Change] = (None, None)

LANGUAGES: Final = ("ja", "ko", "en")
"""In which Luna speaks of her own accord."""
WRITTEN: Final = (*LANGUAGES, "zh")
"""Which members may mean where the script leaves it open."""
LONGEST_NAME: Final = 255
"""Characters."""
MAX_CHARACTERS: Final = (10, 5000)
MOST_NEWCOMERS: Final = 10_000_000
LIMITS: Final = MappingProxyType(
    {**RANGES, "max_characters": MAX_CHARACTERS, "newcomer": (0, MOST_NEWCOMERS)}
)
"""What each number may be, both ends included."""
MOST_ENTRIES: Final = MappingProxyType(
    {
        **dict.fromkeys(("read_channels", "auto_join_channels"), 50),
        **dict.fromkeys(("ignored_members", "ignored_roles", "ng_words"), 100),
    }
)
"""Of the lists that admins fill by hand."""
HIGHEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """What a guild's admins chose; `None` = as the operator set it up.

    Raises `InvalidText`, `InvalidLanguage`, `InvalidOption`, `TooManyEntries`.
    """

    voice: str | None = None
    newcomer_voice: str | None = None
    """The voice of members who chose none; `None` = the guild's."""
    language: str | None = None
    """One of `LANGUAGES`."""
    max_characters: int | None = None
    """10 to 5000; a longer text is cut."""
    disabled_voices: tuple[str, ...] = ()
    voice_roles: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Voice -> ids of the roles that may use it; a voice that is absent is everybody's."""
    members_edit_dictionary: bool = True
    """Whether all members may change the guild's dictionary, or those who manage it only."""
    voice_channel: Snowflake | None = None
    """Where Luna is to be, also after a restart; `None` = nowhere."""
    text_channel: Snowflake | None = None
    """Where she was called to `voice_channel`: it is read as long as she is there."""
    read_channels: tuple[Snowflake, ...] = ()
    """Channels that are read whenever she is in voice."""
    auto_join_channels: tuple[Snowflake, ...] = ()
    """Voice channels that she enters with the first person."""
    auto_leave: bool = True
    """Whether she goes when nobody is left."""
    read_bots: bool = False
    """Whether bots and webhooks are read."""
    listeners_only: bool = False
    """Whether only those are read who are in her voice channel."""
    skip_prefix: str | None = None
    """Messages that begin with it are not read; `None` = ";"."""
    ignored_members: tuple[Snowflake, ...] = ()
    ignored_roles: tuple[Snowflake, ...] = ()
    ng_words: tuple[str, ...] = ()
    """Words that are never spoken."""
    ng_beep: bool = False
    """Whether a word of `ng_words` is beeped out, or its message is not read at all."""
    read_names: bool = False
    """Whether the author's name is spoken first."""
    name_template: str | None = None
    """With {name}; `None` = as the language has it."""
    announce_joins: bool = True
    announce_leaves: bool = True
    announce_moves: bool = True
    distinct_voices: bool = True
    """Whether members who chose no voice are given different ones."""
    read_embeds: bool = False
    """Whether titles of embeds and of linked pages are read."""
    time_zone: str | None = None
    """IANA name, for times that are spoken; `None` = where the language is at home."""

    def __post_init__(self) -> None:
        _settle(self)


@dataclass(frozen=True, slots=True)
class MemberSettings:
    """What a member chose in one guild; `None` = as the guild, or the voice, has it.

    The numbers are those of `SynthesisOptions`. Raises `InvalidText`, `InvalidLanguage`,
    `InvalidOption`.
    """

    voice: str | None = None
    speaker: str | None = None
    style: str | None = None
    style_weight: float | None = None
    length_scale: float | None = None
    pitch_scale: float | None = None
    intonation_scale: float | None = None
    volume: float | None = None
    favourites: tuple[str, ...] = ()
    """Voices."""
    opted_out: bool = False
    """Whether the member's messages are not to be read."""
    name_reading: str | None = None
    """What is spoken as the member's name; `None` = the name that is shown."""
    written: str | None = None
    """One of `WRITTEN`: which language is meant where the script leaves it open."""
    newcomer: int | None = None
    """The how-manieth of those who were given a voice here, from 0; it picks the voice."""

    def __post_init__(self) -> None:
        _settle(self)


def same_word(surface: str) -> str:
    """What two surfaces have in common that are the same word: width and case do not matter."""
    return fold(surface.strip())


def snowflake(number: int) -> int:
    """`number` itself. Raises `ValueError` for what cannot be the id of anything on Discord."""
    if not 0 <= number <= HIGHEST_ID:
        raise ValueError(f"{number} is no Discord id")
    return number


def _settle(row: GuildSettings | MemberSettings) -> None:
    """Checks every value and makes it immutable."""
    for one in fields(row):
        value, kind = getattr(row, one.name), str(one.type)
        if value is not None or not kind.endswith("None"):
            object.__setattr__(row, one.name, _CHECKS[kind](one.name, value))


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}: it must be text")
    whole = not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value)
    if not (0 < len(value) <= LONGEST_NAME and whole):
        raise InvalidText(name, LONGEST_NAME)
    known = {"language": LANGUAGES, "written": WRITTEN}.get(name)
    if known and value not in known:
        raise InvalidLanguage(value, known)
    return value


def _snowflake(name: str, value: int) -> int:
    return snowflake(index(value))


def _snowflakes(name: str, value: Iterable[int]) -> tuple[int, ...]:
    return _bounded(name, tuple(snowflake(index(one)) for one in value))


def _number(name: str, value: float) -> float:
    low, high = LIMITS[name]
    if not low <= value <= high:  # nor is NaN between them
        raise InvalidOption(name, value, low, high)
    return float(value)


def _whole(name: str, value: int) -> int:
    return int(_number(name, index(value)))


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}: it must be True or False")
    return value


def _texts(name: str, value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, (str, Mapping)):  # whose characters or keys would be taken
        raise TypeError(f"{name} is {value!r}: it must be a list of texts")
    return _bounded(name, tuple(_text(name, text) for text in value))


def _bounded(name: str, entries: tuple[T, ...]) -> tuple[T, ...]:
    limit = MOST_ENTRIES.get(name)
    if limit is not None and len(entries) > limit:
        raise TooManyEntries(name, limit)
    return entries


def _roles(name: str, value: Mapping[str, Iterable[int]]) -> Mapping[str, tuple[int, ...]]:
    return MappingProxyType(
        {
            _text(name, voice): tuple(snowflake(index(role)) for role in roles)
            for voice, roles in value.items()
        }
    )


_CHECKS: Final[Mapping[str, Callable[[str, Any], object]]] = {
    "str | None": _text,
    "int | None": _whole,
    "float | None": _number,
    "bool": _switch,
    "tuple[str, ...]": _texts,
    "Snowflake | None": _snowflake,
    "tuple[Snowflake, ...]": _snowflakes,
    "Mapping[str, tuple[int, ...]]": _roles,
}
"""By annotation; tables.py has a column for each."""
