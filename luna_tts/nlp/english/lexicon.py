"""How English words are pronounced: a dictionary, homographs, and a network for the rest.

data/lexicon.txt.xz is the CMU Pronouncing Dictionary, first pronunciations only, as older voices
know it; data/homographs.tsv and data/speller.npz are those of g2p_en 2.1.0 (both: NOTICE). The
network is a GRU from letters to phones (Cho et al. 2014).
"""

from __future__ import annotations

import lzma
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from luna_tts.nlp.english.normalizer import expand_numbers
from luna_tts.types import Samples

_DATA: Final = Path(__file__).with_name("data")
_SPELLABLE: Final = re.compile("[^ a-z'.,?!-]")
_LONG_RUN: Final = re.compile(r"([^a-z])\1{3,}")
_TOKEN: Final = re.compile(r"[a-z][a-z'-]+[a-z]|[a-z]+|\.(?: *\.)+|[^ ]")
_OUTPUTS: Final = """
    _ _ _ _ AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH
    EH0 EH1 EH2 ER0 ER1 ER2 EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2
    OY0 OY1 OY2 P R S SH T TH UH0 UH1 UH2 UW UW0 UW1 UW2 V W Y Z ZH"""
_PHONES: Final = tuple(_OUTPUTS.split())
_UNKNOWN: Final = 1
_WORD_END: Final = 2
_START, _END = 2, 3
_MOST_PHONES: Final = 20


class Lexicon:
    """The dictionary, opened: 4 MB of memory, 30 ms. Immutable."""

    def __init__(self) -> None:
        # One string of sorted lines: as a dict it would be 30 MB.
        self._lines = lzma.decompress((_DATA / "lexicon.txt.xz").read_bytes())
        rows = (_DATA / "homographs.tsv").read_text("ascii").splitlines()
        self._homographs = {word: choices for word, *choices in (r.split("\t") for r in rows)}

    def word(self, word: str) -> list[str] | None:
        """ARPAbet of a word in any case, or None."""
        # Upper case first: it spells ligatures out, as the dictionary's own keys are spelt.
        sought = word.upper().lower().encode(errors="replace") + b" "
        lines = self._lines
        low, high = 0, len(lines)
        while low < high:  # both at the beginning of a line
            start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
            end = lines.index(b"\n", start) + 1
            line = lines[start:end]
            if line.startswith(sought):
                return line.decode().split()[1:]
            if line.split(b" ", 1)[0] + b" " < sought:
                low = end
            else:
                high = start
        return None

    def say(self, piece: str) -> list[str]:
        """ARPAbet and marks for a piece that is no word of the dictionary; maybe nothing."""
        spelled = unicodedata.normalize("NFD", expand_numbers(piece))
        spelled = "".join(c for c in spelled if unicodedata.category(c) != "Mn").lower()
        spelled = _SPELLABLE.sub("", spelled).replace("i.e.", "that is")
        spelled = _LONG_RUN.sub(r"\1\1\1", spelled.replace("e.g.", "for example"))
        tokens = _TOKEN.findall(spelled)
        last = len(tokens) - 1
        return [
            phone
            for place, token in enumerate(tokens)
            for phone in self._say(token, 2 * (place < last) + (place > 0))
        ]

    def _say(self, token: str, neighbours: int) -> list[str]:
        """`neighbours`: 0 alone, 1 something before it, 2 after it, 3 both."""
        if not re.search("[a-z]", token):
            return [token]
        if token in self._homographs:
            first, second, picks = self._homographs[token]
            return (first if picks[neighbours] == "1" else second).split()
        return self.word(token) or list(_speller().say(token))


class Speller:
    """Letters -> ARPAbet by a GRU of 256 units, float32; 1 to 3 ms a word."""

    def __init__(self) -> None:
        with np.load(_DATA / "speller.npz") as file:
            self._weights = {name: file[name] for name in file.files}

    def say(self, word: str) -> list[str]:
        """At most 20 phones of a lower-case word; what is no letter is unknown to it."""
        letters = [ord(c) - ord("a") + 3 if "a" <= c <= "z" else _UNKNOWN for c in word]
        hidden = np.zeros(256, np.float32)
        for letter in [*letters, _WORD_END]:
            hidden = self._step("enc", letter, hidden)
        phones: list[str] = []
        phone = _START
        while len(phones) < _MOST_PHONES:
            hidden = self._step("dec", phone, hidden)
            phone = int(np.argmax(self._weights["fc_w"] @ hidden + self._weights["fc_b"]))
            if phone == _END:
                break
            phones.append(_PHONES[phone])
        return phones

    def _step(self, side: str, index: int, hidden: Samples) -> Samples:
        weights = self._weights
        x = weights[f"{side}_w_ih"] @ weights[f"{side}_emb"][index] + weights[f"{side}_b_ih"]
        h = weights[f"{side}_w_hh"] @ hidden + weights[f"{side}_b_hh"]
        reset, update = (
            1 / (1 + np.exp(-(x[part] + h[part]))) for part in (slice(256), slice(256, 512))
        )
        new = np.tanh(x[512:] + reset * h[512:])
        mixed: Samples = (1 - update) * new + update * hidden
        return mixed


@cache
def _speller() -> Speller:
    return Speller()
