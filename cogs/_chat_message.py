"""ChatMessage: all of a Discord message that can be spoken, as plain data. No Discord."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

LONGEST_NAME: Final = 30
"""Characters of a name that are spoken."""


@dataclass(frozen=True, slots=True)
class Poll:
    """A question that was put to the vote."""

    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PollResult:
    """How a vote ended; no winner = nobody voted, or a tie."""

    question: str
    winner: str | None
    votes: int = 0


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """What somebody posted. Names are what is to be spoken: a member's own reading, if any."""

    content: str = ""
    """As it was typed, with Discord's markdown and tags."""
    users: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)
    """Names by id, of what the content mentions."""
    reply_to: str | None = None
    """The name of who is answered."""
    forwarded: ChatMessage | None = None
    attachments: tuple[str, ...] = ()
    """Their kinds: image, video, audio, voice (a voice message), text or file."""
    stickers: tuple[str, ...] = ()
    poll: Poll | None = None
    poll_result: PollResult | None = None
    embeds: tuple[str, ...] = ()
    """Titles, where they are to be read."""
    now: datetime | None = None
    """When it is read, aware of the zone in which times are spoken; `None` = UTC, today."""

    @property
    def empty(self) -> bool:
        """Whether nothing was posted: whom it answers says nothing by itself."""
        listed = (self.attachments, self.stickers, self.embeds)
        parts = (self.content.strip(), self.forwarded, self.poll, self.poll_result, *listed)
        return not any(parts)
