"""Finds what voice needs in time: discord.py misses it only when the first word is to sound."""

from __future__ import annotations

import importlib.util
import logging

import discord

from luna_tts.opus_library import opus_candidates

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
    for candidate in opus_candidates(opus):
        tried.append(candidate)
        try:
            discord.opus.load_opus(candidate)
        except (OSError, AttributeError):  # not there, not a library, or not Opus
            continue
        _log.debug("Opus library: %s", candidate)
        return
    raise OpusMissing(tried)
