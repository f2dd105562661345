from pathlib import Path

import pytest
import torch
from transformers import BertForMaskedLM, DebertaV2Config, DebertaV2Model
from transformers import BertModel as Reference

from foreign_berts import chinese_bert, english_bert
from luna_tts.errors import EngineUnavailable, InvalidVoice
from luna_tts.nlp.bert_models import BertModels
from luna_tts.nlp.foreign_berts import ChineseBert, EnglishBert


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("berts")
    return {"en": english_bert(root / "en"), "zh": chinese_bert(root / "zh")}


@pytest.fixture(scope="module")
def models(folders: dict[str, Path]) -> BertModels:
    return BertModels(folders)


def test_english_has_a_row_for_each_piece_of_a_word(
    models: BertModels, folders: dict[str, Path]
) -> None:
    bert = models.load_model("en")
    assert isinstance(bert, EnglishBert)
    tokens = bert.tokens("Hello everyone, don't こ go")
    assert "".join(tokens).replace("▁", " ").strip() == "Hello everyone, don't こ go"
    rows = bert.feature("hello everyone")
    assert rows.shape == (len(bert.tokens("hello everyone")) + 2, 1024)
    config = DebertaV2Config.from_pretrained(folders["en"])
    torch.manual_seed(1)
    reference = DebertaV2Model(config).eval()
    ids = [1, *(bert._tokenizer.ids(bert.tokens("hello everyone"))), 2]
    with torch.inference_mode():
        states = reference(torch.tensor([ids]), output_hidden_states=True).hidden_states
    assert (rows - states[-3][0]).abs().max() < 1e-4


def test_chinese_has_a_row_for_each_character(models: BertModels, folders: dict[str, Path]) -> None:
    bert = models.load_model("zh")
    assert isinstance(bert, ChineseBert)
    rows = bert.feature("你好…们㐀")
    assert rows.shape == (7, 1024)
    reference = Reference.from_pretrained(folders["zh"], add_pooling_layer=False).eval()
    lines = (folders["zh"] / "vocab.txt").read_text("utf-8").split("\n")
    ids = [2, *(lines.index(c) if c in lines else 1 for c in "你好…们㐀"), 3]
    with torch.inference_mode():
        states = reference(torch.tensor([ids]), output_hidden_states=True).hidden_states
    assert (rows - states[-3][0]).abs().max() < 1e-4
    assert bert.feature("我" * 1200).shape == (1202, 1024)
    assert bert.feature("").shape == (2, 1024)


def test_a_broken_tokenizer_or_model_is_one_error(tmp_path: Path) -> None:
    english = english_bert(tmp_path / "en")
    (english / "spm.model").write_bytes(b"no model")
    with pytest.raises(InvalidVoice, match=r"spm\.model"):
        EnglishBert(english, "cpu")
    chinese = chinese_bert(tmp_path / "zh")
    (chinese / "vocab.txt").write_text("a\nb\n")
    with pytest.raises(InvalidVoice, match="another model"):
        ChineseBert(chinese, "cpu")
    (chinese / "model.safetensors").unlink()
    with pytest.raises(InvalidVoice, match="cannot be read"):
        ChineseBert(chinese, "cpu")
    with pytest.raises(EngineUnavailable, match="download bert-zh`, until then it is read in kana"):
        ChineseBert(tmp_path / "nowhere", "cpu")
    with pytest.raises(EngineUnavailable, match="download bert-en`"):
        EnglishBert(tmp_path / "nowhere", "cpu")


def test_the_file_of_the_hub_holds_more_and_is_loaded_without_a_word(
    folders: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = BertForMaskedLM.from_pretrained(folders["zh"])
    for name in ("config.json", "vocab.txt"):
        (tmp_path / name).write_bytes((folders["zh"] / name).read_bytes())
    torch.save(whole.state_dict(), tmp_path / "pytorch_model.bin")
    capfd.readouterr()
    rows = ChineseBert(tmp_path, "cpu").feature("你好")
    assert "".join(capfd.readouterr()) == ""
    assert torch.equal(rows, ChineseBert(folders["zh"], "cpu").feature("你好"))
