"""A voice as it lies on disk: config.json, style_vectors.npy and a weights file.

Folders come from strangers. Files are found by their suffix and never by a path that some file
contains; nothing is unpickled; nothing is written.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError

import numpy as np
import numpy.typing as npt

from luna_tts.errors import InvalidVoice, UnknownSpeaker, UnknownStyle
from luna_tts.hyper_parameters import CONFIG_FILE, HyperParameters, read_hyper_parameters
from luna_tts.types import VoiceInfo

STYLE_FILE = "style_vectors.npy"
STYLE_CHANNELS = 256
WEIGHTS_SUFFIXES = (".safetensors", ".pth", ".pt")
"""In the order of preference."""
NEUTRAL = "Neutral"

_CREDIT = "credit"
_LICENCE = ("license", "licence")
MOST_NOTICE = 2000
"""Characters of a credit or a licence that are shown."""

StyleVectors = npt.NDArray[np.float32]

_CURE = "copy it once more from where the voice came from"
_NPY_HEADER = re.compile(
    rb"\x93NUMPY[\x01\x02]\x00.{2,4}?\{'descr': '([<>])f([48])', 'fortran_order': (?:False|True), "
    rb"'shape': \((\d{1,9}), (\d{1,9})\), \} *\n",
    re.DOTALL,
)
"""The header as numpy writes it; what does not look like this is not given to numpy."""
_MAX_NPY_HEADER = 512


@dataclass(frozen=True, slots=True, eq=False)
class VoiceFolder:
    """A voice whose weights are not read yet."""

    path: Path
    parameters: HyperParameters
    style_vectors: StyleVectors
    """float32 [num_styles, 256]; row 0 is the mean of all."""
    weights: Path
    """The file that `load_synthesizer` takes."""
    credit: str = ""
    """The beginning of a file such as CREDIT.txt."""
    licence: str = ""
    """The beginning of a file such as LICENSE.txt."""
    name: str = ""
    """How the voice is called."""
    icon: bytes = b""
    """A PNG or JPEG picture, or nothing."""

    @property
    def info(self) -> VoiceInfo:
        """What can be told of the voice before it is loaded."""
        return VoiceInfo(
            name=self.name,
            languages=("ja",) if self.parameters.jp_extra else ("ja", "en", "zh"),
            styles=self.styles,
            speakers=self.speakers,
            sample_rate=self.parameters.sampling_rate,
            credit=self.credit,
            licence=self.licence,
            icon=self.icon,
        )

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of the styles, in the order of the config."""
        return tuple(self.parameters.style2id)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names of the speakers, in the order of the config."""
        return tuple(self.parameters.spk2id)

    def style_vector(self, style: str | None = None, weight: float = 1.0) -> StyleVectors:
        """float32 [256]: the style, `weight` times as far from the mean as it was recorded.

        `None` is "Neutral", or the style with the lowest number. Raises `UnknownStyle`.
        """
        ids = self.parameters.style2id
        if style is None:
            style = NEUTRAL if NEUTRAL in ids else min(ids, key=lambda name: ids[name])
        if style not in ids:
            raise UnknownStyle(style, self.styles)
        mean = self.style_vectors[0]
        vector: StyleVectors = mean + (self.style_vectors[ids[style]] - mean) * np.float32(weight)
        return vector

    def speaker_id(self, speaker: str | int | None = None) -> int:
        """The speaker's row of emb_g, by name or number; `None` is the lowest number.

        Raises `UnknownSpeaker`.
        """
        ids = self.parameters.spk2id
        if speaker is None:
            return min(ids.values())
        if isinstance(speaker, str) and speaker in ids:
            return ids[speaker]
        if isinstance(speaker, int) and speaker in ids.values():
            return speaker
        raise UnknownSpeaker(speaker, self.speakers)


def read_voice_folder(path: Path) -> VoiceFolder:
    """Reads all of a voice but its weights. Raises `InvalidVoice`."""
    parameters = read_hyper_parameters(path / CONFIG_FILE)
    style_vectors = read_style_vectors(path / STYLE_FILE, parameters.num_styles)
    weights = find_weights(path)
    credit, licence = read_notice(path, (_CREDIT,)), read_notice(path, _LICENCE)
    return VoiceFolder(path, parameters, style_vectors, weights, credit, licence, path.name)


def read_notice(path: Path, names: tuple[str, ...]) -> str:
    """The beginning of the first text file whose name starts with one of `names`, in any case.

    Empty where there is none that can be read: a voice speaks without it too.
    """
    try:
        for file in sorted(path.iterdir()):
            if file.name.lower().startswith(names) and file.is_file():
                with file.open("rb") as opened:
                    data = opened.read(4 * MOST_NOTICE)
                return data.decode("utf-8", "replace").strip()[:MOST_NOTICE]
    except OSError:
        pass
    return ""


def find_weights(path: Path) -> Path:
    """The weights file of a voice folder: .safetensors before .pth before .pt, newest first.

    Raises `InvalidVoice` where there is none.
    """
    try:
        files = [
            file for file in path.iterdir() if not file.name.startswith(".") and file.is_file()
        ]
        for suffix in WEIGHTS_SUFFIXES:
            if of_kind := [file for file in files if file.suffix == suffix]:
                return max(of_kind, key=lambda file: (file.stat().st_mtime_ns, file.name))
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise InvalidVoice(path, problem, "check who may read it") from error
    kinds = ", ".join(WEIGHTS_SUFFIXES)
    raise InvalidVoice(path, f"holds no weights file ({kinds})", "copy the voice's file there")


def read_style_vectors(file: Path, num_styles: int) -> StyleVectors:
    """style_vectors.npy, float32 or float64 on disk -> float32 [num_styles, 256].

    Raises `InvalidVoice`.
    """
    most = num_styles * STYLE_CHANNELS * 8 + _MAX_NPY_HEADER
    try:
        if not file.is_file():  # a pipe would keep the reader waiting for ever
            raise InvalidVoice(file, "is not there", "copy it from where the voice came from")
        with file.open("rb") as opened:
            data = opened.read(most + 1)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise InvalidVoice(file, problem, "check who may read it") from error
    return parse_style_vectors(data, num_styles, file)


def parse_style_vectors(data: bytes, num_styles: int, file: Path) -> StyleVectors:
    """The content of a style_vectors.npy; `file` is named in errors. Raises `InvalidVoice`."""
    _check_header(data, num_styles, file)
    try:
        vectors: StyleVectors = np.load(io.BytesIO(data), allow_pickle=False).astype(np.float32)
    except (ValueError, EOFError, OSError, SyntaxError, TokenError) as error:
        raise InvalidVoice(file, "is no array that numpy can read", _CURE) from error
    if not np.isfinite(vectors).all():
        raise InvalidVoice(file, "holds values that are no finite numbers", _CURE)
    return vectors


def _check_header(data: bytes, num_styles: int, file: Path) -> None:
    """Compares what the header claims with the config and with the bytes that there are."""
    header = _NPY_HEADER.match(data)
    if header is None:
        raise InvalidVoice(file, "is no numpy array of 32 or 64 bit floats with two axes", _CURE)
    shape = (int(header[3]), int(header[4]))
    if shape != (num_styles, STYLE_CHANNELS):
        problem = f"has the shape {shape} where config.json asks for {(num_styles, STYLE_CHANNELS)}"
        raise InvalidVoice(file, problem, _CURE, shape=shape)
    if len(data) - header.end() != math.prod(shape) * int(header[2]):
        raise InvalidVoice(file, "has another length than its header says", _CURE)
