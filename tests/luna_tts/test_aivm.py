"""An .aivm file in models/ is a voice; what only looks like one is answered with a cure."""

from __future__ import annotations

import json
import os
import struct
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aivm_file import ICON, PNG, manifest, write_aivm
from luna_tts import TTSService
from luna_tts.__main__ import main
from luna_tts.errors import InvalidVoice, LunaError
from luna_tts.holder import TTSModelHolder
from luna_tts.open_jtalk import EMBEDDED_VOICE
from luna_tts.tensor_files import open_tensor_file
from luna_tts.vits.aivm import read_aivm
from luna_tts.vits.voice_folder import read_voice_folder
from luna_tts.vits.weights import load_synthesizer
from tiny_voice import tiny_voice, wide_bert


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_voice(tmp_path_factory.mktemp("origin") / "mao", speakers=("mao_jp",))


def test_name_icon_licence_and_credit_are_the_manifests(origin: Path, tmp_path: Path) -> None:
    voice = read_aivm(write_aivm(tmp_path / "a59cb814.aivm", origin))
    info = voice.info
    assert info.name == "まお"
    assert info.icon == PNG
    assert info.licence == "CC BY 4.0\n\nDo as you like."
    assert info.credit == "Aoi <aoi@example.com>, Haru"
    assert info.speakers == ("まお",)
    assert info.styles == ("ノーマル", "うれしい")
    assert voice.speaker_id("まお") == 0


def test_it_is_the_same_voice_as_its_folder(origin: Path, tmp_path: Path) -> None:
    folder, voice = read_voice_folder(origin), read_aivm(write_aivm(tmp_path / "m.aivm", origin))
    assert np.array_equal(folder.style_vectors, voice.style_vectors)
    with open_tensor_file(folder.weights) as one, open_tensor_file(voice.weights) as other:
        assert one.shapes == other.shapes
        for name in one.shapes:  # those that inference does not read are NaN
            assert torch.allclose(one.read(name), other.read(name), 0, 0, equal_nan=True)


async def test_a_file_dropped_into_models_speaks(origin: Path, tmp_path: Path) -> None:
    write_aivm(tmp_path / "models/x.aivm", origin)
    service = TTSService(tmp_path / "models", berts={"ja": wide_bert(tmp_path / "bert")})
    try:
        await service.start()
        assert service.voice == "まお"
        chunk = await service.synthesize("こんにちは。")
        assert chunk.sample_rate == 44_100
        assert chunk.seconds > 0.1
    finally:
        await service.aclose()


def test_megabytes_of_samples_in_the_header_are_no_hindrance(origin: Path, tmp_path: Path) -> None:
    described = manifest()
    sample = {"audio": "data:audio/wav;base64," + "A" * (6 << 20), "transcript": "あ"}
    described["speakers"][0]["styles"][0]["voice_samples"] = [sample]
    voice = read_aivm(write_aivm(tmp_path / "m.aivm", origin, described))
    load_synthesizer(voice.weights, voice.parameters)


def scan(root: Path) -> TTSModelHolder:
    holder = TTSModelHolder(root, {})
    holder.refresh()
    return holder


def test_two_files_of_one_name_are_two_voices(origin: Path, tmp_path: Path) -> None:
    write_aivm(tmp_path / "one.aivm", origin)
    write_aivm(tmp_path / "two.aivm", origin)
    write_aivm(tmp_path / "three/three.aivm", origin)
    write_aivm(tmp_path / "five.aivm", origin, manifest(name=EMBEDDED_VOICE))
    write_aivm(tmp_path / "three.aivm", origin)
    holder = scan(tmp_path)
    assert set(holder.names) == {EMBEDDED_VOICE, "まお", "two", "three", "five", "three.aivm"}
    assert holder.problems == {}
    assert all(
        status.info is None or status.info.name == status.name for status in holder.catalogue()
    )


def test_a_file_is_read_again_only_when_it_has_changed(origin: Path, tmp_path: Path) -> None:
    file = write_aivm(tmp_path / "m.aivm", origin)
    holder = scan(tmp_path)
    (before,) = (status.info for status in holder.catalogue())
    holder.refresh()
    (same,) = (status.info for status in holder.catalogue())
    assert same == before
    write_aivm(file, origin, manifest(name="Mao"))
    os.utime(file, (2e9, 2e9))
    holder.refresh()
    assert holder.names == (EMBEDDED_VOICE, "Mao")


