"""Why something is not stored, as data. The sentences for members are in locale/*.toml."""

from __future__ import annotations

from collections.abc import Sequence

from luna_tts import LunaError


class StoreUnavailable(LunaError):
    """The database cannot be used: nothing was read, or nothing was changed.

    `str(error)` is for the operator, and holds neither a password nor what members wrote.
    """

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}: {cure}", problem=problem, cure=cure)


class CommitInDoubt(StoreUnavailable):
    """The database failed in the moment of writing; what it holds has to be read again."""


class TooManyWords(LunaError):
    """A dictionary holds as many words as it may; none of the new ones was added."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"a dictionary holds at most {limit:,} words: remove some", limit=limit)


class TooManyEntries(LunaError):
    """A list of a guild's settings holds as many entries as it may."""

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(
            f"{name} holds at most {limit} entries: remove some", name=name, limit=limit
        )


class InvalidText(LunaError):
    """A name is empty, too long, or holds what no database takes."""

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(
            f"{name} must have 1 to {limit} characters, none of them NUL or half a character",
            name=name,
            limit=limit,
        )


class InvalidLanguage(LunaError):
    """Luna does not speak that language to members."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"there is no language {name!r}: choose one of {', '.join(known)}",
            name=name,
            known=tuple(known),
        )
