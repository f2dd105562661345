"""Ways in which a voice folder can be broken, by accident or on purpose; each from a seed."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

Damage = Callable[[Path, Random], None]

HOSTILE_VALUES: tuple[Any, ...] = (
    10**9, -1, 0, 2**63, 1e308, float("nan"), float("inf"), "", "x" * 10_000, "../../etc/passwd",
    None, True, [], {}, [[]], [1] * 10_000, {"a": {"b": {}}}, "\x00", "\ud800",
)  # fmt: skip

HOSTILE_ENTRIES: tuple[Any, ...] = (
    [10**5, 10**5], [2**62, 4], [-1], [1.5], ["8"], [], None, [0, 0], [0, 10 << 30],
    [8, 0], [0, 2**70], "I64", "F8_E4M3", "F64", 7, [1] * 1000, {"a": 1},
)  # fmt: skip


def weights_file(folder: Path) -> Path:
    return next(file for file in folder.iterdir() if file.suffix in (".safetensors", ".pth", ".pt"))


def any_file(folder: Path, random: Random) -> Path:
    return random.choice(sorted(folder.iterdir()))


def cut_off(folder: Path, random: Random) -> None:
    file = any_file(folder, random)
    os.truncate(file, random.randrange(file.stat().st_size))


def garbled(folder: Path, random: Random) -> None:
    file = any_file(folder, random)
    data = bytearray(file.read_bytes())
    # Half of the damage in the head, where lengths and shapes are.
    end = random.choice((min(4096, len(data)), len(data)))
    for _ in range(random.randint(1, 32)):
        data[random.randrange(end)] = random.randrange(256)
    file.write_bytes(data)


def noise(folder: Path, random: Random) -> None:
    any_file(folder, random).write_bytes(random.randbytes(random.choice((0, 1, 7, 8, 9, 5000))))


def gone(folder: Path, random: Random) -> None:
    any_file(folder, random).unlink()


def lengthened(folder: Path, random: Random) -> None:
    with any_file(folder, random).open("ab") as opened:
        opened.write(random.randbytes(random.randint(1, 5000)))


def config_value(folder: Path, random: Random) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_bytes())
    section = random.choice((config, config["data"], config["model"]))
    section[random.choice(sorted(section))] = random.choice(HOSTILE_VALUES)
    file.write_text(json.dumps(config))


def config_text(folder: Path, random: Random) -> None:
    file = folder / "config.json"
    text = file.read_text()
    hostile = (
        text.encode("utf-16"),
        text.replace("alice", "花子").encode("cp932"),
        text.replace('"data"', '"model"').encode(),
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"n": ' + b"1" * 100_000 + b"}",
        text.encode() * 2,
    )
    file.write_bytes(random.choice(hostile))


def header_length(folder: Path, random: Random) -> None:
    file = weights_file(folder)
    lie = random.choice((0, 1, 10 << 30, 2**63, 2**64 - 1, random.randrange(1 << 20)))
    file.write_bytes(struct.pack("<Q", lie) + file.read_bytes()[8:])


def header_entry(folder: Path, random: Random) -> None:
    file = weights_file(folder)
    data = file.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    entry = header[random.choice([name for name in header if name.startswith(("enc_p", "dec"))])]
    key = random.choice(("shape", "data_offsets", "dtype"))
    entry[key] = random.choice(HOSTILE_ENTRIES)
    _write_safetensors(file, header, data[8 + length :])


def overlapping(folder: Path, random: Random) -> None:
    file = weights_file(folder)
    data = file.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    for entry in header.values():
        first, end = entry["data_offsets"]
        entry["data_offsets"] = [0, end - first]
    most = max(entry["data_offsets"][1] for entry in header.values())
    _write_safetensors(file, header, data[8 + length :][: most + random.randrange(64)])


def tensor_names(folder: Path, random: Random) -> None:
    file = weights_file(folder)
    data = file.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    for name in random.sample([n for n in header if n.startswith("flow")], random.randint(1, 9)):
        entry = header.pop(name)
        if random.random() < 0.5:
            header[random.choice(("../" + name, name + "\n", "a" * 100_000))] = entry
    _write_safetensors(file, header, data[8 + length :])


def not_finite(folder: Path, random: Random) -> None:
    file = weights_file(folder)
    data = bytearray(file.read_bytes())
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    first = header[random.choice([n for n in header if n.startswith("enc_p")])]["data_offsets"][0]
    struct.pack_into("<f", data, 8 + length + first, random.choice((np.nan, np.inf, -np.inf)))
    file.write_bytes(data)


def style_array(folder: Path, random: Random) -> None:
    vectors = np.load(folder / "style_vectors.npy")
    hostile: tuple[Any, ...] = (
        vectors[:1], vectors.T, vectors[:, :255], vectors.astype(np.int32), vectors * np.nan,
        vectors[0], vectors.astype(complex), vectors.astype(object), vectors.astype(np.float16),
        np.array(["x"]), np.zeros((0, 256)), np.float32(1),
    )  # fmt: skip
    np.save(folder / "style_vectors.npy", random.choice(hostile), allow_pickle=True)


def style_header(folder: Path, random: Random) -> None:
    file = folder / "style_vectors.npy"
    lie = random.choice((b"(999999999, 256)", b"(2, 999999999)", b"(-1, 256)", b"(" * 50, b"()"))
    file.write_bytes(file.read_bytes().replace(b"(2, 256)", lie))


def other_kind_of_file(folder: Path, random: Random) -> None:
    """A link, a folder or a pipe where a file is expected."""
    file = any_file(folder, random)
    file.unlink()
    kinds: list[Callable[[], None]] = [
        file.mkdir,
        lambda: file.symlink_to(file),
        lambda: file.symlink_to("/dev/zero"),
        lambda: file.symlink_to(folder.parent),
        lambda: file.symlink_to(folder / "nowhere"),
        lambda: file.symlink_to(folder.parent / "secret"),
    ]
    if hasattr(os, "mkfifo"):
        kinds.append(lambda: os.mkfifo(file))
    random.choice(kinds)()


def other_name(folder: Path, random: Random) -> None:
    file = weights_file(folder)
    names = (f".{file.name}", "..\\..\\x.safetensors", "a\nb\x1b[31m.safetensors", "%s{}.pth", "x")
    file.rename(folder / random.choice(names))


def _write_safetensors(file: Path, header: dict[str, Any], data: bytes) -> None:
    head = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(head)) + head + data)


class Code:
    """Unpickled by a careless reader, it writes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


