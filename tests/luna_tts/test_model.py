import re
import shutil
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from luna_tts import AudioChunk, DictionaryWord, SynthesisOptions, UserDictionary
from luna_tts.errors import (
    EngineUnavailable,
    GivenPhonesMismatch,
    InvalidVoice,
    NothingToSay,
    UnknownSpeaker,
    UnknownStyle,
)
from luna_tts.loudness import CEILING, TARGET_LUFS, loudness
from luna_tts.model import TTSModel, check_device
from luna_tts.nlp.bert_models import BertModel
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.types import Samples
from luna_tts.vits.voice_folder import read_voice_folder
from tiny_voice import tiny_voice, wide_bert

TEXT = "こんにちは。今日はいい天気ですね。"


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wide_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="session")
def bert(bert_folder: Path) -> BertModel:
    return BertModel(bert_folder, "cpu")


@pytest.fixture(scope="session", params=["JP-Extra", "base"])
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, bert: BertModel
) -> TTSModel:
    folder = tmp_path_factory.mktemp("voices") / "koharu"
    model = TTSModel(
        read_voice_folder(tiny_voice(folder, jp_extra=request.param == "JP-Extra")),
        bert,
        JapaneseFrontend(),
    )
    for _ in model.warm_up():
        pass
    return model


def seeded(**options: object) -> SynthesisOptions:
    return SynthesisOptions(seed=7, **options)  # type: ignore[arg-type]


def chunks(steps: Generator[AudioChunk | None]) -> list[AudioChunk]:
    return [chunk for chunk in steps if chunk is not None]


def test_it_says_who_it_is(model: TTSModel) -> None:
    assert model.info.name == "koharu"
    assert model.info.styles == ("Neutral", "Happy")
    assert model.info.speakers == ("alice", "bob")
    assert model.info.sample_rate == 44_100
    assert model.nbytes > 10_000


def test_a_seed_makes_a_run_repeatable(model: TTSModel) -> None:
    first, again = model.infer(TEXT, seeded()), model.infer(TEXT, seeded())
    assert np.array_equal(first.samples, again.samples)
    other = model.infer(TEXT, SynthesisOptions(seed=8))
    assert not np.array_equal(first.samples[:5000], other.samples[:5000])
    for seed in (-1, 2**80):
        assert model.infer("やあ", SynthesisOptions(seed=seed)).seconds > 0


def test_the_stream_is_the_utterance_in_parts(model: TTSModel) -> None:
    parts = chunks(model.stream(TEXT, seeded()))
    assert len(parts) > 2
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [part.text for part in parts] == sorted((part.text for part in parts), key=TEXT.index)
    whole = model.infer(TEXT, seeded())
    assert np.array_equal(np.concatenate([part.samples for part in parts]), whole.samples)
    assert parts[0].seconds < 0.35, "the first window is short"


