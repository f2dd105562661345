"""Owner of engine and store: opens, warms and closes both. Reloading other cogs keeps them."""

from __future__ import annotations

import gc
import logging

from discord.ext import commands

from luna_tts import TTSService, UserDictionary
from luna_tts.errors import EngineClosed

from ._base import ENGINE_COG, LunaCog, add_cog
from ._dictionaries import Dictionaries
from ._locale import LunaTranslator
from ._rate_limits import RateLimits
from ._store import Store

_log = logging.getLogger(__name__)


class Engine(LunaCog, name=ENGINE_COG):
    """Holds the service and the store that the other cogs use."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self._service = self.environment.engine.open_service()
        self._store: Store | None = None
        self._dictionaries: Dictionaries | None = None
        self._translator: LunaTranslator | None = None
        self._limits = RateLimits()

    @property
    def limits(self) -> RateLimits:
        """How often anybody may ask."""
        return self._limits

    @property
    def service(self) -> TTSService:
        """The service, from the end of `cog_load` to `cog_unload`."""
        return self._service

    @property
    def store(self) -> Store:
        """The settings, from the end of `cog_load` to `cog_unload`."""
        if self._store is None:
            raise EngineClosed
        return self._store

    async def words(self, guild_id: int, member_id: int) -> UserDictionary:
        """How words are read when this member speaks."""
        if self._dictionaries is None:
            raise EngineClosed
        return await self._dictionaries.words(guild_id, member_id)

    async def cog_load(self) -> None:
        """Opens the settings, then loads and warms up the voices.

        Raises `LunaError` if Luna could not remember or not speak at all.
        """
        await super().cog_load()
        try:
            self._store = await Store.open(self.environment.data, self.environment.database_url)
            self._dictionaries = Dictionaries(self._store)
            await self.service.start()
        except BaseException:
            await self.service.aclose()
            if self._store is not None:
                await self._store.aclose()
            raise
        # A full garbage collection passes over every object of PyTorch and the dictionaries and
        # stops the player's thread for 90 ms; what is there now is there to stay.
        gc.collect()
        gc.freeze()
        if self.bot.tree.translator is None:
            self._translator = LunaTranslator(self.phrases)
            await self.bot.tree.set_translator(self._translator)

    async def cog_unload(self) -> None:
        """Ends the engine's threads, and with them queues that still speak; closes the store."""
        if self._translator is not None and self.bot.tree.translator is self._translator:
            await self.bot.tree.set_translator(None)
        stats = self.service.stats()
        await self.service.aclose()
        _log.info(
            "engine closed after %d utterances, %.0f s of speech, %.0f s of inference",
            stats.utterances,
            stats.audio_seconds,
            stats.inference_seconds,
        )
        await self.store.aclose()
        gc.unfreeze()
        await super().cog_unload()


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Engine(bot))
