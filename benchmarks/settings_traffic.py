"""Ten thousand guilds' settings: how long a message waits for them, on PostgreSQL and on SQLite.

    PYTHONPATH=tests nice python -m benchmarks.settings_traffic

Starts a PostgreSQL of its own (tests/postgresql.py), used by four stores as four bot processes use
it, each with a quarter of the guilds; SQLite is one store's alone. Messages come at a given rate,
most of them from few guilds (Zipf), and ask what the reader asks: the guild's row, the member's,
three dictionaries. One in fifty is a change instead. Latencies count from the moment when a message
was due, so that a database that falls behind is seen. Meanwhile it is measured how long a member's
new word takes to be seen by another process.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cogs._store import EVERYWHERE, Store
from luna_tts import DictionaryWord
from postgresql import PostgreSQL, installed

from .many_guilds import watch_loop

MEMBERS = 20
"""Who write in a guild."""
CHANGES = 0.02
"""Of all messages."""
PROCESSES = 4


@dataclass
class Traffic:
    """The same course of messages for either database, and how long each took."""

    stores: list[Store]
    guilds: int
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    def __post_init__(self) -> None:
        self._weights = list(accumulate(1 / rank for rank in range(1, self.guilds + 1)))
        self._seen: set[tuple[int, int]] = set()

    def store(self, guild: int) -> Store:
        """That of the process which has the guild."""
        return self.stores[guild % len(self.stores)]

    async def set_up(self) -> float:
        """Every guild chooses something; changes a second."""
        began = time.perf_counter()

        async def one_process(number: int) -> None:
            for guild in range(1, self.guilds + 1):
                if guild % len(self.stores) == number:
                    await self.stores[number].update_guild(guild, language="ja", read_names=True)

        await asyncio.gather(*(one_process(number) for number in range(len(self.stores))))
        return self.guilds / (time.perf_counter() - began)

    async def run(self, rate: float, seconds: float) -> float:
        """Messages at `rate`; how many of the time's CPU seconds this process used."""
        began, cpu, tasks = time.perf_counter(), time.process_time(), set[asyncio.Task[None]]()
        for number in range(int(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(self._message(due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        return (time.process_time() - cpu) / (time.perf_counter() - began)

    async def _message(self, due: float) -> None:
        (guild,) = self.dice.choices(range(1, self.guilds + 1), cum_weights=self._weights)
        member = guild * 1000 + self.dice.randrange(MEMBERS)
        store, changes = self.store(guild), self.dice.random() < CHANGES
        kind = "change" if changes else "again" if (guild, member) in self._seen else "first"
        self._seen.add((guild, member))
        await (self._change(store, guild, member) if changes else read(store, guild, member))
        self.seconds[kind].append(time.perf_counter() - due)

    def _change(self, store: Store, guild: int, member: int) -> Awaitable[object]:
        """What members do, and what Luna notes when she comes and when somebody new speaks."""
        word = DictionaryWord(f"w{self.dice.randrange(50)}", "ルナ")
        kinds: list[Callable[[], Awaitable[object]]] = [
            lambda: store.update_member(guild, member, length_scale=self.dice.uniform(0.5, 2)),
            lambda: store.number_newcomer(guild, member),
            lambda: store.update_guild(guild, voice_channel=self.dice.randrange(1, 10**18)),
            lambda: store.put_words((0, member), [word]),
        ]
        return self.dice.choice(kinds)()

    async def watch(self) -> None:
        """A member's word, written in one process, until another one has it."""
        first, last = self.stores[0], self.stores[-1]
        for member in range(10**9, 2 * 10**9):
            await last.words(0, member)
            began = time.perf_counter()
            await first.put_words((0, member), [DictionaryWord("luna", "ルナ")])
            while not await last.words(0, member):  # noqa: ASYNC110
                await asyncio.sleep(0.0005)
            self.seconds["elsewhere"].append(time.perf_counter() - began)
            await asyncio.sleep(0.1)


async def read(store: Store, guild: int, member: int) -> None:
    """What has to be known before a message is spoken."""
    await store.guild(guild)
    await store.member(guild, member)
    for scope in ((0, member), (guild, 0), EVERYWHERE):
        await store.words(*scope)


async def measure(stores: list[Store], options: argparse.Namespace) -> dict[str, str]:
    """The column of one database."""
    traffic = Traffic(stores, options.guilds)
    rows = {f"changes a second, {options.guilds} guilds set up": f"{await traffic.set_up():.0f}"}
    watching = asyncio.create_task(traffic.watch()) if len(stores) > 1 else None
    lags = list[float]()
    lagging = asyncio.create_task(watch_loop(lags))
    used = await traffic.run(options.rate, options.seconds)
    for task in filter(None, (watching, lagging)):
        task.cancel()
    traffic.seconds["lag"] = lags
    names = {
        "again": "member known: all settings of a message",
        "first": "member's first message",
        "change": "a change, durable",
        "elsewhere": "seen by another process, the change included",
        "lag": "the event loop's own lag, which is in all of these",
    }
    for kind, name in names.items():
        found = traffic.seconds.get(kind)
        p50, p95, p99 = np.percentile(found or [np.nan], (50, 95, 99)) * 1000
        worth = f"{p50:.2f} / {p95:.2f} / {p99:.2f} ms ({len(found)})" if found else "–"
        rows[name] = worth
    rows["CPU of the store's side"] = f"{used:.0%} of a core"
    for store in stores:
        await store.aclose()
    return rows


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guilds", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=200, help="messages a second")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    programs = installed()
    if programs is None:
        parser.error("PostgreSQL is not installed (apt install postgresql)")
    server = PostgreSQL(programs)
    try:
        url = await server.new_database()
        stores = [await Store.open("unused", url) for _ in range(PROCESSES)]
        postgresql = await measure(stores, options)
        size = await server.size(url)
    finally:
        server.remove()
    with TemporaryDirectory(dir=Path.cwd()) as folder:  # on a disk, which /tmp may not be
        sqlite = await measure([await Store.open(folder)], options)
    print(
        f"{options.rate:.0f} messages a second for {options.seconds:.0f} s; "
        "p50 / p95 / p99 (how often)\n"
    )
    print(
        f"| what | PostgreSQL, {PROCESSES} processes | SQLite, one process |\n| --- | --- | --- |"
    )
    postgresql["size of the database"], sqlite["size of the database"] = f"{size / 1e6:.0f} MB", "–"
    for name, worth in postgresql.items():
        print(f"| {name} | {worth} | {sqlite[name]} |")


if __name__ == "__main__":
    asyncio.run(main())
