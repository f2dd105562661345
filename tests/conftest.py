"""What every test run needs: nothing of the caller's own set-up, and no skip that nobody sees."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from luna_tts import TTSService
from luna_tts.open_jtalk import OpenJTalkModel
from postgresql import PostgreSQL, installed

EXAMPLE = Path(__file__).parents[1] / ".env.example"
"""Every variable that Luna knows."""
ITA = EXAMPLE.parents[1] / "shared/sbv2/frontend_ita.jsonl"
"""A corpus that may not be copied; it is read where it lies."""


def pytest_configure() -> None:
    """No setting of the caller reaches Luna: not from the environment, not from .env."""
    for name in re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE):
        os.environ.pop(name, None)
    os.environ["PYTHON_DOTENV_DISABLED"] = "1"
    # Several processes test side by side: OpenMP's idle threads, spinning, would take the others'
    # processors. Bots that tests start say themselves how long theirs do.
    os.environ["OMP_WAIT_POLICY"] = "passive"


@pytest.fixture(autouse=True)
def data(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test's Luna remembers nothing of the others', nor of the caller's own."""
    monkeypatch.setenv("LUNA_DATA", str(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session")
def open_jtalk() -> OpenJTalkModel:
    """The embedded voice, loaded once: it is immutable."""
    return OpenJTalkModel()


@pytest.fixture
async def service() -> AsyncIterator[TTSService]:
    """A service that speaks with the embedded voice."""
    service = TTSService()
    await service.start()
    yield service
    await service.aclose()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A server of the tests' own."""
    bin = installed()
    if bin is None:
        pytest.skip("PostgreSQL (apt install postgresql)")
    server = PostgreSQL(bin)
    yield server
    server.remove()


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    yield
    if _skipped(session.config) and session.config.getoption("forbid_skips"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--forbid-skips",
        action="store_true",
        default=os.environ.get("LUNA_FORBID_SKIPS") == "1",
        help="a skipped test fails the run",
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of a run."""
    absent = {str(report.longrepr[2]) for report in _skipped(config)}
    if not ITA.exists():
        absent.add("the lines of the ITA corpus")
    print(f"absent in this run: {'; '.join(sorted(absent)) or 'nothing'}")


def _skipped(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return list(reporter.stats.get("skipped", ())) if reporter else []
