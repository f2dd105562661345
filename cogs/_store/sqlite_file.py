"""The SQLite file before it is opened: one Luna at a time, and set aside if it is broken."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import IO, Final

from .errors import StoreUnavailable

FILE_NAME: Final = "luna.sqlite3"
BUSY_SECONDS: Final = 5.0
"""How long a program that looks into the file, for a backup say, may keep Luna waiting."""

_CURES: Final = (
    ("end the program that has it open", ("locked",)),
    ("free some space on this disk", ("full", "No space", "quota")),
    (
        "start Luna again, and if that does not help put a backup in its place",
        ("malformed", "not a database", "no such", "already exists", "I/O error"),
    ),
)

_log = logging.getLogger(__name__)


def claim(path: Path) -> IO[bytes]:
    """Locks `path` for this process and sees to it that there is a sound database, or none.

    The lock ends when the returned file is closed, or with the process. Raises `StoreUnavailable`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + ".lock").open("ab")
    except OSError as error:
        raise StoreUnavailable(*explained(path, str(error))) from error
    try:
        _lock(lock, path)
        if problem := _damage(path):
            _set_aside(path, problem)
    except BaseException:
        lock.close()
        raise
    return lock


def explained(path: Path, problem: str) -> tuple[str, str]:
    """What to tell the operator of a file that cannot be used, and the cure."""
    cure = next(
        (cure for cure, signs in _CURES if any(sign in problem for sign in signs)),
        "let this user write there, or set LUNA_DATA to another folder",
    )
    return f"the settings in {path} cannot be used ({problem})", cure


def _lock(file: IO[bytes], path: Path) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StoreUnavailable(
            f"another Luna uses the settings in {path}",
            "end it, or give this one a LUNA_DATA of its own",
        ) from error


def _damage(path: Path) -> str:
    """What is wrong with the file; nothing if it can be used, or is not there."""
    if path.is_dir():
        return "it is a folder"
    try:
        # Autocommit: the transaction below is the proof that the file can be written to.
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
        return "" if found == "ok" else " ".join(found.split())
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return str(error)
        raise StoreUnavailable(*explained(path, str(error))) from error


def _set_aside(path: Path, problem: str) -> None:
    aside = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    try:
        for ending in ("", "-wal", "-shm"):  # together they may still be mended
            if path.with_name(path.name + ending).exists():
                path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    except OSError as error:
        raise StoreUnavailable(*explained(path, str(error))) from error
    _log.error(
        "The settings in %s are broken (%s): Luna starts with none. They were kept as %s. To have "
        "them back, stop Luna and put a backup there, or what `sqlite3 %s .recover` saves",
        path,
        problem,
        aside,
        aside.name,
    )
