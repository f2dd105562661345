"""/metrics and /health of the unmodified bot.py, scraped over HTTP while Luna speaks."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord as discord_py
import pytest
from discord.ext import commands
from prometheus_client.parser import text_string_to_metric_families

from cafe import LONG, Cafe, luna, open_cafe
from cogs import _metrics_server
from cogs._activity import Measure, Reading
from cogs._metrics_server import MAX_CONNECTIONS, MetricsServer
from discord_standin import BotProcess, StandIn


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@asynccontextmanager
async def watched(discord: StandIn) -> AsyncIterator[tuple[BotProcess, str]]:
    port = free_port()
    async with luna(discord, {"LUNA_METRICS_PORT": str(port)}) as bot:
        yield bot, f"http://127.0.0.1:{port}"


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


def samples(text: str) -> dict[str, float]:
    """Every sample without labels, and buckets under name{bound}."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            assert set(sample.labels) <= {"le"}, "no label could name anybody"
            suffix = f"{{{sample.labels['le']}}}" if sample.labels else ""
            found[sample.name + suffix] = sample.value
    return found


@pytest.mark.realtime
async def test_a_scrape_during_speech_has_every_number_and_no_text() -> None:
    async with StandIn() as discord:
        cafe, other = open_cafe(discord, "Blue Cafe"), open_cafe(discord, "Secret Society")
        async with watched(discord) as (_, url):
            before = samples((await get(f"{url}/metrics"))[1])
            assert before["luna_utterances_total"] == before["luna_guilds_in_voice"] == 0
            for each, answer in ((cafe, "はい。"), (other, "いいえ。")):
                await each.alice.join(each.lounge)
                await each.hears(answer)
            for text in (LONG, "これは秘密の手紙です。", "三つ目です。"):
                await (await cafe.say(text)).reply()
            await asyncio.sleep(1.2)  # for the event loop's lag
            status, text = await get(f"{url}/metrics")
            now = samples(text)
            assert status == 200
            assert now["luna_guilds_in_voice"] == 2
            assert now["luna_queue_length"] == now["luna_queue_length_longest"] == 2
            assert 2 < now["luna_queue_backlog_longest_seconds"] < 20
            assert now["luna_utterances_dropped_total"] == 0
            assert now["luna_utterances_total"] >= 2
            assert now["luna_audio_seconds_total"] > 1
            assert 0 < now["luna_inference_seconds_total"] < now["luna_audio_seconds_total"]
            assert now["luna_voices_loaded"] == 1
            assert now["luna_voices_bytes"] > 1e8
            assert 0 < now["luna_gateway_latency_seconds"] < 1
            for name in ("queue_wait", "first_sound", "synthesis", "event_loop_lag"):
                count = now[f"luna_{name}_seconds_count"]
                assert count >= 1
                assert now[f"luna_{name}_seconds_bucket{{+Inf}}"] == count
                assert now[f"luna_{name}_seconds_sum"] >= 0
            assert now["luna_first_sound_seconds_bucket{2.5}"] >= 2
            _assert_nameless(text, cafe, other)


def _assert_nameless(text: str, *cafes: Cafe) -> None:
    for cafe in cafes:
        people = [m.user.name for m in cafe.guild.members.values() if not m.user.bot]
        channels = [channel.name for channel in cafe.guild.channels.values()]
        for name in (cafe.guild.name, *channels, *people):
            assert not re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE), name
        ids = [cafe.guild.id, *cafe.guild.channels, *cafe.guild.members]
        assert not any(str(number) in text for number in ids)
    assert text.isascii(), "nothing that anybody wrote"
    assert "open-jtalk" not in text


@pytest.mark.realtime
async def test_health_follows_the_gateway_and_goes_with_the_bot() -> None:
    async with StandIn() as discord:
        open_cafe(discord)
        async with watched(discord) as (bot, url):
            assert await get(f"{url}/health") == (200, '{"status": "ok"}')
            discord.gateway.down = True
            await discord.gateway_close(None)
            await _until(f"{url}/health", 503)
            _, text = await get(f"{url}/health")
            assert text == '{"status": "unavailable", "reason": "gateway"}'
            discord.gateway.down = False
            await _until(f"{url}/health", 200)
            assert await bot.stop() < 3
            with pytest.raises(aiohttp.ClientConnectorError):
                await get(f"{url}/health")


