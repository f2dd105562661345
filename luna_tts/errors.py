"""What can go wrong, as data.

`str(error)` is one English sentence for Python users; what members of a Discord server read is made
from the same data in cogs/locale.

No error carries the text that was to be spoken: errors end up in logs, what people say must not.
"""

from __future__ import annotations

from collections.abc import Sequence


class LunaError(Exception):
    """Parent of everything that Luna raises on purpose. `data` holds the facts by name."""

    def __init__(self, message: str, **data: object) -> None:
        super().__init__(message)
        self.data = data


class NothingToSay(LunaError):
    """The text holds nothing that the voice can pronounce."""

    def __init__(self) -> None:
        super().__init__("nothing in this text can be pronounced: write some words")


class TextTooLong(LunaError):
    """The text is longer than one utterance may be."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            f"the text has {length:,} characters, at most {limit:,} can be said at once: split it",
            length=length,
            limit=limit,
        )


class UnknownVoice(LunaError):
    """No voice of that name is loaded."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        names = ", ".join(known)
        super().__init__(
            f"there is no voice {name!r}: choose one of {names}", name=name, known=names
        )


class InvalidOption(LunaError):
    """A number of `SynthesisOptions` is outside its range."""

    def __init__(self, name: str, value: float, low: float, high: float) -> None:
        super().__init__(
            f"{name} is {value}: it must be between {low:g} and {high:g}",
            name=name,
            value=value,
            low=low,
            high=high,
        )


class EngineUnavailable(LunaError):
    """Something that the engine needs is missing from the installation."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(f"{reason}: {cure}", reason=reason, cure=cure)


class SynthesisFailed(LunaError):
    """The voice broke while it spoke; the cause is chained as `__cause__`."""

    def __init__(self, voice: str) -> None:
        super().__init__(
            f"the voice {voice!r} failed at this text: try again or choose another voice",
            voice=voice,
        )


class EngineClosed(LunaError):
    """The service was closed while, or before, it was asked. An ordinary end, not a fault."""

    def __init__(self) -> None:
        super().__init__("the engine is closed: start a new TTSService")
