"""First sound over HTTP on loopback against the same engine in process, in turns.

PYTHONPATH=tests:tests/luna_tts python -m benchmarks.over_http
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import aclosing
from statistics import median, quantiles

from benchmarks.first_sound import TEXTS
from luna_tts import TTSService
from luna_tts.remote import RemoteTTSService
from serving import serving, until_idle


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    runs = parser.parse_args().runs
    service = TTSService(voices=())
    await service.start()
    async with serving(service) as url:
        remote = RemoteTTSService([url])
        await remote.start()
        print(f"{'text':16}{'in process, median ms':>24}{'over HTTP, median ms (p25-p75)':>36}")
        for name, text in TEXTS.items():
            here, there = [], []
            for _ in range(runs):
                await at_rest(service)
                here.append(await first_sound(service, text))
                await at_rest(service)
                there.append(await first_sound(remote, text))
            low, _, high = quantiles(there, n=4)
            told = f"{median(there):.1f} ({low:.1f}-{high:.1f})"
            print(f"{name:16}{median(here):24.1f}{told:>36}")
        await remote.aclose()
    await service.aclose()


async def at_rest(service: TTSService) -> None:
    """Returns when the step that the last run left behind is over."""
    await until_idle(service)
    await service.check("はい。")


async def first_sound(service: TTSService, text: str) -> float:
    """Milliseconds until the first chunk."""
    began = time.perf_counter()
    async with aclosing(service.stream(text)) as chunks:
        await anext(chunks)
        return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    asyncio.run(main())
