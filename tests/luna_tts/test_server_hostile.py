"""Who connects and dawdles, or sends more than anybody needs, costs the server nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json

import aiohttp
import pytest

from luna_tts import TTSService
from luna_tts.server import create_app
from luna_tts.server.protocol import ImpatientProtocol
from serving import limits, serving


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


GARBAGE = (
    *(b"", b"{", b"\xff\xfe\x00", b"[" * 20_000, b"7" * 5000),
    json.dumps({"input": "\ud800", "text": {}, "voice": "../../x", "words": [[]]}).encode(),
)
HOSTILE = {"text": "\0\U000e0001", "speaker": "9" * 5000, "id": "NaN"}


async def test_no_body_whatever_is_more_than_a_refusal(service: TTSService) -> None:
    routes = create_app(service, limits()).openapi()["paths"]
    asked = [
        (method, path.replace("{", "").replace("}", ""))
        for path, methods in routes.items()
        for method in methods
    ]
    async with serving(service) as url, aiohttp.ClientSession() as session:
        for method, path in asked:
            for body in GARBAGE:
                for query in ({}, HOSTILE) if not body else ({},):
                    async with session.request(
                        method,
                        url + path,
                        data=body,
                        params=query,
                        headers={"Content-Type": "application/json"},
                    ) as answer:
                        await answer.read()
                        assert answer.status < 500, (method, path, body[:50])
    assert len(asked) > 15
