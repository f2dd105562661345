"""The server's own dictionary: a CSV file. Whoever brings words of their own is heard first."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from luna_tts import DictionaryWord, UserDictionary
from luna_tts.nlp.dictionary_files import read_words, write_words
from luna_tts.nlp.user_dictionary import fold


class ServerDictionary:
    """Read at its first use; a change is on disk before it is heard."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._words: dict[str, DictionaryWord] | None = None
        self._lock = asyncio.Lock()

    async def words(self) -> tuple[DictionaryWord, ...]:
        """All words. Raises `InvalidDictionary` where the file is none."""
        if self._words is None:
            known = await asyncio.to_thread(self._read)
            self._words = {fold(word.surface): word for word in known}
        return tuple(self._words.values())

    async def below(self, own: UserDictionary | None) -> UserDictionary | None:
        """`own` words first, then those of the server."""
        words = await self.words()
        if not words:
            return own
        return UserDictionary(own.words if own else (), words)

    async def change(self, surface: str, word: DictionaryWord | None) -> None:
        """Sets a word, or takes it out. Raises `OSError` where the file cannot be written."""
        async with self._lock:
            after = {fold(each.surface): each for each in await self.words()}
            after.pop(fold(surface), None)
            if word is not None:
                after[fold(word.surface)] = word
            await asyncio.to_thread(self._write, tuple(after.values()))
            self._words = after

    def _read(self) -> tuple[DictionaryWord, ...]:
        return read_words(self._file.read_bytes()).words if self._file.exists() else ()

    def _write(self, words: tuple[DictionaryWord, ...]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(write_words(words))
        os.replace(fresh, self._file)
