"""How many listeners one machine keeps fed: by earliest deadline, and by order of asking.

    PYTHONPATH=tests/luna_tts python -m benchmarks.listeners [--folder DIR [--device cuda]]

Each listener hears line after line, as fast as they sound, with a moment between them. Luna's
service is told how much each still has to hear and serves whoever would run dry first; the other
one is not told and serves in the order of asking. --folder is that of `python -m benchmarks`. On a
graphics card only its voice speaks, to many more; who come first find nothing recorded.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.chart import draw
from luna_tts import TTSService

LINES = (
    "こんばんは、今日も一日おつかれさまでした。",
    "昨日のイベント、思ったより人が多くて驚いたけど、すごく楽しかったよ。",
    "了解です。",
    "昔々あるところに、おじいさんとおばあさんが住んでいました。おじいさんは山へ芝刈りに、"
    "おばあさんは川へ洗濯に行きました。すると川上から、大きな桃が流れてきました。",
    "それは明日にしよう、もう眠いし。",
)
AHEAD_SECONDS = 10.0
"""How much of a line is made ahead of its listener, as the bot does."""
GAP_SECONDS = 0.06
"""A silence inside a line that a listener notices."""
STEPS = 6
"""In which listeners are added, at most: begun lines may go on however many others wait."""
ON_CARD = 96
"""The smallest number of listeners there."""
WAYS = {"first come": False, "deadline": True}


@dataclass
class Listener:
    """Hears lines for a while; knows how long it waited and where it ran dry."""

    service: TTSService
    told: bool
    """Whether the service may ask how much is left to hear."""
    chance: random.Random
    end: float = 0.0
    waits: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)

    def left(self) -> float:
        return max(0.0, self.end - time.monotonic())

    async def listen(self, until: float) -> None:
        await asyncio.sleep(self.chance.uniform(0, 2))
        while time.monotonic() < until:
            await self._hear(self.chance.choice(LINES))
            await asyncio.sleep(self.left() + self.chance.uniform(0.2, 2))

    async def _hear(self, line: str) -> None:
        asked, self.end = time.monotonic(), 0.0
        stream = self.service.stream(line, seconds_left=self.left if self.told else None)
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                if not len(chunk.samples):
                    continue
                now = time.monotonic()
                if not self.end:
                    self.waits.append(now - asked)
                elif now > self.end:
                    self.gaps.append(now - self.end)
                self.end = max(self.end, now) + chunk.seconds
                await asyncio.sleep(max(0.0, self.left() - AHEAD_SECONDS))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="also with the full-size voice in it")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    print(f"{'':28}{'first come first served':>34}{'earliest deadline first':>34}")
    print("  listeners" + " " * 17 + "      fed  worst gap  first sound" * 2)
    here = options.device == "cpu"
    series = {}
    if here:
        series = await curve("embedded voice", TTSService(voices=()), options.seconds, 8)
    if options.folder:
        berts = {"ja": options.folder / "bert"}
        service = TTSService(options.folder / "voices", berts=berts, device=options.device)
        series |= await curve("full-size voice", service, options.seconds, 1 if here else ON_CARD)
    if here:
        draw(Path("docs/listeners.svg"), series, "listeners", "of whom so many are kept fed")


async def curve(
    name: str, service: TTSService, seconds: float, step: int
) -> dict[str, list[tuple[float, float]]]:
    """More and more listeners, until under half of them are fed either way."""
    await service.start()
    points: dict[str, list[tuple[float, float]]] = {f"{name}, {way}": [(0, 0)] for way in WAYS}
    for count in range(step, STEPS * step + 1, step):
        row = f"  {count:3} {name:24}"
        fed = {}
        for way, told in WAYS.items():
            listeners = await trial(service, count, told=told, seconds=seconds)
            fed[way] = sum(max(one.gaps, default=0) <= GAP_SECONDS for one in listeners)
            worst = max((gap for one in listeners for gap in one.gaps), default=0.0)
            waits = [wait for one in listeners for wait in one.waits]
            row += (
                f"{fed[way]:5} of {count:<3}{worst:8.2f} s{median(waits):6.2f}/{max(waits):.2f} s"
            )
            points[f"{name}, {way}"].append((count, fed[way]))
        print(row, flush=True)
        if max(fed.values()) < count / 2:
            break
    await service.aclose()
    return points


async def trial(service: TTSService, count: int, *, told: bool, seconds: float) -> list[Listener]:
    """The same lines at the same moments for both ways."""
    listeners = [Listener(service, told, random.Random(number)) for number in range(count)]
    until = time.monotonic() + seconds
    await asyncio.gather(*(listener.listen(until) for listener in listeners))
    return listeners


if __name__ == "__main__":
    asyncio.run(main())
