"""After a whole run, faults included, nothing that anybody wrote is left behind, and no token."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from cafe import Cafe, luna, open_cafe
from discord_standin import Message, StandIn, Upload
from test_metrics import free_port

pytestmark = pytest.mark.realtime

SAID, WRITTEN, EDITED, DELETED = "秘密の呪文です", "内緒の手紙です", "書き直しです", "取り消しです"
HALF, REPLY, NAME, FORBIDDEN = "壊れた出来事", "返事の中身", "謎の人物", "禁断の果実"
PASTED = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe." + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gH3j"
"""The token of some bot, as people paste it."""
TEXTS = (SAID, WRITTEN, EDITED, DELETED, HALF, REPLY, FORBIDDEN, PASTED)


async def test_no_text_and_no_token_is_left_in_log_metrics_or_files(tmp_path: Path) -> None:
    port = free_port()
    env = {"LUNA_DATA": str(tmp_path), "LUNA_METRICS_PORT": str(port)}
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        async with luna(discord, env) as bot:
            await all_that_people_do(cafe)
            await all_that_goes_wrong(cafe, tmp_path)
            told = await scraped(port)
            assert "luna_utterances_total" in told
            for fault in ("could not be read", "no such table", "could not be answered", "4006"):
                assert fault in bot.log
            assert await bot.stop() < 10
            for text in (*TEXTS, discord.token):
                for where, content in (("log", bot.log), ("metrics", told)):
                    assert text not in content, (text, where)
            kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())  # noqa: ASYNC240
            found = {text for text in (*TEXTS, NAME, discord.token) if holds(kept, text)}
            assert found == {FORBIDDEN}, "what is to be kept, and nothing else"


def holds(data: bytes, text: str) -> bool:
    """As it is written, or as JSON writes it."""
    return text.encode() in data or json.dumps(text).strip('"').encode() in data


async def scraped(port: int) -> str:
    """All that can be asked for over HTTP."""
    async with aiohttp.ClientSession() as session:
        answers = [
            await (await session.get(f"http://127.0.0.1:{port}/{path}")).text()
            for path in ("metrics", "health", SAID)
        ]
    return "\n".join(answers)


async def all_that_people_do(cafe: Cafe) -> None:
    await cafe.alice.join(cafe.lounge)
    await (await cafe.alice.command("join")).reply()
    await cafe.discord.bot_in(cafe.lounge)
    await (await cafe.say(SAID)).reply()
    bob = cafe.guild.add_member(NAME)
    first = await bob.send(cafe.chat, WRITTEN)
    await bob.send(cafe.chat, REPLY, reply_to=first)
    await bob.send(cafe.chat, f"{PASTED} {cafe.discord.token}")
    await bob.edit(first, EDITED)
    gone = await cafe.alice.send(cafe.chat, DELETED)
    await cafe.alice.delete(gone)
    admin = cafe.guild.add_member("admin", locale="ja", permissions=["manage_guild"])
    await (await admin.command("ngword add", word=FORBIDDEN)).reply()
    await (await cafe.alice.command("say", text=FORBIDDEN)).reply()
    broken = Upload("words.csv", f"{SAID},{WRITTEN},x\n".encode())
    await (await admin.command("dict import", file=broken)).reply()
    await (await admin.command("settings import", file=broken)).reply()


async def all_that_goes_wrong(cafe: Cafe, folder: Path) -> None:
    discord = cafe.discord
    session = discord.gateway.session
    assert session is not None
    broken = {**Message(7, cafe.chat, cafe.alice, HALF).payload(), "author": HALF}
    discord.gateway.dispatch(session, "MESSAGE_CREATE", broken)
    body = {"message": "Invalid Form Body", "code": 50035}
    discord.answer_next("POST", r"/webhooks/.*", 400, body)
    await discord.voice_close(cafe.guild, 4006)
    await says_at_once(cafe)
    with closing(sqlite3.connect(folder / "luna.sqlite3")) as database:
        database.execute("DROP TABLE members")
    await cafe.guild.add_member("stranger").send(cafe.chat, WRITTEN)
    await discord.gateway_close(4000)
    await discord.wait_for(lambda: discord.gateway.resumed, "not resumed")
    await says_at_once(cafe)


async def says_at_once(cafe: Cafe) -> None:
    stop = await cafe.alice.command("stop")
    await stop.acknowledged()  # the answer may be what fails
    await cafe.hears(SAID)
