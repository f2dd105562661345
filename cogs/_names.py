"""Names: what members and channels are called; what is in no cache is asked for once."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Final, Generic, TypeAlias, TypeVar

import discord

from ._lists import AnyChannel, channels_of, members_of
from ._store import Store, StoreUnavailable

PATIENCE_SECONDS: Final = 2.0
"""For Discord's answer: a message is read without a name rather than late."""
REMEMBERED_SECONDS: Final = 3600.0
"""Without the members intent nobody tells of a new nickname."""
SILENCE_SECONDS: Final = 60.0
"""For which Discord is not asked again after it did not answer."""
MOST_REMEMBERED: Final = 10_000

T = TypeVar("T")
Person: TypeAlias = discord.User | discord.Member
Ask: TypeAlias = Callable[[discord.Guild, Collection[int]], Awaitable[Mapping[int, T | None]]]
"""What has these ids: None = nothing has it, absent = Discord did not tell."""


class Names:
    """Of people as they want to be called, of channels as they are written."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._members = _Told[discord.Member](members_of)
        self._channels = _Told[AnyChannel](channels_of)

    async def people(
        self, guild: discord.Guild, ids: Collection[int], seen: Iterable[Person] = ()
    ) -> dict[int, str]:
        """Members by id: their own reading of their name, else the name that is shown.

        `seen` are people who came with the message; who has left the guild is known by these
        alone. Whom nobody knows is absent.
        """
        found: dict[int, Person] = {person.id: person for person in seen}
        for member_id in ids:
            if member := guild.get_member(member_id):
                found[member_id] = member
        unknown = [one for one in ids if not isinstance(found.get(one), discord.Member)]
        found |= await self._members.get(guild, unknown)
        return {
            one: await self._own(guild.id, one) or found[one].display_name
            for one in ids
            if one in found
        }

    async def channels(
        self, guild: discord.Guild, ids: Collection[int], viewer: Person
    ) -> dict[int, str]:
        """Channels and threads of this guild by id, as far as `viewer` may see them."""
        cached = {one: guild.get_channel_or_thread(one) for one in ids}
        found: dict[int, AnyChannel] = {one: here for one, here in cached.items() if here}
        found |= await self._channels.get(guild, cached.keys() - found.keys())
        return {one: channel.name for one, channel in found.items() if _may_see(viewer, channel)}

    async def _own(self, guild_id: int, member_id: int) -> str | None:
        try:
            return (await self._store().member(guild_id, member_id)).name_reading
        except StoreUnavailable:  # it has told the log
            return None


class _Told(Generic[T]):
    """What Discord told, for a while; `ask` is called for what it has not been asked yet."""

    def __init__(self, ask: Ask[T]) -> None:
        self._ask = ask
        self._known: OrderedDict[tuple[int, int], tuple[float, T | None]] = OrderedDict()
        """(Guild, id) -> until when, and what."""

    async def get(self, guild: discord.Guild, ids: Collection[int]) -> dict[int, T]:
        """What there is of these ids."""
        now = time.monotonic()
        unknown = [one for one in ids if self._known.get((guild.id, one), (0.0,))[0] <= now]
        if unknown:
            await self._learn(guild, unknown, now)
        known = {one: self._known[guild.id, one][1] for one in ids}
        return {one: thing for one, thing in known.items() if thing is not None}

    async def _learn(self, guild: discord.Guild, ids: Collection[int], now: float) -> None:
        try:
            told = await asyncio.wait_for(self._ask(guild, ids), PATIENCE_SECONDS)
        except (TimeoutError, discord.DiscordException):
            told = {}
        for one in ids:
            seconds = REMEMBERED_SECONDS if one in told else SILENCE_SECONDS
            self._known.pop((guild.id, one), None)
            self._known[guild.id, one] = (now + seconds, told.get(one))
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)


def _may_see(viewer: Person, channel: AnyChannel) -> bool:
    """Nobody learns the name of a hidden channel by writing its number."""
    member = viewer if isinstance(viewer, discord.Member) else channel.guild.default_role
    try:
        return channel.permissions_for(member).view_channel
    except discord.ClientException:  # a thread whose channel is hidden from Luna too
        return False
