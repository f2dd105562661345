"""RateLimits: how often one member and one server may ask, so that nobody's haste is a wait of all.

What waits to be spoken has bounds of its own: _waiting_list.py.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

import discord
from discord import app_commands
from discord.ext.commands import CooldownMapping

from ._errors import ServerTooHasty, TooHasty

Interaction = discord.Interaction[Any]
Offers = list[app_commands.Choice[str]]
Offer = Callable[[Any, Interaction, str], Coroutine[Any, Any, Offers]]

SECONDS: Final = 10.0
COMMANDS: Final = 100, 500
"""In that time: of one member in a server, of all in it. No hand is as quick; programs are."""
LETTERS: Final = 40, 400
"""As above, for what is asked while something is being typed: people manage five a second."""
MINUTE: Final = 60.0
EXPENSIVE: Final = 10, 50
"""In that time: downloads, imports, voices to try, which keep the machine busy for seconds."""


class RateLimits:
    """Of one bot. A clock that jumps changes nothing."""

    def __init__(self) -> None:
        self._commands = _Limit(COMMANDS, SECONDS)
        self._letters = _Limit(LETTERS, SECONDS)
        self._expensive = _Limit(EXPENSIVE, MINUTE)

    def command(self, interaction: Interaction) -> None:
        """Counts a command. Raises `TooHasty`, `ServerTooHasty`."""
        self._commands.count(interaction)

    def expensive(self, interaction: Interaction) -> None:
        """Counts what takes the machine seconds. Raises `TooHasty`, `ServerTooHasty`."""
        self._expensive.count(interaction)

    def letter(self, interaction: Interaction) -> None:
        """Counts an autocompletion. Raises `TooHasty`, `ServerTooHasty`."""
        self._letters.count(interaction)


class Limited(Protocol):
    """A cog, as `unless_hasty` knows it."""

    @property
    def limits(self) -> RateLimits:
        """Those of the bot."""


def unless_hasty(offer: Offer) -> Offer:
    """For autocompletions: who asks too often is offered nothing, until the next letter."""

    @functools.wraps(offer)
    async def limited(cog: Limited, interaction: Interaction, typed: str) -> Offers:
        try:
            cog.limits.letter(interaction)
        except TooHasty:
            return []
        return await offer(cog, interaction, typed)

    return limited


class _Limit:
    """So many times for each member of a server, and for each server, in so many seconds."""

    def __init__(self, most: tuple[int, int], seconds: float) -> None:
        self._of_member = CooldownMapping[Interaction].from_cooldown(most[0], seconds, _member)
        self._of_server = CooldownMapping[Interaction].from_cooldown(most[1], seconds, _server)

    def count(self, interaction: Interaction) -> None:
        """Whoever is refused uses up nothing of what is the server's."""
        now = time.monotonic()
        if (wait := self._of_member.update_rate_limit(interaction, now)) is not None:
            raise TooHasty(wait)
        if (wait := self._of_server.update_rate_limit(interaction, now)) is not None:
            raise ServerTooHasty(wait)


def _member(interaction: Interaction) -> tuple[int | None, int]:
    return interaction.guild_id, interaction.user.id


def _server(interaction: Interaction) -> int | None:
    return interaction.guild_id