def archive(records: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as opened:
        for name, data in records.items():
            opened.writestr(name, data)
    return written.getvalue()


def checkpoint_code(folder: Path, random: Random) -> None:
    code = Code(folder.parent / "executed")
    protocol = random.choice((0, 2, 4))
    pickled = pickle.dumps(random.choice((code, {"model": code}, [code])), protocol)
    records = {"archive/data.pkl": pickled, "archive/version": b"3\n"}
    weights_file(folder).write_bytes(random.choice((pickled, archive(records))))


def checkpoint_bomb(folder: Path, random: Random) -> None:
    weights_file(folder).write_bytes(random.choice(BOMBS)())


BOMBS: tuple[Callable[[], bytes], ...] = (
    lambda: archive({"archive/data.pkl": bytes(8 << 20)}, zipfile.ZIP_DEFLATED),
    lambda: archive({"a/data.pkl": b"N.", "a/data/0": bytes(1 << 20)}, zipfile.ZIP_LZMA),
    lambda: archive({f"archive/data/{i}": b"" for i in range(500)}),
    # bytearray(2**31), and what else torch's unpickler would admit
    lambda: archive({"archive/data.pkl": b"\x80\x02cbuiltins\nbytearray\n(J\xff\xff\xff\x7ftR."}),
    lambda: archive({"archive/data.pkl": b"\x80\x02ctorch\nTensor\n(J\xff\xff\xff\x7ftR."}),
    lambda: archive({"archive/data.pkl": b"\x80\x02" + b"(" * 5000 + b"t" * 5000 + b"."}),
    lambda: archive({"archive/data.pkl": b"\x80\x02" + b"]" + b"2" * 9999 + b"."}),
    lambda: archive({"archive/data.pkl": b"\x80\x02\x8a\xff" + b"\xff" * 99}),
    lambda: archive({"a/data.pkl": b"\x80\x02N.", "b/data.pkl": b"\x80\x02N."}),
)


def checkpoint_pickle(folder: Path, random: Random) -> None:
    """Garbles the pickle inside an archive that stays sound."""
    file = weights_file(folder)
    with zipfile.ZipFile(file) as opened:
        records = {name: opened.read(name) for name in opened.namelist()}
    name = next(name for name in records if name.endswith("data.pkl"))
    data = bytearray(records[name])
    for _ in range(random.randint(1, 6)):
        data[random.randrange(len(data))] = random.randrange(256)
    records[name] = bytes(data)
    file.write_bytes(archive(records))


def checkpoint_records(folder: Path, random: Random) -> None:
    """Shortens or drops the bytes of tensors inside an archive that stays sound."""
    file = weights_file(folder)
    with zipfile.ZipFile(file) as opened:
        records = {name: opened.read(name) for name in opened.namelist()}
    for name in random.sample([name for name in records if "/data/" in name], 20):
        records[name] = records[name][: random.randrange(8)]
    file.write_bytes(archive(records))


EVERYWHERE: tuple[Damage, ...] = (
    cut_off, cut_off, garbled, garbled, garbled, noise, gone, lengthened, config_value,
    config_value, config_text, style_array, style_header, other_kind_of_file, other_name,
)  # fmt: skip
SAFETENSORS: tuple[Damage, ...] = (
    header_length, header_entry, header_entry, overlapping, tensor_names, not_finite,
)  # fmt: skip
CHECKPOINT: tuple[Damage, ...] = (
    checkpoint_code, checkpoint_bomb, checkpoint_bomb, checkpoint_pickle, checkpoint_pickle,
    checkpoint_records,
)  # fmt: skip
