"""Two hundred guilds at once, and a hundred thousand utterances: queues, loop and memory.

    nice python -m benchmarks.many_guilds

Every guild gets sixty messages a minute, which are made speakable and queued as the reader does it.
The engine makes silence at no cost and the listener takes it at once, so that what is measured is
Luna's own road. Two guilds have a listener who hears nothing for the whole minute: what is left out
there must be counted, and the announcements that are heard must tell of all of it. Then utterances
run through twenty queues as fast as they can. Memory and the lag of the event loop over the whole
run go to docs/soak.svg.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import numpy as np

from cogs._markup import speakable
from cogs._pcm_stream import PcmStream
from cogs._speech_queue import SpeechQueue, Utterance
from luna_tts import AudioChunk

from .chart import draw

LINES = Path(__file__).with_name("data") / "busy_channel.tsv"
PICTURE = Path(__file__).parents[1] / "docs/soak.svg"
SILENCE = np.zeros(9600, np.float32)
DEAF = 2
"""Guilds whose listener takes nothing during the load."""


class SilentEngine:
    """Two tenths of a second of silence for each text, at no cost."""

    voice = "silence"

    def voices(self) -> tuple[object, ...]:
        return ()

    async def stream(self, text: str, **_: Any) -> AsyncGenerator[AudioChunk, None]:
        await asyncio.sleep(0)
        yield AudioChunk(SILENCE, 48_000, text, last=True)


class Guild:
    """One queue, and what became of its messages."""

    def __init__(self, number: int, engine: SilentEngine) -> None:
        self.sent = self.heard = self.announced = 0
        self.announcements: dict[Utterance, int] = {}
        self.hears = asyncio.Event()
        if number >= DEAF:
            self.hears.set()
        self.queue = SpeechQueue(
            lambda: engine,  # type: ignore[arg-type, return-value]
            self._listen,
            limit=30,
            member_limit=5,
            announce_dropped=self._announce,
        )

    def post(self, text: str, member: int, number: int) -> None:
        said = speakable(text, "ja", 500, None)
        if said:
            self.sent += 1
            self.queue.offer(Utterance(said, member_id=member, message_id=number))

    async def _listen(self, stream: PcmStream) -> None:
        await self.hears.wait()
        while not stream.exhausted:
            stream.read()
            if not stream.ready:
                await asyncio.sleep(0)
        current = self.queue._current
        if current is not None:
            self.heard += len(current.message_ids)
            self.announced += self.announcements.get(current.utterance, 0)

    def _announce(self, count: int) -> Utterance:
        announcement = Utterance(f"{count} left out")
        self.announcements[announcement] = count
        return announcement


async def load(guilds: list[Guild], seconds: float, texts: list[str], dice: random.Random) -> None:
    """A message a second in every guild, spread evenly over each second."""
    due, step, number = time.perf_counter(), 1 / len(guilds), 0
    end = due + seconds
    while due < end:
        for guild in guilds:
            number += 1
            guild.post(f"{dice.choice(texts)} {number}", dice.randrange(12), number)
            due += step
            await asyncio.sleep(max(0.0, due - time.perf_counter()))


class Watch:
    """The event loop's lag, fifty times a second, and memory, twice a second."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self.course: dict[str, list[tuple[float, float]]] = {
            "memory, MB": [],
            "most lag, ms": [],
        }
        self._began = time.perf_counter()

    async def run(self) -> None:
        while True:
            first = len(self.lags)
            for _ in range(25):
                due = time.perf_counter() + 0.02
                await asyncio.sleep(0.02)
                self.lags.append(max(0.0, time.perf_counter() - due))
            now = time.perf_counter() - self._began
            self.course["memory, MB"].append((now, megabytes()))
            self.course["most lag, ms"].append((now, max(self.lags[first:]) * 1000))


async def soak(guilds: list[Guild], count: int, texts: list[str]) -> list[float]:
    """`count` utterances, a queueful at a time; megabytes after each."""
    done, course = 0, list[float]()
    while done < count:
        for guild in guilds:
            for _ in range(20):
                done += 1
                guild.queue.put(Utterance(f"{texts[done % len(texts)]} {done}", member_id=done))
        for guild in guilds:
            await guild.queue.idle()
        course.append(megabytes())
    return course


def megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guilds", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    texts = [line.split("\t")[1] for line in LINES.read_text("utf-8").splitlines()]
    engine, watch = SilentEngine(), Watch()
    guilds = [Guild(number, engine) for number in range(arguments.guilds)]
    cpu = time.process_time()
    watching = asyncio.create_task(watch.run())
    await load(guilds, arguments.seconds, texts, random.Random(arguments.seed))
    cpu = time.process_time() - cpu
    for guild in guilds:
        guild.hears.set()
        await guild.queue.idle()
    lags = list(watch.lags)
    sent, heard = sum(g.sent for g in guilds), sum(g.heard for g in guilds)
    dropped, announced = sum(g.queue.dropped for g in guilds), sum(g.announced for g in guilds)
    p50, p99 = np.percentile(lags, (50, 99)) * 1000
    print("| what | figure |\n| --- | --- |")
    print(f"| messages in {arguments.guilds} guilds in {arguments.seconds:.0f} s | {sent} |")
    print(f"| heard | {heard} |")
    print(f"| left out (in {DEAF} guilds) | {dropped} |")
    print(f"| told of by announcements that were heard | {announced} |")
    print(f"| neither | {sent - heard - dropped} |")
    print(f"| event loop's lag, p50, p99, most | {p50:.1f}, {p99:.1f}, {max(lags) * 1000:.0f} ms |")
    print(f"| CPU time of it all | {cpu / arguments.seconds:.0%} of a core |")
    began = time.perf_counter()
    course = await soak(guilds[:20], arguments.utterances, texts)
    rate = arguments.utterances / (time.perf_counter() - began)
    print(f"| {arguments.utterances} utterances, unpaced | {rate:.0f} a second |")
    tenth = max(1, len(course) // 10)
    print(
        f"| memory after a tenth of them, at the end | {course[tenth]:.0f}, {course[-1]:.0f} MB |"
    )
    for guild in guilds:
        await guild.queue.aclose()
    watching.cancel()
    across = f"seconds; {arguments.seconds:.0f} s of {arguments.guilds} guilds, then the utterances"
    draw(PICTURE, watch.course, across, "")


if __name__ == "__main__":
    asyncio.run(main())
