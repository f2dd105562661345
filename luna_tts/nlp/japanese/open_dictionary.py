"""Opens Open JTalk with what its own dictionary lacks: words.csv, and the stand-ins."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from luna_tts.nlp.japanese.mora import split_morae
from luna_tts.nlp.japanese.stand_ins import mecab_rows


def open_dictionary(openjtalk: ModuleType) -> Any:
    """A `pyopenjtalk.OpenJTalk`; takes some 15 ms, during which Python stands still."""
    with tempfile.TemporaryDirectory(prefix="luna-", ignore_cleanup_errors=True) as folder:
        rows, compiled = Path(folder, "words.csv"), Path(folder, "words.dic")
        rows.write_text("\n".join([*_words(), *mecab_rows(), ""]), encoding="utf-8")
        with _silenced_stdout():
            openjtalk.mecab_dict_index(str(rows), str(compiled))
        return openjtalk.OpenJTalk(
            dn_mecab=openjtalk.OPEN_JTALK_DICT_DIR,
            userdic=str(compiled).encode(),
            userdic_reading_protection=(True,),
        )


def _words() -> Iterator[str]:
    """Lines of words.csv, "surface,reading,accent[,cost]", as lines of a MeCab dictionary."""
    text = files(__package__).joinpath("words.csv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            surface, reading, accent, *cost = line.split(",")
            morae = len(split_morae(reading))
            yield (
                f"{surface},,,{cost[0] if cost else 1000},名詞,一般,*,*,*,*,"
                f"{surface},{reading},{reading},{accent}/{morae},*"
            )


@contextlib.contextmanager
def _silenced_stdout() -> Iterator[None]:
    """Keeps from the terminal what the dictionary's C++ code prints, for which it has no switch."""
    try:
        kept = os.dup(1)
    except OSError:  # the process has no standard output
        yield
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        # Some of it still lies in C's own buffer.
        ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
