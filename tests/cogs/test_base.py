"""What all cogs share: who may do what, and answers longer than a message."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._base import MAX_CONTENT, Refused, _pages, may_manage_guild, may_manage_process
from cogs._errors import NotAllowed, OwnerOnly


def interaction(*, manager: bool = False, owner: bool = False) -> Any:
    async def is_owner(user: object) -> bool:
        return owner

    return SimpleNamespace(
        permissions=discord.Permissions(manage_guild=manager),
        client=SimpleNamespace(is_owner=is_owner),
        user=object(),
    )


async def test_managers_of_the_server_and_the_owner_may_manage_it() -> None:
    assert await may_manage_guild(interaction(manager=True))
    assert await may_manage_guild(interaction(owner=True))
    with pytest.raises(Refused) as refused:
        await may_manage_guild(interaction())
    assert isinstance(refused.value.original, NotAllowed)
    assert refused.value.original.data == {"permissions": ("manage_guild",)}


async def test_only_the_owner_may_manage_the_process() -> None:
    assert await may_manage_process(interaction(owner=True))
    with pytest.raises(Refused) as refused:
        await may_manage_process(interaction(manager=True))
    assert isinstance(refused.value.original, OwnerOnly)


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=900), max_size=30))
def test_nothing_is_lost_between_pages(lines: list[str]) -> None:
    text = "\n".join(lines)
    pages = list(_pages(text))
    assert "\n".join(pages) == text
    assert all(len(page) <= MAX_CONTENT for page in pages)


def test_a_line_that_is_too_long_is_cut() -> None:
    first, second = _pages("x" * 3000 + "\nrest")
    assert (len(first), first[-1], second) == (MAX_CONTENT, "…", "rest")
