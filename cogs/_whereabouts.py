"""Where Luna is to be: a pure decision. No Discord.

What stands in the settings as `voice_channel` is where she is to be: /join, auto-join and a
moderator's drag write it; /leave, a kick, a channel's end and auto-leave erase it; the end of the
process and a lost connection do not. So she comes back after a restart, but a channel to which she
was called once is not hers for ever: where she shall come each time is for `auto_join_channels`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ._store import GuildSettings


@dataclass(frozen=True, slots=True)
class Call:
    """Where Luna shall go, and which chat she shall read there beside the channel's own."""

    voice_channel: int
    text_channel: int | None


def called_to(
    settings: GuildSettings, entered: int, *, dismissed: bool, awaited_elsewhere: bool
) -> Call | None:
    """Where a person brings Luna, who is nowhere now, by entering the channel `entered`.

    `dismissed`: somebody who is still there saw her go. `awaited_elsewhere`: there are people in
    the channel where she is to be.
    """
    if entered == settings.voice_channel:
        return Call(entered, settings.text_channel)
    if entered in settings.auto_join_channels and not dismissed and not awaited_elsewhere:
        return Call(entered, None)
    return None
