"""A bot's script as a subprocess whose Discord is the stand-in."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from .support import Changes

SITE = Path(__file__).parent / "site"
"""The folder whose `sitecustomize.py` points discord.py at the stand-in."""
PRIVATE = ("LUNA_", "DISCORD_", "STANDIN_")
"""The caller's variables that begin so do not reach the bot."""
LOG_TAIL = 40
"""Lines of the bot's log in the message of a wait that failed."""


def environment(own: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what is private to it, plus ours, plus the test's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(PRIVATE)}
    search_path = os.pathsep.join(filter(None, (str(SITE), kept.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": search_path, "PYTHONUNBUFFERED": "1", **own, **added}


class BotProcess:
    """`python <script>`; leaving the context kills it if it still runs."""

    def __init__(
        self,
        command: list[str],
        env: dict[str, str],
        cwd: Path | None,
        changes: Changes,
    ) -> None:
        self.command = command
        self.env = env
        self.started_at = 0.0
        """`time.monotonic()` seconds."""
        self._cwd = cwd
        self._changes = changes
        self._output: list[str] = []
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None

    async def __aenter__(self) -> BotProcess:
        """Start the script."""
        self.started_at = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            *self.command,
            env=self.env,
            cwd=self._cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self._drain = asyncio.create_task(self._collect(self._process))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill what is left, children included, and read the rest of the log."""
        assert self._process is not None
        assert self._drain is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._drain

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None, "the bot was not started"
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, None while it runs; negative for a signal."""
        return None if self._process is None else self._process.returncode

    @property
    def log(self) -> str:
        """Everything it wrote to stdout and stderr so far."""
        return "".join(self._output)

    @property
    def log_tail(self) -> str:
        """The last lines, for messages."""
        lines = self.log.splitlines()[-LOG_TAIL:]
        return "\n--- the bot's log ends with ---\n" + "\n".join(lines)

    def threads(self) -> int:
        """How many threads it has now."""
        return len(os.listdir(f"/proc/{self.pid}/task"))

    async def tasks(self) -> int:
        """How many asyncio tasks it has now."""
        assert self._process is not None
        start = len(self.log)
        self._process.send_signal(signal.SIGUSR1)
        look = re.compile(r"STANDIN-TASKS (\d+)").search
        found = await self._changes.wait_for(lambda: look(self.log, start), "no tasks told", 10)
        return int(found[1])

    def switch_udp(self) -> None:
        """From now on, or no longer, its kernel refuses every UDP packet."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR2)

    async def wait_for_log(self, pattern: str, timeout: float = 10.0) -> re.Match[str]:
        """The first match of a regular expression in the log."""
        what = f"{pattern!r} is not in the log"
        return await self._changes.wait_for(lambda: re.search(pattern, self.log), what, timeout)

    async def wait(self, timeout: float = 30.0) -> int:
        """The exit status once it has ended by itself."""
        await self._changes.wait_for(
            lambda: self.returncode is not None, "the bot did not exit", timeout, needs_bot=False
        )
        assert self.returncode is not None
        return self.returncode

    async def stop(self, how: signal.Signals = signal.SIGTERM, timeout: float = 30.0) -> float:
        """Send a signal; seconds until the bot had exited."""
        started = time.monotonic()
        assert self._process is not None
        self._process.send_signal(how)
        await self.wait(timeout)
        return time.monotonic() - started

    async def _collect(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while data := await process.stdout.read(1 << 16):
            self._output.append(data.decode(errors="replace"))
            self._changes.notify()
        await process.wait()
        self._changes.notify()


def python_command(script: Path, arguments: list[str], python: str | None) -> list[str]:
    """How a script is run: by this interpreter unless the test names another."""
    return [python or sys.executable, str(script), *arguments]
