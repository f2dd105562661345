import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from luna_tts.errors import EngineUnavailable, LunaError
from luna_tts.nlp.japanese.accent import label_tones, merge_tones
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.nlp.japanese.g2p import JapanesePhones, OpenJTalkAnswer, phonemize
from luna_tts.nlp.japanese.given import apply_given
from luna_tts.nlp.symbols import NUM_TONES, PUNCTUATIONS, SYMBOLS, symbol_ids

LINE = "今日はとても良い天気なので、みんなで公園に散歩に行きましょうと言っていましたよ。"
assert len(LINE) == 40

CHAT_LIKE = st.text(
    st.sampled_from(
        "あいうアカヴヵヷヸゃァッーン々ゝヽヾヿ゠・ωαΐЖ한今日龘何時人𠮷"
        "ABzｗＷ0179.,，．!?！？…'\"-−―~〜$¥€（）()「」´`^_ \n\x00\u3099\u309a🙂\ud800"
    ),
    max_size=60,
)
KANA = st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x30FF), max_size=30)
PHONES = st.lists(st.sampled_from(["_", *"aiueoNkstnhmq", "sh", "kw", *PUNCTUATIONS, "✗"]))


@pytest.fixture(scope="module")
def frontend() -> JapaneseFrontend:
    return JapaneseFrontend()


def check(result: JapanesePhones) -> None:
    assert len(result.phones) == len(result.tones) == sum(result.word2ph)
    assert len(result.word2ph) == len(result.text) + 2
    assert result.phones[0] == result.phones[-1] == "_"
    assert min(result.word2ph) >= 0
    assert set(result.tones) <= {0, 1}
    ids = symbol_ids(result.phones, result.tones).with_blanks()
    assert all(0 <= phone < len(SYMBOLS) for phone in ids.phones)
    assert all(0 <= tone < NUM_TONES for tone in ids.tones)
    assert len(ids.phones) == len(ids.tones) == len(ids.languages) == 2 * len(result.phones) + 1


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.one_of(st.text(), CHAT_LIKE, KANA))
def test_any_text_is_read(frontend: JapaneseFrontend, text: str) -> None:
    check(frontend.phonemize(text))


@given(
    words=st.lists(
        st.fixed_dictionaries(
            {
                "string": st.one_of(st.text(max_size=4), KANA),
                "pron": st.one_of(st.text(max_size=4), KANA, st.just("、"), st.just("？")),
            }
        )
    ),
    labels=st.lists(
        st.one_of(
            st.text(),
            st.from_regex(
                r"xx\^xx-(sil|pau|cl|k|a|U|)\+xx=xx/A:(xx|-?[0-9])\+(xx|[0-9])\+(xx|[0-9]|x)/B:"
                r"xx/F:(xx|[0-9])_xx",
                fullmatch=True,
            ),
        )
    ),
)
def test_any_answer_of_open_jtalk_is_taken(
    words: list[dict[str, object]], labels: list[str]
) -> None:
    check(phonemize(OpenJTalkAnswer(words, labels)))


@pytest.mark.parametrize("text", ["", "🙂🙂", "한국어", "\ud800", "\x00"])
def test_nothing_to_read_is_two_silences(frontend: JapaneseFrontend, text: str) -> None:
    assert frontend.phonemize(text) == JapanesePhones(("_", "_"), (0, 0), (1, 1), "")


def test_long_text_is_read_to_its_end(frontend: JapaneseFrontend) -> None:
    result = frontend.phonemize("ながいはなし、" * 1000)
    check(result)
    assert result.phones.count(",") == 1000


def test_the_installed_dictionary_reads_plain_words(frontend: JapaneseFrontend) -> None:
    result = frontend.phonemize("箸を、橋を！")
    assert " ".join(result.phones) == "_ h a sh i o , h a sh i o ! _"
    assert result.tones == (0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0)
    assert result.word2ph == (1, 4, 1, 1, 4, 1, 1, 1)


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
    with pytest.raises(EngineUnavailable, match="pip install pyopenjtalk-plus"):
        JapaneseFrontend()


