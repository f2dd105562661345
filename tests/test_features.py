"""docs/features.md names a test for each thing that Luna does: every one of them exists."""

from __future__ import annotations

import re
from pathlib import Path

from cafe import ROOT

TABLE = (ROOT / "docs/features.md").read_text("utf-8")


def test_every_proof_exists() -> None:
    sources = {path.stem: path.read_text("utf-8") for path in Path(ROOT / "tests").rglob("*.py")}
    cases = (ROOT / "tests/data/speakable.tsv").read_text("utf-8").splitlines()
    spoken = {line.split("\t")[1] for line in cases}
    tests = re.findall(r"`(test_\w+)::(\w+)`", TABLE)
    lost = [f"{file}::{name}" for file, name in tests if f"def test_{name}(" not in sources[file]]
    lost += [case for case in re.findall(r"`tsv:([\w-]+)`", TABLE) if case not in spoken]
    assert not lost


def test_every_feature_has_a_proof() -> None:
    rows = [line for line in TABLE.splitlines() if line.startswith("| ") and "**Luna**" not in line]
    assert len(rows) > 60
    assert not [row for row in rows if not re.search(r"`(tsv:|test_\w+::)[^`]+` \|$", row)]
