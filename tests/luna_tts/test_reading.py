from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luna_tts import DictionaryWord, SynthesisOptions, TTSService, UserDictionary
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.nlp.japanese.g2p import JapanesePhones, phonemize
from luna_tts.nlp.japanese.mora import split_morae
from luna_tts.nlp.japanese.stand_ins import mecab_rows, stand_in, usual_accent
from luna_tts.nlp.symbols import symbol_ids
from luna_tts.reading import read_sentences
from phone_errors import errors, heard, kana_of

ROOT = Path(__file__).parents[2]
ITA = ROOT.parent / "shared/sbv2/ita_readings.tsv"
"""Read where it lies; where it is absent, the last line of the run says so."""
READINGS = [(ROOT / "tests/data/readings.tsv", 0.0), *([(ITA, 0.005)] if ITA.exists() else [])]
NASTY = (
    "\ud800 \ue000 \uf8ff 々から ――は 嗤う クヮルテット グヮバ 🐱👨\u200d👩\u200d👧 한국어 "
    "привет \u200b\u202e مرحبا 你好吗 ゠ヷヸ ～ 12.5円 v2.7.1 ー゛゜ \u3099 A<>&%\x00\x7f\ufffe"
)
any_text = st.text(st.characters(exclude_categories=())) | st.text(NASTY, max_size=40)
readings = st.text("アイカキガギサシトウエヴン", min_size=1, max_size=30)
dictionaries = st.lists(
    st.builds(DictionaryWord, st.text("あ月gG🐱々。1", min_size=1, max_size=3), readings),
    max_size=5,
).map(UserDictionary)


@pytest.fixture(scope="module")
def frontend() -> JapaneseFrontend:
    return JapaneseFrontend()


def read(
    frontend: JapaneseFrontend, text: str, *words: DictionaryWord
) -> list[tuple[str, JapanesePhones]]:
    sentences = read_sentences(frontend, text, UserDictionary(words))
    return [(sentence.text, phonemize(sentence.answer)) for sentence in sentences]


def toned(phones: JapanesePhones) -> str:
    """Phones with ^ after the high ones."""
    pairs = zip(phones.phones[1:-1], phones.tones[1:-1], strict=True)
    return " ".join(phone + "^" * tone for phone, tone in pairs)


class TestWords:
    @pytest.mark.parametrize(
        ("accent", "expected"),
        [
            (0, "m i k^ a^ s^ a^ N^ g^ a^ k^ u^ r u"),
            (1, "m^ i^ k a s a N g a k^ u^ r u"),
            (2, "m i k^ a^ s a N g a k^ u^ r u"),
        ],
    )
    def test_the_accent_of_a_word_is_heard_and_shapes_its_phrase(
        self, frontend: JapaneseFrontend, accent: int, expected: str
    ) -> None:
        ((_, phones),) = read(frontend, "月さんが来る", DictionaryWord("月", "ミカ", accent))
        assert toned(phones) == expected

    def test_bert_reads_the_spelling_and_every_phone_has_its_character(
        self, frontend: JapaneseFrontend
    ) -> None:
        ((_, phones),) = read(frontend, "推しぴだ", DictionaryWord("推しぴ", "オシピ"))
        assert (phones.text, phones.word2ph) == ("推しぴだ", (1, 2, 2, 1, 2, 1))

    def test_a_spelling_that_no_voice_knows_is_replaced_by_its_sound(
        self, frontend: JapaneseFrontend
    ) -> None:
        ((text, phones),) = read(frontend, "🐱だ", DictionaryWord("🐱", "ネコ"))
        assert (text, phones.text) == ("🐱だ", "ネコだ")
        assert " ".join(phones.phones) == "_ n e k o d a _"

    def test_readings_are_not_looked_up_again(self, frontend: JapaneseFrontend) -> None:
        words = DictionaryWord("アメ", "ユキ"), DictionaryWord("ユキ", "アメ")
        ((_, phones),) = read(frontend, "アメとユキ", *words)
        assert " ".join(phones.phones) == "_ y u k i t o a m e _"

    def test_a_word_is_never_cut(self, frontend: JapaneseFrontend) -> None:
        word = DictionaryWord("モーニング娘。", "モーニングムスメ")
        texts = [text for text, _ in read(frontend, "モーニング娘。を見た。モーニング娘。", word)]
        assert texts == ["モーニング娘。を見た。", "モーニング娘。"]

    def test_ou_and_ei_are_said_long_as_voices_were_trained(
        self, frontend: JapaneseFrontend
    ) -> None:
        ((_, phones),) = read(frontend, "月", DictionaryWord("月", "トウキョウセイ"))
        assert " ".join(phones.phones) == "_ t o o ky o o s e e _"

    def test_very_long_words_are_read_to_their_end(self, frontend: JapaneseFrontend) -> None:
        ((_, phones),) = read(frontend, "月が", DictionaryWord("月", "ルナ" * 40, 70))
        assert " ".join(phones.phones) == "_ " + "r u n a " * 40 + "g a _"

    @pytest.mark.parametrize(
        ("reading", "accent"),
        [
            *(("ア", 1), ("ルナ", 1), ("バナナ", 1), ("アメリカ", 0), ("オレンジ", 0)),
            *(("ストロベリー", 4), ("エレベーター", 3), ("コンピューター", 3)),
        ],
    )
    def test_unknown_accents_are_those_of_loanwords(self, reading: str, accent: int) -> None:
        assert usual_accent(split_morae(reading)) == accent


