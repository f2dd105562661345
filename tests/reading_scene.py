"""The scene of chat that is read: one Luna for many guilds, each called and set up anew."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import numpy as np

from cafe import Cafe, Sound, luna, open_cafe, spoken
from discord_standin import Human, Message, StandIn, Writer, similarity, speech_spans
from luna_tts.open_jtalk import OpenJTalkModel
from panels import take_setup

ALIKE = 0.6
"""Likeness from which an utterance was heard; another one of the same voice stays under 0.5."""
END = "これで全部おしまいです。"
"""Comes last, so that a test knows when all before it had its turn."""


@dataclass(eq=False)
class Reading:
    """A guild in whose lounge Luna is, with alice; she was called from the chat."""

    cafe: Cafe
    admin: Human
    model: OpenJTalkModel
    began: float

    @property
    def alice(self) -> Human:
        return self.cafe.alice

    @property
    def members_asked(self) -> list[object]:
        """What Luna asked Discord about members so far."""
        return [sent for _, sent in self.cafe.discord.gateway.received if sent["op"] == 8]

    async def post(self, content: str = "", **more: object) -> Message:
        """By alice, in the chat."""
        return await self.alice.send(self.cafe.chat, content, **more)

    async def hear(self, person: Writer, text: str) -> Sound:
        """What is heard of one message in the chat."""
        posted = time.monotonic()
        await person.send(self.cafe.chat, text)
        return await self.cafe.heard(posted)

    async def announced(self, text: str) -> None:
        """Waits until this was heard since Luna was called."""
        reference = spoken(self.model, text)
        for _ in range(20):
            with suppress(AssertionError):
                await self.cafe.ear.speech(since=time.monotonic(), timeout=1)
            await self.cafe.quiet()
            if similarity(self.cafe.ear.pcm(since=self.began), reference) > ALIKE:
                return
        raise AssertionError(f"{text} was not announced")

    async def heard(self) -> Sound:
        """All that was heard since Luna was called, up to the END, which is posted now."""
        await self.post(END)
        await self.announced(END)
        return self.cafe.ear.pcm(since=self.began)

    async def hears(self, *texts: str) -> None:
        """Exactly these were heard, in this order, and nothing else."""
        heard = await self.heard()
        references = [spoken(self.model, text) for text in (*texts, END)]
        for text, reference in zip((*texts, END), references, strict=True):
            assert similarity(heard, reference) > ALIKE, f"{text} was not heard"
        whole = np.concatenate(references)
        assert similarity(heard, whole) > ALIKE, f"the order was not {texts}"
        assert seconds(heard) < 1.1 * sum(map(seconds, references)) + 0.1, "more was heard"
        assert self.cafe.ear.faults == []


@dataclass(eq=False)
class Bot:
    """The unmodified bot.py, online."""

    discord: StandIn
    model: OpenJTalkModel

    async def called(self, **settings: object) -> Reading:
        """A guild of its own, with `settings`, into whose voice alice has called Luna."""
        cafe = open_cafe(self.discord)
        admin = cafe.guild.add_member("admin", locale="ja", permissions=["manage_guild"])
        await take_setup(admin, {"luna_setup": 1, "settings": settings})
        await cafe.alice.join(cafe.lounge)
        began = time.monotonic()
        await (await cafe.alice.command("join")).reply()
        await self.discord.bot_in(cafe.lounge)
        return Reading(cafe, admin, self.model, began)


@asynccontextmanager
async def open_bot(model: OpenJTalkModel) -> AsyncIterator[Bot]:
    async with StandIn() as discord, luna(discord) as bot:
        yield Bot(discord, model)
        assert "Traceback" not in bot.log, bot.log_tail
        assert END not in bot.log, "what people write is not logged"


def seconds(sound: Sound) -> float:
    """Of speech, without the pauses between."""
    return sum(end - start for start, end in speech_spans(sound))
