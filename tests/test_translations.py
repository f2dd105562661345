"""Everything that Discord shows of Luna's commands, as it received it: in three languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio

from cafe import luna, open_cafe
from discord_standin import StandIn
from discord_standin.rules import CHAT_INPUT, COMMAND_SIZE, check_commands

LANGUAGES = {"ja", "ko"}
THEMSELVES = {"日本語", "한국어", "English", "中文"}
"""Languages are called by their own names everywhere."""
Json = dict[str, Any]


async def synced(env: dict[str, str]) -> list[Json]:
    """The commands that Discord was given."""
    async with StandIn() as discord:
        open_cafe(discord)
        async with luna(discord, env):
            (request,) = [
                one for one in discord.requests if one.method == "PUT" and "commands" in one.path
            ]
    tree: list[Json] = request.json
    return tree


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tree() -> list[Json]:
    return await synced({})


pytestmark = pytest.mark.asyncio(loop_scope="module")


def walk(parts: list[Json], path: str = "") -> Iterator[tuple[str, Json]]:
    """Every command, subcommand and option with its path."""
    for part in parts:
        name = f"{path}/{part['name']}"
        yield name, part
        yield from walk(part.get("options") or [], name)


def languages(part: Json, what: str) -> set[str]:
    """The languages in which there is a text of its own."""
    localized = part.get(f"{what}_localizations") or {}
    return {language for language, text in localized.items() if text.strip()}


async def test_every_command_and_option_is_described(tree: list[Json]) -> None:
    described = [part for part in tree if part["type"] == CHAT_INPUT]
    assert len(described) > 10
    for path, part in walk(described):
        assert languages(part, "description") == LANGUAGES, path
        texts = [part["description"], *part["description_localizations"].values()]
        assert len(set(texts)) == 3, (path, texts)
        assert all(1 <= len(text) <= 100 for text in texts), path


async def test_every_choice_is_named(tree: list[Json]) -> None:
    for path, part in walk(tree):
        for choice in part.get("choices") or []:
            if choice["name"] not in THEMSELVES:
                assert languages(choice, "name") == LANGUAGES, (path, choice)


async def test_menus_are_named_in_each_language(tree: list[Json]) -> None:
    menus = [part for part in tree if part["type"] != CHAT_INPUT]
    assert len(menus) == 4
    for part in menus:
        assert languages(part, "name") == LANGUAGES, part
        names = [part["name"], *part["name_localizations"].values()]
        assert len(set(names)) == 3
        assert all(1 <= len(name) <= 32 for name in names), names


async def test_names_of_commands_are_the_same_everywhere(tree: list[Json]) -> None:
    for path, part in walk([part for part in tree if part["type"] == CHAT_INPUT]):
        assert path.isascii()
        assert not part.get("name_localizations"), path


async def test_what_is_for_admins_is_hidden_from_others(tree: list[Json]) -> None:
    hidden = {part["name"] for part in tree if part["default_member_permissions"] == 1 << 5}
    assert hidden == {"doctor", "model", "channel", "autojoin", "mute", "ngword"}


async def test_discord_takes_all_of_it_also_as_one_group(tree: list[Json]) -> None:
    assert check_commands(tree) is None
    grouped = await synced({"LUNA_GROUP": "luna"})
    assert check_commands(grouped) is None, COMMAND_SIZE
    (group,) = [part for part in grouped if part["type"] == CHAT_INPUT]
    names = {part["name"] for part in group["options"]}
    assert names == {part["name"] for part in tree if part["type"] == CHAT_INPUT}
    assert len(names) <= 25
