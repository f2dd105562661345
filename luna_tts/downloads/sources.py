"""From what somebody typed to an offer: a curated name, owner/repo, or a URL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from luna_tts.downloads.curated import CURATED, Curated
from luna_tts.downloads.hub import HUB, Listing, check_listed, check_url, list_repository
from luna_tts.downloads.offer import Offer, RemoteFile, check_name
from luna_tts.errors import DownloadFailed

_HUB_SOURCE: Final = re.compile(
    r"(?:https://(?:huggingface\.co|hf\.co)/)?"
    r"(?P<repo>\w[\w.-]{0,95}/\w[\w.-]{0,95})"
    r"(?:/(?:tree|blob|resolve)/(?P<revision>[^/@?]+))?"
    r"(?:/(?P<path>[^@?]+))?"
    r"(?:@(?P<at>[^?]+))?(?:\?.*)?"
)
_NOTICES: Final = ("license", "licence", "credit")
_TOKENS: Final = {"en": "spm.model"}
"""Where a language's BERT has its tokens, if not in vocab.txt."""
_BERT_WEIGHTS: Final = ("model.safetensors", "pytorch_model.bin")
"""In the order of preference."""


def find_offer(source: str, name: str = "") -> Offer:
    """What `source` offers, kept as `name`. Asks the network, blocks.

    `source`: a curated name, `owner/repo[/folder][@revision]`, the address of one of these or of an
    .aivm file. Raises `DownloadFailed`, `EngineUnavailable`.
    """
    source = source.strip()
    entry = CURATED.get(source)
    if entry is not None:
        return _curated(source, entry, name or source)
    hub = _HUB_SOURCE.fullmatch(source)
    if hub is not None:
        revision = unquote(hub["at"] or hub["revision"] or "main")
        path = unquote(hub["path"] or "").strip("/")
        return _voice(Curated(hub["repo"], path, revision), name)
    if "://" in source:
        return _single_file(source, name)
    raise DownloadFailed(
        repr(source[:200]),
        "is unknown",
        "give owner/repo of Hugging Face, the address of an .aivm file, or one of "
        + ", ".join(CURATED),
    )


def _curated(source: str, entry: Curated, name: str) -> Offer:
    return _bert(entry, name) if entry.bert else _voice(entry, name)


def _bert(entry: Curated, name: str) -> Offer:
    listing = list_repository(entry.repo, entry.revision)
    there = {file.path: file for file in listing.files}
    needed = ("config.json", _TOKENS.get(entry.bert, "vocab.txt"))
    weights = next((there[name] for name in _BERT_WEIGHTS if name in there), None)
    missing = [name for name in needed if name not in there]
    if weights is None or missing:
        lacking = ", ".join(missing) or "its weights"
        raise DownloadFailed(entry.repo, f"lacks {lacking}", "try another revision")
    return _offer(entry, listing, name, [*(there[name] for name in needed), weights])


def _voice(entry: Curated, name: str) -> Offer:
    """The voice in one folder of a repository, or one .aivm file of it."""
    listing = list_repository(entry.repo, entry.revision)
    path, found = entry.folder, _voices(listing)
    if not path and len(found) == 1:
        path = next(iter(found))
    if path not in found:
        raise _not_a_voice(listing, path, found)
    files = found[path]
    kept_as = name or PurePosixPath(path).stem or PurePosixPath(entry.repo).name
    return _offer(entry, listing, kept_as, files)


def _of_a_voice(files: Sequence[RemoteFile]) -> list[RemoteFile]:
    """Of one folder: config, styles, the last weights, notices; none if it is no voice."""
    names = {file.name for file in files}
    weights = [file for file in files if file.path.endswith(".safetensors")]
    if {"config.json", "style_vectors.npy"} <= names and weights:
        # Names end in epoch and step: the longest training is the last in their natural order.
        best = max(weights, key=lambda file: [int(n) for n in re.findall(r"\d+", file.name)])
        needed = [file for file in files if file.name in ("config.json", "style_vectors.npy")]
        return [*needed, best, *(f for f in files if f.name.lower().startswith(_NOTICES))]
    return []


def _voices(listing: Listing) -> dict[str, list[RemoteFile]]:
    """All voices of a repository: by their folder, or by the path of an .aivm file."""
    folders: dict[str, list[RemoteFile]] = {}
    for file in listing.files:
        folders.setdefault(_folder(file.path), []).append(file)
    found = {folder: _of_a_voice(files) for folder, files in folders.items()}
    found |= {file.path: [file] for file in listing.files if file.path.endswith(".aivm")}
    return {path: files for path, files in found.items() if files}


def _not_a_voice(
    listing: Listing, path: str, found: Mapping[str, list[RemoteFile]]
) -> DownloadFailed:
    what = f"{listing.repo}/{path}".rstrip("/")
    if found:
        paths = ", ".join(f"{listing.repo}/{voice}".rstrip("/") for voice in list(found)[:20])
        return DownloadFailed(what, "is not one voice", f"choose one of {paths}")
    if any(f.path.endswith((".aivmx", ".onnx")) for f in listing.files):
        cure = "ask its maker for the .aivm or the .safetensors file of this voice"
        return DownloadFailed(what, "holds ONNX files only, which Luna cannot speak with", cure)
    cure = "a voice is config.json, style_vectors.npy and .safetensors, or an .aivm file"
    return DownloadFailed(what, "holds no voice", cure)


def _offer(entry: Curated, listing: Listing, name: str, files: Sequence[RemoteFile]) -> Offer:
    check_listed(files, listing.repo)
    return Offer(
        name=check_name(name),
        source=f"{HUB}/{listing.repo}" + (f" ({entry.folder})" if entry.folder else ""),
        commit=listing.commit,
        files=tuple(files),
        licence=entry.licence,
        stated=listing.licence,
        terms=entry.terms,
        credit=entry.credit,
        bert=entry.bert,
        headers=listing.headers,
    )


def _single_file(url: str, name: str) -> Offer:
    """An .aivm file at a plain address; it states its licence itself."""
    check_url(url)
    path = PurePosixPath(unquote(urlsplit(url).path))
    if path.suffix in (".aivmx", ".onnx"):
        cure = "take the .aivm file of the same voice"
        raise DownloadFailed(url, "is an ONNX file, which Luna cannot speak with", cure)
    if path.suffix != ".aivm":
        cure = "only .aivm files can come from a plain address; copy others into models/ yourself"
        raise DownloadFailed(url, "does not end in .aivm", cure)
    kept_as = check_name(name or path.stem)
    file = RemoteFile(path.name, url)
    stated = "in the file itself; it is shown once it is here"
    return Offer(kept_as, url, "", (file,), stated=stated)


def _folder(path: str) -> str:
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent
