import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin.contrib.tone_convert import to_normal
from pypinyin.pinyin_dict import pinyin_dict

from luna_tts.nlp.japanese.hanzi import SYLLABLES, hanzi_to_kana
from luna_tts.nlp.japanese.mora import split_morae

DATA = Path(__file__).parents[1] / "data"
PAIRS = [
    line.split("\t") for line in (DATA / "hanzi_kana.tsv").read_text(encoding="utf-8").splitlines()
]
JAPANESE = [
    text
    for line in (DATA / "frontend/frontend_chat.jsonl").read_text(encoding="utf-8").splitlines()
    if re.search("[ぁ-ヿ]", text := json.loads(line)["text"])
]
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
ANYTHING = st.text(st.characters() | HAN | st.sampled_from("你吗谢，、0々𠮷\ue000\uf8ff\ud800"))


@pytest.mark.parametrize(("written", "kana"), PAIRS)
def test_chinese_is_read_and_japanese_stays(written: str, kana: str) -> None:
    assert hanzi_to_kana(written) == kana


def test_lines_of_a_japanese_chat_stay() -> None:
    assert len(JAPANESE) > 20
    assert [hanzi_to_kana(line) for line in JAPANESE] == JAPANESE


def test_every_syllable_of_mandarin_has_kana_that_can_be_said() -> None:
    spelled = {to_normal(pinyin) for entry in pinyin_dict.values() for pinyin in entry.split(",")}
    assert len(spelled) > 400
    assert spelled - SYLLABLES.keys() == set()
    assert [kana for kana in SYLLABLES.values() if not split_morae(kana)] == []


@given(ANYTHING)
def test_nothing_else_is_lost_or_moved(text: str) -> None:
    other = "[^\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af々〇ァ-ヺー]"
    assert re.findall(other, hanzi_to_kana(text)) == re.findall(other, text)


@given(st.text(st.characters(exclude_categories=["Lo"]) | st.sampled_from("あ漢ア한")))
def test_text_without_chinese_stays(text: str) -> None:
    assert hanzi_to_kana(text) == text


@pytest.mark.parametrize("unit", ["谢", "漢", "漢1", "你，", "今天天气很好", "1", "，"])
def test_long_lines_take_linear_time(unit: str) -> None:
    began = time.process_time()
    hanzi_to_kana(unit * (100_000 // len(unit)))
    assert time.process_time() - began < 10
