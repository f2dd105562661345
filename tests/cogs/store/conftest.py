"""Every test of the store that asks for `place` or `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cogs._store import Store
from postgresql import PostgreSQL

Place = tuple[Path, str]
"""What `Store.open` takes."""


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where a new, empty store is."""
    if request.param == "sqlite":
        return tmp_path, ""
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return tmp_path, await server.new_database()


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    store = await Store.open(*place)
    yield store
    await store.aclose()
