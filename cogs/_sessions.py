"""Sessions: what Luna does in one guild, and the side of the speech cog that other cogs use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import discord

from luna_tts import SynthesisOptions, UserDictionary

from ._activity import SessionView, Timings
from ._chat_message import ChatMessage
from ._speech_queue import SpeechQueue, Utterance
from ._voice_link import VocalChannel, VoiceLink

SENTENCE_SECONDS = 5.0
"""How long Luna may speak on when she is to end; ten seconds is all that supervisors wait."""


@dataclass(eq=False)
class Session:
    """What Luna does in one guild; it stays when she leaves, for the next time."""

    link: VoiceLink
    queue: SpeechQueue
    order: asyncio.Lock = field(default_factory=asyncio.Lock)
    """First come, first served: callers wait here while the one before them joins or checks."""
    _silenced: int = 0

    def offering(self) -> Callable[[Utterance | None], None]:
        """`offer`, for what is being prepared: until somebody silences her."""
        silenced = self._silenced

        def offer(utterance: Utterance | None) -> None:
            if self._silenced == silenced:
                self.offer(utterance)

        return offer

    def silence(self) -> int:
        """Silences and forgets everything, what is being prepared too; how many were waiting."""
        self._silenced += 1
        return self.queue.clear()

    def offer(self, utterance: Utterance | None) -> None:
        """Has it spoken if there is something to say, and she has not left meanwhile."""
        if utterance is not None and self.link.channel is not None:
            self.queue.offer(utterance)

    async def aclose(self) -> None:
        """Comes to the end of a sentence, if that is near, and leaves the voice channel."""
        await self.queue.end_sentence(SENTENCE_SECONDS)
        await self.queue.aclose()
        await self.link.aclose()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is read, for one member of one guild."""

    language: str
    max_characters: int
    voice: str | None = None
    options: SynthesisOptions | None = None
    words: UserDictionary | None = None
    ng_words: tuple[str, ...] = ()
    ng_beep: bool = False


def always() -> bool:
    """Whatever has happened meanwhile."""
    return True


class Speaking(Protocol):
    """The side of the speech cog that other cogs use."""

    timings: Timings

    def sessions(self) -> Sequence[SessionView]:
        """Every guild in which Luna has been asked to speak."""

    def connected(self, guild_id: int) -> Session | None:
        """The session of a guild in whose voice channel Luna is."""

    async def manner(self, member: discord.Member) -> Manner:
        """How the member's texts are read; as the operator has it while nothing is known."""

    async def own_manner(self, guild: discord.Guild) -> Manner:
        """How Luna speaks for herself, and for who is no member; as above."""

    async def enter(
        self,
        channel: VocalChannel,
        text_channel: int | None,
        only_if: Callable[[], bool] = always,
    ) -> Session:
        """Goes to `channel`, reads `text_channel` there, and remembers both over a restart.

        `only_if` is asked when all who came before are done; if not, nothing happens. Raises what
        `VoiceLink.join` raises, and then nothing has changed.
        """

    async def go(self, session: Session, only_if: Callable[[], bool] = always) -> None:
        """Remembers that she is to be nowhere, falls silent and leaves."""

    async def moved(self, guild: discord.Guild) -> None:
        """Remembers the channel into which a moderator has moved her."""

    async def speak(
        self,
        interaction: discord.Interaction,
        text: ChatMessage | str,
        speaker: discord.Member | None,
        message_id: int | None = None,
    ) -> Session:
        """Speaks `text` where the caller is, as `speaker`, or with her own voice; joins first.

        Raises `NotInVoice`, `NothingToSay`, `ForbiddenWord`, what `TTSService.check`,
        `VoiceLink.join` and `SpeechQueue.put` raise; later failures are told to the caller.
        """
