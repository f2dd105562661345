import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from luna_tts.nlp.japanese import chat
from luna_tts.nlp.japanese.chat import spell_out

FRONTEND_CHAT = Path(__file__).parents[1] / "data/frontend/frontend_chat.jsonl"
CHANGED = {
    "https://example.com/foo?bar=1 これ見て": "ユーアールエル  これ見て",
    "今日は2024/12/31です": "今日は二千二十四年十二月三十一日です",
    "1,234円で買った": "千二百三十四円で買った",
    "$12.50は高い": "十二点五ドルは高い",
    "03-1234-5678に電話して": "ゼロサンノ、イチニーサンヨンノ、ゴーロクナナハチに電話して",
    "ＡＢＣとabc": "ABCとABC",
    "Hello, world!": "ハロー, ワールド!",
    "tab\t区切り": "タブ\t区切り",
    "100%間違いない": "百パーセント間違いない",
    "C++とC#どっちが好き?": "シープラスプラスとシーシャープどっちが好き?",
    "@everyone 集合!": "アットエブリワン 集合!",
    "<:emoji:123456789> テスト": "<:エモジ:123456789> テスト",
    "#general に書いて": "シャープジェネラル に書いて",
    "`code` を実行": "`コード` を実行",
    "3.1415926535": "三点一四一五九二六五三五",
    "-5度まで下がる": "マイナス5度まで下がる",
    "0120": "ゼロイチニーゼロ",
    "１２３４５６７８９０": "1234567890",
    "㈱テスト①②③": "株式会社テストマル1 マル2 マル3 ",
    "♪ランラン♪": " ランラン ",
    "8888888888": "パチパチパチパチ",
}
"""Recorded lines that are to change; all others are Japanese, or not ours (w, Cyrillic, Hangul)."""

TABLE = Path(chat.__file__).with_name("words.tsv").read_text("utf-8").splitlines()
WORDS = dict(line.split("\t") for line in TABLE)
READABLE = re.compile("[ァ-ヺー]+|[A-Z]+")

PIECES = [
    *"0123456789abcxyzkmgwWAVXspth.,:/-~〜%#$¥+*×=^&@()（）_'’<>|;→☆★…ー、。！ \n\u3000",
    *"日月時分円人個あカん火",
    *("2026/11/24", "12:30", "GB", "km/h", "pm", "℃", "①", "Ⅳ", "½", "(´・ω・`)", "orz", "v1.2"),
    *("\ue000", "\uf8ff", "\ud800", "\u200b", "\u202e", "\0", "한", "给", "ｗ", "🙂", "http://"),
]
CHAT = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
JAPANESE = st.text(
    st.one_of(
        st.characters(min_codepoint=0x3041, max_codepoint=0x3096),
        st.characters(min_codepoint=0x30A1, max_codepoint=0x30FC),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
        st.sampled_from("、。！？…「」 \n"),
    )
)


def private(text: str) -> list[str]:
    return [character for character in text if "\ue000" <= character <= "\uf8ff"]


@given(st.one_of(st.text(), CHAT))
@example("'s's's" * 1000)
@example("\ud800²⁄\0")
@example("9" * 5_000 + "G")
def test_no_string_raises_and_words_of_the_dictionary_stay(text: str) -> None:
    assert private(spell_out(text)) == private(text)


@given(JAPANESE)
def test_japanese_stays_as_it_is(text: str) -> None:
    assert spell_out(text) == text


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)), CHAT)
def test_hangul_stays_as_it_is(hangul: str, text: str) -> None:
    assert spell_out(hangul) == hangul
    kept = "".join(c for c in spell_out(text + hangul) if "가" <= c <= "힣")
    assert kept == "".join(c for c in text + hangul if "가" <= c <= "힣")


@pytest.mark.parametrize("text", [line[0] for line in CHANGED.items()])
def test_what_is_spelled_out_is_left_alone_after_that(text: str) -> None:
    assert spell_out(CHANGED[text]) == CHANGED[text]


def test_of_the_recorded_lines_only_these_change() -> None:
    texts = [json.loads(line)["text"] for line in FRONTEND_CHAT.read_text("utf-8").splitlines()]
    assert {text: spell_out(text) for text in texts if spell_out(text) != text} == CHANGED


@pytest.mark.parametrize("text", ["3m\ue000", "5GB\ue000です", "3\ue000m", "\ue0003m", "$5\ue000"])
def test_a_word_of_the_dictionary_is_a_letter_beside_a_unit(text: str) -> None:
    spelled = spell_out(text)
    assert not re.search("メートル|ギガ|ドル", spelled)
    assert private(spelled) == private(text)


@pytest.mark.parametrize(
    "text",
    [
        "w",
        "草www",
        "ｗｗ",
        "(株)",
        "（月）",
        "(笑)",
        "3人で3本",
        "第2回",
        "10時30分",
        "안녕",
        "你好",
    ],
)
def test_what_is_kept(text: str) -> None:
    assert spell_out(text) == text


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("1/2と3/4と1/10", "二分の一と四分の三と十分の一"),
        ("1/2(金)、3/4まで", "一月二日、金曜日、三月四日まで"),
        ("11/31", "三十一分の十一"),
        ("10/9", "十月九日"),
        ("GTA V", "ジーティーエー ブイ"),
        ("XIII", "サーティーン"),
        ("h4x0r", "ハクサー"),
        ("AMD's PCs", "エーエムディーズ ピーシーズ"),
        ("noooo", "ノー"),
    ],
)
def test_rules_that_could_be_others(text: str, spelled: str) -> None:
    assert spell_out(text) == spelled


def test_every_listed_word_is_read_as_listed() -> None:
    for word, reading in WORDS.items():
        assert READABLE.fullmatch(reading), word
        assert spell_out(word) == reading
    assert len(WORDS) == len(TABLE)


UNITS = "1 1. 1, 1/ 1- 1+ 1x 1〜 a a- a1 A ( (´ = 's _ $1 あ1 (´・ω・`) ① wx ^ - < ☆ 0 11/24 12:30"


@pytest.mark.realtime
@pytest.mark.parametrize("unit", [*UNITS.split(), "\ud800", "ab "])
def test_time_is_linear(unit: str) -> None:
    """Sixteen times the text in well under 16 * 16 times the time."""
    short, long = (seconds(unit * (length // len(unit))) for length in (6_000, 96_000))
    assert long < 80 * max(short, 0.002)


def seconds(text: str) -> float:
    start = time.perf_counter()
    spell_out(text)
    return time.perf_counter() - start
