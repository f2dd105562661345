"""bot.py with LUNA_ENGINE: what a listener hears of a server that is killed while it speaks."""

from __future__ import annotations

import asyncio
import socket
import sys

import pytest

from cafe import LONG, length, luna, open_cafe, spoken
from discord_standin import StandIn, similarity
from luna_tts.open_jtalk import OpenJTalkModel


@pytest.mark.realtime
async def test_a_listener_hears_every_sentence_although_the_server_is_killed(
    open_jtalk: OpenJTalkModel,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (sys.executable, "-m", "luna_tts", "serve", "--port", str(port))
    server = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        await _answers(port)
        async with StandIn() as discord:
            cafe = open_cafe(discord)
            await cafe.alice.join(cafe.lounge)
            env = {"LUNA_ENGINE": f"http://127.0.0.1:{port}"}
            async with luna(discord, env) as bot:
                await cafe.hears("はい。")
                assert "no engine server answers" not in bot.log
                interaction = await cafe.say(LONG)
                await cafe.ear.speech(since=interaction.sent_at)
                server.kill()
                await cafe.quiet()
                heard = cafe.ear.pcm(since=interaction.sent_at)
                reference = spoken(open_jtalk, LONG)
                assert length(heard) == pytest.approx(length(reference), rel=0.05)
                assert similarity(heard, reference) > 0.7
                again = await cafe.hears("まだ話せます。")
                assert similarity(again, spoken(open_jtalk, "まだ話せます。")) > 0.7
                assert bot.log.count("no engine server answers") == 1
                assert "Traceback" not in bot.log
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def _answers(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
