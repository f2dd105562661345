"""What is to be said becomes, for each phone, a distribution over latent frames.

Kim et al., VITS (2021), section 2.1.3: the prior encoder; with tones, language, BERT and style
added to the embedded phones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn

from luna_tts.hyper_parameters import HyperParameters
from luna_tts.modules import Embedding, FrameConv1d, Linear
from luna_tts.vits.attention import Encoder

SYMBOLS = 112
TONES = 12
LANGUAGES = 3
BERT_CHANNELS = 1024
STYLE_CHANNELS = 256

_BASE_SLOTS = {"zh": "bert_proj", "ja": "ja_bert_proj", "en": "en_bert_proj"}
_JP_EXTRA_SLOTS = {"ja": "bert_proj"}


@dataclass(frozen=True, slots=True, eq=False)
class TextInput:
    """One sentence as the network reads it, T tokens with blanks, on the network's device."""

    phones: Tensor
    """int64 [T], 0..111."""
    tones: Tensor
    """int64 [T], 0..11."""
    languages: Tensor
    """int64 [T], 0..2."""
    bert: Tensor
    """float32 [1024, T], of the language's own BERT."""
    style: Tensor
    """float32 [256]."""
    language: str = "ja"
    """Whose BERT that is: "ja", or with a base network also "zh" or "en"."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedText:
    """The text encoder's answer, T tokens."""

    mean: Tensor
    """m_p, [1, I, T]."""
    log_deviation: Tensor
    """logs_p, natural logarithm, [1, I, T]."""


class TextEncoder(nn.Module):
    """The prior encoder."""

    def __init__(self, parameters: HyperParameters) -> None:
        super().__init__()
        channels = parameters.hidden_channels
        self.slots = _JP_EXTRA_SLOTS if parameters.jp_extra else _BASE_SLOTS
        self.emb = Embedding(SYMBOLS, channels)
        self.tone_emb = Embedding(TONES, channels)
        self.language_emb = Embedding(LANGUAGES, channels)
        for name in self.slots.values():
            self.add_module(name, FrameConv1d(BERT_CHANNELS, channels))
        self.style_proj = Linear(STYLE_CHANNELS, channels)
        self.encoder = Encoder(
            channels,
            parameters.filter_channels,
            parameters.n_heads,
            parameters.n_layers,
            parameters.kernel_size,
            parameters.gin_channels,
        )
        self.proj = FrameConv1d(channels, 2 * parameters.inter_channels)

    def forward(
        self, text: TextInput, speaker: Tensor, length: Tensor
    ) -> tuple[Tensor, EncodedText]:
        """A sentence and the speaker [1, G, 1] -> hidden [1, H, T], and the prior.

        Where the text was padded, `length` [1] tokens of it are the sentence. `KeyError`: it has no
        BERT slot for that language.
        """
        x = self.emb(text.phones) + self.tone_emb(text.tones) + self.language_emb(text.languages)
        x = x + self._bert(text.bert.T, text.language) + self.style_proj(text.style[None])
        hidden: Tensor = self.encoder(x * math.sqrt(x.shape[1]), speaker, length)
        mean, log_deviation = self.proj(hidden).T[None].chunk(2, 1)
        return hidden.T[None], EncodedText(mean, log_deviation)

    def _bert(self, features: Tensor, language: str) -> Tensor:
        """[T, 1024] -> [T, H]. Slots of other languages are fed with zeros: their biases stay."""
        own = self.slots[language]
        x: Tensor = self.get_submodule(own)(features)
        for name in self.slots.values():
            if name != own:
                x = x + self.get_parameter(f"{name}.bias")
        return x
