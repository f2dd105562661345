"""Who connects and dawdles, or sends more than anybody needs, costs the server nothing."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest

from luna_tts import TTSService
from luna_tts.server.protocol import ImpatientProtocol
from serving import serving


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /v1/speech HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    ],
    ids=["nothing", "half a head", "half a body"],
)
async def test_who_takes_too_long_to_ask_is_hung_up_on(
    service: TTSService, monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    monkeypatch.setattr(ImpatientProtocol, "seconds", 0.3)
    async with serving(service) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(begin)

        async def dawdle() -> None:
            while True:
                await asyncio.sleep(0.05)
                writer.write(b"x")

        dawdling = asyncio.create_task(dawdle())
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionResetError):
                while await reader.read(1000):
                    pass
        dawdling.cancel()
        await asyncio.gather(dawdling, return_exceptions=True)
        writer.close()
        async with aiohttp.ClientSession() as session, session.get(f"{url}/health") as answer:
            assert answer.status == 200


async def test_a_head_without_end_is_refused(service: TTSService) -> None:
    async with serving(service) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 200_000)
        async with asyncio.timeout(10):
            try:
                answer = await reader.read(100)
            except ConnectionResetError:
                answer = b"HTTP/1.1 400 cut off"
        assert b" 400 " in answer
        writer.close()


async def test_a_slow_answer_is_not_cut(
    service: TTSService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImpatientProtocol, "seconds", 0.2)
    async with serving(service) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/health") as answer:
            assert answer.status == 200
        await asyncio.sleep(0.4)
        async with session.get(f"{url}/health") as answer:
            assert answer.status == 200
