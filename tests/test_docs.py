"""The docs say what the code does: tables are generated, examples run, what is named exists."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from cafe import ROOT
from docs.reference import all_commands, pages

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
EXAMPLES = (DOCS / "engine.md").read_text("utf-8").split("```python\n")[1:]


@pytest.mark.parametrize("path", [*pages()], ids=lambda path: path.name)
def test_tables_are_as_the_code_has_it(path: Path) -> None:
    assert path.read_text("utf-8") == pages()[path], "run python -m docs.reference"


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_engines_examples_run(example: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", example.split("```")[0]]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    out = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60
    )
    assert out.returncode == 0, out.stderr
    assert out.stdout or (tmp_path / "weather.wav").exists() or "words" in example


def test_the_plugins_example_names_what_there_is() -> None:
    (example,) = (DOCS / "plugin.md").read_text("utf-8").split("```python\n")[1:]
    ast.parse(example.split("```")[0])
    assert "voices.EXTENSIONS" in example, "cogs.EXTENSIONS under another name: test_plugin"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_that_is_named_exists(path: Path) -> None:
    names = {command.qualified_name for command in all_commands()}
    tops = {name.split()[0] for name in names}
    for named in re.findall(r"`/([a-z]+(?: [a-z]+)?)`", path.read_text("utf-8")):
        if named.split()[0] in tops:
            assert named in names | tops or named.split()[0] in names, named


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("name", ["members", "admins"])
def test_members_and_admins_read_the_same_in_three_languages(name: str) -> None:
    english = (DOCS / f"{name}.md").read_text("utf-8")
    commands = set(re.findall(r"`/[a-z ]+`", english))
    for language in ("ja", "ko"):
        text = (DOCS / f"{name}.{language}.md").read_text("utf-8")
        assert set(re.findall(r"`/[a-z ]+`", text)) == commands
        assert text.count("\n**") == english.count("\n**")


@pytest.mark.parametrize("path", [*DOCS.glob("samples/*.ogg")], ids=lambda path: path.name)
def test_samples_are_small_and_sound(path: Path) -> None:
    samples, rate = soundfile.read(path)
    assert path.stat().st_size < 30_000
    assert 1 < len(samples) / rate < 10
    assert abs(samples).max() > 0.1
