"""What can go wrong, as data.

`str(error)` is one English sentence for Python users; what members of a Discord server read is made
from the same data in cogs/locale.

No error carries the text that was to be spoken: errors end up in logs, what people say must not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


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
            f"there is no voice {name!r}: choose one of {names}", name=name, known=known
        )


class InvalidOption(LunaError):
    """A number is outside its range, or what was given as text is no number."""

    def __init__(self, name: str, value: float | str, low: float, high: float) -> None:
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


class VoiceNotLoaded(LunaError):
    """The machine could not hold or read the voice; the reason is chained as `__cause__`."""

    def __init__(self, voice: str) -> None:
        super().__init__(
            f"the voice {voice!r} could not be loaded: see the log, free memory, or use another",
            voice=voice,
        )


class VoiceNeeded(LunaError):
    """The voice cannot be unloaded, since it speaks where no other does."""

    def __init__(self, voice: str) -> None:
        super().__init__(
            f"the voice {voice!r} speaks where no other does: make another the default first",
            voice=voice,
        )


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


class GivenPhonesMismatch(LunaError):
    """The given phones or tones do not belong together, or not to the text."""

    def __init__(self, phones: int, tones: int) -> None:
        super().__init__(
            f"there are {phones} phones but {tones} tones: give one tone a phone, both with the "
            'silence "_" at each end',
            phones=phones,
            tones=tones,
        )


class SpeechTooLong(LunaError):
    """The network predicts more sound than one utterance may last."""

    def __init__(self, frames: int, limit: int) -> None:
        super().__init__(
            f"the voice would speak for {frames:,} frames, at most {limit:,} can be made at once: "
            "split the text or lower length_scale",
            frames=frames,
            limit=limit,
        )


class UnknownStyle(LunaError):
    """The voice has no style of that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        names = ", ".join(known)
        super().__init__(
            f"this voice has no style {name!r}: choose one of {names}", name=name, known=known
        )


class UnknownSpeaker(LunaError):
    """The voice has no speaker of that name or number."""

    def __init__(self, name: str | int, known: Sequence[str]) -> None:
        names = ", ".join(known)
        super().__init__(
            f"this voice has no speaker {name!r}: choose one of {names}", name=name, known=known
        )


class InvalidSurface(LunaError):
    """A dictionary word is empty, too long, or holds something that cannot be printed."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            f"the word has {length} characters: write one of 1 to {limit} that can be printed",
            length=length,
            limit=limit,
        )


class InvalidReading(LunaError):
    """The reading of a dictionary word cannot be pronounced as it stands."""

    def __init__(self, reading: str, limit: int) -> None:
        super().__init__(
            f"the reading {reading!r} is not kana: write at most {limit} hiragana or katakana",
            reading=reading,
            limit=limit,
        )


class InvalidAccent(LunaError):
    """The accent of a dictionary word lies outside its reading."""

    def __init__(self, accent: int, morae: int) -> None:
        super().__init__(
            f"the accent is {accent}, but the reading has {morae} morae: choose 0 to {morae}",
            accent=accent,
            morae=morae,
        )


class InvalidDictionary(LunaError):
    """A file holds no dictionary."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"the file {problem}: give CSV of surface,reading,accent,priority or the JSON of "
            "VOICEVOX's user dictionary",
            problem=problem,
        )


class DownloadFailed(LunaError):
    """Something could not be downloaded; what was there before is untouched."""

    def __init__(self, name: str, problem: str, cure: str) -> None:
        super().__init__(f"{name} {problem}: {cure}", name=name, problem=problem, cure=cure)


class LicenceNotAccepted(LunaError):
    """Nobody has accepted the terms of what was to be downloaded."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the licence of {name} was not accepted: answer y, or give --accept-licence once you "
            "have read it",
            name=name,
        )


class InvalidVoice(LunaError):
    """A file of a voice folder cannot be used. `file` is its path."""

    def __init__(self, file: Path, problem: str, cure: str, **data: object) -> None:
        shown = f"{file.parent.name}/{file.name}"  # quoted below: names come from strangers too
        super().__init__(f"{shown!r} {problem}: {cure}", file=file, **data)


class InvalidConfig(InvalidVoice):
    """A value of config.json is of the wrong type, out of range or contradicts another one."""

    def __init__(self, file: Path, key: str, problem: str, cure: str) -> None:
        super().__init__(file, f"has a faulty {key}, which {problem}", cure, key=key)


class InvalidWeights(InvalidVoice):
    """A weights file does not fit the network of its config.json; `data` names all tensors."""

    def __init__(
        self,
        file: Path,
        missing: Sequence[str],
        misshapen: Sequence[str],
        not_finite: Sequence[str],
    ) -> None:
        problems = [
            f"{what} {_some(names)}"
            for what, names in (
                ("lacks", missing),
                ("has another shape than config.json asks for in", misshapen),
                ("has values that are no finite numbers in", not_finite),
            )
            if names
        ]
        super().__init__(
            file,
            " and ".join(problems),
            "copy this file and its config.json once more from where they came from",
            missing=missing,
            misshapen=misshapen,
            not_finite=not_finite,
        )


def _some(names: Sequence[str], most: int = 24) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
