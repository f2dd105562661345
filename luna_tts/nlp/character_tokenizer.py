"""The tokens of ku-nlp's character DeBERTa: one a character, as vocab.txt numbers them.

Luna's own, because the general tokenizers group characters into words first and would have to be
told not to: one character must stay one row of the feature, or phones lose their characters.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Final

from luna_tts.errors import InvalidVoice

_SPECIAL: Final = ("[CLS]", "[SEP]", "[UNK]")


class CharacterTokenizer:
    """Text -> ids. Raises `InvalidVoice` when the vocabulary cannot be used."""

    def __init__(self, vocabulary: Path, size: int) -> None:
        """Reads a vocab.txt of at most `size` lines, which is what the model has rows for."""
        try:
            lines = vocabulary.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
        except (OSError, ValueError) as error:
            raise InvalidVoice(vocabulary, "cannot be read", "download it once more") from error
        self._ids = {line.removesuffix("\r"): index for index, line in enumerate(lines)}
        if not all(token in self._ids for token in _SPECIAL) or len(lines) > size:
            raise InvalidVoice(
                vocabulary, "belongs to another model", "download both from one place"
            )
        self._start, self._end, self._unknown = (self._ids[token] for token in _SPECIAL)

    def ids(self, text: str) -> list[int]:
        """[CLS], one id a character, [SEP]: [len(text) + 2], whatever the characters are."""
        return [self._start, *map(self._id, text), self._end]

    def _id(self, character: str) -> int:
        return self._ids.get(unicodedata.normalize("NFKC", character), self._unknown)
