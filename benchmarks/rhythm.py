"""The rhythm of the 20 ms sender while inference runs at full load, as six listeners get it.

    PYTHONPATH=tests:tests/luna_tts python -m benchmarks.rhythm --folder DIR [--minutes 10]

The unmodified bot speaks to six voice channels of the Discord stand-in with the embedded voice,
line after line, and to two more with the full-size voice of --folder (that of `python -m
benchmarks`), which keep the inference thread busy. Lateness is a packet's arrival at
the kernel against its place in its run of packets; a gap is silence inside an utterance that the
utterance does not have.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.chart import draw
from cafe import LONG, Cafe, luna, open_cafe, spoken
from discord_standin import StandIn, largest_gap
from discord_standin.listener import HeardPacket
from luna_tts.open_jtalk import EMBEDDED_VOICE, OpenJTalkModel

LISTENERS, LOADERS = 6, 2
GAP_SECONDS = 0.06
RATE = 48_000


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    env = {
        "LUNA_MODELS": str((options.folder / "voices").resolve()),
        "LUNA_BERT_JA": str((options.folder / "bert").resolve()),
        "LUNA_VOICES": "one",
    }
    async with StandIn() as discord:
        cafes = [open_cafe(discord, f"Cafe {number}") for number in range(LISTENERS + LOADERS)]
        async with luna(discord, env) as bot:
            await bot.wait_for_log("is ready", timeout=60)
            for cafe in cafes:
                await cafe.alice.join(cafe.lounge)
            for cafe in cafes[:LISTENERS]:
                admin = cafe.guild.add_member("admin", permissions=["manage_guild"])
                await (await admin.command("model use", voice=EMBEDDED_VOICE)).reply()
            until = time.monotonic() + 60 * options.minutes
            loading = [asyncio.create_task(keep_busy(cafe)) for cafe in cafes[LISTENERS:]]
            heard = await asyncio.gather(*(listen(cafe, until) for cafe in cafes[:LISTENERS]))
            for task in loading:
                task.cancel()
            await asyncio.gather(*loading, return_exceptions=True)
    report([gap for gaps in heard for gap in gaps], cafes[:LISTENERS])


async def keep_busy(cafe: Cafe) -> None:
    while True:
        said = await cafe.say(LONG)
        await cafe.ear.speech(since=said.sent_at, timeout=120)
        await cafe.ear.quiet(seconds=1, timeout=600)


async def listen(cafe: Cafe, until: float) -> list[float]:
    """Line after line; the largest gap of each, in seconds."""
    reference, gaps = await asyncio.to_thread(spoken, OpenJTalkModel(), LONG), []
    while time.monotonic() < until:
        heard = await cafe.hears(LONG, timeout=60)
        gaps.append(await asyncio.to_thread(largest_gap, heard, reference))
    return gaps


def report(gaps: list[float], cafes: list[Cafe]) -> None:
    late = np.array([ms for cafe in cafes for ms in lateness(cafe.ear.packets)])
    p50, p99, p999 = np.percentile(late, (50, 99, 99.9))
    minutes = len(late) / 50 / 60
    print(f"{minutes:.0f} minutes of packets, {len(gaps)} utterances of {len(cafes)} listeners")
    print(f"lateness: p50 {p50:.2f} ms, p99 {p99:.2f}, p99.9 {p999:.2f}, worst {late.max():.1f}")
    over = sum(gap > GAP_SECONDS for gap in gaps)
    print(f"gaps over 60 ms: {over}; largest gap of an utterance {max(gaps) * 1000:.0f} ms")
    counts, edges = np.histogram(np.clip(late, 0, 20), bins=40, range=(0, 20))
    shares = [
        (float(edge), float(count / len(late))) for edge, count in zip(edges, counts, strict=False)
    ]
    draw(Path("docs/jitter.svg"), {"packets": shares}, "milliseconds late", "share of packets")


def lateness(packets: Iterable[HeardPacket]) -> Iterator[float]:
    """Milliseconds by which each packet is later than the most punctual one of its run."""
    for run in runs(packets):
        while not run[-1].pcm.any():  # the frames of silence at the end are sent all at once
            run.pop()
        clock = np.array([packet.arrival - packet.timestamp / RATE for packet in run])
        clock = clock[1:]  # discord.py's first packet leaves 20 ms ahead of its own clock
        yield from (clock - clock.min()) * 1000


def runs(packets: Iterable[HeardPacket]) -> Iterator[list[HeardPacket]]:
    """Packets of one sound on end, a second at least."""
    run: list[HeardPacket] = []
    for packet in packets:
        if run and (_skips(run[-1], packet) or _pauses(run[-1], packet)):
            if len(run) >= 50:
                yield run
            run = []
        run.append(packet)
    if len(run) >= 50:
        yield run


def _skips(one: HeardPacket, following: HeardPacket) -> bool:
    return (following.sequence - one.sequence) % 65536 != 1


def _pauses(one: HeardPacket, following: HeardPacket) -> bool:
    """Frames of silence end a sound; after them the sender owes nothing."""
    return not one.pcm.any() and following.arrival - one.arrival > 0.03


if __name__ == "__main__":
    asyncio.run(main())
