import re
import time
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts.sentences import FIRST_PIECE, MAX_PIECE, split_sentences

# "|" is where the pieces meet; white space beside it is theirs no more.
CUTS = """
こんにちは
行こう。|早く！|本当に？|うん
えっ！？|なに
すごい！！！|ほんとに？？
うーん…|そうかな
うん...|そうだね
お腹すいた・・・|帰ろう
え…うん
え……あの……|なに
...なるほど
…え？|何
えーーーマジ？
行こうーーー！|早く
にゃーーーん♪|次は何する？
!!!
1. 始めに
10. 終わり
３．次に
円周率は3.14です。|次は1,000円。
12:30に集合。|遅れないで
2026/11/24、|2026-11-24
v2.7.1を入れて
３．１４と１，０００
https://example.com/a.b?c=d,e!f を見て。|ね
foo.bar@example.com に送って。|よろしく
「やった！」と叫ぶ
「え、うん」と言った
「行くよ。」|「うん。」と二人は言った。
『本当？』って聞いたら「うん！」だって
「本当に楽しかった。|また行きたい。|みんなで来年も行こう。」と彼は言った。
【重要！】|お知らせ。|読んで
(え？何？)ってなった
何？って思った
行く！と言って寝た
面白い！(笑)|次は？
これは（笑）すごい。|ね？（笑）|うん
楽しかった！😀|明日も！
そうなんだ！！👍🏽|いいね
Hello. |World. |It works!
Mr. Smith went to Washington. |He was late.
I live in the U.S. now. |No. 1 is me.
e.g. this, i.e. that
He said "Go away." |Then he left.
Node.js and C++ v1.2. |Good.
Is it a?b=c or a!=b
What? |No!
"Hi!" she said.
短い、文、です。
はい、そうです
はい、|昨日は友達と映画を見に行ったんだけど、すごく面白かったよ。
え、昨日は友達と映画を見に行ったんだけど、|すごく面白かったよ。
で、それから、|みんなで駅前の店に行ってご飯を食べました。
私、|昨日は友達と映画を見に行ってきたんですよね。
えー、|それはちょっと違うんじゃないかなと私は思うんですけどね。
今日はとてもいい天気なので、|午後から公園まで散歩に行こうと思います。|一緒にどう？
今日は友達と駅前の映画館で映画を見たんだけど|思ったより面白くて感動して泣いた
電車が遅れて会議に間に合わなかったので|課長に謝ってから資料だけ配りました
価格は1,234,567円で、|送料は別に1,000円かかりますのでご注意ください。
Well, |I think that we should go to the park tomorrow.
それは「え、うん」と彼が言ったときの話で、|私は何も聞いていませんでした。
今日の議題：|来月の旅行について、みんなの意見を聞かせてください。
\ue000。|次は\ue001！
\ue000、|昨日の配信で言ってたこと本当に面白かったんだけど見た？
\ue000が好き。|\ue001も好き
はい？|\ue000？|ええ
安녕하세요! |반갑습니다. |네
你好！|我们走吧。|好
""".strip().splitlines()


@pytest.mark.parametrize("row", CUTS)
def test_pieces_follow_sentences_and_the_first_is_short(row: str) -> None:
    pieces = [piece.strip() for piece in row.split("|") if piece]
    assert split_sentences(row.replace("|", "")) == pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        (" \n ", []),
        ("一行目\n二行目\n\n三行目", ["一行目", "二行目", "三行目"]),
        ("こんにちは\n😀", ["こんにちは", "😀"]),
        ("！？\nやあ。😀！\n…\n。。。", ["！？", "やあ。😀！", "…", "。。。"]),
        ("  はい。  いいえ。  ", ["はい。", "いいえ。"]),
    ],
)
def test_lines_are_sentences(text: str, pieces: list[str]) -> None:
    assert split_sentences(text) == pieces


def test_a_long_sentence_is_cut_at_commas_and_numbers_stay_whole() -> None:
    text = "価格は1,234,567円で、" * 10 + "以上です。"
    pieces = split_sentences(text)
    assert "".join(pieces) == text
    assert len(pieces) > 1
    assert all(piece.endswith(("、", "。")) for piece in pieces)


@pytest.mark.parametrize(
    "unit",
    [
        "あ",
        "漢",
        "a",
        "😀",
        "👩‍👩‍👧",
        "🇯🇵",
        "👍🏽",
        "か\u3099",
        "e\u0301",
        "きょ",
        "ー",
        "ﾊﾟ",
        "☀\ufe0f",
        "각",
        "！",
    ],
)
def test_an_unbroken_run_is_cut_between_its_units(unit: str) -> None:
    run = unit * (2000 // len(unit))
    pieces = split_sentences(run)
    assert "".join(pieces) == run
    assert max(map(len, pieces)) <= MAX_PIECE
    if unit != "ー":
        assert all(piece == unit * (len(piece) // len(unit)) for piece in pieces)


@pytest.mark.parametrize(
    ("unit", "begins"),
    [
        ("今日は友達と映画を見に行って楽しかったので", "[友映見行今]"),
        ("それをみたいとおもっている", "[みそ]"),
        ("hello world ", "[hw]"),
        ("コーヒーを飲みにスターバックスへ行くつもり", "[飲スコ行]"),
        ("\ue000を見た\ue001で泣いた", "[見泣]"),
    ],
)
def test_an_unbroken_run_is_cut_where_a_word_begins(unit: str, begins: str) -> None:
    assert all(re.match(begins, piece) for piece in split_sentences(unit * 60)[1:])


def test_a_word_is_not_cut_where_a_border_is_near() -> None:
    text = "とても長い名前のハイパーテキストトランスファープロトコルセキュアは便利"
    assert split_sentences(text * 3)[1].startswith("ハイパー")


def test_an_unbroken_first_sentence_sounds_early() -> None:
    pieces = split_sentences("駅前にできた新しい店で友達とご飯を食べてから帰りました" * 5)
    assert FIRST_PIECE // 2 < len(pieces[0]) <= MAX_PIECE // 2


PARTS = st.sampled_from(
    [
        *"あんっー漢ア1a.,。、！？…「」()\"' \n😀\u200d🏽🇯🇵\ufe0f\u0301\ue000\uf8ff\u202e\x00",
        *(
            "\ud83d",
            "\udc4d",
            "きょ",
            "え、",
            "です。",
            "(笑)",
            "って",
            "a@b.c",
            "Mr. ",
            "3.14",
            "👩‍👩‍👧",
        ),
    ]
)
UNITS = st.sampled_from(
    [
        *"あ漢アa😀\ue000を",
        "きょ",
        "らー",
        "行っ",
        "か\u3099",
        "e\u0301",
        "👩‍👩‍👧",
        "👍🏽",
        "ﾊﾟ",
        "☀\ufe0f",
    ]
)
TEXT = st.text(st.characters(), max_size=300) | st.lists(PARTS, max_size=150).map("".join)


@given(TEXT, st.integers(min_value=2, max_value=80))
def test_nothing_is_lost_and_no_piece_is_too_long(text: str, limit: int) -> None:
    pieces = split_sentences(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    at = 0
    for piece in pieces:
        found = text.index(piece, at)
        assert not text[at:found].strip()
        at = found + len(piece)
    assert not text[at:].strip()


@given(st.lists(UNITS, max_size=200))
def test_what_is_one_to_the_eye_or_the_ear_stays_together(units: list[str]) -> None:
    borders = set(accumulate(map(len, units)))
    assert set(accumulate(map(len, split_sentences("".join(units))))) <= borders


@pytest.mark.parametrize(
    "unit",
    [
        "あ",
        "a",
        "。",
        "、",
        "え…",
        "！\n",
        "「",
        '"',
        "1,",
        "A.",
        "a@",
        "(笑)",
        "😀…",
        "\ud83d",
        "「あ。」と",
    ],
)
def test_long_texts_take_linear_time(unit: str) -> None:
    began = time.process_time()
    split_sentences(unit * (100_000 // len(unit)))
    assert time.process_time() - began < 2
