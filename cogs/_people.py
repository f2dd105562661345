"""What Luna says of people: who is speaking, who comes, moves and goes. Pure."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ._markup import speakable_name
from ._markup_ends import censor
from ._spoken import spoken
from ._store import GuildSettings

NAME = "{name}"
"""Stands for the name in a guild's template."""
Coming: TypeAlias = Literal["came", "went", "moved_here", "moved_away", "away"]


def introduction(name: str, guild: GuildSettings, language: str) -> str:
    """What is said before a message of `name`: the guild's template filled in, and a breath."""
    template = guild.name_template or spoken("introduction", language, name=NAME)
    called = _called(name, guild, language)
    honorific = spoken("honorific", language)
    if honorific and NAME + honorific in template:
        called = called.removesuffix(honorific)
    if not called:
        return ""
    said = template.replace(NAME, called).strip()
    breath = spoken("comma", language)
    return f"{said} " if said.endswith((*"。、！？.,!?:…", breath)) else said + breath


def announcement(what: Coming, name: str, guild: GuildSettings, language: str) -> str:
    """What is said when `name` came, went or moved."""
    called = _called(name, guild, language) or spoken("somebody", language)
    return spoken(what, language, name=called.removesuffix(spoken("honorific", language)))


def coming(
    before: int | None, after: int | None, luna: int, afk: int | None, guild: GuildSettings
) -> Coming | None:
    """What somebody did, as those hear it who are in Luna's channel; None = nothing to tell.

    All are voice channels, `afk` is where Discord puts who is idle; admins choose what is told.
    """
    if before == after or luna not in (before, after):
        return None
    here = after == luna
    if before is not None and after is not None:
        moved: Coming = "moved_here" if here else "away" if after == afk else "moved_away"
        return moved if guild.announce_moves else None
    if here:
        return "came" if guild.announce_joins else None
    return "went" if guild.announce_leaves else None


def _called(name: str, guild: GuildSettings, language: str) -> str:
    """A name as it may be spoken: without a word that the guild does not want to hear."""
    plain = speakable_name(name, language)
    censored, found = censor(plain, guild.ng_words, None, language)
    return "" if found and not guild.ng_beep else censored
