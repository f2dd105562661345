"""What a server in which Luna speaks costs the bot itself, whose engine is elsewhere.

    PYTHONPATH=tests nice python -m benchmarks.speaking_servers [--servers 8]

The unmodified bot.py on the Discord stand-in, an engine server beside it: what is left to
the bot is preparing texts, Opus, end-to-end encryption and a packet every 20 ms. All servers hear
line after line; the CPU time is that of the bot's process alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
import time
from pathlib import Path

from cafe import LONG, Cafe, luna, open_cafe
from discord_standin import StandIn

SECONDS = 20.0


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=8)
    options = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (sys.executable, "-m", "luna_tts", "serve", "--port", str(port))
    limits = {"LUNA_SERVER_MAX_STREAMS": "100", "LUNA_VOICES": ""}
    engine = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **limits}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await measure(options.servers, {"LUNA_ENGINE": f"http://127.0.0.1:{port}"})
    finally:
        engine.kill()
        await engine.wait()


async def measure(count: int, env: dict[str, str]) -> None:
    async with StandIn() as discord:
        cafes = [open_cafe(discord, f"Cafe {number}") for number in range(count)]
        for cafe in cafes:
            await cafe.alice.join(cafe.lounge)
        async with luna(discord, env) as bot:
            await bot.wait_for_log("is ready", timeout=60)
            idle_megabytes, idle = megabytes(bot.pid), await used(bot.pid, 5.0)
            talking = [asyncio.create_task(talk(cafe)) for cafe in cafes]
            await asyncio.gather(*(cafe.ear.speech(since=0, timeout=60) for cafe in cafes))
            before = {cafe.guild.id: len(cafe.ear.packets) for cafe in cafes}
            busy = await used(bot.pid, SECONDS)
            packets = sum(len(cafe.ear.packets) - before[cafe.guild.id] for cafe in cafes)
            for task in talking:
                task.cancel()
            await asyncio.gather(*talking, return_exceptions=True)
            speaking = packets / 50 / SECONDS
            print(f"{count} servers, {speaking:.1f} of them hearing something at any moment")
            print(f"the bot's CPU: idle {idle:.1%} of a core, then {busy:.1%}")
            print(f"for each server that hears something: {(busy - idle) / speaking:.2%} of a core")
            print(f"memory: {idle_megabytes:.0f} MB, then {megabytes(bot.pid):.0f} MB")


async def talk(cafe: Cafe) -> None:
    """Line after line."""
    while True:
        said = await cafe.say(LONG)
        await cafe.ear.speech(since=said.sent_at, timeout=60)
        await cafe.ear.quiet(seconds=1, timeout=60)


async def used(pid: int, seconds: float) -> float:
    """CPU seconds of a second."""
    before, began = cpu(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu(pid) - before) / (time.monotonic() - began)


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    asyncio.run(main())
