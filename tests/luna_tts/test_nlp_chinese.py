import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luna_tts.nlp.chinese.g2p import phonemize
from luna_tts.nlp.chinese.normalizer import normalize
from luna_tts.nlp.chinese.words import Word, find_words, merge
from luna_tts.nlp.symbols import SYMBOL_IDS

CHINESE = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
    | st.sampled_from("一不个儿子们好看想说没我很小老虎的了吧第两来去上下，。！…0123456789.")
)
SAID = [
    ("你好", "ni2 hao3"),
    ("我很好", "wo3 hen2 hao3"),
    ("不怕", "bu2 pa4"),
    ("看不懂", "kan4 bu5 dong3"),
    ("一样", "yi2 yang4"),
    ("一起", "yi4 qi3"),
    ("第一", "di4 yi1"),
    ("看一看", "kan4 yi5 kan4"),
    ("三个", "san1 ge5"),
    ("妈妈", "ma1 ma5"),
    ("人人", "ren2 ren2"),
    ("他们", "ta1 men5"),
    ("儿子", "EEer2 zi05"),
    ("出去", "chu1 qv5"),
    ("银行", "yin2 hang2"),
    ("展览馆", "zhan2 lan2 guan3"),
]


@pytest.mark.parametrize(("written", "said"), SAID)
def test_tones_are_those_of_speech(written: str, said: str) -> None:
    read = phonemize(normalize(written))
    phones, tones = read.phones[1:-1], read.tones[1:-1]
    pairs = range(0, len(phones), 2)
    assert " ".join(f"{phones[n]}{phones[n + 1]}{tones[n]}" for n in pairs) == said


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("我有110元", "我有一百一十元"),
        ("3.50和007", "三点五零和七"),
        ("２０２４年", "二千零二十四年"),
        ("٣", "三"),
        ("12345678901234567", "一二三四五六七八九零一二三四五六七"),
        ("嗯……（好）", "恩……'好'"),
        ("hello 你好 🎉", "你好"),
        ("噷兙", ""),
    ],
)
def test_numbers_and_marks_are_read_as_voices_know_them(written: str, read: str) -> None:
    assert normalize(written) == read


def test_words_are_put_together_for_sandhi() -> None:
    cut = [Word("看", "v"), Word("一", "m"), Word("看", "v"), Word("不", "d"), Word("大", "a")]
    assert [word.text for word in merge(cut)] == ["看一看", "不大"]
    twice = [*cut[:3], Word("说", "v"), Word("一", "m"), Word("说", "v")]
    assert [word.text for word in merge(twice)] == ["看", "一", "看", "说", "一", "说"]
    flower = [Word("花", "n"), Word("儿", "n"), Word("好", "a"), Word("好", "a"), Word("好", "a")]
    assert [word.text for word in merge(flower)] == ["花儿", "好好", "好"]
    assert merge([Word("没", "d"), Word("一", "m"), Word("没", "v")])  # here others never end


def test_characters_of_all_kinds_have_a_reading() -> None:
    every = normalize("".join(map(chr, range(0x4E00, 0x9FA6, 3))))
    for start in range(0, len(every), 200):
        read = phonemize(",".join(every[start : start + 200]))
        assert sum(read.word2ph) == len(read.phones)


@settings(deadline=None)
@given(st.text() | CHINESE)
def test_whatever_is_written_has_two_phones_a_character(text: str) -> None:
    normalized = normalize(text)
    assert normalize(normalized) == normalized.replace("...", "…")
    assert "".join(word.text for word in find_words(normalized)) == normalized
    read = phonemize(normalized)
    assert len(read.word2ph) == len(normalized) + 2
    assert sum(read.word2ph) == len(read.phones) == len(read.tones)
    assert set(read.phones) <= set(SYMBOL_IDS)
    assert all(0 <= tone < 6 for tone in read.tones)


@pytest.mark.parametrize("unit", ["一", "不", "好", "1", "1.", "，", "看一看"])
def test_long_lines_take_linear_time(unit: str) -> None:
    began = time.process_time()
    phonemize(normalize(unit * (1_500 // len(unit))))
    assert time.process_time() - began < 10
