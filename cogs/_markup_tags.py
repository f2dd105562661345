"""Names, and Discord's tags in words: mentions, commands, places, times. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from ._chat_message import LONGEST_NAME
from ._markup_emoji import drop_emoji, name_emoji
from ._markup_links import name_links
from ._markup_noise import clean
from ._markup_reading import Kind, Reading
from ._markup_secrets import hide_secrets
from ._markup_times import spoken_time

_TAG: Final = re.compile(
    r"<(?:@!?(?P<user>\d{1,25})|@&(?P<role>\d{1,25})|#(?P<channel>\d{1,25})"
    r"|/(?P<command>[^:<>\n]{1,100}):\d{1,25}|t:(?P<time>-?\d{1,20})(?::(?P<style>[A-Za-z]))?"
    r"|id:(?P<place>[a-z-]{1,20})(?::\d{1,25})?|sound:\d{1,25}:\d{1,25})>|(?<![\w.])@(?P<all>everyone|here)\b"
)
_PLACES: Final = ("customize", "browse", "guide", "home", "linked-roles")
_MARKS: Final = re.compile(r"[\s*_~`|<>\[\]{}\\#@\u2500-\u257f-]+")


def name_tags(text: str, reading: Reading) -> str:
    """`text` with names for its tags; a neutral word where the name is unknown."""

    def named(names: Mapping[int, str], found: str, unknown: str) -> str:
        name = spoken_name(names.get(int(found), ""), reading)
        return reading.keep(name) if name else reading.say(unknown, Kind.INLINE)

    def replace(match: re.Match[str]) -> str:
        message = reading.message
        if match["user"]:
            return named(message.users, match["user"], "somebody")
        if match["role"]:
            return named(message.roles, match["role"], "role")
        if match["channel"]:
            return named(message.channels, match["channel"], "channel")
        if match["command"]:
            return reading.keep(spoken_name(match["command"], reading))
        if match["time"]:
            return reading.keep(
                spoken_time(
                    int(match["time"]), match["style"] or "f", reading.language, reading.now
                )
            )
        if match["all"]:
            return reading.say(match["all"], Kind.INLINE)
        if match["place"] in _PLACES:
            return reading.say(match["place"].replace("-", "_"), Kind.INLINE)
        return " "

    return _TAG.sub(replace, text)


def spoken_name(name: str, reading: Reading) -> str:
    """`name` in one line of plain letters, at most `LONGEST_NAME`; "" where nothing is left.

    Emoji are decoration, unless there is nothing else.
    """
    plain = unicodedata.normalize("NFKC", clean(name[: LONGEST_NAME * 10]))
    plain = hide_secrets(name_links(plain, reading), reading)
    letters = drop_emoji(plain)
    if not any(map(str.isalnum, reading.restore(letters))):
        letters = name_emoji(plain, reading)
    return reading.restore(_MARKS.sub(" ", letters)).strip()[:LONGEST_NAME].rstrip()
