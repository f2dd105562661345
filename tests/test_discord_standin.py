"""The stand-in itself: its refusals, its ears, and a real discord.py bot that lives on it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import discord_standin
from discord_standin import (
    BotProcess,
    Channel,
    DiscordError,
    Guild,
    Human,
    StandIn,
    largest_gap,
    similarity,
    speech_spans,
)
from discord_standin.sounds import as_pcm, utterance, with_silence

RATE = 48_000
BOT = Path(discord_standin.__file__).parent / "tiny_bot.py"
SAY = {"name": "say", "description": "Say it"}
TEXT = {"name": "text", "type": 3, "description": "What", "required": True, "max_length": 3}
COLOUR = {
    "name": "colour",
    "type": 3,
    "description": "x",
    "choices": [{"name": "Red", "value": "r"}],
}


@dataclass
class Cafe:
    """A guild with a text channel, a voice channel and Alice."""

    discord: StandIn
    guild: Guild
    text: Channel
    voice: Channel
    alice: Human
    now: float = 1000.0

    def clock(self) -> float:
        return self.now


@pytest.fixture
async def cafe() -> AsyncIterator[Cafe]:
    async with StandIn() as discord:
        guild = discord.add_guild("Cafe", locale="ja")
        text, voice = guild.add_text_channel("chat"), guild.add_voice_channel("Lounge")
        yield Cafe(discord, guild, text, voice, guild.add_member("alice", locale="ja"))


ANSWER = {"type": 4, "data": {"content": "hi"}}


def refusal(error: pytest.ExceptionInfo[DiscordError]) -> tuple[int, int]:
    return error.value.status, error.value.code


async def test_an_interaction_is_acknowledged_once_and_in_time(cafe: Cafe) -> None:
    interactions = cafe.discord.world.interactions
    interactions.clock = cafe.clock
    cafe.discord.commands.overwrite(None, [SAY])
    sent = await cafe.alice.command("say")
    with pytest.raises(DiscordError) as early:
        interactions.follow_up(sent.token, {"content": "x"})
    assert refusal(early) == (404, 10015)
    cafe.now += 2.9
    interactions.acknowledge(sent.id, sent.token, ANSWER)
    with pytest.raises(DiscordError) as again:
        interactions.acknowledge(sent.id, sent.token, ANSWER)
    assert refusal(again) == (400, 40060)
    late = await cafe.alice.command("say")
    cafe.now += 3.1
    with pytest.raises(DiscordError) as too_late:
        interactions.acknowledge(late.id, late.token, ANSWER)
    assert refusal(too_late) == (404, 10062)
    cafe.now += 15 * 60
    with pytest.raises(DiscordError) as expired:
        interactions.follow_up(sent.token, {"content": "x"})
    assert refusal(expired) == (401, 50027)


async def test_people_cannot_send_what_the_client_would_not_let_them(cafe: Cafe) -> None:
    hidden = {**SAY, "name": "admin", "default_member_permissions": "8"}
    cafe.discord.commands.overwrite(None, [{**SAY, "options": [TEXT, COLOUR]}, hidden])
    with pytest.raises(AssertionError, match="no command 'sing'"):
        await cafe.alice.command("sing")
    with pytest.raises(AssertionError, match="needs the option 'text'"):
        await cafe.alice.command("say")
    with pytest.raises(AssertionError, match="length 4"):
        await cafe.alice.command("say", text="long")
    with pytest.raises(AssertionError, match="no options"):
        await cafe.alice.command("say", text="x", pitch=3)
    with pytest.raises(AssertionError, match="offers"):
        await cafe.alice.command("say", text="x", colour="blue")
    with pytest.raises(AssertionError, match="does not see"):
        await cafe.alice.command("admin")
    sent = await cafe.alice.command("say", text="x", colour="Red")
    assert [o["value"] for o in sent.payload["data"]["options"]] == ["x", "r"]


def test_overwrites_and_limits_decide_who_may_join() -> None:
    discord = StandIn()
    guild = discord.add_guild("Cafe")
    voice = guild.add_voice_channel("Lounge", user_limit=1)
    assert voice.allows(guild.me, "connect")
    voice.deny(guild.me, "connect")
    assert not voice.allows(guild.me, "connect")
    voice.allow(guild.me, "connect")
    assert voice.allows(guild.me, "connect")
    voice.deny(guild.everyone, "view_channel")
    assert not voice.allows(guild.me, "connect")
    admin = guild.add_member("admin", permissions=["administrator"])
    assert voice.allows(admin, "connect")
    with pytest.raises(ValueError, match="no permission is called"):
        voice.deny(guild.me, "speek")


# A real bot


@pytest.fixture
async def bot(cafe: Cafe) -> AsyncIterator[BotProcess]:
    async with cafe.discord.bot_process(BOT) as process:
        await cafe.discord.ready(timeout=30)
        yield process


@pytest.mark.realtime
async def test_commands_and_their_answers(cafe: Cafe, bot: BotProcess) -> None:
    hello = await cafe.alice.command("ask hello", name="bob", times=2)
    reply = await hello.reply()
    assert (reply.content, reply.ephemeral) == ("hello bobbob", True)
    assert not hello.deferred
    assert hello.acknowledged_at is not None
    assert 0 < hello.acknowledged_at - hello.sent_at < 1
    who = await cafe.alice.command("ask who", member=cafe.alice)
    reply = await who.reply()
    assert (reply.content, reply.ephemeral, who.deferred) == ("alice", True, True)
    typing = await cafe.alice.autocomplete("ask colour", "name", name="gr")
    assert [choice["name"] for choice in await typing.suggestions()] == ["green"]
    shown = await (await cafe.alice.command("ask button")).reply()
    pressed = await cafe.alice.press(shown, "More")
    assert (await pressed.reply()).content == "more"
    opened = await cafe.alice.command("ask form")
    assert (await opened.modal())["title"] == "Form"
    filled = await cafe.alice.submit(opened, Word="tea")
    assert (await filled.reply()).content == "word: tea"
    assert bot.threads() >= 1
    assert await bot.stop() < 5


@pytest.mark.realtime
async def test_a_bot_sees_what_discord_refuses(cafe: Cafe, bot: BotProcess) -> None:
    twice = await cafe.alice.command("ask twice")
    assert (await twice.reply()).content == "once"
    await bot.wait_for_log("refused 400 40060")
    cafe.discord.limits.acknowledge = 0.2
    late = await cafe.alice.command("ask late")
    await bot.wait_for_log("refused 404 10062")
    with pytest.raises(AssertionError, match=r"no reply to 'ask'.*\n.*log ends with"):
        await late.reply(timeout=0.1)
    assert cafe.discord.requests[-1].status == 404


@pytest.mark.realtime
async def test_a_tone_is_heard_through_dave(cafe: Cafe, bot: BotProcess, tmp_path: Path) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE).astype(np.float32)
    (tmp_path / "tone").write_bytes(as_pcm(tone))
    await cafe.alice.join(cafe.voice)
    sent = await cafe.alice.command("play", file=str(tmp_path / "tone"))
    ear = cafe.discord.listener(cafe.guild)
    first = await ear.speech(since=sent.sent_at)
    await cafe.discord.bot_in(cafe.voice)
    await ear.quiet(seconds=0.3)
    heard = ear.pcm(since=first)
    (span,) = speech_spans(heard)
    assert span[1] - span[0] == pytest.approx(2.0, abs=0.3)
    spectrum = np.abs(np.fft.rfft(heard[RATE // 2 : RATE * 3 // 2]))
    assert np.argmax(spectrum) == pytest.approx(440, abs=2)
    assert all(b.timestamp - a.timestamp == 960 for a, b in pairwise(ear.packets))
    late = [packet for packet in ear.packets if packet.audible and packet.arrival > first + 0.5]
    assert len(late) > 50
    assert all(packet.e2ee for packet in late)
    assert ear.faults == []


@pytest.mark.realtime
async def test_a_gap_is_measured_and_a_kick_seen(
    cafe: Cafe, bot: BotProcess, tmp_path: Path
) -> None:
    sound = utterance(20, 2.5)
    (tmp_path / "speech").write_bytes(as_pcm(with_silence(sound, 1.1, 0.2)))
    await cafe.alice.join(cafe.voice)
    sent = await cafe.alice.command("play", file=str(tmp_path / "speech"))
    ear = cafe.discord.listener(cafe.guild)
    first = await ear.speech(since=sent.sent_at)
    await ear.quiet(seconds=0.5)
    heard = ear.pcm(since=first)
    assert largest_gap(heard, sound) == pytest.approx(0.2, abs=0.03)
    assert similarity(heard, sound) > 0.6
    assert similarity(heard, utterance(21, 2.5)) < 0.4
    await cafe.discord.kick_from_voice(cafe.guild)
    await bot.wait_for_log("out of voice")
    assert cafe.discord.voice_channel_of_bot(cafe.guild) is None


@pytest.mark.realtime
async def test_a_drag_and_a_missing_permission(cafe: Cafe, bot: BotProcess, tmp_path: Path) -> None:
    (tmp_path / "speech").write_bytes(as_pcm(utterance(22, 2.0)))
    other = cafe.guild.add_voice_channel("Other")
    await cafe.alice.join(cafe.voice)
    sent = await cafe.alice.command("play", file=str(tmp_path / "speech"))
    ear = cafe.discord.listener(cafe.guild)
    await ear.speech(since=sent.sent_at)
    await cafe.discord.bot_in(cafe.voice)
    dragged = time.monotonic()
    await cafe.discord.drag(cafe.guild, other)
    await cafe.discord.bot_in(other)
    await ear.speech(since=dragged)
    assert cafe.discord.voice_channel_of_bot(cafe.guild) is other
    assert ear.faults == []
    other.deny(cafe.guild.me, "speak")
    await cafe.discord.wait_for(lambda: ear.faults, "no fault without SPEAK")
    assert "lacks SPEAK" in ear.faults[0]


@pytest.mark.realtime
async def test_a_join_without_connect_or_room_is_ignored(
    cafe: Cafe, bot: BotProcess, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(as_pcm(utterance(23, 0.1)))
    cafe.voice.deny(cafe.guild.me, "connect")
    await cafe.alice.join(cafe.voice)
    denied = await cafe.alice.command("play", file=str(tmp_path / "x"))
    assert (await denied.reply()).content == "no voice: TimeoutError"
    full = cafe.guild.add_voice_channel("Full", user_limit=1)
    await cafe.alice.move(full)
    crowded = await cafe.alice.command("play", file=str(tmp_path / "x"))
    assert (await crowded.reply()).content == "no voice: TimeoutError"
    ignored = cafe.discord.bot_voice.ignored
    assert ignored == ["join of Lounge: the bot lacks CONNECT", "join of Full: the channel is full"]


@pytest.mark.realtime
async def test_a_resumed_session_gets_what_it_missed(cafe: Cafe, bot: BotProcess) -> None:
    await cafe.discord.gateway_close(4000)
    await cafe.alice.send(cafe.text, f"while {cafe.guild.me.mention} was away")
    await bot.wait_for_log("resumed")
    await bot.wait_for_log("message 'while .* was away'")
    assert cafe.discord.gateway.resumed == 1
    await cafe.alice.send(cafe.text, "nobody may read this")
    await bot.wait_for_log("message ''")


@pytest.mark.realtime
async def test_an_intent_that_was_not_granted_ends_the_login(cafe: Cafe) -> None:
    cafe.discord.granted_intents.discard("message_content")
    env = {"MESSAGE_CONTENT": "1"}
    async with cafe.discord.bot_process(BOT, env=env) as process:
        assert await process.wait() == 1
        assert "PrivilegedIntentsRequired" in process.log
        assert cafe.discord.gateway.closes == [4014]


@pytest.mark.realtime
async def test_a_wrong_token_is_refused(cafe: Cafe) -> None:
    async with cafe.discord.bot_process(BOT, env={"DISCORD_TOKEN": "wrong"}) as process:
        with pytest.raises(AssertionError, match="exited with 1"):
            await cafe.discord.ready(timeout=30)
        assert "LoginFailure" in process.log


@pytest.mark.realtime
async def test_a_bot_without_dave_gets_4017(cafe: Cafe, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(as_pcm(utterance(24, 0.1)))
    async with cafe.discord.bot_process(BOT, env={"WITHOUT_DAVE": "1"}):
        await cafe.discord.ready(timeout=30)
        await cafe.alice.join(cafe.voice)
        sent = await cafe.alice.command("play", file=str(tmp_path / "x"))
        assert (await sent.reply()).content.startswith("no voice: ConnectionClosed")
        assert cafe.discord.voice.closes == [4017]


@pytest.mark.realtime
@pytest.mark.parametrize("code", [4006, 1001, None])
async def test_a_lost_voice_connection_can_be_made_anew(
    cafe: Cafe, bot: BotProcess, tmp_path: Path, code: int | None
) -> None:
    (tmp_path / "speech").write_bytes(as_pcm(utterance(25, 1.0)))
    await cafe.alice.join(cafe.voice)
    ear = cafe.discord.listener(cafe.guild)
    sent = await cafe.alice.command("play", file=str(tmp_path / "speech"))
    await ear.speech(since=sent.sent_at)
    await cafe.discord.bot_in(cafe.voice)
    await cafe.discord.voice_close(cafe.guild, code)
    await bot.wait_for_log("out of voice")
    again = await cafe.alice.command("play", file=str(tmp_path / "speech"))
    await ear.speech(since=again.sent_at)


@pytest.mark.realtime
async def test_two_guilds_are_heard_apart(cafe: Cafe, bot: BotProcess, tmp_path: Path) -> None:
    bar = cafe.discord.add_guild("Bar")
    bar.add_text_channel("chat")
    bob = bar.add_member("bob")
    await cafe.alice.join(cafe.voice)
    await bob.join(bar.add_voice_channel("Lounge"))
    sounds = [utterance(26, 1.5), utterance(27, 1.5)]
    for sound, person in zip(sounds, (cafe.alice, bob), strict=True):
        path = tmp_path / person.user.name
        path.write_bytes(as_pcm(sound))
        await person.command("play", file=str(path))
    for sound, guild in zip(sounds, (cafe.guild, bar), strict=True):
        ear = cafe.discord.listener(guild)
        await ear.speech(since=0)
        await ear.quiet()
        assert similarity(ear.pcm(), sound) > 0.6
        assert ear.faults == []


@pytest.mark.realtime
async def test_an_invalidated_session_is_out_of_voice(
    cafe: Cafe, bot: BotProcess, tmp_path: Path
) -> None:
    (tmp_path / "speech").write_bytes(as_pcm(utterance(28, 1.0)))
    await cafe.alice.join(cafe.voice)
    await cafe.alice.command("play", file=str(tmp_path / "speech"))
    await cafe.discord.bot_in(cafe.voice)
    await cafe.discord.invalidate_session(resumable=False)
    await cafe.discord.bot_out(cafe.guild)
    await cafe.discord.wait_for(lambda: len(cafe.discord.gateway.sessions) == 2, "no IDENTIFY")
