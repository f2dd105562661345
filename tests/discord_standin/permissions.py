"""Discord's permission bits by name, and how roles and overwrites add up for a member."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# fmt: off
NAMES = (
    "create_instant_invite", "kick_members", "ban_members", "administrator", "manage_channels",
    "manage_guild", "add_reactions", "view_audit_log", "priority_speaker", "stream",
    "view_channel", "send_messages", "send_tts_messages", "manage_messages", "embed_links",
    "attach_files", "read_message_history", "mention_everyone", "use_external_emojis",
    "view_guild_insights", "connect", "speak", "mute_members", "deafen_members", "move_members",
    "use_vad", "change_nickname", "manage_nicknames", "manage_roles", "manage_webhooks",
    "manage_expressions", "use_application_commands", "request_to_speak", "manage_events",
    "manage_threads", "create_public_threads", "create_private_threads", "use_external_stickers",
    "send_messages_in_threads", "use_embedded_activities", "moderate_members",
)
# fmt: on
"""In the order of Discord's bits, beginning with bit 0."""

# fmt: off
EVERYONE = (
    "add_reactions", "stream", "view_channel", "send_messages", "embed_links", "attach_files",
    "read_message_history", "use_external_emojis", "connect", "speak", "use_vad",
    "change_nickname", "use_application_commands", "request_to_speak",
    "send_messages_in_threads",
)
# fmt: on
"""What @everyone may do in a new guild."""


def bits(names: Iterable[str]) -> int:
    """The bit set of permission names; an unknown name is a ValueError."""
    value = 0
    for name in names:
        if name not in NAMES:
            raise ValueError(f"no permission is called {name!r}; known: {', '.join(NAMES)}")
        value |= 1 << NAMES.index(name)
    return value


def has(value: int, name: str) -> bool:
    """Whether a bit set holds a permission."""
    return bool(value & bits([name]))


ALL = (1 << 53) - 1


@dataclass
class Overwrite:
    """What one channel allows and denies one role or member."""

    target_id: int
    is_member: bool
    allow: int = 0
    deny: int = 0

    def applied(self, value: int) -> int:
        """The bit set after this overwrite."""
        return value & ~self.deny | self.allow


def in_guild(everyone: int, roles: Iterable[int], is_owner: bool) -> int:
    """A member's permissions before any channel has its say."""
    value = everyone
    for role in roles:
        value |= role
    return ALL if is_owner or has(value, "administrator") else value


def in_channel(
    base: int, overwrites: Iterable[Overwrite], guild_id: int, member_id: int, role_ids: set[int]
) -> int:
    """A member's permissions in a channel: @everyone, then roles, then the member's own."""
    if has(base, "administrator"):
        return ALL
    overwrites = list(overwrites)
    value = base
    for overwrite in overwrites:
        if overwrite.target_id == guild_id:
            value = overwrite.applied(value)
    roles = [o for o in overwrites if o.target_id in role_ids and o.target_id != guild_id]
    for overwrite in roles:
        value &= ~overwrite.deny
    for overwrite in roles:
        value |= overwrite.allow
    for overwrite in overwrites:
        if overwrite.is_member and overwrite.target_id == member_id:
            value = overwrite.applied(value)
    return value if has(value, "view_channel") else 0