def test_every_word_has_its_stand_in() -> None:
    rows = {row.split(",")[0]: row.split(",")[-2] for row in mecab_rows()}
    assert len(rows) == 324
    for morae in range(1, 25):
        for accent in range(morae + 1):
            word = DictionaryWord("月", "ア" * morae, accent)
            assert rows[stand_in(word)] == f"{accent}/{morae}"


@pytest.mark.parametrize(("file", "most"), READINGS, ids=lambda value: getattr(value, "stem", ""))
def test_sentences_are_read_right(frontend: JapaneseFrontend, file: Path, most: float) -> None:
    wrong, phones = [], 0
    for line in file.read_text(encoding="utf-8").splitlines():
        name, text, reading = line.split("\t")
        expected = heard(reading)
        got = "".join(kana_of(sentence.answer) for sentence in read_sentences(frontend, text))
        wrong += [name] * errors(expected, heard(got))
        phones += len(expected)
    print(f"\n{file.stem}: {len(wrong)} of {phones} phones wrong: {len(wrong) / phones:.2%}")
    assert len(wrong) / phones <= most, wrong


def test_opening_the_dictionary_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    JapaneseFrontend()
    assert capfd.readouterr() == ("", "")


def test_words_csv_is_in_good_order() -> None:
    import luna_tts.nlp.japanese as package

    lines = Path(package.__file__).with_name("words.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    assert len({row[0] for row in rows}) == len(rows)
    for surface, reading, accent, *_ in rows:
        assert DictionaryWord(surface, reading, int(accent)).reading == reading


@given(any_text, dictionaries)
@settings(max_examples=500, deadline=None)
def test_nothing_raises_and_everything_stays_aligned(
    frontend: JapaneseFrontend, text: str, words: UserDictionary
) -> None:
    written = ""
    for sentence in read_sentences(frontend, text, words):
        phones = phonemize(sentence.answer)
        written += sentence.text
        assert len(phones.tones) == len(phones.phones) == sum(phones.word2ph)
        assert len(phones.word2ph) == len(phones.text) + 2
        assert min(phones.word2ph) >= 0
        for jp_extra in (True, False):
            ids = symbol_ids(phones.phones, phones.tones, jp_extra=jp_extra)
            assert all(0 <= phone < 112 for phone in ids.phones)
            assert all(tone in (6, 7) for tone in ids.tones)
    assert set(written) <= set(text) | {" "}


async def test_the_service_hands_words_to_the_voice() -> None:
    service = TTSService(voices=())
    await service.start()
    words = UserDictionary([DictionaryWord("🐱", "ネコ")])
    await service.check("🐱", words=words)
    short = await service.synthesize("🐱", options=SynthesisOptions(), words=words)
    assert 0.2 < short.seconds < 1.5
    await service.aclose()
