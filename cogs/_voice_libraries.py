"""Finds what voice needs in time: discord.py misses it only when the first word is to sound."""

from __future__ import annotations

import ctypes.util
import importlib.util
import logging
from collections.abc import Iterator
from pathlib import Path

import discord

from ._errors import OpusMissing, VoiceLibraryMissing

_log = logging.getLogger(__name__)


def load_voice_libraries(opus: str = "") -> None:
    """Sees to it that Luna can connect, encrypt and encode.

    libopus is taken from the path `opus`, else from a wheel, else from the system.
    Raises `VoiceLibraryMissing`, `OpusMissing`.
    """
    for module, package in (("nacl", "PyNaCl"), ("davey", "davey")):
        if importlib.util.find_spec(module) is None:
            raise VoiceLibraryMissing(package)
    if discord.opus.is_loaded():
        return
    tried = []
    for candidate in _candidates(opus):
        tried.append(candidate)
        try:
            discord.opus.load_opus(candidate)
        except (OSError, AttributeError):  # not there, not a library, or not Opus
            continue
        _log.debug("Opus library: %s", candidate)
        return
    raise OpusMissing(tried)


def _candidates(opus: str) -> Iterator[str]:
    if opus:
        yield opus
    # The wheel's own loader runs at import and is not needed, so the package is only located.
    wheel = importlib.util.find_spec("opuslib_next")
    for folder in wheel.submodule_search_locations or () if wheel else ():
        yield from (str(path) for path in sorted(Path(folder, "_native").glob("*opus*")))
    yield from (str(path) for path in Path(discord.__file__).parent.glob("bin/libopus*.dll"))
    if found := ctypes.util.find_library("opus"):
        yield found
    yield "libopus.so.0"
    yield "libopus.0.dylib"
