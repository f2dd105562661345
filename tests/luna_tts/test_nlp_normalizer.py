import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts.nlp.japanese.mora import MORAE, kana_phones
from luna_tts.nlp.japanese.normalizer import normalize
from luna_tts.nlp.japanese.numbers import read_number

MORA_TABLE = Path(__file__).parents[1] / "data/frontend/mora_table.json"


@pytest.mark.parametrize(
    ("number", "reading"),
    [
        ("0", "零"),
        ("000", "零"),
        ("007", "七"),
        ("10", "十"),
        ("111", "百十一"),
        ("1234", "千二百三十四"),
        ("10000", "一万"),
        ("11000", "一万千"),
        ("10000000", "千万"),
        ("100000000", "一億"),
        ("1000000000001", "一兆一"),
        ("20000000000000000", "二京"),
        ("12.5", "十二点五"),
        ("12.50", "十二点五"),
        ("1.0", "一"),
        ("0.05", "零点零五"),
        ("3.14159265358979323846", "三点一四一五九二六五三五八九七九三二三八四六"),
        ("1" + "0" * 51, "千極"),
        ("1" + "0" * 52, "一" + "零" * 52),
    ],
)
def test_numbers_are_read(number: str, reading: str) -> None:
    assert read_number(number) == reading


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("1,234円", "千二百三十四円"),
        ("1,00", "一,零"),
        ("$12.50と￥300", "十二点五ドルと三百円"),
        ("£5 €6", "五ポンド六ユーロ"),
        ("そうだね〜～~", "そうだねーーー"),
        ("（笑）「はい」", "'笑''はい'"),
        ("え・・・え·え", "え...え,え"),
        ("あ：い；う", "あいう"),
        ("－—―", "---"),
        ("行\n行$", "行.行."),
        ("ｶﾞﾝﾊﾞﾚ", "ガンバレ"),
        ("か\u3099は\u309aん゛", "がぱん"),
        ("αβ Ж 한 🙂 々〆", "αβ々"),
        ("\ud800\x00\u202e", ""),
        ("", ""),
    ],
)
def test_text_is_normalized(text: str, normalized: str) -> None:
    assert normalize(text) == normalized


def test_a_number_may_have_any_length() -> None:
    assert len(normalize("9" * 100_000)) == 100_000


@given(st.text(st.characters(exclude_categories=())))
def test_normalized_text_stays_as_it_is(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once


def test_mora_table_is_that_of_the_format() -> None:
    table = json.loads(MORA_TABLE.read_text(encoding="utf-8"))["mora"]
    ours = {mora: MORAE[mora] for mora in table}
    assert ours == {mora: tuple(filter(None, phones)) for mora, phones in table.items()}
    assert set(MORAE) - set(table) == set("ヵヷヸヹヺ")


@pytest.mark.parametrize(
    ("kana", "before", "phones"),
    [
        ("キャー", "", "ky a a"),
        ("ンー", "", "N N"),
        ("ッー", "", "q q"),
        ("ーー", "", "- -"),
        ("ーー", "a", "a a"),
        ("ーン", "N", "N N"),
        ("ー", "k", "-"),
        ("ー", ",", "-"),
        ("ヴュ・ヽァ", "", "by u a"),
    ],
)
def test_kana_become_phones(kana: str, before: str, phones: str) -> None:
    assert kana_phones(kana, before) == tuple(phones.split())
