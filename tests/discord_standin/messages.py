"""Messages and what they can have in them, as Discord's JSON shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .world import timestamp

if TYPE_CHECKING:
    from .support import Json
    from .world import Channel, Member

DEFAULT, REPLY, COMMAND, POLL_RESULT = 0, 19, 20, 46
"""Message types."""
JOINED, PINNED = 7, 6
"""Types of messages that Discord writes by itself."""
EPHEMERAL, LOADING, VOICE_MESSAGE, HAS_SNAPSHOT = 1 << 6, 1 << 7, 1 << 13, 1 << 14
"""Message flags."""
PARTS = ("embeds", "components", "attachments")
"""What a message has lists of, beside its content."""


@dataclass(frozen=True)
class Poll:
    """A question put to the vote, and the votes for each of its answers."""

    question: str
    answers: tuple[str, ...]
    votes: tuple[int, ...] = ()

    def payload(self) -> Json:
        """The poll object."""
        return {
            "question": {"text": self.question},
            "answers": [
                {"answer_id": number, "poll_media": {"text": answer}}
                for number, answer in enumerate(self.answers, 1)
            ],
            "expiry": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            "allow_multiselect": False,
            "layout_type": 1,
        }

    def result(self) -> Json:
        """The embed in which Discord tells how it ended; a tie has no victor."""
        most = max(self.votes, default=0)
        winners = [n for n, votes in enumerate(self.votes) if votes == most and most]
        fields = {
            "poll_question_text": self.question,
            "victor_answer_votes": str(most),
            "total_votes": str(sum(self.votes)),
        }
        if len(winners) == 1:
            fields["victor_answer_id"] = str(winners[0] + 1)
            fields["victor_answer_text"] = self.answers[winners[0]]
        named = [{"name": name, "value": value, "inline": False} for name, value in fields.items()]
        return {"type": "poll_result", "fields": named}


@dataclass(eq=False, repr=False)
class Message:
    """A message, or the answer to an interaction."""

    id: int
    channel: Channel
    author: Member
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    flags: int = 0
    reference: Message | None = None
    """What it answers, or whose vote's end it tells."""
    stickers: list[str] = field(default_factory=list)
    """Their names."""
    poll: Poll | None = None
    forwards: Message | None = None
    system: int = DEFAULT
    """The type of a message that Discord writes by itself."""
    created_at: str = field(default_factory=timestamp)
    edited_at: str | None = None
    interaction_id: int | None = None
    only_for: Member | None = None
    """Whose interaction it answers: an ephemeral message is seen by nobody else."""
    deleted: bool = False

    def __repr__(self) -> str:
        return f"<Message {self.content!r} by {self.author.user.name}>"

    @property
    def ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def type(self) -> int:
        """The message type."""
        if self.interaction_id or self.system:
            return COMMAND if self.interaction_id else self.system
        return REPLY if self.reference else DEFAULT

    def mentioned(self) -> list[Member]:
        """Members whom the content names."""
        members = self.channel.guild.members.values()
        names = [(m, f"<@{m.id}>", f"<@!{m.id}>") for m in members]
        return [m for m, name, old in names if name in self.content or old in self.content]

    def apply(self, body: Json) -> None:
        """Take over what a request sets."""
        changes: dict[str, Any] = {k: body[k] for k in PARTS if k in body}
        for name, value in changes.items():
            setattr(self, name, value or [])
        if "content" in body:
            self.content = body["content"] or ""

    def delete(self) -> None:
        """Nobody sees it any more."""
        self.deleted = True
        self.channel.messages.pop(self.id, None)

    def payload(self, *, readable: bool = True, nested: bool = False) -> Json:
        """The message object; unreadable without the message_content intent.

        `nested` is it in another one, without what it refers to itself.
        """
        payload: Json = {
            "id": str(self.id),
            "type": self.type,
            "channel_id": str(self.channel.id),
            "guild_id": str(self.channel.guild.id),
            "content": self.content if readable else "",
            "embeds": self.embeds if readable else [],
            "components": self.components if readable else [],
            "attachments": self.attachments if readable else [],
            "mentions": [{**m.user.payload(), "member": m.payload()} for m in self.mentioned()],
            "mention_roles": [],
            "mention_everyone": False,
            "timestamp": self.created_at,
            "edited_timestamp": self.edited_at,
            "tts": False,
            "pinned": False,
            "flags": self.flags,
            **self._about_author(),
        }
        if self.stickers:
            payload["sticker_items"] = _stickers(self.stickers)
        if self.poll is not None and readable:
            payload["poll"] = self.poll.payload()
        return payload if nested else {**payload, **self._references()}

    def snapshot(self) -> Json:
        """What a forward of this message carries of it."""
        kept = ("type", "content", "embeds", "attachments", "timestamp", "edited_timestamp")
        more = ("flags", "mentions", "mention_roles", "components", "sticker_items")
        whole = self.payload(nested=True)
        return {"message": {key: whole[key] for key in (*kept, *more) if key in whole}}

    def _about_author(self) -> Json:
        author = self.author
        about: Json = {"author": author.user.payload()}
        if author.webhook:
            return {**about, "webhook_id": str(author.id)}
        about["member"] = {k: v for k, v in author.payload().items() if k != "user"}
        if author.user.bot and self.interaction_id:
            about["application_id"] = about["webhook_id"] = str(author.id)
        return about

    def _references(self) -> Json:
        """Of a reply, the message it answers comes along: null once that is deleted."""
        other = self.forwards or self.reference
        if other is None:
            return {}
        reference = {
            "type": 1 if self.forwards else 0,
            "message_id": str(other.id),
            "channel_id": str(other.channel.id),
            "guild_id": str(other.channel.guild.id),
        }
        if self.forwards is not None:
            return {"message_reference": reference, "message_snapshots": [other.snapshot()]}
        whole = None if other.deleted else other.payload(nested=True)
        if whole is not None:
            whole.pop("member", None)  # Discord tells the account alone
        return {"message_reference": reference, "referenced_message": whole}


def _stickers(names: Iterable[str]) -> list[Json]:
    return [{"id": str(n), "name": name, "format_type": 1} for n, name in enumerate(names, 10**17)]
