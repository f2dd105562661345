"""Dictionaries as files: CSV, and the JSON of VOICEVOX and of simpler bots.

What comes in is a stranger's: a line that cannot be used is reported with its reason, and the
others are taken.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from luna_tts.errors import InvalidDictionary, LunaError
from luna_tts.nlp.dictionary_word import PRIORITY, DictionaryWord

T = TypeVar("T")

LONGEST_FILE: Final = 4_000_000
"""Bytes."""

_COLUMNS: Final = ("surface", "reading", "accent", "priority")
_ENCODINGS: Final = ("utf-8-sig", "cp932")


@dataclass(frozen=True, slots=True)
class ReadWords:
    """What was found in a file."""

    words: tuple[DictionaryWord, ...]
    refused: tuple[tuple[int, LunaError], ...]
    """Number of the entry, from 1, and why it cannot be used."""


def read_words(data: bytes) -> ReadWords:
    """Words of a file, whichever of these it is.

    - CSV "surface,reading,accent,priority"; the last two may be empty or missing, and so may the
      line with the names of the columns. UTF-8, or what Excel writes in Japanese (cp932).
    - JSON as VOICEVOX exports its user dictionary: {id: {"surface", "pronunciation",
      "accent_type", "priority", ...}}, or a list of such objects.
    - JSON {"surface": "reading"}.

    Raises `InvalidDictionary` where it is none of them.
    """
    words: list[DictionaryWord] = []
    refused: list[tuple[int, LunaError]] = []
    for number, entry in enumerate(_entries(_decode(data)), 1):
        try:
            words.append(_word(*entry))
        except LunaError as error:
            refused.append((number, error))
    return ReadWords(tuple(words), tuple(refused))


def write_words(words: Iterable[DictionaryWord]) -> bytes:
    """The CSV that `read_words` reads, in UTF-8 with a mark by which Excel knows it."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for word in words:
        accent = "" if word.accent is None else word.accent
        writer.writerow((word.surface, word.reading, accent, word.priority))
    return file.getvalue().encode("utf-8-sig")


def _decode(data: bytes) -> str:
    if len(data) > LONGEST_FILE:
        raise InvalidDictionary(f"is larger than {LONGEST_FILE // 1_000_000} MB")
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:  # cp932 takes almost any bytes
            return text
    raise InvalidDictionary("is neither UTF-8 nor Shift-JIS text")


Entry = tuple[object, object, object, object]
"""Surface, reading, accent, priority, as they stand in the file."""


def _entries(text: str) -> Iterator[Entry]:
    if text.lstrip().startswith(("{", "[")):
        yield from _json_entries(text)
    else:
        yield from _csv_entries(text)


def _csv_entries(text: str) -> Iterator[Entry]:
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            surface, reading, accent, priority = (*row, "", "", "", "")[:4]
            header = surface.strip().lower() == _COLUMNS[0] and reading.lower() == _COLUMNS[1]
            if any(row) and not header:
                yield surface, reading, accent, priority
    except csv.Error as error:
        raise InvalidDictionary(
            "is not CSV, perhaps for a quotation mark without its end"
        ) from error


def _json_entries(text: str) -> Iterator[Entry]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidDictionary("begins like JSON but is not") from error
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in pairs:
        if isinstance(value, Mapping):
            reading = value.get("pronunciation", value.get("reading"))
            accent = value.get("accent_type", value.get("accent"))
            yield value.get("surface"), reading, accent, value.get("priority")
        else:
            yield key, value, None, None


def _word(surface: object, reading: object, accent: object, priority: object) -> DictionaryWord:
    # What is of another type becomes text that DictionaryWord refuses with the reason.
    return DictionaryWord(
        surface if isinstance(surface, str) else "",
        reading if isinstance(reading, str) else "",
        _number(accent, None),
        _number(priority, PRIORITY),
    )


def _number(value: object, default: T) -> int | T:
    if value is None or value == "":
        return default
    text = str(value).strip()
    # What is no number becomes one that DictionaryWord refuses too.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1
