import json
import logging
import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from luna_tts import AudioChunk, SynthesisOptions, VoiceInfo
from luna_tts.errors import EngineUnavailable, InvalidVoice, UnknownVoice
from luna_tts.holder import TTSModelHolder
from luna_tts.open_jtalk import EMBEDDED_VOICE
from tiny_voice import tiny_voice, wide_bert


class Stub:
    """A loaded voice of which only name and size matter."""

    def __init__(self, name: str, nbytes: int = 100) -> None:
        self.info = VoiceInfo(name, ("ja",), (), (), 44_100, "")
        self.nbytes = nbytes

    def warm_up(self) -> Generator[None]:
        yield

    def check(self, text: str, options: SynthesisOptions, words: object = None) -> None: ...

    def stream(
        self, text: str, options: SynthesisOptions, words: object = None
    ) -> Generator[AudioChunk | None]:
        yield None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("akane", "botan"):
        tiny_voice(tmp_path / "models" / name)
    return tmp_path / "models"


def holder(root: Path, **options: object) -> TTSModelHolder:
    return TTSModelHolder(root, {"ja": root / "no-bert"}, **options)  # type: ignore[arg-type]


def test_voice_folders_are_found_and_broken_ones_named(root: Path) -> None:
    tiny_voice(root / "broken")
    (root / "broken" / "config.json").write_text("{")
    (root / ".hidden").mkdir()
    (root / ".hidden" / "config.json").write_text("{}")
    (root / "empty").mkdir()
    (root / "README.md").touch()
    voices = holder(root)
    voices.refresh()
    assert voices.names == (EMBEDDED_VOICE, "akane", "botan")
    assert voices.problems.keys() == {"broken"}
    assert "broken/config.json" in str(voices.problems["broken"])
    with pytest.raises(InvalidVoice, match=r"broken/config\.json"):
        voices.build("broken")
    with pytest.raises(UnknownVoice, match="choose one of open-jtalk, akane, botan"):
        voices.build("nobody")


def test_no_models_folder_is_no_problem(tmp_path: Path) -> None:
    voices = holder(tmp_path / "nowhere")
    voices.refresh()
    assert voices.names == (EMBEDDED_VOICE,)


def test_only_what_changed_is_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from luna_tts import voice_files as module

    read: list[str] = []
    original = module.read_voice_folder

    def counting(path: Path) -> object:
        read.append(path.name)
        return original(path)

    monkeypatch.setattr(module, "read_voice_folder", counting)
    voices = holder(root)
    voices.refresh()
    voices.refresh()
    assert read == ["akane", "botan"]
    config = root / "botan" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"model_name": "other"}))
    tiny_voice(root / "chiyo")
    shutil.rmtree(root / "akane")
    voices.refresh()
    assert read == ["akane", "botan", "botan", "chiyo"]
    assert voices.names == (EMBEDDED_VOICE, "botan", "chiyo")
    newer = root / "chiyo" / "newer.safetensors"
    shutil.copy(next((root / "chiyo").glob("*.safetensors")), newer)
    os.utime(newer, (2e9, 2e9))
    voices.refresh()
    assert read[-1] == "chiyo"


def test_what_is_loaded_stays_when_its_folder_goes(root: Path) -> None:
    voices = holder(root)
    voices.refresh()
    stub = Stub("akane")
    voices.install(stub)
    shutil.rmtree(root / "akane")
    voices.refresh()
    assert voices.model("akane") is stub


def test_a_missing_bert_is_one_sentence_with_its_cure(root: Path) -> None:
    voices = holder(root)
    voices.refresh()
    with pytest.raises(EngineUnavailable, match=r"no BERT model in .*: run `python -m luna_tts"):
        voices.build("akane")


def test_a_voice_is_built_with_its_bert(root: Path, tmp_path: Path) -> None:
    voices = TTSModelHolder(root, {"ja": wide_bert(tmp_path / "bert")})
    voices.refresh()
    first, second = voices.build("akane"), voices.build("botan")
    assert [first.info.name, second.info.name] == ["akane", "botan"]
    assert first._japanese.bert is second._japanese.bert  # type: ignore[attr-defined]


def test_what_has_spoken_prepares_others_of_its_kind(root: Path, tmp_path: Path) -> None:
    tiny_voice(root / "chiyo", model={"upsample_initial_channel": 64})
    voices = TTSModelHolder(root, {"ja": wide_bert(tmp_path / "bert")})
    voices.refresh()

    def steps(name: str) -> int:
        model = voices.build(name)
        count = len(list(model.warm_up()))
        voices.install(model)
        return count

    assert steps("akane") > 0
    assert steps("botan") > 0, "how loud it is must be found out"
    assert steps("botan") == 0
    assert steps("chiyo") > 0
    assert steps("chiyo") == 0


def test_the_budget_evicts_who_has_not_spoken_for_longest(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    voices = holder(root, budget=350)
    voices.pin("first")
    for name in ("first", "second", "third"):
        voices.install(Stub(name))
    captured = voices.model("third")
    voices.model("second")
    voices.install(Stub("fourth"))
    assert {info.name for info in voices.infos()} == {"first", "second", "fourth"}
    assert "voice third was evicted" in caplog.text
    assert captured.info.name == "third", "utterances in flight keep theirs"
    with pytest.raises(UnknownVoice):
        voices.model("third")
    voices.install(Stub("huge", nbytes=10_000))
    assert {info.name for info in voices.infos()} == {"first", "huge"}, "pinned, or just asked for"


def test_installing_again_swaps_the_model(root: Path) -> None:
    voices = holder(root)
    old, new = Stub("akane"), Stub("akane")
    voices.install(old)
    voices.install(new)
    assert voices.model("akane") is new
    assert len(voices.infos()) == 1
