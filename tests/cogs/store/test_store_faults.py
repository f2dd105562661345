"""Broken files, disks and servers: one sentence with the cure, and no setting is lost."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from cafe import ROOT
from cogs._store import GuildSettings, Store, StoreUnavailable
from luna_tts.nlp.dictionary_word import DictionaryWord
from postgresql import PASSWORD, PostgreSQL

OPEN = """
import asyncio, sys
from pathlib import Path
from cogs._store import Store, StoreUnavailable

async def main():
    try:
        store = await Store.open(Path(sys.argv[1]))
        await store.update_guild(1, voice="b")
        await store.aclose()
    except StoreUnavailable as error:
        print(error)

asyncio.run(main())
"""


def open_elsewhere(folder: Path, *before: str) -> str:
    """What another process says that opens the store in `folder`."""
    command = [*before, sys.executable, "-c", OPEN, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def set_aside(folder: Path) -> list[Path]:
    return list(folder.glob("*broken*"))


def fill_with_garbage(file: Path) -> None:
    file.write_bytes(os.urandom(8192))


def cut_off(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2 + 100])


def overwrite_the_middle(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 64] = os.urandom(64)
    file.write_bytes(content)


def make_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "something").write_text("precious")


@pytest.mark.parametrize("harm", [fill_with_garbage, cut_off, overwrite_the_middle, make_a_folder])
async def test_a_broken_file_is_set_aside_and_luna_starts(
    tmp_path: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "luna.sqlite3"
    store = await Store.open(tmp_path)
    await store.update_guild(1, voice="koharu")
    await store.put_words((1, 0), [DictionaryWord(f"ことば{n}", "るな") for n in range(500)])
    await store.aclose()
    harm(file)
    content = file.read_bytes() if file.is_file() else b""

    store = await Store.open(tmp_path)
    assert await store.guild(1) == GuildSettings()
    await store.update_guild(1, voice="new")
    await store.aclose()
    (aside,) = set_aside(tmp_path)
    assert re.search(r"broken-\d{8}-\d{6}-\d+$", aside.name)
    assert (aside.read_bytes() if content else (aside / "something").read_text()) == (
        content or "precious"
    )
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert str(aside) in told.getMessage()
    assert "put a backup there" in told.getMessage()

    store = await Store.open(tmp_path)
    assert (await store.guild(1)).voice == "new", "and it is kept from then on"
    await store.aclose()


async def test_an_empty_file_is_an_empty_store(tmp_path: Path) -> None:
    (tmp_path / "luna.sqlite3").touch()
    store = await Store.open(tmp_path)
    await store.update_guild(1, voice="koharu")
    await store.aclose()
    assert not set_aside(tmp_path)


async def test_one_file_is_for_one_luna(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    assert re.match("another Luna uses the settings in .*: end it, or", open_elsewhere(tmp_path))
    with pytest.raises(StoreUnavailable, match="another Luna"):
        await Store.open(tmp_path)
    await store.update_guild(1, voice="a")
    await store.aclose()
    assert open_elsewhere(tmp_path) == "", "free again"
    store = await Store.open(tmp_path)
    assert (await store.guild(1)).voice == "b"
    await store.aclose()


async def test_a_read_only_disk_is_told_at_the_start(tmp_path: Path) -> None:
    await (await Store.open(tmp_path)).aclose()
    # Root may write everywhere; without its capabilities it may not.
    before = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
    for name in ("", "luna.sqlite3", "luna.sqlite3.lock"):
        place = tmp_path / name
        mode = place.stat().st_mode
        place.chmod(0o555 if place.is_dir() else 0o444)
        told = open_elsewhere(tmp_path if name else tmp_path / "deeper", *before)
        assert "let this user write there, or set LUNA_DATA to another folder" in told, name
        assert told.count("\n") == 0
        place.chmod(mode)
    with pytest.raises(StoreUnavailable, match="set LUNA_DATA to another folder"):
        await Store.open("/dev/null/data")


async def test_a_full_disk_refuses_the_change_and_keeps_the_rest(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await Store.open(tmp_path)
    before = await store.update_guild(1, voice="koharu")

    @event.listens_for(store._database._link.engine.sync_engine, "begin")
    def _(connection) -> None:  # type: ignore[no-untyped-def]
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as there are

    words = [DictionaryWord(f"ことば{number}", "るな" * 20) for number in range(500)]
    with pytest.raises(StoreUnavailable, match=r"full\): free some space on this disk"):
        await store.put_words((1, 0), words)
    assert await store.words(1, 0) == ()
    assert await store.guild(1) == before
    assert "free some space" in caplog.text
    assert "ことば" not in caplog.text
    await store.aclose()
    store = await Store.open(tmp_path)
    assert (await store.guild(1), await store.words(1, 0)) == (before, ())
    assert len(await store.put_words((1, 0), words)) == 500, "with space it goes on"
    await store.aclose()


async def test_a_file_that_breaks_while_it_is_used(tmp_path: Path) -> None:
    store = await Store.open(tmp_path)
    await store.update_guild(1, voice="koharu")
    async with store._database._link.engine.connect() as connection:
        await connection.exec_driver_sql("DROP TABLE members")
        await connection.commit()
    with pytest.raises(StoreUnavailable, match=r"no such table: members.*: start Luna again, and"):
        await store.update_member(1, 2, voice="a")
    with pytest.raises(StoreUnavailable):
        await store.member(1, 2)
    assert (await store.guild(1)).voice == "koharu"
    assert (await store.update_guild(1, language="ko")).language == "ko"
    await store.aclose()


async def test_a_commit_that_fails_is_in_doubt_and_read_again(
    store: Store, place: tuple[Path, str]
) -> None:
    before = await store.update_guild(1, voice="koharu")
    engine = store._database._link.engine

    def fail(_connection: object) -> None:
        raise ConnectionResetError("in the moment of writing")

    event.listen(engine.sync_engine, "commit", fail)
    with pytest.raises(StoreUnavailable, match="in the moment of writing"):
        await store.update_guild(1, voice="other")
    event.remove(engine.sync_engine, "commit", fail)
    async with engine.begin() as connection:  # as if it had been written after all
        await connection.exec_driver_sql("UPDATE guilds SET language = 'ko'")
    assert await store.guild(1) == replace(before, language="ko")


async def test_a_server_that_is_away_and_comes_back(
    postgresql: PostgreSQL, caplog: pytest.LogCaptureFixture
) -> None:
    url = await postgresql.new_database()
    store = await Store.open("unused", url)
    before = await store.update_guild(1, voice="koharu")
    postgresql.stop()
    try:
        with pytest.raises(StoreUnavailable, match=f"PostgreSQL at {postgresql.folder} .*: start"):
            await store.update_guild(1, voice="other")
        with pytest.raises(StoreUnavailable):
            await store.guild(2)
        assert await store.guild(1) == before, "what is in memory serves on"
        with pytest.raises(StoreUnavailable, match="start it, or correct LUNA_DATABASE_URL"):
            await Store.open("unused", url)
    finally:
        postgresql.start()
    assert await store.guild(1) == before
    assert (await store.update_guild(1, language="ko")).voice == "koharu"
    assert await store.guild(2) == GuildSettings()
    await store.aclose()
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://luna:s3cret@127.0.0.1:1/luna", "PostgreSQL at 127.0.0.1 .*: start it"),
        ("postgresql://luna:s3cret@no-such-host.invalid/luna", "no-such-host.invalid"),
        ("mysql://luna:s3cret@host/luna", "no address of a PostgreSQL database"),
        ("postgresql//luna:s3cret@host/luna", "no address of a PostgreSQL database"),
        ("postgresql://luna:s3cret@host:port/luna", "no address of a PostgreSQL database"),
        ("postgresql://luna:s3cret@host/luna?colour=red", "has colour after its [?]"),
        ("postgresql://luna:s3cret@host/luna?sslmode=sometimes", "cannot be used"),
    ],
)
async def test_a_wrong_address_is_one_sentence_without_the_password(
    url: str, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StoreUnavailable, match=sentence) as caught:
        await Store.open("unused", url)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value) + caplog.text


async def test_a_wrong_password_or_database(postgresql: PostgreSQL) -> None:
    for url, sentence in (
        (postgresql.url("postgres", password="s3cret"), "password authentication failed"),
        (postgresql.url("nowhere"), 'database "nowhere" does not exist'),
    ):
        with pytest.raises(StoreUnavailable, match=sentence) as caught:
            await Store.open("unused", url)
        assert "s3cret" not in str(caught.value)
