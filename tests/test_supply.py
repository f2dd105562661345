"""What Luna runs on is locked with hashes, fits pyproject.toml, and is listed for auditors."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cafe import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = [
    *PROJECT["dependencies"],
    *(one for e in ("bot", "neural", "server") for one in EXTRAS[e]),
]
LOCKED = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", LOCK, re.MULTILINE))


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: Requirement(wanted).name)
def test_the_lock_fits_the_project(wanted: str) -> None:
    requirement = Requirement(wanted)
    assert requirement.specifier.contains(LOCKED[canonicalize_name(requirement.name)]), "make lock"


def test_every_package_is_locked_with_hashes() -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", LOCK)
    assert len(LOCKED) > 50
    for entry in entries:
        if "==" in entry:
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]


def test_auditors_get_a_list_of_all_of_them() -> None:
    bill = json.loads((ROOT / "docs/sbom.json").read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert {one["name"]: one["version"] for one in bill["components"]} == LOCKED, "make lock"
    known = [one for one in bill["components"] if "licenses" in one]
    assert len(known) > len(LOCKED) / 2
