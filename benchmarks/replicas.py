"""One and two replicas of Ray Serve on this machine against the engine in process, in turns.

    PYTHONPATH=tests:tests/luna_tts python -m benchmarks.replicas

Each is asked by one caller, who waits for the end of what was said before, and then by several. A
replica needs a processor for itself; Serve's proxy and the callers need some of another.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles

from benchmarks.first_sound import TEXTS
from luna_tts import TTSService
from luna_tts.remote import RemoteTTSService
from luna_tts.serve_ray import app

TEXT = TEXTS["40 characters"]


@dataclass
class Figures:
    """What an engine did for so many callers."""

    first: list[float] = field(default_factory=list)
    """Milliseconds from each request to its first chunk."""
    seconds: float = 0.0
    audio: float = 0.0


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    here = TTSService(voices=())
    await here.start()
    with serving(1, 2) as urls:
        engines = {"in process": here}
        for replicas, url in urls.items():
            far = RemoteTTSService([url])
            await far.start()
            engines[f"{replicas} replica(s)"] = far
        figures = await in_turns(engines, options)
        for engine in engines.values():
            await engine.aclose()
    print(f"{len(TEXT)} characters, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    columns = ("", "callers", "requests/s", "first sound, median ms", "95 %", "x real time")
    print(" | ".join(columns))
    for (name, callers), told in figures.items():
        worst = quantiles(told.first, n=20)[-1]
        rate, speed = len(told.first) / told.seconds, told.audio / told.seconds
        first = f"{median(told.first):.0f} | {worst:.0f}"
        print(f"{name} | {callers} | {rate:.1f} | {first} | {speed:.0f}")


@contextmanager
def serving(*sizes: int) -> Iterator[dict[int, str]]:
    """Yields the address of a deployment of each size. Those that are not asked cost nothing."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    import ray
    from ray import serve

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ray.init(
        num_cpus=sum(sizes),
        include_dashboard=False,
        object_store_memory=80 * 2**20,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    try:
        serve.start(http_options={"port": port})
        for size in sizes:
            serve.run(app({"replicas": size}), name=f"luna{size}", route_prefix=f"/of{size}")
        yield {size: f"http://127.0.0.1:{port}/of{size}" for size in sizes}
    finally:
        serve.shutdown()
        ray.shutdown()


async def in_turns(
    engines: dict[str, TTSService], options: argparse.Namespace
) -> dict[tuple[str, int], Figures]:
    figures = {(name, n): Figures() for n in (1, options.callers) for name in engines}
    for (name, callers), told in list(figures.items()) * options.rounds:
        await asyncio.sleep(1)
        began = time.perf_counter()
        until = began + options.seconds
        await asyncio.gather(*(call(engines[name], told, until) for _ in range(callers)))
        told.seconds += time.perf_counter() - began
    return figures


async def call(engine: TTSService, told: Figures, until: float) -> None:
    """Asks again as soon as all was heard."""
    while (began := time.perf_counter()) < until:
        first = 0.0
        async with aclosing(engine.stream(TEXT)) as chunks:
            async for chunk in chunks:
                first = first or time.perf_counter() - began
                told.audio += chunk.seconds
        told.first.append(first * 1000)


if __name__ == "__main__":
    asyncio.run(main())
