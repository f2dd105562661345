"""Dictionaries: the words for each speaker, compiled once and again when they change."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from luna_tts import DictionaryWord, UserDictionary

from ._store import EVERYWHERE, Store

MOST_COMPILED: Final = 500
"""Speakers whose dictionary is kept compiled; compiling 2,000 words takes some 5 ms."""

Layers = tuple[tuple[DictionaryWord, ...], ...]


class Dictionaries:
    """A `UserDictionary` for each member of each guild."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._compiled: OrderedDict[tuple[int, int], tuple[Layers, UserDictionary]] = OrderedDict()

    async def words(self, guild_id: int, member_id: int) -> UserDictionary:
        """The member's own words, then the guild's, then everybody's.

        Raises `StoreUnavailable`.
        """
        scopes = ((0, member_id), (guild_id, 0), EVERYWHERE)
        layers = tuple([await self._store.words(*scope) for scope in scopes])
        key = guild_id, member_id
        known, dictionary = self._compiled.pop(key, ((), UserDictionary()))
        if len(known) != len(layers) or any(
            old is not new for old, new in zip(known, layers, strict=True)
        ):
            dictionary = UserDictionary(*layers)
        self._compiled[key] = layers, dictionary
        if len(self._compiled) > MOST_COMPILED:
            self._compiled.popitem(last=False)
        return dictionary
