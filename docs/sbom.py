"""Writes docs/sbom.json, a CycloneDX 1.5 list of what requirements.lock installs, with licences.

`python -m docs.sbom`, after `make lock`; licences are those of the packages installed here, and
what is stated on PyPI of those that other systems need.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
SBOM = ROOT / "docs/sbom.json"
ELSEWHERE = {
    "colorama": "BSD License",
    "triton": "MIT License",
    "tzdata": "Apache-2.0",
}
"""Not installed where the list is made."""
LONGEST_LICENCE = 60
"""Characters: some packages put the whole text where its name belongs."""


def components(lock: str) -> Iterator[dict[str, Any]]:
    """One component for each package of the lock file; its hashes stay there, one a wheel."""
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", lock, re.MULTILINE):
        component: dict[str, Any] = {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
        }
        if licence := licence_of(name):
            component["licenses"] = [{"license": {"name": licence}}]
        yield component


def licence_of(package: str) -> str | None:
    """As the installed package states it, in one of the three places that there are."""
    try:
        about = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return ELSEWHERE.get(package)
    classifiers = about.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License")]
    stated = (about.get("License") or "").strip()
    short = stated if len(stated) <= LONGEST_LICENCE else ""
    return about.get("License-Expression") or short or ", ".join(named) or None


def bill() -> str:
    """The whole file."""
    found = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": "luna", "purl": "pkg:pypi/luna-tts"}
        },
        "components": list(components(LOCK.read_text("utf-8"))),
    }
    return json.dumps(found, indent=1) + "\n"


if __name__ == "__main__":
    SBOM.write_text(bill(), "utf-8")
