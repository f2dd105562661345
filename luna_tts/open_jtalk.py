"""The embedded default voice: Open JTalk's HTS voice "mei", inside the pyopenjtalk-plus wheel.

The HMM engine is old and trusting, so it is guarded on both sides. In front: nothing without a
phoneme reaches it, repeated characters are collapsed, pieces are short. Behind: ordinary lines
overshoot int16 up to twice and unbroken vowels make its filter diverge to 1e40, so a wave that went
astray is made again from smaller pieces, and every wave is levelled and limited before it leaves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise

import numpy as np

from luna_tts.audio import fade_edges, trim
from luna_tts.errors import NothingToSay
from luna_tts.lookahead import mark_last
from luna_tts.loudness import level, limit
from luna_tts.nlp.japanese.frontend import JapaneseFrontend, import_pyopenjtalk
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.reading import read_sentences
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
_PHONE_SECONDS = 0.066
_EDGE_SECONDS = 0.75
"""Both silences around a breath, as the engine makes them."""
"""HTS surrounds speech with 220 ms and 320 ms of silence. A listener waits for sound: a breath."""
_NBYTES = 190_000_000
"""Growth of the process with dictionary, voice and Sudachi, as measured; nothing tells it."""

_REPEATED = re.compile(r"([^\d\s]{1,3}?)\1{3,}")
_WARM_UP = ("こんにちは。", "今日は何時に行く方がいいですか。")
"""The second line has words of several readings, which bring in Sudachi, half a second's work."""


class OpenJTalkModel:
    """The embedded voice, loaded; the face of `SpeechModel`.

    Raises `EngineUnavailable` when pyopenjtalk-plus is not what is installed under its name.
    """

    def __init__(self, frontend: JapaneseFrontend | None = None) -> None:
        openjtalk = import_pyopenjtalk()
        self._frontend = frontend or JapaneseFrontend()
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

    def check(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None = None
    ) -> None:
        """Raises `NothingToSay` where `stream` would."""
        if next(self._breaths(text, options, words), None) is None:
            raise NothingToSay

    def stream(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None = None
    ) -> Generator[AudioChunk]:
        """One chunk from breath to breath, each levelled to the common loudness.

        Honours `length_scale`, `pitch_scale` and `volume`. Raises `NothingToSay`.
        """
        spoken = False
        for (piece, labels, tail), last in mark_last(self._breaths(text, options, words)):
            spoken = True
            yield AudioChunk(self._speak(labels, options, tail), SAMPLE_RATE, piece, last=last)
        if not spoken:
            raise NothingToSay

    def _breaths(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None
    ) -> Iterator[tuple[str, Sequence[str], float | None]]:
        """Each pronounceable piece, its labels from pause to pause, and the silence after them.

        The labels carry the prosody of the whole piece, so it is kept although the parts are
        synthesized, and heard, one after another. Inside a piece the pause is as long as it comes.
        """
        # Unbroken vowels make the filter diverge.
        text = _REPEATED.sub(r"\1\1\1", text)
        korean = options.language == "ko"
        for sentence in read_sentences(self._frontend, text, words, korean=korean):
            labels = sentence.answer.labels
            pauses = [n for n, label in enumerate(labels) if "-pau+" in label]
            spans = pairwise([0, *pauses, len(labels) - 1]) if labels else ()
            for (first, last), ends in mark_last(spans):
                yield sentence.text, labels[first : last + 1], _TAIL_SECONDS if ends else None

    def _speak(
        self, labels: Sequence[str], options: SynthesisOptions, tail: float | None
    ) -> Samples:
        """Speech with at most `tail` seconds of silence at its end; None = as it comes."""
        wave = self._wave(labels, options)
        wave = trim(wave, SAMPLE_RATE, _LEAD_SECONDS, len(wave) if tail is None else tail)
        wave = fade_edges(level(wave, SAMPLE_RATE), SAMPLE_RATE)
        if options.volume is None:
            return wave
        return limit(wave * np.float32(options.volume), SAMPLE_RATE)

    def _wave(self, labels: Sequence[str], options: SynthesisOptions) -> Samples:
        """Samples in units of full scale, not yet in [-1, 1] but always sane."""
        self._engine.set_speed(_engine_speed(len(labels), options.length_scale or 1.0))
        self._engine.add_half_tone(12 * math.log2(options.pitch_scale or 1.0))
        wave = self._engine.synthesize(list(labels)) / _INT16
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


def _engine_speed(labels: int, length_scale: float) -> float:
    """The engine's speed at which speech, without its edges, is `length_scale` times as long.

    The engine holds its speed for both together, and the silence at the edges changes about twice
    as much as the speech: where it is asked for 1.5, one would hear 1.3. Fitted to its answers.
    """
    speech = _PHONE_SECONDS * max(labels - 2, 1)
    edges = _EDGE_SECONDS * max(2 * length_scale - 1, 0.3)
    return (speech + _EDGE_SECONDS) / (speech * length_scale + edges)
