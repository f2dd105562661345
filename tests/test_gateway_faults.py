"""What the gateway and REST do to one Luna, one after the other: the next /say is heard or told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import pytest_asyncio

from cafe import LONG, Cafe, luna, open_cafe
from discord_standin import BotProcess, Message, StandIn
from discord_standin.support import Json

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="module")]

HEARD_WITHIN = 5.0
OUTAGE_SECONDS = 2.0
"""Half an hour, scaled down."""
SECRET = "ひみつのことば"
CALLBACK = r"/interactions/.*/callback"
FOLLOW_UP = r"/webhooks/.*"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[tuple[Cafe, BotProcess]]:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        await cafe.alice.join(cafe.lounge)
        async with luna(discord) as bot:
            await cafe.hears("はい。")
            yield cafe, bot
            assert SECRET not in bot.log, "what people say"
            assert discord.token not in bot.log
            for trouble in ("never retrieved", "was destroyed", "Unclosed"):
                assert trouble not in bot.log
            assert await bot.stop() < 8
            assert bot.returncode == 0


async def reconnect(cafe: Cafe) -> None:
    await resumed(cafe, cafe.discord.gateway_reconnect)


async def cut(cafe: Cafe) -> None:
    await resumed(cafe, lambda: cafe.discord.gateway_close(None))


async def unknown_error(cafe: Cafe) -> None:
    await resumed(cafe, lambda: cafe.discord.gateway_close(4000))


async def storm(cafe: Cafe) -> None:
    for _ in range(3):
        await reconnect(cafe)


async def outage(cafe: Cafe) -> None:
    gateway = cafe.discord.gateway
    before, gateway.down = gateway.resumed, True
    await cafe.discord.gateway_close(None)
    await asyncio.sleep(OUTAGE_SECONDS)
    gateway.down = False
    await cafe.discord.wait_for(lambda: gateway.resumed > before, "not resumed", 30)


async def resumed(cafe: Cafe, act: Callable[[], Awaitable[None]]) -> None:
    before = cafe.discord.gateway.resumed
    await act()
    await cafe.discord.wait_for(lambda: cafe.discord.gateway.resumed > before, "not resumed")


@pytest.mark.parametrize("fault", [reconnect, cut, unknown_error, storm, outage])
async def test_the_gateway_fails_in_mid_speech(
    scene: tuple[Cafe, BotProcess], fault: Callable[[Cafe], Awaitable[None]]
) -> None:
    cafe, _ = scene
    said = await cafe.say(
        LONG * 3
    )  # discord.py may wait a quarter of a minute before it tries again
    await cafe.ear.speech(since=said.sent_at, timeout=10)
    before = cafe.ear.faults
    await fault(cafe)
    after = time.monotonic()
    await cafe.ear.speech(since=after)  # voice has a connection of its own
    await (await cafe.alice.command("stop")).reply()
    await heard_soon(cafe)
    assert cafe.ear.faults == before


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        (CALLBACK, 429, {"retry_after": 0.3, "global": False, "message": "slow"}),
        (CALLBACK, 429, {"retry_after": 0.3, "global": True, "message": "slow"}),
        (CALLBACK, 500, {"message": "broken", "code": 0}),
        (CALLBACK, 404, {"message": "Unknown interaction", "code": 10062}),
        (FOLLOW_UP, 503, {"message": "broken", "code": 0}),
        (FOLLOW_UP, 401, {"message": "Invalid Webhook Token", "code": 50027}),
    ],
    ids=lambda value: str(value) if not isinstance(value, dict) else str(value.get("code", "")),
)
async def test_an_answer_fails_and_speech_does_not(
    scene: tuple[Cafe, BotProcess], path: str, status: int, body: dict[str, object]
) -> None:
    cafe, _ = scene
    cafe.discord.answer_next("POST", path, status, body)
    await heard_soon(cafe)
    await (await cafe.say(SECRET)).reply()


async def test_events_out_of_order_bring_her_too(scene: tuple[Cafe, BotProcess]) -> None:
    cafe, _ = scene
    await (await cafe.alice.command("leave")).reply()
    await cafe.discord.bot_out(cafe.guild)
    cafe.discord.delays.voice_server_first = True
    try:
        await heard_soon(cafe)
    finally:
        cafe.discord.delays.voice_server_first = False


@pytest.mark.parametrize("limit", ["acknowledge", "token"])
async def test_an_answer_that_comes_too_late_is_heard_all_the_same(
    scene: tuple[Cafe, BotProcess], monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Three seconds and a quarter of an hour; what waits for its turn may take both."""
    cafe, bot = scene
    before = len(bot.log)
    monkeypatch.setattr(cafe.discord.limits, limit, 0.0)
    await heard_soon(cafe)
    await cafe.discord.wait_for(lambda: "could not be" in bot.log[before:], "it went well")
    assert "Traceback" not in bot.log[before:]


async def test_events_about_what_she_does_not_know_yet_are_let_pass(
    scene: tuple[Cafe, BotProcess],
) -> None:
    cafe, bot = scene
    gateway, before = cafe.discord.gateway, len(bot.log)
    assert gateway.session is not None
    for event, payload in strays(cafe):
        gateway.dispatch(gateway.session, event, payload)
    await heard_soon(cafe)
    told = bot.log[before:]
    assert "Traceback" not in told
    assert told.count("could not be read") == 3, "those that are not as Discord describes them"
    assert cafe.ear.faults == []


def strays(cafe: Cafe) -> Iterator[tuple[str, Json]]:
    """What comes before that which it is about, after its end, or twice."""
    guild, chat = str(cafe.guild.id), str(cafe.chat.id)
    for place, channel in ((guild, chat), (guild, "77"), ("78", "77")):
        gone = {"id": "79", "channel_id": channel, "guild_id": place}
        post = {**Message(79, cafe.chat, cafe.alice, "早すぎました。").payload(), **gone}
        voice = {**cafe.alice.voice_payload(), "user_id": "80", "guild_id": place}
        yield "MESSAGE_DELETE", gone
        yield "MESSAGE_DELETE_BULK", {**gone, "ids": ["79", "81"]}
        yield "MESSAGE_UPDATE", post
        yield "MESSAGE_CREATE", post
        yield "MESSAGE_CREATE", post
        yield "MESSAGE_REACTION_ADD", {**gone, "message_id": SECRET, "user_id": "80", "emoji": {}}
        yield "VOICE_STATE_UPDATE", {**voice, "channel_id": "77"}
        yield "VOICE_STATE_UPDATE", {**voice, "channel_id": None}
        yield "VOICE_SERVER_UPDATE", {"guild_id": "78", "token": "x", "endpoint": "127.0.0.1:1"}
        yield "GUILD_MEMBER_REMOVE", {"guild_id": place, "user": cafe.alice.user.payload()}
        yield "CHANNEL_DELETE", {**cafe.lounge.payload(), "id": "77", "guild_id": place}
    yield "GUILD_DELETE", {"id": "78"}
    yield "RESUMED", {}


async def heard_soon(cafe: Cafe) -> None:
    await cafe.quiet()
    asked = await cafe.say(SECRET)
    first = await cafe.ear.speech(since=asked.sent_at, timeout=20)
    assert first - asked.sent_at < HEARD_WITHIN
