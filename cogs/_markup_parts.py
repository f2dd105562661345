"""What a message has besides its text, in words: reply, attachments, stickers, votes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from ._chat_message import ChatMessage
from ._markup_reading import Reading
from ._markup_tags import spoken_name
from ._spoken import spoken

_KINDS: Final = ("image", "video", "audio", "voice", "text", "file")
_MOST: Final = 10
"""Of anything; Discord allows no more."""
LONGEST_TITLE: Final = 60
"""Characters of a question or a title that are spoken."""
_STOPS: Final = "。！？!?…、,"
Read = Callable[[str], str]
"""Somebody's text -> what is spoken of it, in one line."""


def join(parts: Iterator[str] | list[str], language: str) -> str:
    """The parts that are not empty, with a breath between them."""
    comma = spoken("comma", language)
    text = ""
    for part in filter(None, parts):
        gap = comma.strip("、,") if text.endswith(tuple(_STOPS)) else comma
        text = f"{text}{gap}{part}" if text else part
    return text


def reply(reading: Reading) -> str:
    """Who is answered, or ""."""
    name = spoken_name(reading.message.reply_to or "", reading)
    honorific = spoken("honorific", reading.language)
    return spoken("reply", reading.language, name=name.removesuffix(honorific)) if name else ""


def additions(message: ChatMessage, read: Read, language: str) -> Iterator[str]:
    """What was written elsewhere than in the text: titles and votes."""
    yield from map(read, message.embeds[:_MOST])
    if message.poll is not None:
        yield spoken("poll", language)
        yield read(message.poll.question)
        answers = [answer for answer in map(read, message.poll.answers[:_MOST]) if answer]
        if answers:
            yield spoken("answers", language, answers=spoken("comma", language).join(answers))
    if message.poll_result is not None:
        result = message.poll_result
        yield spoken("poll_result", language)
        yield read(result.question)
        if result.winner is None:
            yield spoken("no_winner", language)
        else:
            yield spoken("winner", language, winner=read(result.winner))
            yield spoken("vote" if result.votes == 1 else "votes", language, count=result.votes)


def attached(reading: Reading) -> Iterator[str]:
    """What hangs on the message: files by kind and number, stickers by name."""
    message = reading.message
    counts = Counter(kind if kind in _KINDS else "file" for kind in message.attachments)
    for kind in _KINDS:
        if count := counts[kind]:
            yield spoken(kind if count == 1 else f"{kind}s", reading.language, count=count)
    for name in message.stickers[:_MOST]:
        if said := spoken_name(name, reading):
            yield spoken("sticker", reading.language, name=said)
