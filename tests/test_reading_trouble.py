"""What goes wrong while chat is read costs one message, or a setting, and never the text."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from cafe import luna, spoken
from discord_standin import BotProcess, StandIn, similarity
from luna_tts.open_jtalk import OpenJTalkModel
from reading_scene import ALIKE, Bot, Reading

pytestmark = pytest.mark.realtime


@pytest.fixture
async def discord() -> AsyncIterator[StandIn]:
    async with StandIn() as discord:
        yield discord


@pytest.fixture
async def process(discord: StandIn, tmp_path: Path) -> AsyncIterator[BotProcess]:
    async with luna(discord, {"LUNA_DATA": str(tmp_path)}) as process:
        yield process


@pytest.fixture
async def scene(discord: StandIn, process: BotProcess, open_jtalk: OpenJTalkModel) -> Reading:
    return await Bot(discord, open_jtalk).called(distinct_voices=False, ng_words=["馬鹿"])


async def test_without_its_database_luna_still_reads(
    scene: Reading, process: BotProcess, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "luna.sqlite3")) as database:
        database.execute("DROP TABLE members")
    bob, text = scene.cafe.guild.add_member("bob"), "設定がなくても読んでください。"
    heard = await scene.hear(bob, text)
    assert similarity(heard, spoken(scene.model, text)) > ALIKE
    assert "no such table: members" in process.log
    assert "設定がなくても" not in process.log


async def test_what_is_deleted_before_it_is_ready_is_never_heard(
    scene: Reading, discord: StandIn
) -> None:
    discord.gateway.silent = True  # so that a name is waited for
    asked = len(scene.members_asked)
    message = await scene.post("<@223456789012345678>さん、これは消します。")
    await discord.wait_for(lambda: len(scene.members_asked) > asked, "Discord was not asked")
    await scene.alice.delete(message)
    await scene.hears()


async def test_words_that_nobody_wants_to_hear(scene: Reading) -> None:
    await scene.post("馬鹿と言わないで。")
    await scene.hears()
    await (await scene.admin.command("ngword mode", how="beep")).reply()
    since = time.monotonic()
    await scene.post("馬鹿と言わないで。")
    heard = await scene.cafe.heard(since)
    assert similarity(heard, spoken(scene.model, "ピーと言わないで。")) > ALIKE
