"""Killed with SIGKILL at any moment, Luna loses no acknowledged change and starts again."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

from cogs._store import Store

KILLS = int(os.environ.get("KILLS", "4"))
"""On each database, while it writes; and half as many again while it opens."""
PROGRAM = Path(__file__).with_name("killed.py")


async def killed(place: tuple[Path, str], first: int, mark: str, seconds: float) -> list[list[str]]:
    """Kills the program that long after its first line that begins with `mark`; its lines."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, *map(str, place), str(first), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    lines = []
    while not (lines and lines[-1].startswith(mark)):
        lines.append((await process.stdout.readline()).decode())
        assert lines[-1], "it ended by itself"
    await asyncio.sleep(seconds)
    process.kill()
    lines += (await process.stdout.read()).decode().splitlines(keepends=True)
    assert await process.wait() == -9
    return [line.split() for line in lines if line.endswith("\n")]


async def check(place: tuple[Path, str], acknowledged: list[tuple[str, int, int]]) -> None:
    store = await Store.open(*place)
    for what, lane, number in acknowledged:
        if what == "guild":
            row = await store.guild(lane)
            assert int(row.voice or 0) >= number
        elif what == "member":
            assert (await store.member(lane, number)).voice == str(number)
        else:
            words = await store.words(lane + 10 * (1 + number // 900), 0)
            assert {f"左{number}", f"右{number}"} <= {word.surface for word in words}
    for lane in range(1, 5):
        row = await store.guild(lane)
        assert row.voice == row.newcomer_voice, "half of a change"
        for block in range(1, 4):
            words = await store.words(lane + 10 * block, 0)
            halves = [{w.surface[1:] for w in words if w.surface[0] == half} for half in "左右"]
            assert halves[0] == halves[1], "half of a pair of words"
    await store.aclose()


async def test_killed_at_any_moment_it_loses_nothing(place: tuple[Path, str]) -> None:
    chance = random.Random(20)
    acknowledged: list[tuple[str, int, int]] = []
    first = 1
    for number in range(KILLS + KILLS // 2):
        opening = number < KILLS // 2
        mark = "opening" if opening else "guild"
        seconds = chance.uniform(0, 0.5 if opening else 0.3)
        lines = await killed(place, first, mark, seconds)
        acknowledged += [(line[0], int(line[1]), int(line[2])) for line in lines if len(line) == 3]
        first = max([first, *(number + 1 for _, _, number in acknowledged)])
        await check(place, acknowledged)
    print(f"{KILLS + KILLS // 2} kills, {len(acknowledged)} acknowledged changes")
    assert len(acknowledged) > KILLS
    assert not list(place[0].glob("*broken*"))
