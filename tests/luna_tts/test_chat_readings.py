"""What people type, as a Japanese speaker reads it: chat_readings.tsv, written by hand.

Through the whole front-end: spell_out -> normalize -> Open JTalk. Phones are compared, so that
トウキョウ and トーキョー are one; punctuation is not.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from luna_tts.nlp.japanese.chat import spell_out
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.nlp.japanese.g2p import read_words, word_phones
from luna_tts.nlp.japanese.mora import kana_phones
from luna_tts.nlp.japanese.normalizer import normalize
from luna_tts.nlp.symbols import PUNCTUATIONS

READINGS = Path(__file__).parents[1] / "data/chat_readings.tsv"
LINES = [line.split("\t") for line in READINGS.read_text("utf-8").splitlines()]
LONG = {("o", "u"): ("o", "o"), ("e", "i"): ("e", "e")}


@pytest.fixture(scope="module")
def frontend() -> JapaneseFrontend:
    return JapaneseFrontend()


@pytest.mark.parametrize(("written", "reading"), LINES, ids=[line[0] for line in LINES])
def test_what_is_typed_is_read(frontend: JapaneseFrontend, written: str, reading: str) -> None:
    words = read_words(frontend.ask(normalize(spell_out(written))).words)
    heard = folded(phone for phones in word_phones(words) for phone in phones)
    assert heard == folded(kana_phones(reading)), "".join(word.reading for word in words)


def test_the_specification_is_as_large_as_it_says() -> None:
    assert len({written for written, _ in LINES}) == len(LINES) >= 320
    assert sum(written.isascii() and written.isalpha() for written, _ in LINES) <= len(LINES) / 4


def folded(phones: Iterable[str]) -> list[str]:
    """`phones` without punctuation, long vowels as they sound; イウ is ユー."""
    spoken: list[str] = []
    for phone in phones:
        if phone in PUNCTUATIONS:
            continue
        if spoken and (spoken[-1], phone) == ("i", "u"):
            spoken[-1:] = ["y", "u", "u"]
        else:
            spoken.append(LONG.get((spoken[-1], phone), ("", phone))[1] if spoken else phone)
    return spoken
