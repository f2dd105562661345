"""How much speech a machine makes when many ask at once, and how long each waits for a sound.

    PYTHONPATH=tests/luna_tts python -m benchmarks.at_once [--folder DIR] [--device cuda]

Against one after another: the same lines, each asked for when the one before has been said.
--folder is that of `python -m benchmarks`. Each number of streams has turns enough to be recorded
on a card; the last one counts.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks import full_size
from luna_tts import SynthesisOptions, TTSService

COUNTS = {"cpu": (1, 2, 4), "cuda": (1, 4, 16, 32)}
TURNS = {"cpu": 1, "cuda": 4}


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the weights are kept between runs")
    parser.add_argument("--device", choices=COUNTS, default="cpu")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = full_size.write(options.folder or Path(temporary))
        berts = {"ja": folder / "bert"}
        service = TTSService(folder / "voices", voices=("one",), berts=berts, device=options.device)
        await service.start()
        print("seconds of speech a second, and median and worst first sound, in seconds")
        print("  streams     one after another            at once   ratio")
        for count in COUNTS[options.device]:
            await _row(service, count, TURNS[options.device])
        await service.aclose()


async def _row(service: TTSService, count: int, turns: int) -> None:
    for _ in range(turns):
        alone, alone_firsts = await _said(service, count, at_once=False)
        together, firsts = await _said(service, count, at_once=True)
    print(
        f"  {count:7}{alone:9.1f} ({median(alone_firsts):.3f}, {max(alone_firsts):.3f})"
        f"{together:9.1f} ({median(firsts):.3f}, {max(firsts):.3f}){together / alone:8.1f}",
        flush=True,
    )


async def _said(service: TTSService, count: int, *, at_once: bool) -> tuple[float, list[float]]:
    began = time.perf_counter()
    if at_once:
        heard = await asyncio.gather(*(_say(service, number) for number in range(count)))
    else:
        heard = [await _say(service, number) for number in range(count)]
    seconds = time.perf_counter() - began
    return sum(audio for _, audio in heard) / seconds, [first for first, _ in heard]


async def _say(service: TTSService, number: int) -> tuple[float, float]:
    began, first, audio = time.perf_counter(), 0.0, 0.0
    line, options = full_size.line(150, number), SynthesisOptions(seed=number)
    async for chunk in service.stream(line, options=options):
        first = first or time.perf_counter() - began
        audio += chunk.seconds
    return first, audio


if __name__ == "__main__":
    asyncio.run(main())
