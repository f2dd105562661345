"""Manners: how somebody's texts are read in a guild, and what has to be fetched for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

import discord

from luna_tts import LunaError

from ._base import LunaCog
from ._choices import Choice
from ._member_voice import own_choice
from ._sessions import Manner
from ._store import GuildSettings, MemberSettings, Store, StoreUnavailable

_log = logging.getLogger(__name__)


async def settings_of(
    store: Store, guild_id: int, member_id: int
) -> tuple[GuildSettings, MemberSettings]:
    """A guild's and a member's; as if nothing were set where the store does not answer."""
    guild, member = GuildSettings(), MemberSettings()
    with contextlib.suppress(StoreUnavailable):  # it has told the log
        guild = await store.guild(guild_id)
        member = await store.member(guild_id, member_id)
    return guild, member


class Manners:
    """As the operator has it while nothing is known: to be heard matters more than how."""

    def __init__(self, cog: LunaCog) -> None:
        self._cog = cog
        self._own: dict[int, Manner] = {}
        self._fetching: set[asyncio.Task[None]] = set()

    async def of(self, member: discord.Member) -> Manner:
        """A member's; who has chosen no voice is given one the first time."""
        await self.own(member.guild)
        voice = self._cog.member_voice(member)
        with contextlib.suppress(StoreUnavailable):  # it has told the log
            await voice.be_given_one()
        return await self._manner(voice.choice, member.guild.id, member.id)

    async def own(self, guild: discord.Guild) -> Manner:
        """Luna's own, and of who is no member."""

        async def choice() -> Choice:
            return await own_choice(self._cog.service, self._cog.store, guild.id)

        own = self._own[guild.id] = await self._manner(choice, guild.id, 0)
        return own

    def last_own(self, guild_id: int) -> Manner:
        """Luna's own when somebody was last read, for whoever cannot wait for the store."""
        return self._own.get(guild_id) or self._as_operator()

    async def aclose(self) -> None:
        """Fetches nothing more."""
        for task in self._fetching:
            task.cancel()
        await asyncio.gather(*self._fetching, return_exceptions=True)

    async def _manner(
        self, choose: Callable[[], Awaitable[Choice]], guild_id: int, member_id: int
    ) -> Manner:
        environment = self._cog.environment
        try:
            guild = await self._cog.store.guild(guild_id)
            choice = await choose()
            words = await self._cog.words(guild_id, member_id)
        except StoreUnavailable:  # it has told the log
            return self._as_operator()
        if choice.missed:
            self._fetch(choice.missed)
        language = guild.language or environment.language
        return Manner(
            language,
            guild.max_characters or environment.max_characters,
            choice.voice,
            replace(choice.options, language=choice.options.language or language),
            words,
            guild.ng_words,
            guild.ng_beep,
        )

    def _as_operator(self) -> Manner:
        environment = self._cog.environment
        return Manner(environment.language, environment.max_characters)

    def _fetch(self, voice: str) -> None:
        """Has a voice loaded for the next time; until then another speaks."""
        service = self._cog.service
        if not any(status.name == voice and status.info for status in service.catalogue()):
            return

        async def load() -> None:
            try:
                await service.load(voice)
            except LunaError as error:
                _log.warning("voice %s, which somebody chose, cannot be loaded: %s", voice, error)

        task = asyncio.create_task(load(), name="luna-fetch")
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)
