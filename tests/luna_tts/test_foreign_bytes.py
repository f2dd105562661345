"""Every parser of bytes that a stranger made: whatever they are, it is read, or one error says why.

Which parser has its test where is listed in docs/faults.md.
"""

from __future__ import annotations

import contextlib
import io
import json
import struct
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from luna_tts import SynthesisOptions, remote
from luna_tts.downloads.install import SOURCE_FILE, came_from_here, whole_commit
from luna_tts.downloads.sources import find_offer
from luna_tts.environment import EngineEnvironment
from luna_tts.errors import LunaError
from luna_tts.hyper_parameters import parse_hyper_parameters
from luna_tts.nlp.character_tokenizer import CharacterTokenizer
from luna_tts.nlp.deberta_config import read_deberta_config
from luna_tts.remote import RemoteTTSService
from luna_tts.server.settings import ServerSettings
from luna_tts.tensor_files.checkpoint_file import Checkpoint
from luna_tts.tensor_files.safetensors_file import Safetensors
from luna_tts.variables import KNOWN
from luna_tts.vits.aivm import read_aivm
from luna_tts.vits.voice_folder import parse_style_vectors

CHARACTERS = st.characters(exclude_categories=())
"""Halves of surrogate pairs, too, which JSON can hold."""
TEXTS = st.text(CHARACTERS, max_size=12)
NUMBERS = st.sampled_from([-1, 0, 1, 8, 256, 2**31, 2**63, 2**64, 10**40, 1e308, 0.5])
SCALARS = st.none() | st.booleans() | NUMBERS | st.floats() | TEXTS
fuzzed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def trees(*keys: str) -> st.SearchStrategy[Any]:
    """JSON in which some of `keys` occur."""
    names = st.sampled_from(keys) | TEXTS if keys else TEXTS
    return st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
        max_leaves=20,
    )


def as_json(*keys: str) -> st.SearchStrategy[bytes]:
    return trees(*keys).map(lambda tree: json.dumps(tree).encode("utf-8", "surrogatepass"))


@fuzzed
@given(
    st.binary(max_size=300) | as_json("data", "model", "version", "n_speakers", "n_heads", "spk2id")
)
def test_config_json(data: bytes) -> None:
    with contextlib.suppress(LunaError):
        parse_hyper_parameters(data, Path("config.json"))


HEADERS = as_json("__metadata__", "w", "dtype", "F32", "shape", "data_offsets")
ENTRIES = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "F16", "BF16", "F64", "I64", "X"]) | SCALARS,
        "shape": st.lists(st.integers(0, 4) | NUMBERS, max_size=9) | SCALARS,
        "data_offsets": st.tuples(st.integers(0, 70), st.integers(0, 70)) | trees(),
    }
).map(lambda entry: json.dumps({"w": entry}).encode())


@fuzzed
@given(header=HEADERS | ENTRIES | st.binary(max_size=100), wrong=st.just(0) | st.integers(-9, 9))
def test_safetensors(tmp_path: Path, header: bytes, wrong: int) -> None:
    file = tmp_path / "a.safetensors"
    file.write_bytes(struct.pack("<Q", max(0, len(header) + wrong)) + header + bytes(64))
    with contextlib.suppress(LunaError), Safetensors(file) as tensors:
        for name, shape in tensors.shapes.items():
            assert tuple(tensors.read(name).shape) == shape


@fuzzed
@given(manifest=trees("name", "speakers", "styles", "license"), rest=trees(), raw=HEADERS)
def test_aivm(tmp_path: Path, manifest: object, rest: object, raw: bytes) -> None:
    notes = {
        "aivm_manifest": json.dumps(manifest),
        "aivm_hyper_parameters": json.dumps(rest),
        "aivm_style_vectors": "x",
    }
    file = tmp_path / "a.aivm"
    for header in (raw, json.dumps({"__metadata__": notes}).encode()):
        file.write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))
        with contextlib.suppress(LunaError):
            read_aivm(file)


OPCODES = st.lists(
    st.sampled_from([b"\x80\x02", b"}", b"(", b"u", b"R", b"b", b".", b"q\0", b"K\1", b"0", b")"])
    | st.sampled_from([b"cos\nsystem\n", b"ctorch\nFloatStorage\n", b"X\1\0\0\0a", b"\x95" * 9])
    | st.binary(max_size=6),
    max_size=12,
).map(b"".join)


