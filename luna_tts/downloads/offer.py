"""What could be downloaded, as data, before anything is."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from luna_tts.errors import DownloadFailed

_MOST_NAME: Final = 100
"""Characters; Discord's menus take no more."""
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of an offer."""

    path: str
    """Within the repository, with slashes."""
    url: str
    size: int | None = None
    """Bytes; None = the server has not said."""
    sha256: str = ""
    blob: str = ""
    """Git's name of the content, where there is no SHA-256."""

    @property
    def name(self) -> str:
        """The name under which it is kept."""
        return PurePosixPath(self.path).name

    def check(self, file: Path) -> None:
        """Raises `DownloadFailed` where `file` is not what was offered."""
        size = file.stat().st_size
        if self.size is not None and size != self.size:
            raise DownloadFailed(
                self.name, f"has {size:,} bytes instead of {self.size:,}", "run it again"
            )
        for wanted, digest in ((self.sha256, hashlib.sha256()), (self.blob, _git_blob(size))):
            if wanted and _digest(file, digest) != wanted:
                raise DownloadFailed(self.name, "has a wrong checksum", "run it again")


@dataclass(frozen=True, slots=True)
class Offer:
    """A voice or a model, where it is, and on what terms."""

    name: str
    source: str
    """Where it comes from, for people."""
    commit: str
    """Of the repository; empty for a URL."""
    files: tuple[RemoteFile, ...]
    licence: str = ""
    """As the list of curated voices has it."""
    stated: str = ""
    """As the repository states it today."""
    terms: str = ""
    credit: str = ""
    bert: str = ""
    """ISO 639-1: the language whose BERT it is; empty = it is a voice."""
    headers: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    """To ask with; may hold a token."""

    @property
    def size(self) -> int | None:
        """Bytes of all files; None where one is unknown."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def licence_shown(self) -> str:
        """What to accept, in one line."""
        if self.licence and self.stated and _letters(self.stated) != _letters(self.licence):
            return f"{self.licence} (its repository states today: {self.stated})"
        return self.licence or self.stated or "none stated: ask its maker before you use it"


def check_path(path: object, repo: str) -> str:
    """A path of a listing as it is. Raises `DownloadFailed` for one that leads elsewhere."""
    plain = (
        isinstance(path, str)
        and 0 < len(path) <= 500
        and not set(path) & set('\\:*?"<>|')
        and all(part not in ("", ".", "..") for part in path.split("/"))
        and not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in path)
    )
    if not plain:
        raise DownloadFailed(repo, "names a file outside of itself", "do not trust this source")
    return str(path)


def check_name(name: str) -> str:
    """A name for a folder as it is. Raises `DownloadFailed` for one that cannot be used."""
    check_path(name, name[:_MOST_NAME])
    if "/" in name or name.startswith(".") or len(name) > _MOST_NAME:
        raise DownloadFailed(name[:_MOST_NAME], "is no name for a folder", "give one with --name")
    return name


def _letters(licence: str) -> str:
    """What "CC BY-SA 4.0" and "cc-by-sa-4.0" have in common."""
    return "".join(char for char in licence.lower() if char.isalnum())


def _git_blob(size: int) -> hashlib._Hash:
    digest = hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % size)
    return digest


def _digest(file: Path, digest: hashlib._Hash) -> str:
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