def test_windows_equal_the_whole(model: TTSModel, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: list[np.ndarray] = []
    for window in (1, 7, 64, 100_000):
        monkeypatch.setattr("luna_tts.model._WINDOW", window)
        whole.append(model.infer(TEXT, seeded()).samples)
    for windowed in whole[:-1]:
        assert windowed.shape == whole[-1].shape
        assert np.abs(windowed - whole[-1]).max() < 1e-5


def test_between_stages_others_may_be_served(model: TTSModel) -> None:
    steps = list(model.stream("こんにちは。", seeded()))
    assert steps.count(None) >= 3


def test_options_are_heard(model: TTSModel) -> None:
    plain = model.infer(TEXT, seeded())
    for changed in (
        {"style": "Happy"},
        {"style": "Happy", "style_weight": 5.0},
        {"speaker": "bob"},
        {"sdp_ratio": 1.0},
        {"noise_scale": 0.0},
        {"noise_scale_w": 0.0},
        {"assist_text": "怒っている"},
        {"pitch_scale": 1.3},
        {"intonation_scale": 0.2},
    ):
        other = model.infer(TEXT, seeded(**changed)).samples
        size = min(len(other), len(plain.samples))
        assert not np.allclose(other[:size], plain.samples[:size], atol=1e-4), changed
    assert np.array_equal(model.infer(TEXT, seeded(speaker=0)).samples, plain.samples)
    slow = model.infer(TEXT, seeded(length_scale=2.0))
    assert slow.seconds == pytest.approx(2 * plain.seconds, rel=0.2)
    quiet = model.infer(TEXT, seeded(volume=0.5)).samples
    ordinary = np.abs(plain.samples) < 0.8
    assert np.allclose(quiet[ordinary], plain.samples[ordinary] / 2, atol=1e-6)
    assert np.abs(model.infer(TEXT, seeded(volume=2.0)).samples).max() <= CEILING


def test_every_voice_has_the_common_loudness(model: TTSModel) -> None:
    model._gains.clear()
    quiet = loudness(model.infer(TEXT, seeded()).samples, 44_100)
    for _ in model.warm_up():
        pass
    levelled = loudness(model.infer(TEXT, seeded()).samples, 44_100)
    assert levelled == pytest.approx(min(TARGET_LUFS, quiet + 20), abs=2), "at most 20 dB more"


@pytest.mark.parametrize("spoilt", ["", "NaN", "1e9", '"loud"', "{}"])
def test_how_loud_a_voice_is_was_kept(tmp_path: Path, bert: BertModel, spoilt: str) -> None:
    folder = tiny_voice(tmp_path / "koharu")

    def opened() -> tuple[Samples, int]:
        model = TTSModel(read_voice_folder(folder), bert, JapaneseFrontend())
        steps = sum(1 for _ in model.warm_up())
        return model.infer(TEXT, seeded()).samples, steps

    samples, steps = opened()
    if spoilt:
        (notes,) = (folder / ".luna").glob("*.json")
        notes.write_text(re.sub(r'("gain [^"]*": )[^,}]*', rf"\g<1>{spoilt}", notes.read_text()))
    again, fewer = opened()
    assert np.array_equal(again, samples)
    assert fewer == steps if spoilt else fewer < steps
    styles = np.load(folder / "style_vectors.npy")
    np.save(folder / "style_vectors.npy", styles + np.float32(1))
    assert opened()[1] > 0.8 * steps, "another style is measured anew"


def test_given_phones_and_tones_are_spoken(model: TTSModel) -> None:
    phones = ("_", "k", "o", "N", "n", "i", "ch", "i", "w", "a", "_")
    tones = (0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0)
    given = model.infer("こんにちは", seeded(given_phone=phones, given_tone=tones))
    assert given.seconds > 0.1
    other = model.infer("こんにちは", seeded(given_phone=phones, given_tone=(0,) * 11))
    assert len(given.samples) != len(other.samples) or not np.allclose(given.samples, other.samples)
    with pytest.raises(GivenPhonesMismatch):
        model.check("こんにちは", seeded(given_phone=phones, given_tone=tones[1:]))


@pytest.mark.parametrize("text", ["", "。。。", "！？", "\ud800", "привет"])
def test_nothing_pronounceable_is_said_so(model: TTSModel, text: str) -> None:
    with pytest.raises(NothingToSay):
        model.check(text, SynthesisOptions())
    with pytest.raises(NothingToSay):
        model.infer(text, SynthesisOptions())


def test_unknown_names_are_answered_with_those_that_exist(model: TTSModel) -> None:
    with pytest.raises(UnknownStyle, match="choose one of Neutral, Happy"):
        model.check(TEXT, SynthesisOptions(style="Angry"))
    for speaker in ("carol", 2, -1):
        with pytest.raises(UnknownSpeaker, match="choose one of alice, bob"):
            model.check(TEXT, SynthesisOptions(speaker=speaker))


@pytest.mark.parametrize("suffix", [".pth", ".pt"])
def test_training_checkpoints_say_the_same(tmp_path: Path, bert: BertModel, suffix: str) -> None:
    safe = TTSModel(
        read_voice_folder(tiny_voice(tmp_path / "a" / "koharu")), bert, JapaneseFrontend()
    )
    pickled = TTSModel(
        read_voice_folder(tiny_voice(tmp_path / "b" / "koharu", suffix=suffix)),
        bert,
        JapaneseFrontend(),
    )
    ours = safe.infer(TEXT, seeded()).samples
    assert np.abs(ours - pickled.infer(TEXT, seeded()).samples).max() < 1e-6


def test_a_device_that_is_not_there_is_one_sentence() -> None:
    check_device("cpu")
    for device in ("cuda:99", "nonsense"):
        with pytest.raises(EngineUnavailable, match='set LUNA_DEVICE to "cpu"'):
            check_device(device)


def test_a_bert_of_another_width_is_refused(tmp_path: Path) -> None:
    small = BertModel(Path(__file__).parents[1] / "data/golden/bert_h64", "cpu")
    with pytest.raises(InvalidVoice, match="needs a BERT of width 1024, not 64"):
        TTSModel(read_voice_folder(tiny_voice(tmp_path / "koharu")), small, JapaneseFrontend())


def test_a_folder_that_vanishes_after_loading_is_not_missed(
    tmp_path: Path, bert: BertModel
) -> None:
    model = TTSModel(read_voice_folder(tiny_voice(tmp_path / "koharu")), bert, JapaneseFrontend())
    shutil.rmtree(tmp_path / "koharu")
    assert model.infer(TEXT, seeded()).seconds > 0.1


def test_a_users_words_are_spoken(model: TTSModel) -> None:
    words = UserDictionary([DictionaryWord("🐱", "ネコ")])
    with pytest.raises(NothingToSay):
        model.check("🐱", seeded())
    model.check("🐱", seeded(), words)
    spoken, same = (model.infer(*asked) for asked in (("🐱", seeded(), words), ("ネコ", seeded())))
    assert spoken.text == "🐱"
    np.testing.assert_allclose(spoken.samples, same.samples, atol=1e-6)
