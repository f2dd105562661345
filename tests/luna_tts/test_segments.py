"""Where the language of a line changes; tests/data/language_cuts.tsv is the specification."""

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts import DictionaryWord, UserDictionary
from luna_tts.segments import Segment, cut_languages

TABLE = Path(__file__).parents[1] / "data/language_cuts.tsv"
LINES = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()]
BORDER = re.compile(r"\|(?=(?:ja|en|ko|zh):)")
PIECES = st.lists(
    st.sampled_from(
        ["今日は", "I love you", "안녕", "你好", "，", " ", "!", "「", "3", "東京", "LINE", "www.a"]
    )
)
ANYTHING = st.text(st.characters(exclude_categories=())) | PIECES.map("".join)
DEFAULTS = st.sampled_from(["ja", "en", "zh", "ko", "fr"])


def test_there_are_three_hundred_lines() -> None:
    assert len(LINES) >= 300


@pytest.mark.parametrize(("default", "cuts"), LINES)
def test_lines_are_cut_where_their_language_changes(default: str, cuts: str) -> None:
    expected = []
    for cut in BORDER.split(cuts):
        language, _, text = cut.partition(":")
        expected.append(Segment(text, language))
    assert cut_languages("".join(segment.text for segment in expected), default) == expected


def test_words_of_the_dictionary_are_japanese_and_whole() -> None:
    words = UserDictionary([DictionaryWord("Luna Moon", "ルナムーン")])
    line = "please tell Luna Moon about it"
    places = [(found.start, found.end) for found in words.find(line)]
    assert [segment.text for segment in cut_languages(line, "en", places)] == [
        "please tell ",
        "Luna Moon ",
        "about it",
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("Alice Smith", "たけしTV", "王伟", "김철수", "xX_Sniper_Xx", "The Lord of Rings"),
        *("田中 Mike", "愛理Love", "さくら🌸hana", "민수Kim", "夜空のmoon"),
    ],
)
@pytest.mark.parametrize(
    ("said", "default"), [("{}さんが参加しました", "ja"), ("{}님이 들어왔어요", "ko")]
)
def test_names_that_luna_speaks_of_are_whole(name: str, said: str, default: str) -> None:
    assert any(name in segment.text for segment in cut_languages(said.format(name), default))


@given(ANYTHING, DEFAULTS)
def test_nothing_is_lost_and_neighbours_differ(text: str, default: str) -> None:
    segments = cut_languages(text, default)
    assert "".join(segment.text for segment in segments) == text
    languages = [segment.language for segment in segments]
    assert all(before != after for before, after in pairwise(languages))
    assert set(languages) <= {"ja", "en", "zh", "ko", default}


@pytest.mark.parametrize("unit", ["a ", "あa", "今天", "3", "「", "!", "www.", "I'm-"])
def test_long_lines_take_linear_time(unit: str) -> None:
    began = time.process_time()
    cut_languages(unit * (20_000 // len(unit)))
    assert time.process_time() - began < 5
