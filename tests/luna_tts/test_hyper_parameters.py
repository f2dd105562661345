"""config.json: what it may say, and the one sentence for what it may not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from luna_tts.errors import InvalidConfig, InvalidVoice
from luna_tts.hyper_parameters import (
    MAX_CONFIG_BYTES,
    HyperParameters,
    parse_hyper_parameters,
    read_hyper_parameters,
)

FILE = Path("models/hana/config.json")


def parse(config: Any) -> HyperParameters:
    return parse_hyper_parameters(json.dumps(config).encode(), FILE)


def test_an_empty_object_is_the_japanese_default() -> None:
    found = parse({})
    assert (found.version, found.jp_extra, found.flow_layers) == ("2.0-JP-Extra", True, 6)
    assert (found.sampling_rate, found.hop_length, found.gin_channels) == (44100, 512, 512)
    assert (dict(found.spk2id), dict(found.style2id)) == ({"Dummy": 0}, {"Neutral": 0})
    assert found.resblock_dilation_sizes == ((1, 3, 5),) * 3
    assert found.add_blank


@pytest.mark.parametrize(
    ("version", "jp_extra"),
    [("2.7.0-JP-Extra", True), ("2.0-JP-Extra", True), ("2.7.0", False), ("JP-Extra-2", False)],
)
def test_the_end_of_the_version_decides_the_kind(version: str, jp_extra: bool) -> None:
    # use_jp_extra says the opposite in files of the wild: it is not what decides.
    found = parse({"version": version, "data": {"use_jp_extra": not jp_extra}})
    assert found.jp_extra is jp_extra
    assert found.flow_layers == (6 if jp_extra else 4)


def test_names_keep_their_order_and_unknown_keys_are_ignored() -> None:
    styles = {"Neutral": 0, "ささやき　小": 2, "怒り🔥": 1}
    data = {"num_styles": 3, "style2id": styles, "training_files": ["x"]}
    found = parse({"data": data, "model": {"slm": {"hidden": None}}, "speedup": 1})
    assert list(found.style2id.items()) == list(styles.items())


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse_hyper_parameters(b"\xef\xbb\xbf{}", FILE) == parse({})


HOSTILE = [10**9, -1, 0, 10**400, 1.5, 192.0, "192", "x" * 500, None, True, [], {}, [[]], [[[1]]]]
KEYS = [
    ("data", "sampling_rate"),
    ("data", "hop_length"),
    ("data", "n_speakers"),
    ("data", "num_styles"),
    ("model", "inter_channels"),
    ("model", "hidden_channels"),
    ("model", "filter_channels"),
    ("model", "n_heads"),
    ("model", "n_layers"),
    ("model", "kernel_size"),
    ("model", "resblock"),
    ("model", "resblock_kernel_sizes"),
    ("model", "resblock_dilation_sizes"),
    ("model", "upsample_rates"),
    ("model", "upsample_initial_channel"),
    ("model", "upsample_kernel_sizes"),
    ("model", "gin_channels"),
]


@pytest.mark.parametrize(("section", "key"), KEYS)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:12])
def test_hostile_values_are_one_sentence(section: str, key: str, value: object) -> None:
    with pytest.raises(InvalidVoice) as caught:
        parse({section: {key: value}})
    message = str(caught.value)
    assert message.startswith("'hana/config.json' ")
    assert len(message) < 500
    assert "\n" not in message
    if value != 10**400:  # too long for any number: refused before anybody knows its key
        assert key in message
        assert "config.json once more" in message


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"version": 2}, "version"),
        ({"model_name": "two\nlines"}, "model_name"),
        ({"data": []}, "data"),
        ({"data": {"add_blank": 1}}, "data.add_blank"),
        ({"data": {"spk2id": {}}}, "data.spk2id"),
        ({"data": {"spk2id": {"a": 1}}}, "data.spk2id"),
        ({"data": {"spk2id": {"a": True}}}, "data.spk2id"),
        ({"data": {"style2id": {"Neutral": 0, "b": 1}}}, "data.style2id"),
        ({"data": {"style2id": {"a\ud800": 0}}}, "data.style2id"),
        ({"data": {"style2id": {"": 0}}}, "data.style2id"),
        ({"data": {"hop_length": 256}}, "model.upsample_rates"),
        ({"model": {"n_heads": 5}}, "model.n_heads"),
        ({"model": {"inter_channels": 191}}, "model.inter_channels"),
        ({"model": {"n_layers": 2}}, "model.n_layers"),
        ({"model": {"upsample_kernel_sizes": [16, 16, 8, 2, 1]}}, "model.upsample_kernel_sizes"),
        ({"model": {"upsample_initial_channel": 16}}, "model.upsample_initial_channel"),
        ({"model": {"resblock_kernel_sizes": [3, 7, 10]}}, "model.resblock_kernel_sizes"),
        ({"model": {"resblock_dilation_sizes": [[1, 3]] * 3}}, "model.resblock_dilation_sizes"),
        ({"model": {"resblock_dilation_sizes": [[1, 3, "5"]] * 3}}, "resblock_dilation_sizes[0]"),
    ],
)
def test_contradictions_name_their_key(config: Any, key: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        parse(config)
    assert key in str(caught.value)
    assert key in str(caught.value.data["key"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"data": NaN}',
        b'{"data": {"n_speakers": -Infinity}}',
        b'{"model": {}, "model": {}}',
        b'{"data": {"n_speakers": 1, "n_speakers": 2}}',
        b"\xff\xfe{\x00}\x00",
        '{"model_name": "花"}'.encode("cp932"),
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b'{"a": ' + b"9" * 900_000 + b"}",
        b"x" * (MAX_CONFIG_BYTES + 1),
        bytes(range(256)) * 99,
    ],
    ids=range(15),
)
def test_garbage_is_refused_quickly(data: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidVoice, match=r"^'hana/config\.json' "):
        parse_hyper_parameters(data, FILE)
    assert time.monotonic() - started < 5


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    with file.open("wb") as opened:
        opened.truncate(100 << 30)
    with pytest.raises(InvalidVoice, match="larger than"):
        read_hyper_parameters(file)


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(InvalidVoice, match="is not there"):
        read_hyper_parameters(tmp_path / "config.json")
    with pytest.raises(InvalidVoice, match="is not there"):
        read_hyper_parameters(tmp_path)
