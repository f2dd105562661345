"""What lies in models/: voice folders, AIVM files, and what looks like a voice and is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from luna_tts.errors import InvalidVoice, LunaError
from luna_tts.hyper_parameters import CONFIG_FILE
from luna_tts.open_jtalk import EMBEDDED_VOICE
from luna_tts.vits.aivm import read_aivm
from luna_tts.vits.voice_folder import VoiceFolder, read_voice_folder

_AIVM: Final = ".aivm"
_ONNX: Final = (".aivmx", ".onnx")

Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was read of a voice, and of which state of its files."""

    path: Path
    signature: Signature
    name: str
    folder: VoiceFolder | None
    error: LunaError | None


def scan_voices(root: Path, before: Mapping[str, Scanned]) -> dict[str, Scanned]:
    """Every voice in `root` by its name, also what cannot be used. Reads only what has changed.

    A folder is called as it is called; an .aivm file as its manifest says, or, where that name is
    taken, as the file. Blocks.
    """
    known = {scanned.path: scanned for scanned in before.values()}
    found: dict[str, Scanned] = {}
    for path in sorted(root.glob("*")):
        voice = _voice(path)
        if voice is None:
            continue
        signature = _signature(path)
        scanned = known.get(path)
        if scanned is None or scanned.signature != signature or scanned.name in found:
            scanned = _scan(path, voice, signature, found)
        found[scanned.name] = scanned
    return found


def has_bert(folder: Path) -> bool:
    """Whether `folder` holds a BERT, or is the hub's cache of one."""
    return (folder / CONFIG_FILE).exists() or any(folder.glob(f"snapshots/*/{CONFIG_FILE}"))


def _voice(path: Path) -> Path | None:
    """`path` itself or the one file in it that is a voice, or would like to be."""
    if path.name.startswith("."):
        return None
    if not path.is_dir():
        return path if path.suffix.lower() in (_AIVM, *_ONNX) else None
    if (path / CONFIG_FILE).exists():
        return path
    for suffix in (_AIVM, *_ONNX):
        if files := sorted(path.glob(f"[!.]*{suffix}")):
            return files[0]
    return None


def _signature(path: Path) -> Signature:
    """Names, sizes and times of all files: whatever changes, this changes."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    stats = ((file.name, file.stat()) for file in files if file.is_file())
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _scan(path: Path, voice: Path, signature: Signature, taken: Mapping[str, Scanned]) -> Scanned:
    try:
        if voice.suffix.lower() in _ONNX and not voice.is_dir():
            problem, cure = "is an ONNX file", "use the .aivm or .safetensors file of this voice"
            raise InvalidVoice(voice, problem, cure)
        folder = read_voice_folder(voice) if voice.is_dir() else read_aivm(voice)
    except LunaError as error:
        return Scanned(path, signature, path.name, None, error)
    # A folder's name is its own; what an .aivm file is called, others may be called as well.
    free = (name for name in (folder.name, path.stem) if name not in (*taken, EMBEDDED_VOICE))
    name = folder.name if voice.is_dir() else next(free, path.name)
    return Scanned(path, signature, name, replace(folder, name=name), None)
