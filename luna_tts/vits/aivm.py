"""AIVM files: a voice in one .safetensors file, with everything else of it in the file's metadata.

As the AIVM specification of the Aivis Project has it (manifest 1.0): `aivm_manifest` and
`aivm_hyper_parameters` hold JSON, `aivm_style_vectors` an .npy file in Base64.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from luna_tts.errors import InvalidVoice
from luna_tts.hyper_parameters import HyperParameters, is_name, parse_hyper_parameters
from luna_tts.strict_json import parse_object
from luna_tts.vits.voice_folder import MOST_NOTICE, VoiceFolder, parse_style_vectors

_MAX_HEADER: Final = 64 << 20
"""Bytes. Icons and samples of the voice lie in the header, some megabytes of them."""
MAX_ICON: Final = 1 << 20
_MOST_NAME: Final = 100
"""Characters; Discord's menus take no more."""
_CURE: Final = "copy it once more from where it came from"
_ARCHITECTURES: Final = ("Style-Bert-VITS2", "Style-Bert-VITS2 (JP-Extra)")
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How PNG and JPEG begin."""


def read_aivm(file: Path) -> VoiceFolder:
    """Reads all of a voice but its weights. Raises `InvalidVoice`."""
    metadata = _metadata(file)
    manifest = _object(metadata, "aivm_manifest", file)
    _check_manifest(manifest, file)
    hyper_parameters = metadata["aivm_hyper_parameters"].encode("utf-8", "surrogatepass")
    parameters = parse_hyper_parameters(hyper_parameters, file)
    vectors = _decoded(metadata["aivm_style_vectors"])
    speakers = [item for item in _list(manifest, "speakers") if isinstance(item, dict)]
    return VoiceFolder(
        path=file.parent,
        parameters=_renamed(parameters, speakers),
        style_vectors=parse_style_vectors(vectors, parameters.num_styles, file),
        weights=file,
        credit=", ".join(text for text in _list(manifest, "creators") if is_name(text))[
            :MOST_NOTICE
        ],
        # The key was called otherwise before the specification was settled.
        licence=(_text(manifest, "license") or _text(manifest, "terms_of_use"))[:MOST_NOTICE],
        name=_name(manifest, file),
        icon=next(filter(None, (_icon(speaker) for speaker in speakers)), b""),
    )


def _metadata(file: Path) -> Mapping[str, str]:
    try:
        if not file.is_file():  # a pipe would keep the reader waiting for ever
            raise InvalidVoice(file, "is not a file", "put an .aivm file in its place")
        with file.open("rb") as opened:
            head = opened.read(8)
            length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
            if not 2 <= length <= _MAX_HEADER:
                raise InvalidVoice(file, "is cut off or is no AIVM file", _CURE)
            header = parse_object(opened.read(length))
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise InvalidVoice(file, problem, "check who may read it") from error
    except ValueError as error:
        raise InvalidVoice(file, f"has a header that {error}", _CURE) from error
    metadata = header.get("__metadata__")
    keys = ("aivm_manifest", "aivm_hyper_parameters", "aivm_style_vectors")
    if not isinstance(metadata, dict) or not all(isinstance(metadata.get(k), str) for k in keys):
        problem = "lacks what makes a .safetensors file a voice"
        cure = "put config.json and style_vectors.npy beside it in a folder, as .safetensors"
        raise InvalidVoice(file, problem, cure)
    return metadata


def _object(metadata: Mapping[str, str], key: str, file: Path) -> dict[str, Any]:
    try:
        return parse_object(metadata[key].encode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise InvalidVoice(file, f"has a {key} that {error}", _CURE) from error


def _check_manifest(manifest: Mapping[str, Any], file: Path) -> None:
    version = manifest.get("manifest_version")
    if not isinstance(version, str) or not version.startswith("1."):
        raise InvalidVoice(file, "has a manifest of an unknown version", "look for a newer Luna")
    if manifest.get("model_architecture") not in _ARCHITECTURES:
        problem = "is made for another architecture than Style-Bert-VITS2"
        raise InvalidVoice(file, problem, "use it where it was made for")


def _renamed(parameters: HyperParameters, speakers: list[dict[str, Any]]) -> HyperParameters:
    """With the manifest's names of speakers and styles, which are those that people know."""
    styles = [
        style
        for speaker in speakers
        for style in _list(speaker, "styles")
        if isinstance(style, dict)
    ]
    return replace(
        parameters,
        spk2id=_names(speakers, parameters.spk2id),
        style2id=_names(styles, parameters.style2id),
    )


def _names(entries: list[dict[str, Any]], ids: Mapping[str, int]) -> dict[str, int]:
    """Name -> number of `ids`; the manifest's name where it has one for that number."""
    shown: dict[int, str] = {}
    for entry in entries:
        name, number = entry.get("name"), entry.get("local_id")
        if is_name(name) and type(number) is int and name not in shown.values():
            shown.setdefault(number, str(name))
    return {
        name if shown.get(number, name) in ids else shown.get(number, name): number
        for name, number in ids.items()
    }


def _name(manifest: Mapping[str, Any], file: Path) -> str:
    name = manifest.get("name")
    if not is_name(name) or len(str(name)) > _MOST_NAME or not str(name).strip():
        return file.stem
    return str(name).strip()


def _icon(speaker: Mapping[str, Any]) -> bytes:
    """The picture of a data URL, or nothing."""
    url = speaker.get("icon")
    if not isinstance(url, str) or not url.startswith("data:image/") or len(url) > 2 * MAX_ICON:
        return b""
    data = _decoded(url.partition(";base64,")[2])
    return data if data.startswith(_PICTURES) and len(data) <= MAX_ICON else b""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    value = values.get(key)
    return value if isinstance(value, list) else []


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value.strip() if isinstance(value, str) else ""
