"""What people type, as a Japanese speaker reads it: chat_readings.tsv, written by hand.

Through the whole front-end, as every voice reads it. Phones are compared, so that トウキョウ and
トーキョー are one; punctuation is not.
"""

from pathlib import Path

import pytest

from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.reading import read_sentences
from phone_errors import heard, kana_of

READINGS = Path(__file__).parents[1] / "data/chat_readings.tsv"
LINES = [line.split("\t") for line in READINGS.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def frontend() -> JapaneseFrontend:
    return JapaneseFrontend()


@pytest.mark.parametrize(("written", "reading"), LINES, ids=[line[0] for line in LINES])
def test_what_is_typed_is_read(frontend: JapaneseFrontend, written: str, reading: str) -> None:
    got = "".join(kana_of(sentence.answer) for sentence in read_sentences(frontend, written))
    assert heard(got) == heard(reading), got


def test_the_specification_is_as_large_as_it_says() -> None:
    assert len({written for written, _ in LINES}) == len(LINES) >= 320
    assert sum(written.isascii() and written.isalpha() for written, _ in LINES) <= len(LINES) / 4
