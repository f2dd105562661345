import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts.sentences import MAX_PIECE, split_sentences


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        (" \n ", []),
        ("こんにちは", ["こんにちは"]),
        ("行こう。早く！本当に？うん", ["行こう。", "早く！", "本当に？", "うん"]),
        ("一行目\n二行目", ["一行目", "二行目"]),
        ("えっ！？なに", ["えっ！？", "なに"]),
        ("「やった！」と叫ぶ", ["「やった！」", "と叫ぶ"]),
        ("円周率は3.14です。", ["円周率は3.14です。"]),
        ("Hello. World.", ["Hello.", "World."]),
        ("v2.7.1を入れて", ["v2.7.1を入れて"]),
        ("うーん…そうかな", ["うーん…", "そうかな"]),
        ("短い、文、です。", ["短い、文、です。"]),
    ],
)
def test_pieces_follow_sentences(text: str, pieces: list[str]) -> None:
    assert split_sentences(text) == pieces


def test_a_long_sentence_is_cut_at_commas_and_numbers_stay_whole() -> None:
    text = "価格は1,234,567円で、" * 10 + "以上です。"
    pieces = split_sentences(text)
    assert "".join(pieces) == text
    assert len(pieces) > 1
    assert all(piece.endswith(("、", "。")) for piece in pieces)


def test_an_unbroken_run_is_cut_all_the_same() -> None:
    pieces = split_sentences("あ" * 2000)
    assert "".join(pieces) == "あ" * 2000
    assert max(map(len, pieces)) == MAX_PIECE


def test_an_unbroken_run_is_cut_where_the_script_changes() -> None:
    pieces = split_sentences("今日は友達と映画を見に行って楽しかったので" * 6)
    assert all(re.match(r"[一-龠]", piece) for piece in pieces)


@given(st.text(max_size=400), st.integers(min_value=2, max_value=80))
def test_nothing_is_lost_and_no_piece_is_too_long(text: str, limit: int) -> None:
    pieces = split_sentences(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)
