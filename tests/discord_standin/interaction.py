"""One interaction: what the bot is sent, and what the person gets to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import rules
from .messages import LOADING, Message
from .support import Json, T
from .world import Channel, Member

if TYPE_CHECKING:
    from .guild import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
"""Interaction types."""
PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, SUGGESTIONS = 1, 4, 5, 6, 7, 8
"""Callback types."""


@dataclass(eq=False, repr=False)
class Interaction:
    """One interaction; times are `time.monotonic()` seconds."""

    id: int
    token: str
    member: Member
    channel: Channel
    payload: Json
    world: World
    source: Message | None = None
    """The message whose component was used, or whose component opened the modal."""
    sent_at: float = 0.0
    acknowledged_at: float | None = None
    callback: Json | None = None
    """The body of the first response."""
    original: Message | None = None
    """@original: the first response's message."""
    followups: list[Message] = field(default_factory=list)
    answers: list[Message] = field(default_factory=list)
    """What there was to read, in the order in which it appeared; deleted ones are gone."""
    answered_at: float | None = None
    """When there was something to read."""

    def __repr__(self) -> str:
        return f"<Interaction {self.payload['data']}>"

    @property
    def kind(self) -> int:
        """The callback type of the acknowledgement, 0 before there is one."""
        return int(self.callback["type"]) if self.callback else 0

    @property
    def deferred(self) -> bool:
        """Whether the bot first asked for more time."""
        return self.kind in (DEFERRED, DEFERRED_UPDATE)

    async def reply(self, timeout: float = 5.0) -> Message:
        """The message that the person sees in the end: after a defer, what replaced it."""
        return await self._wait(lambda: next(iter(self.answers), None), "no reply", timeout)

    async def acknowledged(self, timeout: float = 5.0) -> float:
        """When the bot acknowledged."""
        return await self._wait(lambda: self.acknowledged_at, "not acknowledged", timeout)

    async def suggestions(self, timeout: float = 5.0) -> list[Json]:
        """The choices offered for an autocompletion."""
        callback = await self._wait(lambda: self.callback, "no suggestions", timeout)
        choices: list[Json] = callback["data"].get("choices") or []
        return choices

    async def modal(self, timeout: float = 5.0) -> Json:
        """The modal that the bot opened."""
        callback = await self._wait(lambda: self.callback, "no modal", timeout)
        assert callback["type"] == rules.MODAL, f"answered with {callback}, not with a modal"
        data: Json = callback["data"]
        return data

    def seen(self, message: Message, now: float) -> None:
        """Note that the person can read something, unless it is still "thinking"."""
        if not message.flags & LOADING:
            self.answered_at = self.answered_at or now
            if message not in self.answers:
                self.answers.append(message)

    async def _wait(self, look: Callable[[], T | None], what: str, timeout: float) -> T:
        described = f"{what} to {self.payload['data'].get('name', 'a component')!r}"
        return await self.world.changes.wait_for(look, described, timeout)


def payload(sent: Interaction, kind: int, data: Json) -> Json:
    """The interaction object as INTERACTION_CREATE carries it."""
    member, guild, channel = sent.member, sent.member.guild, sent.channel
    payload: Json = {
        "id": str(sent.id),
        "application_id": str(guild.me.id),
        "type": kind,
        "data": data,
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "channel_id": str(channel.id),
        "channel": {**channel.payload(), "permissions": str(channel.permissions_for(member))},
        "member": {**member.payload(), "permissions": str(channel.permissions_for(member))},
        "token": sent.token,
        "version": 1,
        "app_permissions": str(channel.permissions_for(guild.me)),
        "locale": member.locale,
        "guild_locale": guild.locale,
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(guild.id)},
        "context": 0,
        "attachment_size_limit": 10_485_760,
    }
    return {**payload, "message": sent.source.payload()} if sent.source else payload


def check_kind(found: Interaction, kind: int | None) -> None:
    """Refuse a first response that does not belong to this type of interaction."""
    sort = found.payload["type"]
    allowed = {
        COMMAND: {MESSAGE, DEFERRED, rules.MODAL},
        COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, rules.MODAL},
        AUTOCOMPLETE: {SUGGESTIONS},
        MODAL_SUBMIT: {MESSAGE, DEFERRED, *({DEFERRED_UPDATE, UPDATE} if found.source else ())},
    }
    if kind not in allowed[sort]:
        form = rules.Form()
        form.fail("type", "INTERACTION_TYPE", f"Callback {kind} does not answer this interaction")
        rules.refuse(form.tree())
