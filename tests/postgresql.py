"""A throw-away PostgreSQL on a unix socket, run by an unprivileged user as it demands."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import asyncpg

PASSWORD = "hunter2-is-not-for-logs"


class PostgreSQL:
    """One cluster in a temporary folder; `databases` are made in it by the tests."""

    def __init__(self, bin: Path) -> None:
        self._bin = bin
        # Short, because the path of a socket is: 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="luna-pg-", dir="/tmp"))
        self._user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(self.folder, **self._user)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run("initdb", "--no-sync", "-U", "luna", "-A", "scram-sha-256", "--locale=C",
                  "-E", "UTF8", f"--pwfile={password}", "-D", self._cluster)  # fmt: skip
        self.start()

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses="
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "-w", "-l", log, "-o", options, "-D", self._cluster)

    def stop(self, how: str = "fast") -> None:
        self._run("pg_ctl", "stop", "-w", "-m", how, "-D", self._cluster)

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://luna:{password}@/{database}?host={self.folder}"

    async def new_database(self) -> str:
        """The address of an empty one."""
        name = f"luna_{os.urandom(4).hex()}"
        await self.execute("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    async def execute(self, database: str, statement: str) -> None:
        connection = await asyncpg.connect(
            host=str(self.folder), user="luna", password=PASSWORD, database=database
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def size(self, url: str) -> int:
        """Bytes of the database at `url`."""
        connection = await asyncpg.connect(url)
        try:
            found: int = await connection.fetchval("SELECT pg_database_size(current_database())")
            return found
        finally:
            await connection.close()

    @property
    def _cluster(self) -> str:
        return str(self.folder / "cluster")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a server that goes on running would hold a pipe open
            stderr=subprocess.DEVNULL,
            check=False,
            **self._user,
        )
        assert done.returncode == 0, f"{program} failed: see {self.folder}"


def installed() -> Path | None:
    """The folder of the server's programs, which Debian keeps off the PATH."""
    places = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "pg_ctl").exists()), None)


async def gone(url: str) -> bool:
    """Whether nobody but this caller is connected to the database at `url`."""
    address = url.replace("postgresql://", "postgres://")
    connection = await asyncpg.connect(address)
    try:
        for _ in range(100):
            count = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            )
            if count == 1:
                return True
            await asyncio.sleep(0.02)
        return False
    finally:
        await connection.close()
