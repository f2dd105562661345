"""Luna's DeBERTa against recorded features and against transformers' one."""

import json
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from luna_tts.errors import EngineUnavailable, InvalidConfig, InvalidVoice, InvalidWeights
from luna_tts.nlp.bert_models import BertModel, BertModels
from luna_tts.nlp.character_tokenizer import CharacterTokenizer
from luna_tts.nlp.deberta import position_buckets
from luna_tts.nlp.deberta_weights import load_deberta
from luna_tts.nlp.japanese.bert_feature import bert_feature
from luna_tts.precision import Arithmetic
from tiny_voice import wide_bert

GOLDEN = Path(__file__).parents[1] / "data/golden"
SMALL = GOLDEN / "bert_h64"
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def small() -> BertModel:
    return BertModel(SMALL, "cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small model that may be broken."""
    return Path(shutil.copytree(SMALL, tmp_path / "bert", copy_function=shutil.copyfile))


def change_config(folder: Path, **changes: object) -> None:
    values = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(values | changes), "utf-8")


def change_weights(folder: Path, **changes: torch.Tensor | None) -> None:
    file = folder / "model.safetensors"
    weights = load_file(file) | {f"deberta.encoder.{name}": t for name, t in changes.items()}
    save_file({name: t for name, t in weights.items() if t is not None}, file)


def texts(name: str) -> list[str]:
    index = json.loads((GOLDEN / f"{name}_golden.json").read_text("utf-8"))
    return [entry["text"] for entry in index["texts"]]


def test_small_model_computes_what_was_recorded(
    small: BertModel, capsys: pytest.CaptureFixture[str]
) -> None:
    golden = np.load(GOLDEN / "bert_h64_golden.npz")
    tokenizer = CharacterTokenizer(SMALL / "vocab.txt", 1147)
    worst = 0.0
    for index, text in enumerate(texts("bert_h64")):
        assert tokenizer.ids(text) == golden[f"{index}_ids"].tolist()
        worst = max(worst, distance(small.feature(text), golden[f"{index}_feature"]))
    with capsys.disabled():
        print(f"\nhidden size 64: at most {worst:.1e} from what was recorded")
    assert worst < TOLERANCE


def test_wide_model_computes_what_was_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bert = BertModel(wide_bert(tmp_path), "cpu")
    golden = np.load(GOLDEN / "bert_h1024_golden.npz")
    worst = max(
        distance(bert.feature(text)[:, ::16], golden[f"{index}_feature"])
        for index, text in enumerate(texts("bert_h1024"))
    )
    with capsys.disabled():
        print(f"\nhidden size 1024: at most {worst:.1e} from what was recorded")
    assert worst < TOLERANCE


def distance(ours: torch.Tensor, theirs: npt.NDArray[np.float32]) -> float:
    assert ours.shape == theirs.shape
    return float((ours - torch.from_numpy(theirs)).abs().max())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_hidden_layers": 3, "num_attention_heads": 3, "hidden_size": 48},
        {"conv_kernel_size": 0, "pos_att_type": "p2c|c2p"},
        {"conv_kernel_size": 5, "conv_act": "tanh", "max_position_embeddings": 40},
        {"position_buckets": -1, "max_position_embeddings": 24, "norm_rel_ebd": "none"},
        {"max_relative_positions": 100, "position_buckets": 7},
        {"num_hidden_layers": 2},
    ],
    ids=str,
)
def test_features_are_those_of_transformers(tmp_path: Path, changes: dict[str, object]) -> None:
    from transformers import DebertaV2Config, DebertaV2Model

    torch.manual_seed(7)
    shape = {
        "vocab_size": 90,
        "hidden_size": 64,
        "num_hidden_layers": 5,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "max_position_embeddings": 64,
        "max_relative_positions": -1,
        "relative_attention": True,
        "position_biased_input": False,
        "position_buckets": 16,
        "pos_att_type": ["p2c", "c2p"],
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
        "conv_kernel_size": 3,
        "conv_act": "gelu",
        "type_vocab_size": 0,
        "layer_norm_eps": 1e-7,
        "initializer_range": 0.3,
    }
    reference = DebertaV2Model(DebertaV2Config(**shape | changes)).eval()
    (tmp_path / "config.json").write_text(json.dumps(shape | changes))
    save_file(reference.state_dict(), tmp_path / "model.safetensors")
    model = load_deberta(tmp_path, "cpu")
    for length in (2, 3, 30, 150):
        ids = torch.randint(0, 90, (length,))
        with torch.inference_mode():
            hidden = reference(ids[None], output_hidden_states=True).hidden_states[-3][0]
        assert (model(ids.tolist()) - hidden).abs().max() < 1e-4


