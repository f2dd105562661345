"""The engine's core types. Samples never travel without their rate."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from luna_tts.errors import InvalidOption, LunaError

if TYPE_CHECKING:
    from luna_tts.nlp.user_dictionary import UserDictionary

Precision = Literal["auto", "fp32", "bf16", "int8"]
PRECISIONS: Final[tuple[Precision, ...]] = get_args(Precision)
"""In which precision voices may be asked to compute; see luna_tts/precision.py."""

Samples = npt.NDArray[np.float32]

RANGES: Final = {
    "style_weight": (0.0, 20.0),
    "length_scale": (0.25, 4.0),
    "sdp_ratio": (0.0, 1.0),
    "noise_scale": (0.0, 2.0),
    "noise_scale_w": (0.0, 2.0),
    "pitch_scale": (0.5, 2.0),
    "intonation_scale": (0.0, 2.0),
    "volume": (0.0, 2.0),
    "assist_text_weight": (0.0, 1.0),
}
"""What each number of `SynthesisOptions` may be, both ends included."""


@dataclass(frozen=True, slots=True, eq=False)
class AudioChunk:
    """A stretch of speech."""

    samples: Samples
    """Mono, shape (n,), in [-1, 1]."""
    sample_rate: int
    """Hertz."""
    text: str
    """The sentence, or part of one, that these samples say."""
    last: bool
    """No chunk of the same utterance follows."""

    @property
    def seconds(self) -> float:
        """How long the chunk sounds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class SynthesisOptions:
    """How to say it. `None` = as the voice says. A voice ignores what it cannot do.

    Raises `InvalidOption` for a number outside `RANGES` or not finite.
    """

    language: str | None = None
    """ISO 639-1 code, e.g. "ja": what is meant where the script of the text leaves it open."""
    other_voices: tuple[str, ...] | None = None
    """Voices that may say what is in languages which the voice does not speak, best first."""
    speaker: str | int | None = None
    style: str | None = None
    style_weight: float | None = None
    length_scale: float | None = None
    """1 = the voice's own pace, 2 = twice as long, 0.5 = twice as fast."""
    sdp_ratio: float | None = None
    noise_scale: float | None = None
    noise_scale_w: float | None = None
    pitch_scale: float | None = None
    """Factor on the fundamental frequency; 2 = one octave up. Duration stays."""
    intonation_scale: float | None = None
    volume: float | None = None
    """Factor on the amplitude; 1 = the common loudness of all voices, 0 = silence."""
    assist_text: str | None = None
    assist_text_weight: float | None = None
    given_phone: tuple[str, ...] | None = None
    given_tone: tuple[int, ...] | None = None
    seed: int | None = None
    """Repeats an utterance. A graphics card rounds otherwise what it computes together with others,
    so that there a phone may last a frame more or less."""

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and low <= value <= high):
                raise InvalidOption(name, value, low, high)


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """What can be told of a voice before it speaks."""

    name: str
    languages: tuple[str, ...]
    styles: tuple[str, ...]
    speakers: tuple[str, ...]
    sample_rate: int
    """Hertz."""
    credit: str
    """What its licence asks to be named, or an empty string."""
    licence: str = ""
    """The beginning of its licence text, or an empty string."""
    icon: bytes = field(default=b"", repr=False)
    """A PNG or JPEG picture, or nothing."""


@dataclass(frozen=True, slots=True)
class VoiceStatus:
    """A voice that there is, whether it can be used or not."""

    name: str
    info: VoiceInfo | None
    """None where it cannot be used."""
    loaded: bool
    """It can speak at once."""
    nbytes: int = 0
    """Memory that it holds, in bytes, while it is loaded."""
    problem: LunaError | None = None
    """Why it cannot be used."""


@dataclass(frozen=True, slots=True)
class ServiceStats:
    """What the service has done so far, as plain data."""

    voices: tuple[str, ...]
    """Names of the loaded voices."""
    nbytes: int
    """Memory that they hold together, in bytes."""
    streams: int
    """Utterances being synthesized now."""
    waiting: int
    """Steps that wait for the inference thread."""
    utterances: int
    """Utterances finished."""
    audio_seconds: float
    """Speech made."""
    inference_seconds: float
    """Time that the inference thread spent on it."""
    step_seconds: float = 0.0
    """How long the present step has been running; some tenths are usual."""
    relieved: int = 0
    """Steps that did not end, each of which cost a thread."""


class SpeechModel(Protocol):
    """The face of a voice that is loaded: `OpenJTalkModel` now, `TTSModel` for voice folders.

    Everything here blocks and is called by one thread at a time: the service's inference thread.
    """

    @property
    def info(self) -> VoiceInfo:
        """Name, languages, styles, speakers, rate and credit."""

    @property
    def nbytes(self) -> int:
        """Memory that the loaded voice holds, in bytes."""

    def warm_up(self) -> Generator[None]:
        """Speaks to nobody, step by step, so that the first listener does not wait."""

    def check(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None = None
    ) -> None:
        """Raises the `LunaError` with which `stream` would refuse the same request."""

    def stream(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None = None
    ) -> Generator[AudioChunk | None]:
        """Speech as it is made, `None` between stages so that a step stays near 100 ms."""
