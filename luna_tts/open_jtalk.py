"""The embedded default voice: Open JTalk's HTS voice "mei", inside the pyopenjtalk-plus wheel.

The HMM engine is old and trusting, so it is guarded on both sides. In front: nothing without a
phoneme reaches it, repeated characters are collapsed, pieces are short. Behind: ordinary lines
overshoot int16 up to twice and unbroken vowels make its filter diverge to 1e40, so a wave that went
astray is made again from smaller pieces, and every wave is levelled and limited before it leaves.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import io
import math
import re
from collections.abc import Generator, Iterator
from itertools import pairwise
from types import ModuleType

import numpy as np

from luna_tts.audio import fade_edges, trim
from luna_tts.errors import EngineUnavailable, NothingToSay
from luna_tts.loudness import level, limit
from luna_tts.sentences import split_sentences
from luna_tts.types import AudioChunk, Samples, SynthesisOptions, VoiceInfo

EMBEDDED_VOICE = "open-jtalk"
SAMPLE_RATE = 48_000

_INT16 = 32768.0
_ASTRAY = 4.0
"""A peak beyond four times full scale is divergence; ordinary lines stay under 2.4."""
_SHORTEST_SPLIT = 6
"""Labels; below that a wave that went astray is limited as it is."""
_LEAD_SECONDS = 0.01
_TAIL_SECONDS = 0.16
"""HTS surrounds speech with 220 ms and 320 ms of silence. A listener waits for sound: a breath."""
_NBYTES = 190_000_000
"""Growth of the process with dictionary, voice and Sudachi, as measured; nothing tells it."""

_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_REPEATED = re.compile(r"([^\d\s]{1,3}?)\1{3,}")
_WARM_UP = ("こんにちは。", "今日は何時に行く方がいいですか。")
"""The second line has words of several readings, which bring in Sudachi, half a second's work."""


class OpenJTalkModel:
    """The embedded voice, loaded; the face of `SpeechModel`.

    Raises `EngineUnavailable` when pyopenjtalk-plus is not what is installed under its name.
    """

    def __init__(self) -> None:
        openjtalk = _import_pyopenjtalk()
        self._run_frontend = openjtalk.run_frontend
        # Without its model's runtime this switch makes 何時 ナニジ; left off it is ナンジ.
        self._predict_nani = importlib.util.find_spec("onnxruntime") is not None
        self._jtalk = openjtalk.OpenJTalk(dn_mecab=openjtalk.OPEN_JTALK_DICT_DIR)
        self._engine = openjtalk.HTSEngine(openjtalk.DEFAULT_HTS_VOICE)
        self.info = VoiceInfo(
            name=EMBEDDED_VOICE,
            languages=("ja",),
            styles=("Neutral",),
            speakers=("mei",),
            sample_rate=SAMPLE_RATE,
            credit='HTS Voice "Mei" © 2009-2018 Nagoya Institute of Technology, '
            "Department of Computer Science (MMDAgent), CC BY 3.0",
        )
        self.nbytes = _NBYTES

    def warm_up(self) -> Generator[None]:
        """Speaks once to nobody, so that dictionaries are read before somebody waits for them."""
        for line in _WARM_UP:
            for _ in self.stream(line, SynthesisOptions()):
                yield

    def check(self, text: str, options: SynthesisOptions) -> None:
        """Raises `NothingToSay` where `stream` would."""
        if next(self._breaths(text), None) is None:
            raise NothingToSay

    def stream(self, text: str, options: SynthesisOptions) -> Generator[AudioChunk]:
        """One chunk from breath to breath, each levelled to the common loudness.

        Honours `length_scale`, `pitch_scale` and `volume`. Raises `NothingToSay`.
        """
        breaths = self._breaths(text)
        upcoming = next(breaths, None)
        if upcoming is None:
            raise NothingToSay
        while upcoming is not None:
            piece, labels = upcoming
            upcoming = next(breaths, None)
            same_sentence = upcoming is not None and upcoming[0] is piece
            samples = self._speak(labels, options, None if same_sentence else _TAIL_SECONDS)
            yield AudioChunk(samples, SAMPLE_RATE, piece, last=upcoming is None)

    def _breaths(self, text: str) -> Iterator[tuple[str, list[str]]]:
        """The pieces of `text` that can be pronounced, with the labels from pause to pause.

        The labels carry the prosody of the whole piece, so it is kept although the parts are
        synthesized, and heard, one after another.
        """
        for piece in _pieces(text):
            labels = self._labels(piece)
            pauses = [n for n, label in enumerate(labels) if "-pau+" in label]
            for first, last in pairwise([0, *pauses, len(labels) - 1] if labels else []):
                yield piece, labels[first : last + 1]

    def _labels(self, piece: str) -> list[str]:
        """Full-context labels; empty where nothing is pronounceable."""
        features = self._run_frontend(piece, predict_nani=self._predict_nani, jtalk=self._jtalk)
        if not any(feature["mora_size"] for feature in features):
            return []
        labels: list[str] = self._jtalk.make_label(features)
        return labels

    def _speak(self, labels: list[str], options: SynthesisOptions, tail: float | None) -> Samples:
        """Speech with at most `tail` seconds of silence at its end; None = as it comes."""
        wave = self._wave(labels, options)
        wave = trim(wave, SAMPLE_RATE, _LEAD_SECONDS, len(wave) if tail is None else tail)
        wave = fade_edges(level(wave, SAMPLE_RATE), SAMPLE_RATE)
        if options.volume is None:
            return wave
        return limit(wave * np.float32(options.volume), SAMPLE_RATE)

    def _wave(self, labels: list[str], options: SynthesisOptions) -> Samples:
        """Samples in units of full scale, not yet in [-1, 1] but always sane."""
        self._engine.set_speed(1 / (options.length_scale or 1.0))
        self._engine.add_half_tone(12 * math.log2(options.pitch_scale or 1.0))
        wave = self._engine.synthesize(labels) / _INT16
        peak = np.abs(wave).max(initial=0.0)
        if peak <= _ASTRAY:  # false for not-a-number too
            return wave.astype(np.float32)  # type: ignore[no-any-return]
        if len(labels) < _SHORTEST_SPLIT:
            return limit(
                np.nan_to_num(wave).clip(-_ASTRAY, _ASTRAY).astype(np.float32), SAMPLE_RATE
            )
        middle = len(labels) // 2
        halves = labels[:middle], labels[middle:]
        return np.concatenate([self._wave(half, options) for half in halves])


def _pieces(text: str) -> list[str]:
    text = _UNSPEAKABLE.sub(" ", text)
    return split_sentences(_REPEATED.sub(r"\1\1\1", text))


def _import_pyopenjtalk() -> ModuleType:
    """Imports the library without the advice that it prints; it takes a third of a second."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            import pyopenjtalk
        except ImportError as error:
            raise EngineUnavailable(
                "the embedded voice is not installed", "run `pip install pyopenjtalk-plus`"
            ) from error
    # The original package has the same import name, overwrites this one and crashes on empty input.
    if "predict_nani" not in inspect.signature(pyopenjtalk.run_frontend).parameters:
        raise EngineUnavailable(
            "the package pyopenjtalk has overwritten pyopenjtalk-plus",
            "run `pip uninstall -y pyopenjtalk` and "
            "`pip install --force-reinstall --no-deps pyopenjtalk-plus`",
        )
    return pyopenjtalk