def test_buckets_are_antisymmetric_and_logarithmic() -> None:
    buckets = position_buckets(600, 256, 512)
    assert torch.equal(buckets, -buckets.flip(0))
    assert buckets[599 - 128 : 599 + 129].tolist() == list(range(-128, 129))
    assert (buckets.diff() >= 0).all()
    assert buckets[599 + 511] == 255


@given(st.text())
def test_one_token_a_character(text: str) -> None:
    ids = CharacterTokenizer(SMALL / "vocab.txt", 1147).ids(text)
    assert len(ids) == len(text) + 2
    assert all(0 <= index < 1147 for index in ids)


def test_rows_are_repeated_for_each_phone(small: BertModel) -> None:
    rows = small.feature("あい")
    feature = bert_feature(rows, (3, 0, 2, 1))
    assert torch.equal(feature, rows[[0, 0, 0, 2, 2, 3]].T)


def test_assist_text_lends_its_mean(small: BertModel) -> None:
    rows, assist = small.feature("あい"), small.feature("うれしい!")
    whole = bert_feature(rows, (1, 1, 1, 1), assist)
    assert torch.allclose(whole, assist.mean(0)[:, None].expand(-1, 4))
    part = bert_feature(rows, (1, 1, 1, 1), assist, 0.3)
    assert torch.allclose(part, (rows * 0.7 + assist.mean(0) * 0.3).T, atol=1e-6)


def test_text_of_any_length_has_a_row_a_character(small: BertModel) -> None:
    assert small.feature("").shape == (2, 64)
    assert small.feature("あ" * 3000).shape == (3002, 64)


def test_half_precision_and_pickled_weights_load(small: BertModel, folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    half = {name.removeprefix("deberta."): tensor.half() for name, tensor in weights.items()}
    torch.save(half, folder / "pytorch_model.bin")
    feature = BertModel(folder, "cpu").feature("こんにちは")
    assert feature.dtype == torch.float32
    assert 0 < (feature - small.feature("こんにちは")).abs().max() < 0.02


def test_all_broken_tensors_are_named_at_once(folder: Path) -> None:
    change_weights(
        folder,
        **{
            "LayerNorm.bias": None,
            "layer.0.output.dense.weight": torch.zeros(3, 3),
            "layer.1.attention.self.key_proj.bias": None,
            "layer.3.output.dense.weight": None,  # a layer that nobody needs
        },
    )
    with pytest.raises(InvalidWeights) as caught:
        BertModel(folder, "cpu")
    assert sorted(caught.value.data["missing"]) == [
        "deberta.encoder.LayerNorm.bias",
        "deberta.encoder.layer.1.attention.self.key_proj.bias",
    ]
    assert caught.value.data["misshapen"] == ["deberta.encoder.layer.0.output.dense.weight"]


def test_weights_must_be_numbers(folder: Path) -> None:
    change_weights(folder, **{"LayerNorm.bias": torch.full((64,), torch.nan)})
    with pytest.raises(InvalidWeights, match="no finite numbers"):
        BertModel(folder, "cpu")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_hidden_layers", 1),
        ("num_hidden_layers", "4"),
        ("hidden_size", True),
        ("vocab_size", None),
        ("conv_kernel_size", 2),
        ("conv_act", "swish"),
        ("pos_att_type", ["c2p"]),
        ("share_att_key", False),
        ("position_buckets", 1000),
        ("position_biased_input", True),
        ("layer_norm_eps", "small"),
    ],
)
def test_an_unknown_architecture_names_its_key(folder: Path, key: str, value: object) -> None:
    change_config(folder, **{key: value})
    with pytest.raises(InvalidConfig, match=key):
        BertModel(folder, "cpu")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"{"),
        ("config.json", b"\xff"),
        ("config.json", b"[" * 100_000),
        ("config.json", None),
        ("model.safetensors", b"\x08\0\0\0\0\0\0\0{}      "),
        ("model.safetensors", b""),
        ("model.safetensors", None),
        ("vocab.txt", b"a\nb"),
        ("vocab.txt", b"[CLS]\n[SEP]\n[UNK]\n" + b"x\n" * 1147),
        ("vocab.txt", b"\xff"),
        ("vocab.txt", None),
    ],
)
def test_a_broken_file_is_one_error(folder: Path, name: str, content: bytes | None) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises((InvalidVoice, EngineUnavailable), match=r"download|copy|put config.json"):
        BertModel(folder, "cpu")


