"""The whole network, in stages that can be called one after another.

A scheduler may serve somebody else between `encode`, `log_durations`, `expand`, each `flow_step`
and each piece of `decode`. The state dict of VITS checkpoints fixes the names enc_p, sdp, dp,
flow, dec and emb_g and all names below them.

Randomness comes from the generator that the caller passes: first for the durations, then for the
frames, always in the same order and number, so that a seed makes an utterance repeatable. It is
drawn on the CPU, so that a seed means the same on every device.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from luna_tts.cuda_graphs import Graphs
from luna_tts.errors import SpeechTooLong
from luna_tts.few_lengths import FRAMES, LAST_FRAMES, padded
from luna_tts.hyper_parameters import HyperParameters
from luna_tts.modules import Embedding
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
        self._graphs = Graphs()
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
    def encode(self, text: TextInput, speaker: Tensor) -> EncodedText:
        """First stage: the prior of each token."""
        encoded: EncodedText = self.enc_p(text, speaker)
        return encoded

    @torch.inference_mode()
    def log_durations(
        self,
        text: EncodedText,
        speaker: Tensor,
        sdp_ratio: float,
        noise_scale: float,
        generator: torch.Generator,
    ) -> Tensor:
        """Natural logarithm of the frames per token, [T].

        Args:
            text: what `encode` gave.
            speaker: what `speaker` gave.
            sdp_ratio: share of the stochastic predictor, 0..1; the plain one has the rest.
            noise_scale: deviation of the stochastic predictor's noise (noise_scale_w).
            generator: on the CPU; 2 * T values are drawn whatever the ratio is.
        """
        noise = self._noise((1, 2, text.hidden.shape[2]), generator) * noise_scale
        if sdp_ratio == 0:
            return self._plain(text, speaker)
        varied: Tensor = self.sdp(text.hidden, speaker, noise)
        if sdp_ratio == 1:
            return varied
        return varied * sdp_ratio + self._plain(text, speaker) * (1 - sdp_ratio)

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
            text: what `encode` gave.
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

    @torch.inference_mode()
    def flow_step(self, z: Tensor, speaker: Tensor, step: int) -> Tensor:
        """One of the `flow.steps()` parts of the way from z_p to z, [1, I, T'] -> [1, I, T']."""
        frames = z.shape[2]
        filled = padded(z, FRAMES)
        length = torch.tensor([frames], device=z.device)

        def work(z: Tensor, speaker: Tensor, length: Tensor) -> tuple[Tensor]:
            return (self.flow.reverse_step(z, speaker, step, length),)

        key = ("flow", step, filled.shape[2]) if frames <= _RECORDED_FRAMES else None
        return self._graphs.run(key, work, filled, speaker, length)[0][:, :, :frames]

    @torch.inference_mode()
    def decode(
        self, z: Tensor, speaker: Tensor, stream: Stream | None = None, *, last: bool = True
    ) -> Tensor:
        """Samples in (-1, 1), float32, of the next frames of z [1, I, n]; the whole by default.

        Pieces that share a `stream` give the samples of the whole, each computed once. They lag
        behind the frames by as many as the decoder looks ahead, until the `last` piece.
        """
        stream, g = stream or Stream(), speaker[:, :, 0]
        if not self._graphs.records(z) or z.shape[2] > _RECORDED_WINDOW:
            rows = padded(z[0].T, LAST_FRAMES, 0) if last else z[0].T
            samples: Tensor = self.dec(rows, g, stream, last, len(rows) - z.shape[2])
            return samples
        before = stream.form

        def work(rows: Tensor, speaker: Tensor, packed: Tensor) -> tuple[Tensor, ...]:
            stream = Stream()
            stream.become(before, packed)
            samples = self.dec(rows, speaker, stream, last)
            if last:
                return (samples,)
            self._forms[len(rows), before] = stream.form
            return samples, stream.pack(packed)

        packed = stream.pack(z.new_empty(0, dtype=self.dec.conv_pre.weight.dtype))
        key = ("dec", z.shape[2], before, last)
        made = self._graphs.run(key, work, z[0].T.contiguous(), g, packed)
        if not last:
            stream.become(self._forms[z.shape[2], before], made[1])
        return made[0]

    def _plain(self, text: EncodedText, speaker: Tensor) -> Tensor:
        log_durations: Tensor = self.dp(text.hidden, speaker)
        return log_durations

    def _noise(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        return torch.randn(shape, generator=generator).to(self.device)
