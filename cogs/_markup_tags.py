"""Discord's tags in words: mentions, commands, places, times. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ._markup_names import spoken_name
from ._markup_reading import Kind, Reading
from ._markup_times import spoken_time

_TAG: Final = re.compile(
    r"<(?:@!?(?P<user>\d{1,25})|@&(?P<role>\d{1,25})|#(?P<channel>\d{1,25})"
    r"|/(?P<command>[^:<>\n]{1,100}):\d{1,25}|t:(?P<time>-?\d{1,20})(?::(?P<style>[A-Za-z]))?"
    r"|id:(?P<place>[a-z-]{1,20})(?::\d{1,25})?|sound:\d{1,25}:\d{1,25})>|(?<![\w.])@(?P<all>everyone|here)\b"
)
_PLACES: Final = ("customize", "browse", "guide", "home", "linked-roles")


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