def test_tones_go_on_where_labels_and_reading_disagree() -> None:
    toned = [("k", 0), ("a", 0), ("t", 1), ("s", 1), ("u", 1), ("m", 0), ("i", 0)]
    assert merge_tones(["k", "a", "t", "u", "m", "i"], toned) == [0, 0, 1, 1, 0, 0]
    assert merge_tones(["k", "a", "t", "s", "u", ",", "o", "m", "i"], toned) == [
        0,
        0,
        1,
        1,
        1,
        0,
        1,
        0,
        0,
    ]
    assert merge_tones(["o", "o"], toned) == [0, 0]
    assert label_tones(["no label", ""]) == []


GENERATED = JapanesePhones(
    ("_", "k", "a", "t", "a", "n", "a", "_"), (0, 0, 0, 1, 1, 0, 0, 0), (1, 2, 2, 2, 1), "カタナ"
)


@pytest.mark.parametrize(
    ("given_phones", "word2ph"),
    [
        ("_ k a t a n a _", (1, 2, 2, 2, 1)),
        ("_ s o r e d e m o _", (1, 4, 2, 2, 1)),  # nothing in common: the first character differs
        ("_ k a t t a n a _", (1, 2, 3, 2, 1)),
        ("_ k a n a _", (1, 1, 1, 2, 1)),
        ("_ k a t a n a a _", (1, 2, 2, 3, 1)),  # behind the last: the last character's
        ("_ a _", (1, 0, 0, 1, 1)),
        ("_ _", (1, 0, 0, 0, 1)),
        ("_ " + "a " * 20 + "_", (1, 8, 6, 6, 1)),
    ],
)
def test_given_phones_find_their_characters(given_phones: str, word2ph: tuple[int, ...]) -> None:
    phones = given_phones.split()
    result = apply_given(GENERATED, phones, [0] * len(phones))
    assert sum(result.word2ph) == len(phones)
    assert result.word2ph == word2ph


def test_given_tones_replace_tones_only() -> None:
    tones = (0, 1, 1, 0, 0, 0, 0, 0)
    result = apply_given(GENERATED, None, tones)
    assert (result.phones, result.tones) == (GENERATED.phones, tones)
    assert apply_given(GENERATED, None, None) == GENERATED


def test_phones_alone_keep_the_tones_they_had() -> None:
    assert apply_given(GENERATED, ["_", "k", "a", "t", "a", "a", "n", "a", "_"], None).tones == (
        0, 0, 0, 1, 1, 1, 0, 0, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("phones", "tones"), [(None, [0]), (["_", "_"], [0, 0, 0]), (["_"], [0]), ([], [])]
)
def test_given_lists_must_fit(phones: list[str] | None, tones: list[int]) -> None:
    with pytest.raises(LunaError, match="one tone a phone"):
        apply_given(GENERATED, phones, tones)


@settings(deadline=None)
@given(
    text=st.text(st.sampled_from("あカッー今日志,!"), max_size=12),
    phones=PHONES.map(lambda inner: ["_", *inner, "_"]),
)
def test_any_given_phones_fit_any_text(
    frontend: JapaneseFrontend, text: str, phones: list[str]
) -> None:
    check(apply_given(frontend.phonemize(text), phones, [0] * len(phones)))


@pytest.mark.realtime
def test_reading_a_line_takes_milliseconds(
    frontend: JapaneseFrontend, capsys: pytest.CaptureFixture[str]
) -> None:
    frontend.phonemize(LINE)
    taken = []
    for _ in range(20):
        start = time.perf_counter()
        frontend.phonemize(LINE)
        taken.append(time.perf_counter() - start)
    with capsys.disabled():
        print(f"\n40 characters -> phones: {sorted(taken)[10] * 1000:.1f} ms")
    assert min(taken) < 0.1
