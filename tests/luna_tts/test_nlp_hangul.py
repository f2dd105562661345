import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts.nlp.japanese.hangul import hangul_to_kana
from luna_tts.nlp.japanese.hangul_words import read_korean_number
from luna_tts.nlp.japanese.mora import split_morae

TABLE = Path(__file__).parents[1] / "data/hangul_kana.tsv"
PAIRS = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()]
HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c가-힣\ud7b0-\ud7fb\uffa0-\uffdc]")
LETTERS = (
    st.characters(min_codepoint=0x1100, max_codepoint=0x11FF)
    | st.characters(min_codepoint=0x3130, max_codepoint=0x318F)
    | st.characters(min_codepoint=0xAC00, max_codepoint=0xD7FF)
    | st.characters(min_codepoint=0xFFA0, max_codepoint=0xFFDC)
)
ANYTHING = st.text(
    st.characters() | LETTERS | st.sampled_from("0123456789.,%３ \ue000\uf8ff\ud800")
)


@pytest.mark.parametrize(("written", "kana"), PAIRS)
def test_hangul_is_read_as_koreans_say_it(written: str, kana: str) -> None:
    assert hangul_to_kana(written) == kana


@pytest.mark.parametrize(
    ("number", "following", "hangul"),
    [
        ("1", "개", "한"),
        ("20", "살", "스무"),
        ("99", "명", "아흔아홉"),
        ("101", "마리", "백한"),
        ("1000", "개", "천"),
        ("12", "시", "열두"),
        ("24", "시", "이십사"),
        ("5", "시즌", "오"),
        ("3", "개월", "삼"),
        ("100", "달러", "백"),
        ("6", "월", "유"),
        ("12", "월", "십이"),
        ("20", "대", "이십"),
        ("2", "대", "두"),
        ("0", "개", "영"),
        ("11111", "원", "만천백십일"),
        ("21000", "원", "이만천"),
        ("100000000", "원", "일억"),
        ("1.50", "배", "일점오영"),
        ("1" * 21, "원", "일" * 21),
    ],
)
def test_numbers_are_read_as_counters_ask(number: str, following: str, hangul: str) -> None:
    assert read_korean_number(number, following) == hangul


def test_a_number_by_itself_is_korean_where_the_server_is() -> None:
    assert hangul_to_kana("100") == "100"
    assert hangul_to_kana("100", korean=True) == "ペク"
    assert hangul_to_kana("今日は100", korean=True) == "今日は100"
    assert hangul_to_kana("v2.0, 10km", korean=True) == "v2.0, 10km"


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1))
def test_every_word_becomes_kana_that_can_be_said(word: str) -> None:
    assert split_morae(hangul_to_kana(word))


@given(ANYTHING)
def test_no_hangul_is_left_and_nothing_else_is_lost(text: str) -> None:
    kana = hangul_to_kana(text)
    assert not HANGUL.search(kana)
    kept = "[^0-9３ァ-ヿ.,%]"
    assert re.findall(kept, HANGUL.sub("", text)) == re.findall(kept, kana)


@given(st.text(st.characters(exclude_categories=["Lo"]) | st.sampled_from("あ漢ア")))
def test_text_without_hangul_stays(text: str) -> None:
    assert hangul_to_kana(text) == text


@pytest.mark.parametrize(
    "unit", ["국", "1", "1,", "1,111", "ㅋ", "ㅎㅇ", "3개", "\u1100", "ﾾ", "걸"]
)
def test_long_lines_take_linear_time(unit: str) -> None:
    began = time.process_time()
    hangul_to_kana(unit * (100_000 // len(unit)))
    assert time.process_time() - began < 5
