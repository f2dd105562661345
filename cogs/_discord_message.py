"""A message as discord.py has it -> ChatMessage, with names for all it mentions; its words."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import discord

from ._chat_message import ChatMessage, Poll, PollResult
from ._markup import speakable
from ._names import Names, Person
from ._sessions import Manner
from ._store import GuildSettings

_KINDS: Final = ("image", "video", "audio", "text")
_HOMES: Final[Mapping[str, tzinfo]] = {
    "ja": timezone(timedelta(hours=9), "Asia/Tokyo"),
    "ko": timezone(timedelta(hours=9), "Asia/Seoul"),
}
"""Where a language is at home; these two have no summer time, so they need no database."""

_Part: TypeAlias = discord.Message | discord.MessageSnapshot


@dataclass(frozen=True, slots=True)
class _Tags:
    """Names by id, of all that a message and what it passes on mention."""

    users: Mapping[int, str]
    roles: Mapping[int, str]
    channels: Mapping[int, str]


async def chat_message(
    message: discord.Message, names: Names, *, embeds: bool = False, now: datetime | None = None
) -> ChatMessage:
    """All of `message` that can be spoken; with `embeds`, titles of embeds and linked pages too.

    `message` is one of a guild. May wait for Discord, a few seconds at most, for names that are in
    no cache; what nobody knows is absent.
    """
    replied = _replied_to(message)
    tags = await _tags(message, names, replied)
    passed_on = [_part(snapshot, tags, embeds) for snapshot in message.message_snapshots]
    result = _poll_result(message)
    return replace(
        _part(message, tags, embeds and result is None),
        reply_to=tags.users.get(replied.id) if replied else None,
        forwarded=passed_on[0] if passed_on else None,
        poll=_poll(message.poll) if message.poll else None,
        poll_result=result,
        now=now,
    )


async def words_of(
    message: discord.Message,
    names: Names,
    manner: Manner,
    guild: GuildSettings,
    *,
    titles_only: bool = False,
) -> str:
    """What is spoken of `message` in its guild, or of the pages that it links to; may be empty."""
    now = local_now(guild.time_zone, manner.language)
    chat = await chat_message(message, names, embeds=guild.read_embeds, now=now)
    if titles_only:
        chat = ChatMessage(embeds=chat.embeds)
    if chat.empty:
        return ""
    return speakable(
        chat,
        manner.language,
        manner.max_characters,
        manner.words,
        ng_words=guild.ng_words,
        ng_beep=guild.ng_beep,
    )


def is_to_be_read(message: discord.Message) -> bool:
    """Whether somebody wrote it, or it tells how a vote ended: Discord has messages of its own."""
    return (
        not message.is_system() and message.type is not discord.MessageType.thread_starter_message
    )


def local_now(time_zone: str | None, language: str) -> datetime:
    """Now, in a zone of the IANA's, or where `language` is at home."""
    home = _HOMES.get(language, UTC)
    try:
        return datetime.now(ZoneInfo(time_zone) if time_zone else home)
    except (LookupError, ValueError, OSError):  # a zone that this machine has not heard of
        return datetime.now(home)


async def _tags(message: discord.Message, names: Names, replied: Person | None) -> _Tags:
    guild = message.guild
    assert guild is not None, "only messages of guilds are read"
    parts: list[_Part] = [message, *message.message_snapshots]
    seen: list[Person] = [*message.mentions, *([replied] if replied else [])]
    user_ids = {person.id for person in seen} | {i for part in parts for i in part.raw_mentions}
    roles = [guild.get_role(i) for part in parts for i in part.raw_role_mentions]
    channel_ids = {i for part in parts for i in part.raw_channel_mentions}
    return _Tags(
        await names.people(guild, user_ids, seen),
        {role.id: role.name for role in roles if role},
        await names.channels(guild, channel_ids, message.author),
    )


def _part(part: _Part, tags: _Tags, embeds: bool) -> ChatMessage:
    """What a message and one that is passed on have in common."""
    return ChatMessage(
        part.content,
        tags.users,
        tags.roles,
        tags.channels,
        attachments=tuple(_kind(one, voice=part.flags.voice) for one in part.attachments),
        stickers=tuple(sticker.name for sticker in part.stickers),
        embeds=tuple(embed.title for embed in part.embeds if embed.title) if embeds else (),
    )


def _replied_to(message: discord.Message) -> Person | None:
    """Whose message is answered, if that is still there."""
    reference = message.reference
    if reference is None or message.type is not discord.MessageType.reply:
        return None  # votes that ended and forwards refer to a message too
    found = reference.resolved or reference.cached_message
    return found.author if isinstance(found, discord.Message) else None


def _kind(attachment: discord.Attachment, *, voice: bool) -> str:
    """One of those of `ChatMessage.attachments`."""
    if voice or attachment.is_voice_message():
        return "voice"
    media = attachment.content_type or mimetypes.guess_type(attachment.filename)[0] or ""
    kind = media.partition("/")[0]
    return kind if kind in _KINDS else "file"


def _poll(poll: discord.Poll) -> Poll:
    return Poll(poll.question, tuple(one.text or str(one.emoji or "") for one in poll.answers))


def _poll_result(message: discord.Message) -> PollResult | None:
    """Discord tells it in the fields of an embed."""
    if message.type is not discord.MessageType.poll_result or not message.embeds:
        return None
    told = {field.name: field.value for field in message.embeds[0].fields}
    winner = told.get("victor_answer_text") or told.get("victor_answer_emoji_name")
    votes = told.get("victor_answer_votes") or ""
    return PollResult(
        told.get("poll_question_text") or "", winner, int(votes) if votes.isdecimal() else 0
    )
