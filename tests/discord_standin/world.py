"""Users, members, roles, channels and voice states, as Discord's JSON shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import permissions
from .support import Json

if TYPE_CHECKING:
    from .guild import Guild
    from .messages import Message

TEXT, VOICE, PUBLIC_THREAD, STAGE = 0, 2, 11, 13
"""Channel types."""


def timestamp() -> str:
    """Now, in ISO 8601 as Discord writes it."""
    return datetime.now(UTC).isoformat()


@dataclass(eq=False)
class User:
    """An account: a person or the bot."""

    id: int
    name: str
    bot: bool = False

    def payload(self) -> Json:
        """The user object."""
        return {
            "id": str(self.id),
            "username": self.name.lower(),
            "global_name": None if self.bot else self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }


@dataclass(eq=False)
class Role:
    """A role; @everyone has the guild's own id."""

    id: int
    name: str
    permissions: int = 0

    def payload(self) -> Json:
        """The role object."""
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(self.permissions),
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "icon": None,
            "unicode_emoji": None,
            "managed": False,
            "mentionable": False,
            "position": 0,
            "flags": 0,
        }


@dataclass
class VoiceState:
    """Where a member is in voice."""

    channel: Channel
    session_id: str
    self_mute: bool = False
    self_deaf: bool = False
    mute: bool = False
    """Muted by a moderator."""
    deaf: bool = False
    audience: bool = False
    """On a stage: a moderator has not let them speak."""
    asked_to_speak_at: str | None = None


@dataclass(eq=False, repr=False)
class Member:
    """A user in a guild."""

    user: User
    guild: Guild
    roles: list[Role] = field(default_factory=list)
    locale: str = "en-US"
    nick: str | None = None
    voice: VoiceState | None = None
    webhook: bool = False
    """Whether it is no member at all, but writes through a link that somebody made."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.user.name}>"

    @property
    def id(self) -> int:
        """The user's id."""
        return self.user.id

    @property
    def mention(self) -> str:
        """How a message names this member."""
        return f"<@{self.id}>"

    @property
    def guild_permissions(self) -> int:
        """Bit set without any channel's overwrites."""
        owner = self.guild.owner_id == self.id
        everyone = self.guild.everyone.permissions
        return permissions.in_guild(everyone, [r.permissions for r in self.roles], owner)

    def payload(self) -> Json:
        """The member object with its user."""
        return {
            "user": self.user.payload(),
            "nick": self.nick,
            "avatar": None,
            "roles": [str(role.id) for role in self.roles],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "premium_since": None,
            "deaf": bool(self.voice and self.voice.deaf),
            "mute": bool(self.voice and self.voice.mute),
            "flags": 0,
            "pending": False,
            "communication_disabled_until": None,
        }

    @property
    def suppressed(self) -> str | None:
        """Why Discord lets nobody hear this member."""
        if self.voice is None:
            return None
        channel = self.voice.channel
        if channel.type == STAGE:
            return "it is in the audience of a stage" if self.voice.audience else None
        if channel is self.guild.afk_channel:
            return "it is in the AFK channel"
        allowed = channel.allows(self, "speak")
        return None if allowed else f"it lacks SPEAK in {channel.name!r}"

    def voice_payload(self) -> Json:
        """The voice state object; its channel is null outside voice."""
        state = self.voice
        return {
            "guild_id": str(self.guild.id),
            "channel_id": str(state.channel.id) if state else None,
            "user_id": str(self.id),
            "member": self.payload(),
            "session_id": state.session_id if state else "",
            "self_mute": bool(state and state.self_mute),
            "self_deaf": bool(state and state.self_deaf),
            "mute": bool(state and state.mute),
            "deaf": bool(state and state.deaf),
            "self_video": False,
            "suppress": self.suppressed is not None,
            "request_to_speak_timestamp": state.asked_to_speak_at if state else None,
        }


@dataclass(eq=False, repr=False)
class Channel:
    """A text or voice channel."""

    id: int
    guild: Guild
    name: str
    type: int
    user_limit: int = 0
    overwrites: dict[int, permissions.Overwrite] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    parent: Channel | None = None
    """Of a thread."""

    def __repr__(self) -> str:
        return f"<Channel {self.name}>"

    @property
    def members(self) -> list[Member]:
        """Who is in this voice channel, bots included."""
        everyone = self.guild.members.values()
        return [m for m in everyone if m.voice is not None and m.voice.channel is self]

    def permissions_for(self, member: Member) -> int:
        """A member's bit set here; a thread has none of its own."""
        if self.parent is not None:
            return self.parent.permissions_for(member)
        roles = {role.id for role in member.roles}
        overwrites = self.overwrites.values()
        base = member.guild_permissions
        return permissions.in_channel(base, overwrites, self.guild.id, member.id, roles)

    def allows(self, member: Member, permission: str) -> bool:
        """Whether a member has a permission here."""
        return permissions.has(self.permissions_for(member), permission)

    def has_room_for(self, member: Member) -> bool:
        """Whether the user limit lets a member in; MOVE_MEMBERS passes it, as on Discord."""
        others = [m for m in self.members if m is not member]
        free = self.user_limit == 0 or len(others) < self.user_limit
        return free or self.allows(member, "move_members")

    def deny(self, target: Member | Role, *names: str) -> None:
        """Deny permissions by name; the bot is told at once."""
        overwrite = self._overwrite(target)
        overwrite.deny |= permissions.bits(names)
        overwrite.allow &= ~overwrite.deny
        self.guild.emit("CHANNEL_UPDATE", self.payload())

    def allow(self, target: Member | Role, *names: str) -> None:
        """Allow permissions by name; the bot is told at once."""
        overwrite = self._overwrite(target)
        overwrite.allow |= permissions.bits(names)
        overwrite.deny &= ~overwrite.allow
        self.guild.emit("CHANNEL_UPDATE", self.payload())

    def _overwrite(self, target: Member | Role) -> permissions.Overwrite:
        fresh = permissions.Overwrite(target.id, isinstance(target, Member))
        return self.overwrites.setdefault(target.id, fresh)

    def payload(self) -> Json:
        """The channel object."""
        if self.parent is not None:
            return self._thread_payload(self.parent)
        payload: Json = {
            "id": str(self.id),
            "guild_id": str(self.guild.id),
            "type": self.type,
            "name": self.name,
            "position": 0,
            "parent_id": None,
            "nsfw": False,
            "rate_limit_per_user": 0,
            "last_message_id": None,
            "flags": 0,
            "permission_overwrites": [
                {
                    "id": str(overwrite.target_id),
                    "type": int(overwrite.is_member),
                    "allow": str(overwrite.allow),
                    "deny": str(overwrite.deny),
                }
                for overwrite in self.overwrites.values()
            ],
        }
        if self.type == TEXT:
            return {**payload, "topic": None}
        return {**payload, "bitrate": 64000, "user_limit": self.user_limit, "rtc_region": None}

    def _thread_payload(self, parent: Channel) -> Json:
        return {
            "id": str(self.id),
            "guild_id": str(self.guild.id),
            "parent_id": str(parent.id),
            "owner_id": str(self.guild.owner_id),
            "type": self.type,
            "name": self.name,
            "message_count": len(self.messages),
            "member_count": 1,
            "rate_limit_per_user": 0,
            "last_message_id": None,
            "flags": 0,
            "thread_metadata": {
                "archived": False,
                "auto_archive_duration": 1440,
                "archive_timestamp": "2024-01-01T00:00:00+00:00",
                "locked": False,
            },
        }
