"""Where a libopus may be found: the bot loads one, the doctor looks whether there is one."""

from __future__ import annotations

import ctypes.util
import importlib.util
from collections.abc import Iterator
from pathlib import Path


def opus_candidates(path: str = "") -> Iterator[str]:
    """Paths and names to try in turn; `path`, where one is given, comes first."""
    if path:
        yield path
    # These packages do things when they are imported, so they are only located.
    for package, pattern in (("opuslib_next", "_native/*opus*"), ("discord", "bin/libopus*.dll")):
        found = importlib.util.find_spec(package)
        for folder in found.submodule_search_locations or () if found else ():
            yield from (str(file) for file in sorted(Path(folder).glob(pattern)))
    if library := ctypes.util.find_library("opus"):
        yield library
    yield "libopus.so.0"
    yield "libopus.0.dylib"
