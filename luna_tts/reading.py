"""How a text is read: its sentences, and what Open JTalk says of each. The same for every voice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from luna_tts.nlp.dictionary_word import DictionaryWord
from luna_tts.nlp.japanese.chat import spell_out
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.nlp.japanese.g2p import OpenJTalkAnswer
from luna_tts.nlp.japanese.hangul import hangul_to_kana
from luna_tts.nlp.japanese.hanzi import hanzi_to_kana
from luna_tts.nlp.japanese.normalizer import normalize
from luna_tts.nlp.japanese.stand_ins import STAND_IN, stand_in
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.sentences import split_sentences

_UNSPEAKABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ue000-\uf8ff\ufffe\uffff]")
"""Control characters, lone surrogates, private use (where the stand-ins live), no characters."""
_NO_WORDS: Final = UserDictionary()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of a text that is synthesized, and heard, by itself."""

    text: str
    """As it is written."""
    answer: OpenJTalkAnswer


def read_sentences(
    frontend: JapaneseFrontend,
    text: str,
    words: UserDictionary | None = None,
    *,
    whole: bool = False,
    korean: bool = False,
) -> Iterator[Sentence]:
    """The sentences of any string, each read when it is asked for; one with `whole`.

    `korean`: a number that stands alone is a Korean one.

    `words` are found in the text as it is written, before anything else is done to it, and go
    round all that is done: one private-use character stands for each of them on the way.
    """
    marked, found = _mark(_UNSPEAKABLE.sub(" ", text), words or _NO_WORDS)
    waiting = iter(found)
    for piece in [marked] if whole else split_sentences(marked):
        written = list(islice(waiting, len(STAND_IN.findall(piece))))
        answer = frontend.ask(_spoken(piece, korean=korean), written)
        yield Sentence(_unmark(piece, written), answer)


def _mark(text: str, words: UserDictionary) -> tuple[str, list[tuple[str, DictionaryWord]]]:
    """`text` with stand-ins, and what they stand for: (as written, word)."""
    parts, found, end = [], [], 0
    for match in words.find(text):
        parts += [text[end : match.start], stand_in(match.word)]
        found.append((text[match.start : match.end], match.word))
        end = match.end
    return "".join([*parts, text[end:]]), found


def _unmark(piece: str, found: Sequence[tuple[str, DictionaryWord]]) -> str:
    waiting = iter(found)
    return STAND_IN.sub(lambda _: next(waiting)[0], piece)


def _spoken(piece: str, *, korean: bool) -> str:
    """`piece` as a Japanese voice can say it; the stand-ins stay, which no voice knows."""
    spelled = spell_out(hangul_to_kana(hanzi_to_kana(piece), korean=korean))
    parts = re.split(f"({STAND_IN.pattern})", spelled)
    return "".join(part if STAND_IN.fullmatch(part) else normalize(part) for part in parts)
