"""Private-use characters that stand for words of a user dictionary until Open JTalk has answered.

MeCab knows each of them as a proper noun with a certain number of morae and a certain accent, so
that particles, suffixes and compounds join it, and shift its accent, as they would with the word
itself. Afterwards the word's spelling and reading take the place of the stand-in's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from luna_tts.nlp.dictionary_word import DictionaryWord
from luna_tts.nlp.japanese.mora import MORAE, split_morae
from luna_tts.nlp.japanese.normalizer import clean_punctuation

STAND_IN: Final = re.compile("[\ue000-\uf8ff]")

_FIRST: Final = 0xE000
_MOST_MORAE: Final = 24
"""Words that are longer are accented as if they had as many."""
_CANNOT_CARRY_A_FALL: Final = frozenset("ーッン")


def stand_in(word: DictionaryWord) -> str:
    """The character that behaves like `word`."""
    morae = split_morae(word.reading)
    accent = usual_accent(morae) if word.accent is None else word.accent
    return _character(min(len(morae), _MOST_MORAE), min(accent, _MOST_MORAE))


def mecab_rows() -> Iterator[str]:
    """The stand-ins as lines of a MeCab dictionary."""
    for morae in range(1, _MOST_MORAE + 1):
        for accent in range(morae + 1):
            surface, reading = _character(morae, accent), "ア" * morae
            yield (
                f"{surface},,,-5000,名詞,固有名詞,一般,*,*,*,"
                f"{surface},{reading},{reading},{accent}/{morae},*"
            )


def put_words_back(
    nodes: Iterable[Mapping[str, object]], words: Iterator[tuple[str, DictionaryWord]]
) -> list[Mapping[str, object]]:
    """NJD `nodes` with the next of `words`, (as written, word), for each stand-in."""
    return [_word_node(node, *next(words)) if _is_stand_in(node) else node for node in nodes]


def usual_accent(morae: list[str]) -> int:
    """The accent of a loanword or name that nobody has looked up.

    The third mora from the end carries the fall, or the one before it where that cannot; four morae
    are flat (Kubozono, "Where does loanword prosody come from?", Lingua 2006).
    """
    if len(morae) == 4:
        return 0
    accent = max(len(morae) - 2, 1)
    return accent - 1 if accent > 1 and morae[accent - 1] in _CANNOT_CARRY_A_FALL else accent


def _character(morae: int, accent: int) -> str:
    return chr(_FIRST + (morae - 1) * (morae + 2) // 2 + accent)


def _is_stand_in(node: Mapping[str, object]) -> bool:
    return STAND_IN.fullmatch(str(node["string"])) is not None


def _word_node(
    node: Mapping[str, object], written: str, word: DictionaryWord
) -> Mapping[str, object]:
    """The accent stays: with what joined the word it has become the accent of a whole phrase."""
    morae = split_morae(word.reading)
    # BERT reads the spelling; one that no voice knows, such as an emoji, is replaced by the sound.
    spelling = clean_punctuation(unicodedata.normalize("NFKC", written)) or word.reading
    return {
        **node,
        "string": spelling,
        "orig": spelling,
        "read": word.reading,
        "pron": _pronunciation(morae),
        "mora_size": len(morae),
    }


def _pronunciation(morae: list[str]) -> str:
    """オウ and エイ as they are said: voices were trained on トーキョー, センセー."""
    said: list[str] = []
    for before, mora in zip(["", *morae], morae, strict=False):
        vowel = MORAE.get(before, ("",))[-1]
        said.append("ー" if vowel + mora in ("oウ", "eイ") else mora)
    return "".join(said)
