"""The rules of the house that the linter cannot express: who imports whom, how large files are."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cafe import ROOT

PRODUCT = [ROOT / "bot.py", *ROOT.glob("cogs/**/*.py"), *ROOT.glob("luna_tts/**/*.py")]
EVERYTHING = [*PRODUCT, *ROOT.glob("tests/**/*.py")]
NO_DISCORD = (
    "_activity",
    "_chat_message",
    "_earcon",
    "_environment",
    "_errors",
    "_fair_order",
    "_fixed_phrases",
    "_local",
    "_markup",
    "_markup_emoji",
    "_markup_ends",
    "_markup_laughter",
    "_markup_links",
    "_markup_marks",
    "_markup_noise",
    "_markup_parts",
    "_markup_reading",
    "_markup_secrets",
    "_markup_tags",
    "_markup_times",
    "_metrics_server",
    "_pace",
    "_pcm_stream",
    "_rendering",
    "_speech_queue",
    "_spoken",
    "_step_down",
    "_voice_patience",
    "_waiting_list",
)


def imports(path: Path) -> Iterator[str]:
    """Every module that `path` imports anywhere; relative ones begin with a dot."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path) if not name.startswith(".")}


@pytest.mark.parametrize("name", NO_DISCORD)
def test_what_knows_no_discord(name: str) -> None:
    path = ROOT / "cogs" / f"{name}.py"
    assert "discord" not in roots(path)
    reached = {module.lstrip(".") for module in imports(path) if module.startswith(".")}
    assert reached <= set(NO_DISCORD), "nor through a sibling"


@pytest.mark.parametrize("path", [*ROOT.glob("cogs/_store/**/*.py")], ids=lambda path: path.name)
def test_the_store_knows_no_discord_and_no_other_room(path: Path) -> None:
    assert roots(path) <= sys.stdlib_module_names | {"sqlalchemy", "alembic", "asyncpg", "luna_tts"}
    assert not any(name.startswith("..") for name in imports(path))


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_imports_upwards(path: Path) -> None:
    used = roots(path)
    assert "bot" not in used
    if path.name != "bot.py":
        assert "cogs" not in used, "relative siblings only"
    if "luna_tts" in path.parts:
        assert "discord" not in used


def test_extensions_never_import_one_another() -> None:
    for path in ROOT.glob("cogs/[!_]*.py"):
        assert all(name.startswith("._") for name in imports(path) if name.startswith("."))


def test_two_files_touch_discords_internals() -> None:
    for path in ROOT.glob("cogs/*.py"):
        if path.name != "_voice_client.py":
            assert "discord.voice_state" not in set(imports(path))
        if path.name not in ("_voice_client.py", "_gateway.py"):
            assert "._connection" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: path.name)
def test_no_file_is_over_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_a_clock_that_jumps_changes_no_wait() -> None:
    """Only what is about dates looks at the wall clock: moments that are read, edits' age."""
    looks = re.compile(r"time\.time\(|\.now\(|utcnow\(|\.today\(|from time import time")
    files = [*ROOT.glob("cogs/**/*.py"), *ROOT.glob("luna_tts/**/*.py"), ROOT / "bot.py"]
    lookers = {path.name for path in files if looks.search(path.read_text("utf-8"))}
    assert lookers == {"reader.py", "_discord_message.py", "_markup.py", "_markup_ends.py"}
