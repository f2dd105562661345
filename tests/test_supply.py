"""What Luna runs on is locked with hashes, fits pyproject.toml, and is listed for auditors."""

from __future__ import annotations

import json
import re
import subprocess
import sys
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
UNCOMMENTED = re.sub(r"^\s*#.*$", "", LOCK, flags=re.MULTILINE)
NVIDIAS = ("nvidia-", "cuda-")
"""CUDA's libraries, which come with torch on Linux: under NVIDIA's own terms."""
UNSTATED = {"audioop-lts", "httpx2-jsfetch", "pyworld-prebuilt"}
"""Packages for other systems or versions of Python than this one."""
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


def test_the_licence_of_every_package_is_listed_and_lets_luna_be_given_away() -> None:
    bill = json.loads((ROOT / "docs/sbom.json").read_text("utf-8"))
    licences = {
        one["name"]: " ".join(each["license"]["name"] for each in one.get("licenses", ()))
        for one in bill["components"]
    }
    unknown = {name for name, licence in licences.items() if not licence}
    assert {name for name in unknown if not name.startswith(NVIDIAS)} == UNSTATED, "docs/sbom.py"
    for name, licence in licences.items():
        assert not re.search(r"(?<!L)GPL|General Public", licence.replace("LGPL", "")), name


def test_every_package_comes_from_the_index_by_name_and_version() -> None:
    assert not re.findall(r"^.*(?:git\+|https?://|file:|-e ).*$", UNCOMMENTED, re.MULTILINE)
    loose = re.findall(r"^[A-Za-z0-9._-]+(?!.*==).*$", UNCOMMENTED, re.MULTILINE)
    assert loose == [], "pinned, each of them"


def test_what_is_installed_fits_together() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
