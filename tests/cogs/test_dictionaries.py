"""The words for each speaker: whose come first, and when they are compiled again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cogs import _dictionaries
from cogs._dictionaries import Dictionaries
from cogs._store import EVERYWHERE, Store
from luna_tts import DictionaryWord

GUILD, OTHER, ALICE, BOB = 1, 2, 3, 4


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path)
    yield store
    await store.aclose()


async def reading(dictionaries: Dictionaries, guild: int, member: int, text: str = "月") -> str:
    found = (await dictionaries.words(guild, member)).find(text)
    return found[0].word.reading if found else ""


async def test_ones_own_words_come_before_the_guilds_before_everybodys(store: Store) -> None:
    dictionaries = Dictionaries(store)
    assert await reading(dictionaries, GUILD, ALICE) == ""
    await store.put_words(EVERYWHERE, [DictionaryWord("月", "ア", priority=10)])
    assert await reading(dictionaries, GUILD, ALICE) == "ア"
    await store.put_words((GUILD, 0), [DictionaryWord("月", "イ")])
    assert await reading(dictionaries, GUILD, ALICE) == "イ"
    await store.put_words((0, ALICE), [DictionaryWord("月", "ウ", priority=0)])
    everyone = [(guild, member) for guild in (GUILD, OTHER) for member in (ALICE, BOB)]
    readings = [await reading(dictionaries, *speaker) for speaker in everyone]
    assert readings == ["ウ", "イ", "ウ", "ア"]
    await store.remove_word((0, ALICE), "月")
    assert await reading(dictionaries, GUILD, ALICE) == "イ"


async def test_it_is_compiled_once_until_something_changes(store: Store) -> None:
    dictionaries = Dictionaries(store)
    first = await dictionaries.words(GUILD, ALICE)
    assert await dictionaries.words(GUILD, ALICE) is first
    await store.put_words((OTHER, 0), [DictionaryWord("月", "ア")])
    await store.put_words((0, BOB), [DictionaryWord("月", "ア")])
    await store.update_guild(GUILD, voice="koharu")
    assert await dictionaries.words(GUILD, ALICE) is first, "none of hers"
    for scope in (EVERYWHERE, (GUILD, 0), (0, ALICE)):
        await store.put_words(scope, [DictionaryWord("月", "イ")])
        changed = await dictionaries.words(GUILD, ALICE)
        assert changed is not first
        assert await dictionaries.words(GUILD, ALICE) is changed
        first = changed


async def test_the_least_recently_heard_is_forgotten_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_dictionaries, "MOST_COMPILED", 2)
    dictionaries = Dictionaries(store)
    alices, bobs = [await dictionaries.words(GUILD, member) for member in (ALICE, BOB)]
    assert await dictionaries.words(GUILD, ALICE) is alices
    await dictionaries.words(OTHER, BOB)
    assert await dictionaries.words(GUILD, ALICE) is alices
    assert await dictionaries.words(GUILD, BOB) is not bobs
