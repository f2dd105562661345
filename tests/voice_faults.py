"""What befalls a voice connection in mid-speech, and what Luna is expected to make of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from cafe import Cafe
from discord_standin import Channel
from presence_scene import joins

Act = Callable[[Cafe], Awaitable[None]]
Outcome = Literal["goes on", "is called", "tells"]
"""She comes back by herself and finishes; comes when she is called; or says why she cannot."""


@dataclass(frozen=True)
class Fault:
    name: str
    act: Act
    outcome: Outcome = "goes on"
    mend: Act | None = None
    """What ends it, where that is not up to Luna."""
    told: str = ""
    """A part of what she tells."""
    alike: bool = False
    """Another one stands for it in short runs."""


async def _close(cafe: Cafe, *, code: int | None) -> None:
    await cafe.discord.voice_close(cafe.guild, code)


async def _drag(cafe: Cafe) -> None:
    await cafe.discord.drag(cafe.guild, _garden(cafe))


async def _drag_about(cafe: Cafe) -> None:
    for channel in (_garden(cafe), cafe.lounge, _garden(cafe)):
        await cafe.discord.drag(cafe.guild, channel)


async def _region(cafe: Cafe) -> None:
    await cafe.discord.change_region(cafe.guild)


async def _server_dies(cafe: Cafe) -> None:
    await cafe.discord.voice_server_dies(cafe.guild, 0.5)


async def _outage(cafe: Cafe) -> None:
    await cafe.discord.voice_outage(cafe.guild)


async def _kick(cafe: Cafe) -> None:
    await cafe.discord.kick_from_voice(cafe.guild)


async def _delete_channel(cafe: Cafe) -> None:
    cafe.guild.remove_channel(cafe.lounge)
    cafe.discord.voice.end(cafe.guild.id)


async def _new_channel(cafe: Cafe) -> None:
    cafe.lounge = cafe.guild.add_voice_channel("Lounge")
    await cafe.alice.join(cafe.lounge)


async def _forbid(cafe: Cafe) -> None:
    await cafe.discord.voice_close(cafe.guild, 4006)
    cafe.lounge.deny(cafe.guild.everyone, "connect")


async def _permit(cafe: Cafe) -> None:
    cafe.lounge.allow(cafe.guild.everyone, "connect")


async def _refuse_for_good(cafe: Cafe) -> None:
    cafe.discord.voice.refuse[cafe.guild.id] = [4017]
    await cafe.discord.voice_close(cafe.guild, 4017)


async def _take_again(cafe: Cafe) -> None:
    cafe.discord.voice.refuse.pop(cafe.guild.id, None)


async def _refuse_once(cafe: Cafe) -> None:
    cafe.discord.voice.refuse[cafe.guild.id] = [4006]
    await cafe.discord.voice_close(cafe.guild, 4009)


async def _lose_probe(cafe: Cafe) -> None:
    cafe.discord.delays.lost_probes += 1
    await cafe.discord.voice_close(cafe.guild, 4006)


async def _alone_for_a_moment(cafe: Cafe) -> None:
    call = cafe.discord.voice.sessions[cafe.guild.id].stream
    await cafe.discord.empty_call(cafe.guild)
    await cafe.discord.wait_for(lambda: call.dave and call.dave.ended_at, "still encrypted")
    await cafe.discord.fill_call(cafe.guild)
    await cafe.discord.wait_for(lambda: call.dave and call.dave.active_since, "not encrypted")


async def _kick_while_joining(cafe: Cafe) -> None:
    await (await cafe.alice.command("leave")).reply()
    await cafe.discord.bot_out(cafe.guild)
    before = len(joins(cafe.discord, cafe.guild))
    await cafe.alice.command("join")
    await cafe.discord.wait_for(
        lambda: len(joins(cafe.discord, cafe.guild)) > before and cafe.guild.me.voice,
        "she does not come",
    )
    await cafe.discord.kick_from_voice(cafe.guild)


async def _two_joins(cafe: Cafe) -> None:
    bob = next((m for m in cafe.guild.members.values() if m.user.name == "bob"), None)
    bob = bob or cafe.guild.add_member("bob")
    await bob.join(_garden(cafe))
    joins = [await bob.command("join"), await cafe.alice.command("join")]
    for join in joins:
        await join.reply()
    await bob.leave()


def _garden(cafe: Cafe) -> Channel:
    named = (c for c in cafe.guild.channels.values() if c.name == "Garden")
    return next(named, None) or cafe.guild.add_voice_channel("Garden")


FRESH_SESSION: Final = (None, 1000, 1001, 4004, 4006, 4009, 4011, 4014, 4015, 4022)
"""Close codes after which she makes a connection anew; None is a TCP connection that was cut."""
ALIKE: Final = (1001, 4004, 4009, 4011, 4022)
"""Those that differ in their number only."""

FAULTS: Final = (
    *(
        Fault(f"close {code or 1006}", partial(_close, code=code), alike=code in ALIKE)
        for code in FRESH_SESSION
    ),
    *(Fault(f"close {code}", partial(_close, code=code), "is called") for code in (4016, 4021)),
    Fault("close 4017, and every attempt", _refuse_for_good, "tells", _take_again, "4017"),
    Fault("close 4009, then 4006 in the handshake", _refuse_once),
    Fault("close 4006, IP discovery lost", _lose_probe),
    Fault("dragged away", _drag),
    Fault("dragged about", _drag_about),
    Fault("region changed", _region),
    Fault("no endpoint for a while", _server_dies),
    Fault("outage of the bot's network", _outage),
    Fault("alone and not alone (DAVE 0 and back)", _alone_for_a_moment),
    Fault("kicked", _kick, "is called"),
    Fault("channel deleted", _delete_channel, "is called", _new_channel),
    Fault("permission revoked, then 4006", _forbid, "tells", _permit, "接続"),
    Fault("kicked while joining", _kick_while_joining, "is called"),
    Fault("two joins at once", _two_joins),
)
