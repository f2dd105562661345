import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts.nlp.english.g2p import WORD_START, group_tokens, phonemize
from luna_tts.nlp.english.lexicon import Lexicon
from luna_tts.nlp.english.normalizer import normalize
from luna_tts.nlp.symbols import PUNCTUATIONS, SYMBOL_IDS

LEXICON = Lexicon()
TOKENS = st.lists(
    st.tuples(
        st.sampled_from(["", WORD_START]),
        st.text(max_size=6) | st.sampled_from([*PUNCTUATIONS, "don", "'s", "...", "１２"]),
    ).map("".join),
    max_size=8,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("I have 1,234,567.", "I have one million, two hundred thirty-four thousand, five hundred"
         " sixty-seven."),
        ("in 1066, 1901, 2000, 2009 and 2024", "in ten sixty-six, nineteen oh one, two thousand,"
         " two thousand nine and twenty twenty-four"),
        ("the 101st, 2nd and 30th", "the one hundred and first, second and thirtieth"),
        ("$0.5, $1.05 and £1", "five cents, one dollar, five cents and one pounds"),
        ("$,5 $1.2.3", "five dollars one point two. three dollars"),
        ("0.05 007", "zero point five seven"),
        ("9" * 40, " ".join(["nine"] * 40)),
        ("$" + "7" * 5000 + ".00", " ".join(["seven"] * 5000) + " dollars"),
        ("Wait…what？", "Wait... what?"),
        ("example.com “hi”", "example. com 'hi'"),
    ],
)  # fmt: skip
def test_numbers_and_marks_are_read_as_voices_know_them(written: str, read: str) -> None:
    assert normalize(written) == read


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("Hello", "HH AH0 L OW1"),
        ("NASA", "N AE1 S AH0"),
        ("don't", "D OW1 N T"),
        ("ﬁsh", "F IH1 SH"),
    ],
)
def test_the_dictionary_knows_words_in_any_case(word: str, phones: str) -> None:
    assert LEXICON.word(word) == phones.split()


@pytest.mark.parametrize(
    "word", ["", "!", "valorant", "hello world", "\ud800", "zzzzzzz", "hello\n"]
)
def test_what_is_no_word_is_not_found(word: str) -> None:
    assert LEXICON.word(word) is None


def test_unknown_words_are_spelled_as_one_would_say_them() -> None:
    assert LEXICON.say("Valorant") == ["V", "AE1", "L", "ER0", "AH0", "N", "T"]
    assert LEXICON.say("résumé") == LEXICON.say("'resume'")[1:-1]
    assert LEXICON.say("こ%") == []


def test_a_word_with_an_apostrophe_is_one_piece_and_others_are_many() -> None:
    groups = list(
        group_tokens(["▁I", "▁don", "'", "t", "▁kub", "er", ",", "▁well", "-", "known", "."])
    )
    assert groups == [["I"], ["don", "'", "t"], ["kub", "er"], [","], ["well", "-", "known"], ["."]]


@given(st.text(), TOKENS)
def test_whatever_is_written_has_phones_for_its_tokens(text: str, tokens: list[str]) -> None:
    read = phonemize(normalize(text), tokens, LEXICON)
    assert len(read.word2ph) == len(tokens) + 2
    assert sum(read.word2ph) == len(read.phones) == len(read.tones)
    assert set(read.phones) <= set(SYMBOL_IDS)
    assert all(0 <= tone < 4 for tone in read.tones)


@given(TOKENS)
def test_every_token_belongs_to_one_group(tokens: list[str]) -> None:
    grouped = [token for group in group_tokens(tokens) for token in group]
    assert grouped == [token.removeprefix(WORD_START) for token in tokens]


@pytest.mark.parametrize("unit", ["1", "1,", "$1.", ". ", "e.g.", "-", "…"])
def test_long_lines_take_linear_time(unit: str) -> None:
    began = time.process_time()
    LEXICON.say(normalize(unit * (5_000 // len(unit))))
    assert time.process_time() - began < 5
