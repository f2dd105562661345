"""From an offer to a folder that is whole, or as it was before."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from luna_tts.downloads.hub import fetch
from luna_tts.downloads.offer import Offer, RemoteFile
from luna_tts.errors import DownloadFailed

Progress = Callable[[int, int | None], None]
"""Hears the bytes that are here and, where it is known, those that there will be. May raise."""

SOURCE_FILE: Final = "luna-source.json"
"""Where a folder came from, with sizes and checksums."""
MOST_BYTES: Final = 8 << 30
"""Of a file whose server has not said its size."""
SPARE_BYTES: Final = 1 << 28
"""Disk space that has to remain."""


def whole_commit(folder: Path) -> str:
    """The commit that `folder` holds whole; empty for anything else. Reads all of it."""
    recorded = _recorded(folder)
    try:
        for facts in recorded.get("files", ()):
            file = RemoteFile(**facts, url="")
            file.check(folder / file.name)
    except (DownloadFailed, OSError, TypeError):
        return ""
    return str(recorded.get("commit", ""))


def came_from_here(folder: Path) -> bool:
    """Whether a download made `folder`, so that another may replace it."""
    return bool(_recorded(folder))


def install(offer: Offer, folder: Path, progress: Progress = lambda done, total: None) -> None:
    """Fetches, checks and puts the offer in the place of `folder`. Blocks.

    What was interrupted is gone on with the next time. Raises `DownloadFailed`,
    `EngineUnavailable`, `OSError` and what `progress` raises; `folder` is as it was then.
    """
    if folder.exists() and not came_from_here(folder):
        problem = f"has a folder of your own in its place ({folder})"
        raise DownloadFailed(offer.name, problem, "rename that, or give another name")
    staging = folder.with_name(f".{folder.name}.part")
    _prepare(staging, offer)
    _check_space(staging, offer)
    done = 0
    for file in offer.files:
        done += _complete(file, staging, offer, done, progress)
    _write_notices(staging, offer)
    _replace(folder, staging)


def _prepare(staging: Path, offer: Offer) -> None:
    """A folder for the parts; those of another commit are thrown away."""
    if staging.exists() and _recorded(staging) != _record(offer):
        shutil.rmtree(staging)
    staging.mkdir(parents=True, exist_ok=True)
    (staging / SOURCE_FILE).write_text(json.dumps(_record(offer), indent=2), encoding="utf-8")


def _check_space(staging: Path, offer: Offer) -> None:
    here = sum(file.stat().st_size for file in staging.iterdir())
    needed = max((offer.size or 0) - here, 0) + SPARE_BYTES
    free = shutil.disk_usage(staging).free
    if free < needed:
        problem = f"needs {needed / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free on this disk"
        raise DownloadFailed(offer.name, problem, "free some space")


def _complete(
    file: RemoteFile, staging: Path, offer: Offer, before: int, progress: Progress
) -> int:
    """Fetches what is missing of one file. Its size in bytes."""
    whole, part = staging / file.name, staging / f"{file.name}.part"
    if not whole.exists():
        limit = MOST_BYTES if file.size is None else file.size
        limit = min(limit, shutil.disk_usage(staging).free + _size(part))
        resumed = _size(part) > 0
        fetch(file, part, offer.headers, limit, lambda here: progress(before + here, offer.size))
        try:
            file.check(part)
        except DownloadFailed:
            part.unlink()  # going on with it would never make it right
            if not resumed:
                raise
            return _complete(file, staging, offer, before, progress)
        part.replace(whole)
    return _size(whole)


def _write_notices(staging: Path, offer: Offer) -> None:
    """Licence and credit, where the source has no file for them: /model list and /credit show."""
    names = [file.name.lower() for file in offer.files]
    if offer.licence_shown and not any(name.startswith(("license", "licence")) for name in names):
        lines = (offer.licence_shown, offer.terms, f"From {offer.source} {offer.commit}".rstrip())
        text = "\n".join(line for line in lines if line)
        (staging / "LICENSE.txt").write_text(text + "\n", encoding="utf-8")
    if offer.credit and not any(name.startswith("credit") for name in names):
        (staging / "CREDIT.txt").write_text(offer.credit + "\n", encoding="utf-8")


def _replace(folder: Path, staging: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        staging.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _record(offer: Offer) -> dict[str, Any]:
    files = [
        {key: value for key, value in asdict(file).items() if key != "url"} for file in offer.files
    ]
    return {"source": offer.source, "commit": offer.commit, "files": files}


def _recorded(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / SOURCE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _size(file: Path) -> int:
    try:
        return os.stat(file).st_size
    except FileNotFoundError:
        return 0
