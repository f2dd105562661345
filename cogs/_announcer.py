"""Announcer: tells those who listen to Luna who comes to them, and who goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import count
from typing import Final

import discord

from ._manners import settings_of
from ._names import Names
from ._people import announcement, coming
from ._readable import is_ignored
from ._reading_order import ReadingOrder
from ._sessions import Session, Speaking
from ._speech_queue import Utterance
from ._store import Store
from ._voice_link import VocalChannel

SETTLE_SECONDS: Final = 0.5
"""After which it shows whether Luna has been moved along with others."""
TOGETHER_SECONDS: Final = 5.0
"""In which those follow her who were moved with her."""

Channel = VocalChannel | None


class Announcer:
    """For all guilds. Bots are not announced, nor who does not want to be read."""

    def __init__(self, names: Names, store: Callable[[], Store]) -> None:
        self._names = names
        self._store = store
        self._orders: dict[int, ReadingOrder] = {}
        self._numbers = count()
        self._luna_left: dict[int, tuple[int, float]] = {}
        """Guild -> the channel from which she moved last, and when."""

    async def aclose(self) -> None:
        """Announces nothing more."""
        orders, self._orders = list(self._orders.values()), {}
        for order in orders:
            await order.aclose()

    def luna_moved(self, guild: discord.Guild, before: Channel, after: Channel) -> None:
        """Luna was moved: nobody has come to those who are moved along."""
        if before is not None and after is not None and before != after:
            self._luna_left[guild.id] = before.id, time.monotonic()

    def moved(
        self,
        speech: Speaking,
        session: Session,
        member: discord.Member,
        before: Channel,
        after: Channel,
    ) -> None:
        """Somebody has left `before` for `after`, not both of which are None."""
        guild, luna = member.guild, member.guild.me.voice
        if member.bot or luna is None or luna.channel is None or before == after:
            return
        if luna.channel in (before, after):
            order = self._orders.setdefault(guild.id, ReadingOrder())
            telling = self._tell(speech, member, before, after, luna.channel)
            order.enter(next(self._numbers), telling, session.offer)

    async def _tell(
        self,
        speech: Speaking,
        member: discord.Member,
        before: Channel,
        after: Channel,
        here: VocalChannel,
    ) -> Utterance | None:
        guild = member.guild
        await asyncio.sleep(SETTLE_SECONDS)
        luna = guild.me.voice
        if luna is None or luna.channel != here or self._luna_came_from(guild, before):
            return None
        if all(one.bot for one in here.members):
            return None
        settings, own = await settings_of(self._store(), guild.id, member.id)
        what = coming(_id(before), _id(after), here.id, _id(guild.afk_channel), settings)
        roles = {role.id for role in member.roles}
        if what is None or own.opted_out or is_ignored(member.id, roles, settings):
            return None
        manner = await speech.own_manner(guild)
        name = (await self._names.people(guild, [member.id], [member]))[member.id]
        text = announcement(what, name, settings, manner.language)
        return Utterance(text, manner.voice, manner.options, manner.words)

    def _luna_came_from(self, guild: discord.Guild, channel: Channel) -> bool:
        left, at = self._luna_left.get(guild.id, (0, 0.0))
        return _id(channel) == left and time.monotonic() - at < TOGETHER_SECONDS


def _id(channel: Channel) -> int | None:
    return channel.id if channel else None
