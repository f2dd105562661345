"""The tables that the migrations make are those that the code uses; a newer Luna's are refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cafe import ROOT
from cogs._store import GuildSettings, Store, StoreUnavailable
from cogs._store.migrate import FOLDER, VERSION_TABLE
from cogs._store.tables import metadata


async def execute(store: Store, statement: str) -> None:
    async with store._database._link.engine.begin() as connection:
        await connection.execute(text(statement))


async def test_migrations_and_tables_agree(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
        )
        return compare_metadata(context, metadata)

    async with store._database._link.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_migrations_are_one_line_named_by_their_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    revisions = list(ScriptDirectory.from_config(config).walk_revisions())
    names = [Path(revision.path).stem[1:5] for revision in revisions]
    assert names == [revision.revision for revision in revisions]
    assert names == sorted(names, reverse=True)


async def test_what_a_newer_luna_wrote_is_refused(place: tuple[Path, str]) -> None:
    store = await Store.open(*place)
    await store.update_guild(1, voice="koharu")
    await execute(store, "UPDATE luna_version SET version_num = '9999'")
    await store.aclose()
    with pytest.raises(StoreUnavailable, match=r"newer Luna \(version 9999 .*: update Luna, or"):
        await Store.open(*place)
    with pytest.raises(StoreUnavailable, match="newer Luna"):
        await Store.open(*place)
    assert not list(place[0].glob("*broken*"))


async def test_somebody_elses_tables_are_left_alone(place: tuple[Path, str]) -> None:
    store = await Store.open(*place)
    await store.update_guild(1, voice="koharu")
    await execute(store, "DROP TABLE luna_version")
    await store.aclose()
    with pytest.raises(StoreUnavailable, match=r"guilds.* already exists"):
        await Store.open(*place)


async def test_a_stored_value_that_is_no_longer_allowed_is_left_out(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await store.update_guild(1, voice="koharu", max_characters=100)
    await execute(store, "UPDATE guilds SET max_characters = 9, language = 'tlh'")
    await execute(store, "INSERT INTO dictionaries VALUES (1, 0, 'a', 'ひみつ', 'abc', NULL, 5)")
    store._guilds.discard(1)
    assert await store.guild(1) == GuildSettings(voice="koharu")
    assert await store.words(1, 0) == ()
    assert "a stored setting is left out: max_characters is 9" in caplog.text
    assert "a stored word is left out (InvalidReading)" in caplog.text
    assert "ひみつ" not in caplog.text


FIRST_OPENING = """
import asyncio, sys
from pathlib import Path
import cogs._local, cogs.engine
assert not {"sqlalchemy", "alembic", "aiosqlite"} & sys.modules.keys()
from cogs._store import Store

async def tick(gaps):
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        await asyncio.sleep(0.001)
        gaps.append(loop.time() - began)

async def main():
    ticking = asyncio.create_task(tick(gaps := []))
    store = await Store.open(Path(sys.argv[1]))
    ticking.cancel()
    await store.aclose()
    print(max(gaps), "alembic" in sys.modules, "asyncpg" in sys.modules)

asyncio.run(main())
"""


def open_first(folder: Path) -> list[str]:
    """In a process that has imported nothing yet: the loop's worst stop, alembic, asyncpg."""
    command = [sys.executable, "-c", FIRST_OPENING, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_nobody_pays_for_what_they_do_not_use(tmp_path: Path) -> None:
    """Importing cogs costs no SQLAlchemy, local mode never, an up-to-date database no alembic."""
    assert open_first(tmp_path)[1:] == ["True", "False"]
    assert open_first(tmp_path)[1:] == ["False", "False"]


@pytest.mark.realtime
def test_opening_does_not_stop_the_loop(tmp_path: Path) -> None:
    worst = [float(open_first(tmp_path)[0]) for _ in range(2)]
    print(f"the loop stood still for {worst[0] * 1000:.0f} ms, then {worst[1] * 1000:.0f} ms")
    assert max(worst) < 0.5
