"""Hugging Face repositories and plain URLs, asked through huggingface_hub.

Its own downloads begin anew after every interruption of the program, so only its transport is used:
`http_get`, which follows redirects, waits out refusals and goes on where a connection broke.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

from luna_tts.downloads.offer import RemoteFile, check_path
from luna_tts.errors import DownloadFailed, EngineUnavailable

HUB: Final = "https://huggingface.co"
_OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at one commit."""

    repo: str
    commit: str
    licence: str
    files: tuple[RemoteFile, ...]
    headers: dict[str, str]


def list_repository(repo: str, revision: str) -> Listing:
    """Every file of `repo` with size and checksum, at the commit of `revision`. Blocks.

    Raises `DownloadFailed`, `EngineUnavailable`.
    """
    hub = _hub(repo)
    try:
        info = hub.HfApi(endpoint=_endpoint()).model_info(
            repo, revision=revision, files_metadata=True, timeout=30
        )
    except Exception as error:
        raise _failed(repo, error) from error
    commit = check_path(info.sha, repo)
    files = []
    for sibling in info.siblings or ():
        path = check_path(sibling.rfilename, repo)
        url = hub.hf_hub_url(repo, path, revision=commit, endpoint=_endpoint())
        lfs = sibling.lfs
        size = lfs.size if lfs else sibling.size
        sha256, blob = (lfs.sha256, "") if lfs else ("", sibling.blob_id)
        files.append(RemoteFile(path, url, size, sha256 or "", blob or ""))
    headers = hub.utils.build_hf_headers()
    return Listing(repo, commit, _licence(info), tuple(files), headers)


def check_listed(files: Iterable[RemoteFile], repo: str) -> None:
    """Raises `DownloadFailed` where a file could not be checked once it is here."""
    for file in files:
        if type(file.size) is not int or file.size < 0 or not (file.sha256 or file.blob):
            problem = f"tells neither size nor checksum of {file.name}"
            raise DownloadFailed(repo, problem, "take another source")


def check_url(url: str) -> None:
    """Raises `DownloadFailed` for a URL whose answer could be changed on its way."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise DownloadFailed(url, "is no https address", "give one that begins with https://")


def fetch(
    file: RemoteFile,
    part: Path,
    headers: dict[str, str],
    limit: int,
    tell: Callable[[int], None],
) -> None:
    """Completes `part`, which may hold the beginning of the file. Blocks.

    At most `limit` bytes are written. `tell` hears how many there are and may raise to stop it.
    Raises `DownloadFailed`, `EngineUnavailable` and whatever `tell` raises.
    """
    hub = _hub(file.name)
    http_get = hub.file_download.http_get
    with part.open("r+b" if part.exists() else "w+b") as opened:
        have = opened.seek(0, os.SEEK_END)
        if file.size is not None and have > file.size:
            have = opened.truncate(0)
            opened.seek(0)
        tell(have)
        bounded = _Bounded(opened, file.name, limit, tell)
        # A server that has not said the size may have changed the file meanwhile.
        resumed = have if file.size is not None else 0
        if not resumed:
            opened.seek(0)
            opened.truncate()
        try:
            http_get(
                file.url,
                cast(BinaryIO, bounded),
                resume_size=resumed,
                headers=headers,
                expected_size=file.size,
                displayed_filename=file.name,
            )
        except Exception as error:
            if error is bounded.refused:
                raise
            raise _failed(file.name, error) from error


class _Bounded:
    """A file that takes so much and no more, and tells how much there is."""

    def __init__(self, file: BinaryIO, name: str, limit: int, tell: Callable[[int], None]) -> None:
        self._file = file
        self._name = name
        self._limit = limit
        self._tell = tell
        self.refused: Exception | None = None
        """Why it takes no more."""

    def write(self, data: bytes) -> int:
        here = self._file.tell() + len(data)
        if here <= self._limit:
            self._file.write(data)
        try:
            if here > self._limit:
                problem = f"sends more than the {self._limit:,} bytes that it may have"
                raise DownloadFailed(self._name, problem, "take another source")
            self._tell(here)
        except Exception as error:
            self.refused = error
            raise
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _hub(wanted: str) -> ModuleType:
    """huggingface_hub, where it may be used."""
    if any(os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE") for name in _OFFLINE):
        cure = "unset HF_HUB_OFFLINE for the download"
        raise DownloadFailed(wanted, "would have to come from the network", cure)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # what is installed here is not theirs
    try:
        import huggingface_hub
        import huggingface_hub.file_download
        import huggingface_hub.utils
    except ImportError as error:
        raise EngineUnavailable(
            "downloads need huggingface_hub", "run `pip install 'luna-tts[neural]'`"
        ) from error
    return huggingface_hub


def _endpoint() -> str:
    # Not the library's own constant, which is read when it is imported.
    return (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")


def _licence(info: Any) -> str:
    """What the model card states, in one line."""
    card = info.card_data.to_dict() if info.card_data else {}
    stated = [card.get(key) for key in ("license_name", "license", "license_link")]
    shown = [item for item in stated if isinstance(item, str) and item != "other"]
    return ", ".join(dict.fromkeys(item[:200] for item in shown))


def _failed(what: str, error: Exception) -> DownloadFailed:
    """One sentence for whatever the library raised."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status in (401, 403):
        problem, cure = "is not open to everybody", "accept its terms on its page and set HF_TOKEN"
        if type(error).__name__ == "RepositoryNotFoundError":
            problem, cure = "is not there or is private", "check the name, or set HF_TOKEN"
    elif status == 404:
        problem, cure = "is not there", "check the name and the revision"
    elif status is not None:
        problem, cure = f"was answered with status {status}", "try again later"
    elif type(error).__name__ == "HFValidationError":
        problem, cure = "is no name of a repository", "check it"
    elif isinstance(error, OSError) and getattr(error, "errno", None) is not None:
        problem, cure = f"could not be written ({error.strerror})", "check the disk, run it again"
    else:
        kind = type(error).__name__
        problem, cure = f"did not arrive whole ({kind})", "check the network and run it again"
    return DownloadFailed(what, problem, cure)
