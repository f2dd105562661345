"""Who may do what."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from cogs._checks import Refused, may_manage_guild, may_manage_process
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
