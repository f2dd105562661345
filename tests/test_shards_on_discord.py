"""Luna with several connections to Discord: in one process, and in two that share PostgreSQL."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from cafe import ROOT, Cafe, Sound, length, luna, open_cafe, spoken
from discord_standin import BotProcess, Human, StandIn, similarity
from luna_tts import DictionaryWord, SynthesisOptions, UserDictionary
from luna_tts.open_jtalk import OpenJTalkModel
from postgresql import PostgreSQL

pytestmark = pytest.mark.realtime

GREETING = "こんにちは。luna です。"
STORY = "昔々あるところに、おじいさんとおばあさんが住んでいました。二人はとても仲が良いのでした。"
"""Long enough for something to happen meanwhile."""


@pytest.fixture
async def discord() -> AsyncIterator[StandIn]:
    async with StandIn() as discord:
        yield discord


@pytest.fixture
def cafes(discord: StandIn) -> list[Cafe]:
    """One for each of two shards, by their number."""
    by_shard: dict[int, Cafe] = {}
    while len(by_shard) < 2:
        cafe = open_cafe(discord, f"Cafe {len(by_shard)}")
        if by_shard.setdefault((cafe.guild.id >> 22) % 2, cafe) is not cafe:
            del discord.world.guilds[cafe.guild.id]
    return [by_shard[0], by_shard[1]]


@asynccontextmanager
async def shard(discord: StandIn, number: int, url: str) -> AsyncIterator[BotProcess]:
    """bot.py with one shard of two, ready."""
    env = {"LUNA_SHARDS": f"{number}/2", "LUNA_DATABASE_URL": url, "LUNA_DATA": "/nowhere"}
    async with discord.bot_process(ROOT / "bot.py", env=env, cwd=ROOT) as bot:
        await bot.wait_for_log("is ready", timeout=60)
        yield bot


async def hears(cafe: Cafe, person: Human, text: str) -> Sound:
    interaction = await person.command("say", text=text)
    return await cafe.heard(interaction.sent_at)


async def test_two_processes_are_one_luna(
    discord: StandIn, cafes: list[Cafe], postgresql: PostgreSQL, open_jtalk: OpenJTalkModel
) -> None:
    url = await postgresql.new_database()
    zero, one = cafes
    twin = one.guild.welcome(zero.alice, locale="ja")
    for cafe, person in ((zero, zero.alice), (one, twin)):
        await person.join(cafe.lounge)
    async with shard(discord, 0, url) as first, shard(discord, 1, url) as second:
        assert discord.gateway.refused == 0, "they identify in turn"
        assert discord.commands.synced == 1, "by one of them"
        assert [len(discord.gateway.current), first.log.count("in 1 servers")] == [2, 1]
        hearing = (hears(zero, zero.alice, GREETING), hears(one, twin, GREETING))
        for heard in await asyncio.gather(*hearing):
            assert similarity(heard, spoken(open_jtalk, GREETING)) > 0.6

        word = UserDictionary([DictionaryWord("luna", "オツキサマ")])
        added = await zero.alice.command("dict add", whose="mine")
        await added.modal()
        await (await zero.alice.submit(added, surface="luna", reading="オツキサマ")).reply()
        heard = await hears(one, twin, GREETING)
        likeness = similarity(heard, spoken(open_jtalk, GREETING, word))
        assert likeness > 0.6
        assert likeness > similarity(heard, spoken(open_jtalk, GREETING)) + 0.1

        await (await zero.alice.command("voice set", speed=1.5)).reply()
        said = await twin.command("say", text=STORY)
        await one.ear.speech(since=said.sent_at)
        await first.stop(signal.SIGKILL)
        async with shard(discord, 0, url) as again:
            await one.quiet()
            assert similarity(one.ear.pcm(since=said.sent_at), spoken(open_jtalk, STORY)) > 0.6
            await discord.bot_in(zero.lounge)
            heard = await hears(zero, zero.alice, "またこんにちは。")
            fast = SynthesisOptions(length_scale=1 / 1.5)
            as_set = spoken(open_jtalk, "またこんにちは。", options=fast)
            assert length(heard) == pytest.approx(length(as_set), rel=0.1)
            assert similarity(heard, as_set) > 0.6
            assert one.ear.faults == []
            assert "Traceback" not in first.log + second.log + again.log
            assert len(discord.gateway.sessions) == 3, "the other one never began anew"
        assert discord.gateway.refused == 0


async def test_one_process_with_as_many_as_discord_recommends(
    discord: StandIn, cafes: list[Cafe], open_jtalk: OpenJTalkModel
) -> None:
    discord.gateway.shards = discord.gateway.max_concurrency = 2
    for cafe in cafes:
        await cafe.alice.join(cafe.lounge)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {"LUNA_SHARDS": "auto", "LUNA_METRICS_PORT": str(port)}
    async with luna(discord, env) as bot, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        await bot.wait_for_log("is ready", timeout=60)
        async with http.get("/metrics") as metrics:
            assert (
                re.findall(r"^luna_shards.* ([\d.]+)$", await metrics.text(), re.M) == ["2.0"] * 2
            )
        assert sorted(discord.gateway.current) == [0, 1]
        assert discord.gateway.refused == 0
        for heard in await asyncio.gather(*(cafe.hears("こんにちは。") for cafe in cafes)):
            assert similarity(heard, spoken(open_jtalk, "こんにちは。")) > 0.6
        zero, one = cafes
        said = await zero.say(STORY)
        await zero.ear.speech(since=said.sent_at)
        await discord.invalidate_session(1, resumable=False)
        await discord.bot_out(one.guild)
        await discord.bot_in(one.lounge, timeout=30)
        async with http.get("/health") as health:
            assert health.status == 200
        await zero.quiet()
        assert similarity(zero.ear.pcm(since=said.sent_at), spoken(open_jtalk, STORY)) > 0.6
        heard = await one.hears("ただいま。")
        assert similarity(heard, spoken(open_jtalk, "ただいま。")) > 0.6
        pong = await (await one.alice.command("ping")).reply()
        assert "ms" in pong.content
        assert await bot.stop() < 8
        assert "Traceback" not in bot.log


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"LUNA_SHARDS": "0/2"}, "they share settings in PostgreSQL only, set LUNA_DATABASE_URL"),
        ({"LUNA_SHARDS": "some"}, "LUNA_SHARDS is 'some': it must be auto, a number of shards, or"),
        ({}, "too many servers for one connection: set LUNA_SHARDS=auto in .env"),
    ],
)
async def test_what_cannot_be_is_one_sentence(
    discord: StandIn, cafes: list[Cafe], tmp_path: Path, env: Mapping[str, str], sentence: str
) -> None:
    discord.gateway.most_guilds = 1
    env = {"LUNA_DATA": str(tmp_path), **env}
    async with discord.bot_process(ROOT / "bot.py", env=env, cwd=ROOT) as bot:
        assert await bot.wait() == 1
        assert sentence in bot.log
        assert "Traceback" not in bot.log
