"""A server with an admin for each language, for commands that fill a server's settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cafe import Cafe, luna, open_cafe
from discord_standin import Human, StandIn
from panels import LOCALES, setup_of, take_setup


@dataclass(eq=False)
class Scene:
    """The cafe with its admins, by locale."""

    cafe: Cafe
    admins: dict[str, Human]
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def admin(self) -> Human:
        """The Japanese one."""
        return self.admins["ja"]

    async def afresh(self) -> Scene:
        """As it was when the bot came."""
        await take_setup(self.admin, {"luna_setup": 1})
        return self

    def newcomer(self, locale: str = "ja") -> Human:
        """Somebody who has chosen nothing yet."""
        return self.cafe.guild.add_member(f"member {next(self._numbers)}", locale=locale)

    async def kept(self, name: str) -> Any:
        """What stands in the settings."""
        return (await setup_of(self.admin))["settings"][name]

    async def offered(self, command: str, option: str, typed: str = "") -> list[tuple[str, str]]:
        """Name and value of what autocompletion offers the admin."""
        typing = await self.admin.autocomplete(command, option, **{option: typed})
        return [(choice["name"], choice["value"]) for choice in await typing.suggestions()]


@asynccontextmanager
async def open_scene() -> AsyncIterator[Scene]:
    """With the unmodified bot.py online, whose log holds no traceback afterwards."""
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        admins = {
            locale: cafe.guild.add_member(locale, locale=locale, permissions=["manage_guild"])
            for locale in LOCALES
        }
        async with luna(discord) as bot:
            yield Scene(cafe, admins)
            assert "Traceback" not in bot.log, bot.log_tail
