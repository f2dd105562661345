"""`python -m luna_tts download`: what there is, its licence, a question, and the bytes."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from luna_tts.downloads.curated import BERT_JA, CURATED
from luna_tts.downloads.install import came_from_here, install, whole_commit
from luna_tts.downloads.offer import Offer
from luna_tts.downloads.sources import find_offer
from luna_tts.environment import EngineEnvironment
from luna_tts.errors import LicenceNotAccepted
from luna_tts.voice_files import has_bert

_STEP: Final = 0.05
"""Between two lines of progress where there is no terminal to draw a bar on."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="source",
        help="a name of the list, owner/repo[/folder][@revision] of Hugging Face, or the address "
        "of an .aivm file; none = show the list",
    )
    parser.add_argument("--name", default="", help="what to call the voice (for one source)")
    parser.add_argument(
        "--accept-licence",
        action="store_true",
        help="you have read and accept the licence; else you are asked",
    )


def run(arguments: argparse.Namespace, environment: EngineEnvironment) -> None:
    """Downloads everything that was asked for, and the BERT if it is missing.

    Raises `DownloadFailed`, `LicenceNotAccepted`, `EngineUnavailable`, `OSError`.
    """
    if not arguments.sources:
        _show_list(environment)
        return
    sources = list(dict.fromkeys(arguments.sources))
    if not has_bert(environment.bert_ja) and BERT_JA not in sources:
        print("Voices need the Japanese BERT, which is not here yet: it comes with this download.")
        sources.append(BERT_JA)
    for source in sources:
        name = arguments.name if source == arguments.sources[0] else ""
        _download(source, name, environment, accepted=arguments.accept_licence)


def _show_list(environment: EngineEnvironment) -> None:
    for name, entry in CURATED.items():
        here = " (is here)" if came_from_here(environment.place(name, entry.bert)) else ""
        print(f"{name}{here}: {entry.licence}. {entry.terms}")
    print("\npython -m luna_tts download NAME fetches one; owner/repo and .aivm addresses do, too.")


def _download(source: str, name: str, environment: EngineEnvironment, *, accepted: bool) -> None:
    entry = CURATED.get(source)
    if entry and entry.revision != "main":  # known without asking the network
        folder = environment.place(name or source, entry.bert)
        if whole_commit(folder) == entry.revision:
            print(f"{name or source} is here already, and whole: {folder}")
            return
    offer = find_offer(source, name)
    folder = environment.place(offer.name, offer.bert)
    if offer.commit and whole_commit(folder) == offer.commit:
        print(f"{offer.name} is here already, and whole: {folder}")
        return
    _ask(offer, accepted=accepted)
    install(offer, folder, _Lines(offer.name) if not sys.stderr.isatty() else _nothing)
    print(f"{offer.name} is here: {folder}")
    if not offer.commit:
        print("Its licence is in the file: python -m luna_tts voices shows it.")


def _ask(offer: Offer, *, accepted: bool) -> None:
    """Shows the terms; returns if they are accepted."""
    size = f"{offer.size / 1e6:,.0f} MB" if offer.size else "size unknown"
    print(f"\n{offer.name}: {size} from {offer.source} {offer.commit}".rstrip())
    print(f"  Licence: {offer.licence_shown}")
    if offer.terms:
        print(f"  {offer.terms}")
    if accepted:
        return
    if not sys.stdin.isatty():
        raise LicenceNotAccepted(offer.name)
    if input("  Do you accept these terms? [y/N] ").strip().lower() not in ("y", "yes"):
        raise LicenceNotAccepted(offer.name)


def _nothing(done: int, total: int | None) -> None:
    """A terminal has the library's own bar."""


class _Lines:
    """Progress as lines, for logs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._next = 0.0

    def __call__(self, done: int, total: int | None) -> None:
        share = done / total if total else 0.0
        if share >= self._next:
            print(f"{self._name}: {share:.0%} of {(total or 0) / 1e6:,.1f} MB", file=sys.stderr)
            self._next = share + _STEP
