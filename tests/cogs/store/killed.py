"""Writes without end and prints each change that was acknowledged; test_store_kill.py kills it.

python killed.py FOLDER URL FIRST
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from cogs._store import Store
from luna_tts.nlp.dictionary_word import DictionaryWord


def say(*what: object) -> None:
    print(*what, flush=True)


async def write(store: Store, lane: int, first: int) -> None:
    """Row and words of one guild, so that four lanes write at once."""
    for number in count(first):
        await store.update_guild(lane, voice=str(number), newcomer_voice=str(number))
        say("guild", lane, number)
        await store.update_member(lane, number, voice=str(number))
        say("member", lane, number)
        pair = [DictionaryWord(f"{half}{number}", "るな") for half in ("左", "右")]
        await store.put_words((lane + 10 * (1 + number // 900), 0), pair)
        say("words", lane, number)


async def main() -> None:
    folder, url, first = sys.argv[1:]
    say("opening")
    store = await Store.open(folder, url)
    await asyncio.gather(*(write(store, lane, int(first)) for lane in range(1, 5)))


asyncio.run(main())
