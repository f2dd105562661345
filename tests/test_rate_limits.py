"""Who asks too often is told so in their language, and nobody else has to wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from cafe import Cafe, luna, open_cafe
from cogs._errors import ServerTooHasty, TooHasty
from cogs._rate_limits import COMMANDS, EXPENSIVE, LETTERS, SECONDS, RateLimits
from discord_standin import Human, StandIn, Upload

HASTY = {"ja": "急ぎすぎ", "ko": "급해요", "en-US": "too much at once"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cafe() -> AsyncIterator[Cafe]:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        await cafe.alice.join(cafe.lounge)
        async with luna(discord) as bot:
            await cafe.hears("はい。")
            yield cafe
            assert "Traceback" not in bot.log


async def flood(person: Human, times: int, command: str, **options: object) -> list[str]:
    """All answers of so many commands at once."""
    sent = [await person.command(command, **options) for _ in range(times)]
    return [(await one.reply(20)).content for one in sent]


@pytest.mark.realtime
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("locale", HASTY)
async def test_a_flood_of_commands_is_answered_and_others_are_heard(
    cafe: Cafe, locale: str
) -> None:
    flooder = cafe.guild.add_member(f"flooder {locale}", locale=locale)
    other = cafe.guild.add_member(f"other {locale}")
    await flooder.join(cafe.lounge)
    await other.join(cafe.lounge)
    flooding = asyncio.create_task(flood(flooder, COMMANDS[0] + 9, "say", text="あ"))
    await asyncio.sleep(0.2)
    say = await other.command("say", text="い")
    assert "🔊" in (await say.reply()).content
    answers = await flooding
    assert sum(HASTY[locale] in answer for answer in answers) == 9
    await (await other.command("stop")).reply()


@pytest.mark.realtime
@pytest.mark.asyncio(loop_scope="module")
async def test_a_flood_of_imports_is_stopped_long_before(cafe: Cafe) -> None:
    admin = cafe.guild.add_member("admin", permissions=["manage_guild"])
    file = Upload("words.csv", "月,るな,,\n".encode())
    answers = await flood(admin, EXPENSIVE[0] + 2, "dict import", file=file)
    assert [HASTY["en-US"] in answer for answer in answers] == [False] * EXPENSIVE[0] + [True] * 2


@pytest.mark.realtime
@pytest.mark.asyncio(loop_scope="module")
async def test_a_flood_of_letters_is_offered_nothing_more(cafe: Cafe) -> None:
    typist = cafe.guild.add_member("typist")
    typed = [
        await typist.autocomplete("voice set", "voice", voice="o") for _ in range(LETTERS[0] + 5)
    ]
    offered = [len(await one.suggestions(20)) for one in typed]
    assert offered == [1] * LETTERS[0] + [0] * 5
    assert "🏓" in (await (await cafe.alice.command("ping")).reply()).content


def caller(member: int, guild: int = 1) -> Any:
    return SimpleNamespace(guild_id=guild, user=SimpleNamespace(id=member))


def test_a_whole_server_has_its_bound_and_others_have_theirs() -> None:
    limits = RateLimits()
    for member in range(COMMANDS[1]):
        limits.command(caller(member))
    with pytest.raises(ServerTooHasty):
        limits.command(caller(1000))
    limits.command(caller(1000, guild=2))


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_a_clock_that_jumps_locks_nobody_out_and_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    limits, now, past = RateLimits(), time.time(), [time.monotonic()]
    monkeypatch.setattr("time.monotonic", lambda: past[0])
    for _ in range(COMMANDS[0]):
        limits.command(caller(1))
    monkeypatch.setattr("time.time", lambda: now + jump)
    with pytest.raises(TooHasty) as refused:
        limits.command(caller(1))
    assert 0 < refused.value.data["seconds"] <= SECONDS
    past[0] += SECONDS + 0.1
    limits.command(caller(1))
