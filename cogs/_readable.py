"""Whether a message is read aloud: plain data in, the reason against it out. No Discord."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ._store import GuildSettings

SKIP_PREFIX: Final = ";"
"""What nobody wants to have read begins with it, where the guild has set nothing else."""


class Unread(StrEnum):
    """Why a message is not read."""

    ELSEWHERE = "it stands in a channel that is not read"
    SYSTEM = "Discord wrote it"
    BOT = "a bot wrote it"
    OPTED_OUT = "its author does not want to be read"
    IGNORED = "its author is ignored here"
    NOT_LISTENING = "its author is not in the voice channel"
    PREFIX = "it begins with what keeps it from being read"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message."""

    id: int
    roles: Collection[int] = ()
    bot: bool = False
    """Bots and webhooks."""
    listening: bool = False
    """Whether they are in Luna's voice channel."""
    opted_out: bool = False


def why_unread(
    content: str,
    author: Author,
    channels: Collection[int | None],
    voice_channel: int,
    guild: GuildSettings,
    *,
    system: bool = False,
) -> Unread | None:
    """Why a message is not read; None = it is.

    `channels` are where it stands, for a thread the channel above it too. `voice_channel` is
    where Luna is: its own chat is always read. Bots are judged as bots alone: they need not
    listen, nor can they opt out.
    """
    bound = {guild.text_channel, voice_channel, *guild.read_channels} - {None}
    if bound.isdisjoint(channels):
        return Unread.ELSEWHERE
    if system:
        return Unread.SYSTEM
    if begins_with_prefix(content, guild.skip_prefix or SKIP_PREFIX):
        return Unread.PREFIX
    if is_ignored(author.id, author.roles, guild):
        return Unread.IGNORED
    if author.bot:
        return None if guild.read_bots else Unread.BOT
    if author.opted_out:
        return Unread.OPTED_OUT
    if guild.listeners_only and not author.listening:
        return Unread.NOT_LISTENING
    return None


def is_ignored(member_id: int, roles: Collection[int], guild: GuildSettings) -> bool:
    """Whether the guild's admins want nothing to be heard of a member."""
    return member_id in guild.ignored_members or not set(guild.ignored_roles).isdisjoint(roles)


def begins_with_prefix(content: str, prefix: str) -> bool:
    """Whether `content` begins with `prefix`, whatever its width: an IME types ； for ;."""
    mark = _plain(prefix)
    return mark != "" and _plain(content).startswith(mark)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.lstrip()[:300])