def test_a_checkpoint_with_a_tied_output_layer_is_read(folder: Path, small: BertModel) -> None:
    """As the hub's pytorch_model.bin is: two names for the word embeddings."""
    weights = load_file(folder / "model.safetensors")
    words = weights["deberta.embeddings.word_embeddings.weight"]
    (folder / "model.safetensors").unlink()
    tied = {**weights, "cls.predictions.decoder.weight": words, "lm_head.weight": words}
    torch.save(tied, folder / "pytorch_model.bin")
    assert torch.equal(BertModel(folder, "cpu").feature("今日は"), small.feature("今日は"))


def test_8_bits_say_nearly_the_same(small: BertModel, folder: Path) -> None:
    rounded = BertModel(folder, "cpu", Arithmetic(int8=True)).feature("今日はいい天気")
    expected = small.feature("今日はいい天気")
    noise = (rounded - expected).square().sum()
    assert noise > 0, "it computes in something else"
    assert 10 * torch.log10(expected.square().sum() / noise) > 25


def test_a_model_that_8_bits_would_spoil_computes_in_more(folder: Path) -> None:
    # Channels that nearly nobody speaks on, so much louder that the others' weights are nothing.
    names = [
        f"layer.0.{part}"
        for part in (
            "attention.output.LayerNorm.weight",
            "attention.output.LayerNorm.bias",
            "intermediate.dense.weight",
        )
    ]
    weights = load_file(folder / "model.safetensors")
    gains, bias, weight = (weights[f"deberta.encoder.{name}"] for name in names)
    gains[0], bias[0] = 1e-6, 0
    weight[:, 0] = 1e4
    change_weights(folder, **dict(zip(names, (gains, bias, weight), strict=True)))
    expected = BertModel(folder, "cpu").feature("今日は")
    for _ in range(2):  # measured, and remembered
        model = BertModel(folder, "cpu", Arithmetic(int8=True))
        assert torch.equal(model.feature("今日は"), expected)


def test_a_pickle_that_would_run_code_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"x": threading.Event}, folder / "pytorch_model.bin")
    with pytest.raises(InvalidVoice, match="holds code"):
        BertModel(folder, "cpu")


def test_models_are_shared_until_they_are_unloaded() -> None:
    models = BertModels({"ja": SMALL})
    first = models.load_model("ja")
    assert models.load_model("ja", "cpu") is first
    assert models.nbytes == first.nbytes > 0
    models.unload_model("ja")
    models.unload_model("ja")
    assert models.nbytes == 0
    assert models.load_model("ja") is not first


def test_two_threads_load_once() -> None:
    models = BertModels({"ja": SMALL})
    loaded: list[BertModel] = []
    threads = [
        threading.Thread(target=lambda: loaded.append(models.load_model("ja"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, loaded))) == 1


def test_a_cache_folder_of_the_hub_is_understood(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "snapshots/abc")
    assert BertModel(tmp_path, "cpu").hidden_size == 64


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    models = BertModels({"ja": tmp_path / "nowhere"})
    with pytest.raises(EngineUnavailable, match=r"python -m luna_tts download bert-ja"):
        models.load_model("ja")
    with pytest.raises(EngineUnavailable, match="choose one of ja"):
        models.load_model("xx")


@pytest.mark.realtime
def test_a_feature_takes_milliseconds(small: BertModel, capsys: pytest.CaptureFixture[str]) -> None:
    small.feature("あ" * 40)
    start = time.perf_counter()
    small.feature("あ" * 40)
    taken = time.perf_counter() - start
    with capsys.disabled():
        print(f"\n40 characters through the tiny BERT: {taken * 1000:.1f} ms")
    assert taken < 1


def test_padding_does_not_change_what_is_there() -> None:
    network, ids = load_deberta(SMALL, "cpu"), [2, 9, 17, 33, 5, 3]
    tokens, filled = torch.tensor(ids), torch.tensor([*ids, *[7] * 10])
    with torch.inference_mode():
        expected = network.features(tokens, *network.position_columns(len(ids), tokens.device))
        columns, reached = network.position_columns(len(filled), filled.device)
        said = network.features(filled, columns, reached, torch.tensor([len(ids)]))
    torch.testing.assert_close(said[: len(ids)], expected)
    torch.testing.assert_close(network(ids), expected)
