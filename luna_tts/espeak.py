"""The voice of languages that no other voice speaks: espeak-ng, robotic but right.

Its licence is the GPL, so it is a program of its own, asked over pipes, and off until LUNA_ESPEAK
names it.
"""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
from collections.abc import Generator, Iterator
from typing import Final

import numpy as np

from luna_tts.audio import fade_edges, trim
from luna_tts.errors import EngineUnavailable, NothingToSay
from luna_tts.lookahead import mark_last
from luna_tts.loudness import level, limit
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.sentences import split_sentences
from luna_tts.types import AudioChunk, Samples, SynthesisOptions, VoiceInfo

ESPEAK_VOICE: Final = "espeak-ng"
SAMPLE_RATE: Final = 22_050
_NAMES: Final = {"ko": "ko", "en": "en-us", "zh": "cmn"}
"""Not Japanese: it cannot read kanji."""
_WORDS_PER_MINUTE: Final = 175
_SLOWEST, _FASTEST = 80, 450
_LONGEST: Final = 120
_LEAD_SECONDS: Final = 0.01
_TAIL_SECONDS: Final = 0.16
_PATIENCE_SECONDS: Final = 10.0


class EspeakModel:
    """The program, found; the face of `SpeechModel`.

    Raises `EngineUnavailable` when it is not there.
    """

    def __init__(self, program: str) -> None:
        found = shutil.which(program)
        if found is None:
            raise EngineUnavailable(
                f"there is no program {program!r}",
                "install espeak-ng, or leave LUNA_ESPEAK empty",
            )
        self._program = found
        self.info = VoiceInfo(
            name=ESPEAK_VOICE,
            languages=tuple(_NAMES),
            styles=("Neutral",),
            speakers=("espeak",),
            sample_rate=SAMPLE_RATE,
            credit="eSpeak NG, a program of its own, https://github.com/espeak-ng/espeak-ng",
            licence="GPL-3.0-or-later",
        )
        self.nbytes = 0

    def warm_up(self) -> Generator[None]:
        """Asks it once, so that a program that does not work is known at once."""
        for _ in self.stream("hello", SynthesisOptions(language="en")):
            yield

    def check(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None = None
    ) -> None:
        """Raises `NothingToSay` where `stream` would."""
        for _ in self._sentences(text, options):
            return
        raise NothingToSay

    def stream(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None = None
    ) -> Generator[AudioChunk | None]:
        """One chunk a sentence, each levelled to the common loudness; 10 ms of work.

        Honours `language`, `length_scale`, `pitch_scale` and `volume`. Raises `NothingToSay`.
        """
        spoken = False
        for (sentence, wave), last in mark_last(self._sentences(text, options)):
            spoken = True
            yield AudioChunk(self._finished(wave, options), SAMPLE_RATE, sentence, last=last)
        if not spoken:
            raise NothingToSay

    def _sentences(self, text: str, options: SynthesisOptions) -> Iterator[tuple[str, Samples]]:
        """Each sentence of which anything can be heard, and its sound."""
        for sentence in split_sentences(text, _LONGEST):
            if any(character.isalnum() for character in sentence):
                wave = trim(self._ask(sentence, options), SAMPLE_RATE, _LEAD_SECONDS, _TAIL_SECONDS)
                if len(wave):
                    yield sentence, wave

    def _ask(self, sentence: str, options: SynthesisOptions) -> Samples:
        """What the program makes of it. Raises `OSError`, `subprocess.SubprocessError`."""
        pace = _WORDS_PER_MINUTE / (options.length_scale or 1.0)
        pitch = 50 + 50 * math.log2(options.pitch_scale or 1.0)
        settings = {
            "-v": _NAMES.get(options.language or "", "en-us"),
            "-s": f"{min(max(pace, _SLOWEST), _FASTEST):.0f}",
            "-p": f"{min(max(pitch, 0), 99):.0f}",
        }
        answer = subprocess.run(
            # By a pipe: a word of the line must not become an option.
            [self._program, "--stdin", "--stdout", *(s for pair in settings.items() for s in pair)],
            # Double brackets would be phonemes.
            input=sentence.replace("[[", "[ [").encode(errors="ignore"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_SECONDS,
            check=True,
        )
        return _read_wav(answer.stdout)

    def _finished(self, wave: Samples, options: SynthesisOptions) -> Samples:
        wave = fade_edges(level(wave, SAMPLE_RATE), SAMPLE_RATE)
        if options.volume is None:
            return wave
        return limit(wave * np.float32(options.volume), SAMPLE_RATE)


def _read_wav(data: bytes) -> Samples:
    """The samples of a mono s16 WAV whose header does not know how long it is.

    Raises `ValueError` for anything else.
    """
    start = data.find(b"data", 12)
    if not data.startswith(b"RIFF") or start < 0:
        raise ValueError("no WAV came back")
    channels, rate = struct.unpack_from("<HI", data, 22)
    if (channels, rate) != (1, SAMPLE_RATE):
        raise ValueError(f"{channels} channels at {rate} Hz came back")
    body = data[start + 8 :]
    samples = np.frombuffer(body[: len(body) // 2 * 2], "<i2").astype(np.float32)
    return samples / np.float32(32768)
