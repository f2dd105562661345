"""One Luna lives through every fault of voice, in random order, in several guilds at once.

After each the next /say is heard within five seconds or the reason is told, what was cut off is
said again from its sentence, and nothing is left behind. For a long run with its table:

    LUNA_FAULTS=all LUNA_FAULT_ROUNDS=5 LUNA_FAULT_SEED=7 pytest -s tests/test_voice_faults.py
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import takewhile

import pytest

from cafe import Cafe, Sound, luna, open_cafe, spoken
from discord_standin import BotProcess, StandIn, similarity, speech_spans
from luna_tts.open_jtalk import OpenJTalkModel
from voice_faults import FAULTS, Fault

ROUNDS = int(os.environ.get("LUNA_FAULT_ROUNDS", "1"))
ONLY = os.environ.get("LUNA_FAULTS", "")
"""A part of the names of those faults that are wanted, or "all"; not set: some of each kind."""
LOG = os.environ.get("LUNA_FAULT_LOG", "")
"""At which level her log is wanted, if it is."""
SHORT = 10
"""How many faults a round has, where no others are wanted."""
SEED = int(os.environ.get("LUNA_FAULT_SEED", "1"))
PLACES = ("桜の部屋", "海の見える丘", "駅前の広場", "静かな図書館")
END = "これから切れますよ。"
MOST = 0.85
"""How much of what is to be heard must be, at least."""
HEARD_WITHIN = 5.0

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(120 + 60 * ROUNDS)]


@dataclass(frozen=True)
class Outcome:
    """What was seen of one fault in one place."""

    fault: str
    place: str
    again: float | None
    """Seconds until she was heard again by herself, from the beginning of the sentence."""
    called: float
    """Seconds until the next /say was heard."""


async def test_no_fault_of_voice_silences_her(open_jtalk: OpenJTalkModel) -> None:
    dice = random.Random(SEED)
    faults = [
        fault
        for fault in FAULTS
        if ONLY == "all" or (ONLY in fault.name if ONLY else not fault.alike)
    ]
    # Made before it is listened for: what computes for seconds holds up the Discord beside it.
    wanted = {text: spoken(open_jtalk, text) for text in (END, *map(_question, PLACES))}
    print(f"\nseed {SEED}, {ROUNDS} round(s) in {len(PLACES)} guilds")
    async with StandIn() as discord:
        cafes = [open_cafe(discord, place) for place in PLACES]
        for cafe in cafes:
            await cafe.alice.join(cafe.lounge)
        async with luna(discord, {"LUNA_LOG_LEVEL": LOG}) as bot, AsyncExitStack() as stack:
            if LOG:
                stack.callback(lambda: print(bot.log))
            threads, tasks = await idle(cafes, bot, wanted)
            outcomes = []
            for _ in range(ROUNDS):
                order = dice.sample(faults, len(faults) if ONLY else SHORT)
                shares = [order[n :: len(cafes)] for n in range(len(cafes))]
                lives = zip(cafes, shares, strict=True)
                seen = await asyncio.gather(*(live(cafe, share, wanted) for cafe, share in lives))
                outcomes += [outcome for one in seen for outcome in one]
            print(table(outcomes))
            after = await idle(cafes, bot, wanted)
            assert after[0] <= threads, "threads are left behind"
            assert after[1] <= tasks, "tasks are left behind"
            for trouble in ("never retrieved", "was destroyed", "Unclosed", "Task exception"):
                assert trouble not in bot.log
        for cafe in cafes:
            print(cafe.guild.name, cafe.ear.faults)


async def idle(
    cafes: Sequence[Cafe], bot: BotProcess, wanted: Mapping[str, Sound]
) -> tuple[int, int]:
    """Threads and tasks of the bot, once it has spoken in every guild and has left all."""

    async def come_and_go(cafe: Cafe) -> None:
        heard = await cafe.hears(_question(cafe.guild.name))
        whose = await asyncio.to_thread(of_whom, heard, wanted)
        assert whose == cafe.guild.name, "nothing is heard in another guild"
        await (await cafe.alice.command("leave")).reply()
        await cafe.discord.bot_out(cafe.guild)

    await asyncio.gather(*(come_and_go(cafe) for cafe in cafes))
    await asyncio.sleep(1)
    return bot.threads(), await bot.tasks()


async def live(cafe: Cafe, faults: Sequence[Fault], wanted: Mapping[str, Sound]) -> list[Outcome]:
    """Goes through `faults` in one guild, speaking."""
    outcomes = []
    for fault in faults:
        try:
            outcomes.append(await befall(cafe, fault, wanted))
        except AssertionError as error:
            error.add_note(f"in {cafe.guild.name}, guild {cafe.guild.id}: {fault.name}")
            raise
    return outcomes


async def befall(cafe: Cafe, fault: Fault, wanted: Mapping[str, Sound]) -> Outcome:
    place = cafe.guild.name
    print(f"{place}: {fault.name}")
    said = await cafe.say(f"ここは{place}です。{END}")
    await cafe.ear.speech(since=said.sent_at, timeout=20)
    await cafe.discord.bot_in(cafe.lounge)
    await asyncio.sleep(1.2)
    began = time.monotonic()
    await fault.act(cafe)
    again = None
    if fault.outcome == "goes on":
        again = await cafe.ear.speech(since=began + 0.1, timeout=20) - began
        await hears_most(cafe, began, wanted[END])
    elif fault.outcome == "tells":
        told = (await (await cafe.say("なぜですか。")).reply(timeout=HEARD_WITHIN)).content
        assert fault.told in told, fault.name
    if fault.mend is not None:
        await fault.mend(cafe)
    return Outcome(fault.name, place, again, await call(cafe, wanted))


async def call(cafe: Cafe, wanted: Mapping[str, Sound]) -> float:
    """Seconds until a /say was heard."""
    text = _question(cafe.guild.name)
    asked = await cafe.say(text)
    first = await cafe.ear.speech(since=asked.sent_at, timeout=20)
    await hears_most(cafe, asked.sent_at, wanted[text])
    assert first - asked.sent_at < HEARD_WITHIN
    return first - asked.sent_at


async def hears_most(cafe: Cafe, since: float, expected: Sound) -> None:
    """Waits until as much was heard, however often a busy machine makes her falter, and silence."""
    spans = speech_spans(expected, bridge=0.02)
    packets = MOST * sum(end - start for start, end in spans) / 0.02

    def heard() -> bool:
        later = takewhile(lambda packet: packet.arrival >= since, reversed(cafe.ear.packets))
        return sum(packet.audible for packet in later) > packets

    await cafe.discord.wait_for(heard, f"less than {packets:.0f} packets of speech")
    await cafe.quiet()


def of_whom(heard: Sound, wanted: Mapping[str, Sound]) -> str:
    """Which place's question was heard most clearly."""
    return max(PLACES, key=lambda place: similarity(heard, wanted[_question(place)]))


def _question(place: str) -> str:
    return f"{place}の人は聞こえますか。"


def table(outcomes: Sequence[Outcome]) -> str:
    lines = ["| fault | heard again by herself | next /say heard |"]
    lines.append("| --- | --- | --- |")
    for one in sorted(outcomes, key=lambda outcome: outcome.fault):
        again = "–" if one.again is None else f"{one.again:.2f} s"
        lines.append(f"| {one.fault} | {again} | {one.called:.2f} s |")
    return "\n".join(lines)