@fuzzed
@given(pickled=OPCODES, packed=st.booleans(), cut=st.integers(0, 400))
def test_pth(tmp_path: Path, pickled: bytes, packed: bool, cut: int) -> None:
    whole = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(whole, "w", kind) as archive:
        archive.writestr("a/data.pkl", pickled)
        archive.writestr("a/version", "3\n")
        archive.writestr("a/data/0", bytes(64))
    file = tmp_path / "a.pth"
    for data in (whole.getvalue(), whole.getvalue()[:cut], pickled):
        file.write_bytes(data)
        with contextlib.suppress(LunaError), Checkpoint(file) as tensors:
            assert all(tensors.read(name) is not None for name in tensors.shapes)


@fuzzed
@given(st.binary(max_size=200), st.integers(0, 128), st.integers(1, 3))
@example(b" ", 70, 1)  # a brace that is never closed
def test_style_vectors_npy(bad: bytes, where: int, styles: int) -> None:
    whole = io.BytesIO()
    np.save(whole, np.zeros((styles, 256), np.float32))
    good = whole.getvalue()
    for data in (bad, good[:where] + bad + good[where + len(bad) :], good[: where * 20]):
        with contextlib.suppress(LunaError):
            assert parse_style_vectors(data, styles, Path("a.npy")).shape == (styles, 256)


@fuzzed
@given(
    st.binary(max_size=100)
    | as_json("hidden_size", "num_attention_heads", "pos_att_type", "vocab_size", "hidden_act")
)
def test_a_berts_files(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "anything"
    file.write_bytes(data)
    with contextlib.suppress(LunaError):
        read_deberta_config(file)
    file.write_bytes(b"[CLS]\n[SEP]\n[UNK]\n" + data)
    with contextlib.suppress(LunaError):
        assert len(CharacterTokenizer(file, 1000).ids("a\ud800")) == 4


@fuzzed
@given(st.binary(max_size=100) | as_json("source", "commit", "files", "path", "size", "sha256"))
def test_what_a_download_notes(tmp_path: Path, data: bytes) -> None:
    (tmp_path / SOURCE_FILE).write_bytes(data)
    assert isinstance(whole_commit(tmp_path), str)
    assert came_from_here(tmp_path) in (True, False)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(KNOWN), st.text(CHARACTERS, max_size=30)))
@pytest.mark.parametrize("long", ["", "9" * 5000])
def test_variables(long: str, variables: dict[str, str]) -> None:
    for name in KNOWN if long else ():
        for read in (EngineEnvironment.read, ServerSettings.read):
            with contextlib.suppress(LunaError):
                read({name: long})
    for read in (EngineEnvironment.read, ServerSettings.read):
        with contextlib.suppress(LunaError):
            read(variables)


class Liar(BaseHTTPRequestHandler):
    """Answers everything with the same, whatever was asked."""

    body = b""
    status = 200

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(self.body)

    do_HEAD = do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def liar() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@settings(fuzzed, max_examples=80)
@given(
    as_json("id", "sha", "siblings", "rfilename", "size", "lfs", "sha256", "blobId", "cardData")
    | st.fixed_dictionaries(
        {"id": TEXTS, "sha": trees(), "siblings": st.lists(trees("rfilename", "size", "lfs"))}
    ).map(lambda tree: json.dumps(tree).encode())
    | st.binary(max_size=50)
)
def test_a_hubs_answers(liar: str, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setenv("HF_ENDPOINT", liar)
    Liar.body, Liar.status = body, 200
    with pytest.raises(LunaError):
        find_offer("somebody/something")


VOICES = as_json("name", "default", "sample_rate", "languages", "styles", "problem", "loaded")
CHUNKS = st.tuples(as_json("samples", "sample_rate", "text", "last"), st.binary(max_size=40))


@settings(fuzzed, max_examples=60)
@given(
    VOICES | st.binary(max_size=40) | CHUNKS.map(lambda chunk: chunk[0] + b"\n" + chunk[1]),
    st.sampled_from([200, 200, 200, 400, 500]),
)
async def test_another_engines_answers(
    elsewhere: RemoteTTSService, body: bytes, status: int
) -> None:
    Liar.body, Liar.status = body, status
    server = elsewhere._servers[0]
    await elsewhere._look_at_all()
    server.answers = True  # as if it had said something sensible before
    async for chunk in elsewhere.stream("はい。", options=SynthesisOptions()):
        assert chunk.seconds > 0, "the embedded voice speaks"


@pytest.fixture
async def elsewhere(liar: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(remote, "LOOK_SECONDS", 3600.0)
    Liar.body, Liar.status = b"[]", 200
    service = RemoteTTSService([liar])
    await service.start()
    yield service
    await service.aclose()