@pytest.mark.parametrize("name", ["mao.aivmx", "mao.onnx", "MAO.AIVMX", "mao/mao.aivmx"])
def test_onnx_is_answered_with_what_to_use_instead(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"\x08\x07")
    (problem,) = scan(tmp_path).problems.values()
    assert "is an ONNX file: use the .aivm or .safetensors file of this voice" in str(problem)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"manifest_version": "2.0"}, "look for a newer Luna"),
        ({"manifest_version": 1}, "look for a newer Luna"),
        ({"model_architecture": "Tacotron"}, "another architecture"),
    ],
)
def test_what_the_manifest_forbids(
    origin: Path, tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidVoice, match=problem):
        read_aivm(write_aivm(tmp_path / "m.aivm", origin, manifest(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "x" * 101},
        {"name": "line\nbreak"},
        {"name": "  "},
        {"name": 5},
        {"creators": "nobody", "license": None, "speakers": "none"},
        {"speakers": [None, {"icon": "data:image/png;base64,AAAA"}, {"icon": ICON, "styles": [1]}]},
        {"speakers": [{"name": "a", "local_id": 99}, {"name": 3, "local_id": 0}]},
    ],
)
def test_a_strange_manifest_is_a_voice_all_the_same(
    origin: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    info = read_aivm(write_aivm(tmp_path / "stem.aivm", origin, manifest(**changes))).info
    assert info.name == ("stem" if "name" in changes else "まお")
    assert len(info.speakers) == 1
    assert len(info.styles) == 2


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({"aivm_manifest": "{"}, "aivm_manifest that is not JSON"),
        ({"aivm_hyper_parameters": "[]"}, "does not hold a JSON object"),
        ({"aivm_style_vectors": "!!"}, "is no numpy array"),
        ({"aivm_style_vectors": "AAAA"}, "is no numpy array"),
    ],
)
def test_broken_metadata(
    origin: Path, tmp_path: Path, metadata: dict[str, str], problem: str
) -> None:
    with pytest.raises(InvalidVoice, match=problem):
        read_aivm(write_aivm(tmp_path / "m.aivm", origin, **metadata))


def test_a_plain_safetensors_file_is_no_aivm(origin: Path, tmp_path: Path) -> None:
    (weights,) = origin.glob("*.safetensors")
    (tmp_path / "m.aivm").write_bytes(weights.read_bytes())
    (problem,) = scan(tmp_path).problems.values()
    assert "put config.json and style_vectors.npy beside it" in str(problem)


def test_no_damage_is_more_than_a_sentence(origin: Path, tmp_path: Path) -> None:
    good = write_aivm(tmp_path / "good.aivm", origin).read_bytes()
    random, file = Random(5), tmp_path / "bad.aivm"
    length = struct.unpack("<Q", good[:8])[0]
    for _ in range(200):
        data = bytearray(good[: 8 + length])
        for _ in range(random.randint(1, 8)):
            data[random.randrange(len(data))] = random.randrange(256)
        file.write_bytes(
            bytes(data[: random.randrange(len(data))] if random.random() < 0.3 else data)
        )
        with suppress(LunaError):
            read_aivm(file)


@settings(max_examples=30, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_whatever_stands_for_a_speaker(anything: Any) -> None:
    from luna_tts.vits.aivm import _icon, _names

    speaker = {"icon": anything, "name": anything, "local_id": anything}
    assert _icon(speaker) == b""
    assert list(_names([speaker], {"a": 0}).values()) == [0]


def test_the_command_lists_name_credit_and_licence(
    origin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_aivm(tmp_path / "m.aivm", origin)
    (tmp_path / "n.aivmx").write_bytes(b"onnx")
    assert main(["--models", str(tmp_path), "voices"]) == 0
    shown = capsys.readouterr().out
    assert "まお  ja  Aoi <aoi@example.com>, Haru  CC BY 4.0\n" in shown
    assert "n.aivmx  cannot be used: " in shown
    assert json.dumps("x") not in shown