async def _until(url: str, status: int) -> None:
    async with asyncio.timeout(20):
        while (await get(url))[0] != status:
            await asyncio.sleep(0.05)


async def test_a_port_in_use_is_one_sentence_and_luna_goes_on() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with StandIn() as discord:
            cafe = open_cafe(discord)
            async with luna(discord, {"LUNA_METRICS_PORT": str(port)}) as bot:
                assert await (await cafe.alice.command("ping")).reply()
            assert f"no metrics on 127.0.0.1 port {port}, something else listens there" in bot.log
            assert "choose another LUNA_METRICS_PORT" in bot.log
            assert "Traceback" not in bot.log


async def test_nothing_listens_unless_a_port_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    async with commands.Bot("!", intents=discord_py.Intents.none()) as bot:
        await bot.load_extension("cogs.metrics")
        assert bot.get_cog("LunaMetrics")._server is None  # type: ignore[union-attr]
        await bot.unload_extension("cogs.metrics")


async def test_health_of_a_bot_that_is_offline_or_has_no_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    monkeypatch.setenv("LUNA_METRICS_PORT", str(port))
    url = f"http://127.0.0.1:{port}"
    async with commands.Bot("!", intents=discord_py.Intents.none()) as bot:
        await bot.load_extension("cogs.metrics")
        assert (await get(f"{url}/health"))[0] == 503
        await bot.get_cog("LunaMetrics")._came()  # type: ignore[union-attr]
        assert (await get(f"{url}/health"))[0] == 200
        await bot.unload_extension("cogs.engine")
        assert await get(f"{url}/health") == (503, '{"status": "unavailable", "reason": "engine"}')
        status, text = await get(f"{url}/metrics")
        assert status == 200
        assert "luna_voices_loaded" not in samples(text)
        await bot.reload_extension("cogs.metrics")
        assert "luna_voices_loaded" in samples((await get(f"{url}/metrics"))[1])
        await bot.unload_extension("cogs.metrics")
        with pytest.raises(aiohttp.ClientConnectorError):
            await get(f"{url}/health")


@pytest.fixture
async def server() -> AsyncIterator[int]:
    async def healthy() -> str | None:
        return None

    server = MetricsServer(lambda: Reading(None, None, 0.1, Measure()), healthy)
    port = free_port()
    await server.start("127.0.0.1", port)
    yield port
    await server.aclose()


async def test_other_paths_methods_and_long_headers_are_refused(server: int) -> None:
    url = f"http://127.0.0.1:{server}"
    assert (await get(f"{url}/"))[0] == 404
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{url}/metrics", data=b"x" * 100_000) as response:
            assert response.status == 405
        async with session.get(f"{url}/health", headers={"X": "x" * 5000}) as response:
            assert response.status == 400
        many = {f"X{n}": "x" for n in range(100)}
        async with session.get(f"{url}/health", headers=many) as response:
            assert response.status == 400
        async with session.head(f"{url}/health") as response:
            assert response.status == 200
            assert response.headers["Connection"] == "close"


@pytest.mark.realtime
async def test_slow_clients_do_no_harm(server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_metrics_server, "CONNECTION_SECONDS", 1.0)
    slow = [await asyncio.open_connection("127.0.0.1", server) for _ in range(MAX_CONNECTIONS)]
    for _, writer in slow:
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    refused, writer = await asyncio.open_connection("127.0.0.1", server)
    assert await _ended(refused), "one more is not taken"
    writer.close()
    for reader, writer in slow:
        async with asyncio.timeout(3):
            assert await _ended(reader), "whoever has not asked in time is out"
        writer.close()
    assert (await get(f"http://127.0.0.1:{server}/health"))[0] == 200


async def _ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True
