"""TTSModel: a voice folder, loaded; the only file that knows text, BERT and network together."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from luna_tts.audio import LeadIn
from luna_tts.errors import EngineUnavailable, InvalidVoice, NothingToSay
from luna_tts.lookahead import mark_last
from luna_tts.loudness import TARGET_LUFS, loudness, soft_clip
from luna_tts.nlp.bert_models import Bert
from luna_tts.nlp.japanese.bert_feature import ASSIST_TEXT_WEIGHT, bert_feature
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.nlp.symbols import PAD, PUNCTUATIONS, blank_word2ph, symbol_ids
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.precision import EXACT, Arithmetic
from luna_tts.readers import JapaneseReader, Phones, Reader
from luna_tts.threads import compute_with
from luna_tts.types import AudioChunk, Samples, SynthesisOptions
from luna_tts.vits.streaming import Stream
from luna_tts.vits.text_encoder import BERT_CHANNELS, TextInput
from luna_tts.vits.voice_folder import VoiceFolder
from luna_tts.vits.weights import load_synthesizer
from luna_tts.weight_cache import KeptWeights
from luna_tts.world import change_pitch

SDP_RATIO = 0.2
NOISE_SCALE = 0.6
NOISE_SCALE_W = 0.8
"""What voices of this format are usually run with."""
PAUSE_SECONDS = 0.15
"""Between sentences, on top of the silence with which the network ends each."""

_log = logging.getLogger(__name__)

_WINDOW = 24
"""Frames decoded first. Half of them are heard at once: the decoder looks ahead."""
_GROWTH = 2
"""From window to window: wider ones cost less, but whoever else waits waits."""
_WIDEST, _WIDEST_ON_CARD = 48, 96
"""Up to which they grow."""
_MAX_GAIN = 10.0
_NO_READERS: Mapping[str, Reader] = MappingProxyType({})
_SILENT = frozenset({PAD, *PUNCTUATIONS})
_WARM_UP = {
    "ja": ("こんにちは。", "今日は何時に行く方がいいですか。"),
    "en": ("Hello, how are you today?",),
    "zh": ("你好，今天天气怎么样？",),
}


@dataclass(frozen=True, slots=True, eq=False)
class _Speaking:
    """Who speaks and how, for the whole of one utterance."""

    options: SynthesisOptions
    speaker: Tensor
    style: Tensor
    reader: Reader
    assist_text: str | None
    generator: torch.Generator
    lead_in: LeadIn


class TTSModel:
    """A voice folder, loaded with everything it needs; the face of `SpeechModel`.

    Everything is loaded here, nothing later; nothing changes but by `warm_up`, which measures how
    loud the voice is. Raises `InvalidVoice` and its children.
    """

    def __init__(
        self,
        folder: VoiceFolder,
        bert: Bert,
        frontend: JapaneseFrontend,
        device: str = "cpu",
        *,
        arithmetic: Arithmetic = EXACT,
        threads: int = 0,
        familiar: bool = False,
        languages: Sequence[str] = ("ja",),
        readers: Mapping[str, Reader] = _NO_READERS,
    ) -> None:
        """`languages` it is to speak beside Japanese, once their `readers` are there.

        `familiar`: one of the same `architecture` has spoken, so that all is prepared for it.
        """
        if bert.hidden_size != BERT_CHANNELS:
            problem = f"needs a BERT of width {BERT_CHANNELS}, not {bert.hidden_size}"
            raise InvalidVoice(folder.path / "config.json", problem, "use the BERT of its format")
        self._folder = folder
        self._japanese = JapaneseReader(frontend, bert)
        self._readers = readers
        self._network = load_synthesizer(folder.weights, folder.parameters, device, arithmetic)
        self._notes = KeptWeights(folder.weights, arithmetic.kind)
        self._threads = threads or torch.get_num_threads()
        self._familiar = familiar
        self._gains: dict[str, float] = {}
        self.info = replace(folder.info, languages=tuple(languages))
        self.nbytes = self._network.nbytes + folder.style_vectors.nbytes
        self.architecture = folder.parameters.architecture

    def warm_up(self) -> Generator[None]:
        """Speaks to nobody, so that the first listener does not wait, and levels the voice.

        In each language whose reader is there, once; how loud it is, is kept beside the weights.
        """
        for language in _WARM_UP:
            known = self._reader(SynthesisOptions(language=language)).language == language
            if known and language not in self._gains:
                yield from self._level(language)

    def _level(self, language: str) -> Generator[None]:
        heard: list[Samples] = []
        style = self._folder.style_vector().tobytes()
        name = f"gain {language} {self._folder.speaker_id()} {zlib.crc32(style)}"
        kept = self._notes.note(name)
        if kept is not None and not 0 < kept <= _MAX_GAIN:  # whoever wrote that
            kept = None
        lines = _WARM_UP[language]
        if kept is not None:
            lines = () if self._familiar and language == "ja" else lines[:1]
        yield from self._speak_to_nobody(language, lines, heard)
        if kept is None:
            found = loudness(np.concatenate(heard), self.info.sample_rate)
            if not np.isfinite(found):
                return
            kept = min(self._gain(language) * 10 ** ((TARGET_LUFS - found) / 20), _MAX_GAIN)
            self._notes.write_note(name, kept)
        self._gains[language] = kept

    def _gain(self, language: str) -> float:
        return self._gains.get(language, self._gains.get("ja", 1.0))

    def _speak_to_nobody(
        self, language: str, lines: Sequence[str], heard: list[Samples]
    ) -> Generator[None]:
        for line in lines:
            for chunk in self.stream(line, SynthesisOptions(language=language, seed=0)):
                if chunk is not None:
                    heard.append(chunk.samples)
                yield

    def check(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None = None
    ) -> None:
        """Raises what `stream` would raise for the same request."""
        self._speaking(options)
        if next(self._sentences(text, options, words), None) is None:
            raise NothingToSay

    def infer(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None = None
    ) -> AudioChunk:
        """The whole utterance as one chunk. Raises what `stream` raises."""
        chunks = [chunk for chunk in self.stream(text, options, words) if chunk is not None]
        samples = np.concatenate([chunk.samples for chunk in chunks])
        return AudioChunk(samples, self.info.sample_rate, text, last=True)

    def stream(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None = None
    ) -> Generator[AudioChunk | None]:
        """Sentence by sentence, and inside a sentence window by window.

        Raises `NothingToSay`, `UnknownStyle`, `UnknownSpeaker`, `GivenPhonesMismatch`,
        `SpeechTooLong`.
        """
        compute_with(self._threads)
        speaking = self._speaking(options)
        spoken = False
        for (piece, phones), last in mark_last(self._sentences(text, options, words)):
            spoken = True
            yield from self._speak(piece, phones, speaking, last=last)
        if not spoken:
            raise NothingToSay

    def _speaking(self, options: SynthesisOptions) -> _Speaking:
        weight = 1.0 if options.style_weight is None else options.style_weight
        style = self._folder.style_vector(options.style, weight)
        generator = torch.Generator()
        if options.seed is None:
            generator.seed()
        else:
            generator.manual_seed(options.seed % 2**63)
        assist, reader = options.assist_text, self._reader(options)
        return _Speaking(
            options,
            self._network.speaker(self._folder.speaker_id(options.speaker)),
            torch.from_numpy(style).to(self._network.device),
            reader,
            reader.assist(assist) if assist else None,
            generator,
            LeadIn(self.info.sample_rate),
        )

    def _reader(self, options: SynthesisOptions) -> Reader:
        """Whatever this voice does not speak, or not yet, it reads in kana."""
        if options.language not in self.info.languages:
            return self._japanese
        return self._readers.get(options.language or "", self._japanese)

    def _sentences(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None
    ) -> Iterator[tuple[str, Phones]]:
        """The sentences that hold something to pronounce; given phones are for the whole text."""
        for piece, phones in self._reader(options).read(text, options, words):
            if not _SILENT.issuperset(phones.phones):
                yield piece, phones

    def _speak(
        self, piece: str, phones: Phones, speaking: _Speaking, *, last: bool
    ) -> Generator[AudioChunk | None]:
        z = yield from self._latent(phones, speaking)
        options, rate = speaking.options, self.info.sample_rate
        windows = self._decode(z, speaking.speaker)
        if options.pitch_scale not in (None, 1.0) or options.intonation_scale not in (None, 1.0):
            whole = np.concatenate([made[0] for made in windows if made])
            windows = iter([(self._with_changed_pitch(whole, options), True)])
        for made in windows:
            if made is None:
                yield None
                continue
            window, is_end = made
            samples = speaking.lead_in.cut(self._levelled(window, speaking))
            if is_end and not last:
                samples = np.append(samples, np.zeros(round(PAUSE_SECONDS * rate), np.float32))
            yield AudioChunk(samples, rate, piece, last=last and is_end)

    def _latent(self, phones: Phones, speaking: _Speaking) -> Generator[None, None, Tensor]:
        """All that comes before the decoder, stage by stage: z, [1, I, T'].

        Each is asked for before others have their turn: see together.py.
        """
        network, options, speaker = self._network, speaking.options, speaking.speaker
        rows = speaking.reader.bert.ask(phones.text)
        yield
        prior = network.ask_prior(
            self._text_input(phones, rows(), speaking),
            speaker,
            _or(options.sdp_ratio, SDP_RATIO),
            _or(options.noise_scale_w, NOISE_SCALE_W),
            speaking.generator,
        )
        yield
        encoded, log_durations = prior()
        durations = network.durations(log_durations, _or(options.length_scale, 1.0))
        noise_scale = _or(options.noise_scale, NOISE_SCALE)
        z = network.expand(encoded, durations, noise_scale, speaking.generator)
        for steps in network.flow_parts():
            moved = network.ask_flow(z, speaker, steps)
            yield
            z = moved()
        return z

    def _text_input(self, phones: Phones, rows: Tensor, speaking: _Speaking) -> TextInput:
        parameters, device = self._folder.parameters, self._network.device
        reader, assist = speaking.reader, speaking.assist_text
        ids = symbol_ids(phones.phones, phones.tones, reader.symbols, jp_extra=parameters.jp_extra)
        word2ph = phones.word2ph
        if parameters.add_blank:
            ids, word2ph = ids.with_blanks(), blank_word2ph(word2ph)
        bert = bert_feature(
            rows,
            word2ph,
            None if assist is None else reader.bert.feature(assist),
            _or(speaking.options.assist_text_weight, ASSIST_TEXT_WEIGHT),
        )
        phone_ids, tone_ids, language_ids = (
            torch.tensor(values, device=device) for values in (ids.phones, ids.tones, ids.languages)
        )
        return TextInput(phone_ids, tone_ids, language_ids, bert, speaking.style, reader.language)

    def _decode(self, z: Tensor, speaker: Tensor) -> Iterator[tuple[Samples, bool] | None]:
        """Samples window by window, equal to those of the whole, and whether they are the last.

        The next one is asked for before one is given: whoever needs one has it computed as well.
        """
        stream, length, ends = Stream(), z.shape[2], self._ends(z)

        def ask(first: int, end: int) -> Callable[[], Tensor]:
            frames = z[:, :, first:end]
            return self._network.ask_decode(frames, speaker, stream, last=end == length)

        asked = ask(0, ends[0])
        yield None
        for end, following in zip(ends, (*ends[1:], None), strict=True):
            window: Samples = asked().cpu().numpy()
            if not np.isfinite(window).all():
                raise FloatingPointError("the network gave values that are no numbers")
            if following is not None:
                asked = ask(end, following)
            if len(window):
                yield window, following is None

    def _ends(self, z: Tensor) -> list[int]:
        """Where the windows of the frames of z [1, I, T'] end."""
        widest = _WIDEST if z.device.type == "cpu" else _WIDEST_ON_CARD
        ends, width = [0], _WINDOW
        while ends[-1] < z.shape[2]:
            ends.append(min(ends[-1] + width, z.shape[2]))
            width = min(width * _GROWTH, widest)
        return ends[1:]

    def _with_changed_pitch(self, samples: Samples, options: SynthesisOptions) -> Samples:
        pitch, intonation = _or(options.pitch_scale, 1.0), _or(options.intonation_scale, 1.0)
        return change_pitch(samples, self.info.sample_rate, pitch, intonation)

    def _levelled(self, samples: Samples, speaking: _Speaking) -> Samples:
        gain = self._gain(speaking.reader.language) * _or(speaking.options.volume, 1.0)
        return soft_clip(samples * np.float32(gain))


def check_device(device: str) -> None:
    """Raises `EngineUnavailable` where PyTorch cannot compute on `device`."""
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise EngineUnavailable(
            f"PyTorch cannot compute on {device!r}",
            'set LUNA_DEVICE to "cpu", or install a PyTorch build for it',
        ) from error


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
