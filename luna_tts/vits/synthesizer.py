"""The whole network, in stages that are asked for one after another.

A scheduler may serve somebody else before the result of each is needed. The state dict of VITS
checkpoints fixes the names enc_p, sdp, dp, flow, dec and emb_g and all names below them.

Randomness comes from the generator that the caller passes: first for the durations, then for the
frames, always in the same order and number, so that a seed makes an utterance repeatable. It is
drawn on the CPU, so that a seed means the same on every device.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from luna_tts.errors import SpeechTooLong
from luna_tts.few_lengths import FRAMES, LAST_FRAMES, PHONES, padded
from luna_tts.hyper_parameters import HyperParameters
from luna_tts.modules import Embedding
from luna_tts.together import Together
from luna_tts.vits.duration import DurationPredictor, StochasticDurationPredictor
from luna_tts.vits.flow import Flow
from luna_tts.vits.hifigan import Decoder
from luna_tts.vits.streaming import Form, Stream
from luna_tts.vits.text_encoder import EncodedText, TextEncoder, TextInput

MAX_FRAMES = 20_000
"""Nearly four minutes at 44.1 kHz: more is a network that has lost its way."""


_HEAVY = ("flow.", "dec.")
"""Nearly all of the work. What decides durations stays exact: a rounded one is a frame more."""
_EXACT = (".gamma", ".beta", ".scales")


def weight_dtype(name: str, dtype: torch.dtype) -> torch.dtype:
    """The precision of the weight `name` in a network that computes in `dtype`."""
    heavy = name.startswith(_HEAVY) and not name.endswith(_EXACT)
    return dtype if heavy else torch.float32


_RECORDED_PHONES = 512
_RECORDED_FRAMES = 1024
_RECORDED_WINDOW = 96
"""Longer work is large enough to keep a card busy while Python asks for it."""


class Synthesizer(nn.Module):
    """VITS for inference; immutable once its weights are assigned."""

    def __init__(self, parameters: HyperParameters, *, int8: bool = False) -> None:
        """`int8`: what flow and decoder do most of will be in 8 bits."""
        super().__init__()
        self.hyper_parameters = parameters
        channels, speaker_channels = parameters.hidden_channels, parameters.gin_channels
        self.enc_p = TextEncoder(parameters)
        self.sdp = StochasticDurationPredictor(channels, speaker_channels)
        self.dp = DurationPredictor(channels, speaker_channels)
        self.flow = Flow(parameters)
        self.dec = Decoder(parameters)
        self.emb_g = Embedding(parameters.n_speakers, speaker_channels)
        if int8:
            self.flow.quantize()
            self.dec.quantize()
        self._together = Together()
        self._forms: dict[tuple[int, Form], Form] = {}
        """What becomes of a stream of some form when so many frames are decoded."""

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.emb_g.weight.device

    @property
    def nbytes(self) -> int:
        """Memory of the weights in bytes."""
        return sum(weight.nbytes for weight in self.parameters())

    @torch.inference_mode()
    def speaker(self, speaker_id: int) -> Tensor:
        """The embedding g of a speaker, [1, G, 1]."""
        return self.emb_g.weight[speaker_id][None, :, None]

    @torch.inference_mode()
    def ask_prior(
        self,
        text: TextInput,
        speaker: Tensor,
        sdp_ratio: float,
        noise_scale: float,
        generator: torch.Generator,
    ) -> Callable[[], tuple[EncodedText, Tensor]]:
        """The prior of each token, and the natural logarithm of its frames [T], when needed.

        Args:
            text: one sentence of T tokens.
            speaker: what `speaker` gave.
            sdp_ratio: share of the stochastic predictor, 0..1; the plain one has the rest.
            noise_scale: deviation of the stochastic predictor's noise (noise_scale_w).
            generator: on the CPU; 2 * T values are drawn whatever the ratio is.
        """
        count, language = len(text.phones), text.language
        noise = self._noise((1, 2, count), generator) * noise_scale
        inputs = (text.phones, text.tones, text.languages, text.bert, noise)
        filled = [padded(each, PHONES) for each in inputs]
        length = torch.tensor([count], device=self.device)

        def work(
            phones: Tensor, tones: Tensor, languages: Tensor, bert: Tensor, noise: Tensor,
            style: Tensor, speaker: Tensor, length: Tensor,
        ) -> tuple[Tensor, ...]:  # fmt: skip
            text = TextInput(phones, tones, languages, bert, style, language)
            hidden, prior = self.enc_p(text, speaker, length)
            there = (torch.arange(len(phones), device=length.device) < length)[None]
            logs = self._log_durations(hidden, speaker, noise, sdp_ratio, there)
            return prior.mean, prior.log_deviation, logs

        key = ("prior", len(filled[0]), language, sdp_ratio) if count <= _RECORDED_PHONES else None
        asked = self._together.ask(key, work, *filled, text.style, speaker, length)

        def prior() -> tuple[EncodedText, Tensor]:
            mean, log_deviation, logs = (each[..., :count] for each in asked.result())
            return EncodedText(mean, log_deviation), logs

        return prior

    def durations(self, log_durations: Tensor, length_scale: float) -> Tensor:
        """Frames per token, int64 [T], together at least 1; `length_scale` 2 = twice as long.

        Raises `SpeechTooLong` beyond `MAX_FRAMES`.
        """
        with torch.inference_mode():
            frames = (log_durations.exp() * length_scale).ceil()
            # Each at most one too many: infinity and not-a-number must not become an integer.
            frames = frames.nan_to_num(MAX_FRAMES + 1).clamp_max(MAX_FRAMES + 1).long()
            total = int(frames.sum())
            if total > MAX_FRAMES:
                raise SpeechTooLong(total, MAX_FRAMES)
            if total == 0:
                frames[0] = 1
        return frames

    @torch.inference_mode()
    def expand(
        self,
        text: EncodedText,
        durations: Tensor,
        noise_scale: float,
        generator: torch.Generator,
    ) -> Tensor:
        """z_p [1, I, T']: each token's prior for as many frames as it lasts, with noise.

        Args:
            text: what `ask_prior` gave.
            durations: int64 [T], at least one frame in total.
            noise_scale: deviation of the noise in units of the prior's own.
            generator: on the CPU; I * T' values are drawn.
        """
        frames = torch.arange(len(durations), device=durations.device)
        frames = frames.repeat_interleave(durations)
        mean = text.mean[:, :, frames]
        deviation = text.log_deviation[:, :, frames].exp()
        noise = self._noise(tuple(mean.shape), generator)
        return mean + noise * deviation * noise_scale

    def flow_parts(self) -> tuple[range, ...]:
        """The flow's steps, in as many parts as others should have a turn in between."""
        steps = self.flow.steps()
        if self._together.gains(self.emb_g.weight):
            return (range(steps),)
        return tuple(range(step, step + 1) for step in range(steps))

    @torch.inference_mode()
    def ask_flow(self, z: Tensor, speaker: Tensor, steps: range) -> Callable[[], Tensor]:
        """Some steps of the way from z_p to z, [1, I, T'] -> [1, I, T'], when they are needed."""
        frames = z.shape[2]
        filled = padded(z, FRAMES)
        length = torch.tensor([frames], device=z.device)

        def work(z: Tensor, speaker: Tensor, length: Tensor) -> tuple[Tensor]:
            for step in steps:
                z = self.flow.reverse_step(z, speaker, step, length)
            return (z,)

        key = ("flow", steps, filled.shape[2]) if frames <= _RECORDED_FRAMES else None
        asked = self._together.ask(key, work, filled, speaker, length)
        return lambda: asked.result()[0][:, :, :frames]

    def flow_step(self, z: Tensor, speaker: Tensor, step: int) -> Tensor:
        """One of the `flow.steps()` parts of the way from z_p to z, [1, I, T'] -> [1, I, T']."""
        return self.ask_flow(z, speaker, range(step, step + 1))()

    def decode(
        self, z: Tensor, speaker: Tensor, stream: Stream | None = None, *, last: bool = True
    ) -> Tensor:
        """Samples in (-1, 1), float32, of the next frames of z [1, I, n]; the whole by default.

        Pieces that share a `stream` give the samples of the whole, each computed once. They lag
        behind the frames by as many as the decoder looks ahead, until the `last` piece.
        """
        return self.ask_decode(z, speaker, stream or Stream(), last=last)()

    @torch.inference_mode()
    def ask_decode(
        self, z: Tensor, speaker: Tensor, stream: Stream, *, last: bool
    ) -> Callable[[], Tensor]:
        """The same when it is needed, which must be before the next piece is asked for."""
        g, rows = speaker[:, :, 0], padded(z[0].T, LAST_FRAMES, 0) if last else z[0].T
        surplus = len(rows) - z.shape[2]
        end = surplus * self.hyper_parameters.hop_length

        def at_once() -> tuple[Tensor]:
            return (self.dec(rows, g, stream, last, surplus),)

        if not self._together.gains(z) or len(rows) > _RECORDED_WINDOW:
            asked = self._together.ask(None, at_once)
            return lambda: _without(asked.result()[0], end)
        before = stream.form

        def work(rows: Tensor, g: Tensor, packed: Tensor, *surplus: Tensor) -> tuple[Tensor, ...]:
            piece = Stream(recorded=True)
            piece.become(before, packed)
            samples = self.dec(rows, g, piece, last, *surplus)
            if last:
                return (samples,)
            self._forms[len(rows), before] = piece.form
            return samples, piece.pack(packed)

        packed = stream.pack(z.new_empty(0, dtype=self.dec.conv_pre.weight.dtype))
        ends = (torch.tensor([surplus], device=z.device),) if last else ()
        key = ("dec", len(rows), before, last)
        asked = self._together.ask(key, work, rows.contiguous(), g, packed, *ends)

        def samples() -> Tensor:
            made = asked.result()
            if not last:
                stream.become(self._forms[len(rows), before], made[1])
            return _without(made[0], end)

        return samples

    def _log_durations(
        self, hidden: Tensor, speaker: Tensor, noise: Tensor, ratio: float, mask: Tensor
    ) -> Tensor:
        logs = torch.zeros_like(noise[0, 0])
        if ratio > 0:
            logs = logs + self.sdp(hidden, speaker, noise, mask) * ratio
        if ratio < 1:
            logs = logs + self.dp(hidden, speaker, mask) * (1 - ratio)
        return logs

    def _noise(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        return torch.randn(shape, generator=generator).to(self.device)


def _without(samples: Tensor, end: int) -> Tensor:
    return samples[: len(samples) - end]
