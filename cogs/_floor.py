"""Floor: whether what Luna says is heard where she is; on a stage she asks for it."""

from __future__ import annotations

import asyncio
import logging

import discord

PATIENCE_SECONDS = 60.0
"""How long she keeps what she was to say; afterwards it would be stale."""
ANSWER_SECONDS = 2.0
"""How long Discord may take to tell that she has given herself the floor."""

_log = logging.getLogger(__name__)


class Floor:
    """Follows Discord's `suppress`: she is in a stage's audience, in AFK, or may not speak.

    Whoever asks for the floor again after a moderator has taken it away would make trouble: she
    asks once each time she comes to a stage.
    """

    def __init__(self) -> None:
        self._given = asyncio.Event()
        self._given.set()
        self._patient_until = 0.0
        self._stage: discord.StageChannel | None = None
        """The one where she has asked."""
        self._asking: asyncio.Task[None] | None = None

    @property
    def given(self) -> bool:
        """Whether she is heard."""
        return self._given.is_set()

    def note(self, me: discord.Member) -> None:
        """Takes in her voice state, whenever it has changed."""
        voice = me.voice
        if voice is None or voice.channel is None:
            self._stage = None
        if voice is None or voice.channel is None or not voice.suppress:
            self._given.set()
            return
        if self.given:
            self._given.clear()
            self._patient_until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
            _log.info("guild %d: not heard in channel %d", me.guild.id, voice.channel.id)
        if isinstance(voice.channel, discord.StageChannel) and voice.channel != self._stage:
            self._stage = voice.channel
            if self._asking is not None:
                self._asking.cancel()
            self._asking = asyncio.create_task(self._ask(me, voice.channel), name="luna-floor")

    async def wait(self) -> bool:
        """Returns when she has the floor; False if that takes too long."""
        if not self.given:
            try:
                async with asyncio.timeout_at(self._patient_until):
                    await self._given.wait()
            except TimeoutError:
                return False
        return True

    async def asked(self) -> bool:
        """Whether she has the floor, once she has asked for it where that is needed."""
        if self._asking is not None:
            await asyncio.wait([self._asking])
        return self.given

    async def aclose(self) -> None:
        """Asks no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _ask(self, me: discord.Member, stage: discord.StageChannel) -> None:
        """Takes the floor if she may, else asks a moderator for it."""
        try:
            if not stage.permissions_for(me).mute_members:
                await me.request_to_speak()
                return
            await me.edit(suppress=False)
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._given.wait()
        except (discord.DiscordException, TimeoutError) as error:
            _log.warning("guild %d: no floor on stage %d: %s", me.guild.id, stage.id, error)
