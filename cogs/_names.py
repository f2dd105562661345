"""Names: what members and channels are called; what is in no cache is asked for once."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
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
MOST_AT_ONCE: Final = 100
"""Ids of one message; Discord tells of no more members at once."""
MOST_ASKED: Final = 40
"""Questions in a minute: Discord takes 120 messages of a connection, and who writes nonsense must
not use them up."""

T = TypeVar("T")
Key: TypeAlias = tuple[int, int]
"""Guild, and the id in it."""
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
    """What Discord told, for a while; `ask` is called for what nobody has asked for yet."""

    def __init__(self, ask: Ask[T]) -> None:
        self._ask = ask
        self._known: OrderedDict[Key, tuple[float, T | None]] = OrderedDict()
        """Until when, and what."""
        self._asking: dict[Key, asyncio.Event] = {}
        """Set when the answer is there."""
        self._asked: dict[int, deque[float]] = {}
        """By shard: when."""

    async def get(self, guild: discord.Guild, ids: Collection[int]) -> dict[int, T]:
        """What there is of these ids, of which no more than `MOST_AT_ONCE` are looked at."""
        keys = [(guild.id, one) for one in ids][:MOST_AT_ONCE]
        now = time.monotonic()
        unknown = [key for key in keys if self._known.get(key, (0.0,))[0] <= now]
        others = [self._asking[key] for key in unknown if key in self._asking]
        if mine := [key for key in unknown if key not in self._asking]:
            await self._learn(guild, mine, now)
        for answered in others:
            await answered.wait()
        known = {one: self._known.get((guild_id, one), (0.0, None))[1] for guild_id, one in keys}
        return {one: thing for one, thing in known.items() if thing is not None}

    async def _learn(self, guild: discord.Guild, keys: Collection[Key], now: float) -> None:
        answered = asyncio.Event()
        self._asking |= dict.fromkeys(keys, answered)
        try:
            told = await self._answer(guild, [one for _, one in keys], now)
            for key in keys:
                seconds = REMEMBERED_SECONDS if key[1] in told else SILENCE_SECONDS
                self._known.pop(key, None)
                self._known[key] = (now + seconds, told.get(key[1]))
        finally:
            for key in keys:
                del self._asking[key]
            answered.set()
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    async def _answer(
        self, guild: discord.Guild, ids: Collection[int], now: float
    ) -> Mapping[int, T | None]:
        asked = self._asked.setdefault(guild.shard_id, deque(maxlen=MOST_ASKED))
        if len(asked) == MOST_ASKED and asked[0] > now - 60:
            return {}
        asked.append(now)
        try:
            return await asyncio.wait_for(self._ask(guild, ids), PATIENCE_SECONDS)
        except (TimeoutError, discord.DiscordException):
            return {}


def _may_see(viewer: Person, channel: AnyChannel) -> bool:
    """Nobody learns the name of a hidden channel by writing its number."""
    member = viewer if isinstance(viewer, discord.Member) else channel.guild.default_role
    try:
        return channel.permissions_for(member).view_channel
    except discord.ClientException:  # a thread whose channel is hidden from Luna too
        return False
