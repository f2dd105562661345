"""Where a person who enters brings Luna, as a table."""

from __future__ import annotations

import pytest

from cogs._store import GuildSettings
from cogs._whereabouts import Call, called_to

HOME, CHAT, OPEN, OTHER = 1, 2, 3, 4
"""Where she is to be and what she reads there; where she comes by herself; neither."""


@pytest.mark.parametrize(
    ("entered", "dismissed", "awaited_elsewhere", "call"),
    [
        (HOME, False, False, Call(HOME, CHAT)),
        (HOME, True, False, Call(HOME, CHAT)),
        (OPEN, False, False, Call(OPEN, None)),
        (OPEN, True, False, None),
        (OPEN, False, True, None),
        (OTHER, False, False, None),
    ],
)
def test_called_to(
    entered: int, dismissed: bool, awaited_elsewhere: bool, call: Call | None
) -> None:
    settings = GuildSettings(voice_channel=HOME, text_channel=CHAT, auto_join_channels=(OPEN,))
    where = called_to(settings, entered, dismissed=dismissed, awaited_elsewhere=awaited_elsewhere)
    assert where == call


def test_nobody_calls_her_where_nothing_is_set() -> None:
    nowhere = GuildSettings(text_channel=CHAT)
    assert called_to(nowhere, HOME, dismissed=False, awaited_elsewhere=False) is None


def test_her_own_channel_comes_before_her_habit() -> None:
    settings = GuildSettings(voice_channel=OPEN, text_channel=CHAT, auto_join_channels=(OPEN,))
    assert called_to(settings, OPEN, dismissed=True, awaited_elsewhere=True) == Call(OPEN, CHAT)
