"""The plain way to run such a voice: what Luna's speed is measured against.

A straightforward fp32 pipeline with the habits that engines have today: transformers' whole DeBERTa
with its language-model head, every call projecting relative positions anew; a matrix of alignment;
attention over the whole utterance with its relative positions by padding and skewing; convolutions
as PyTorch lays them out; the whole utterance decoded before a sample is heard; modules built with
initial values, weights copied into them. Weight norm is folded once and no gradients are kept, as
careful engines do. The duration predictors, under 1 % of the work, are Luna's own modules: they
are plain ones. tests/luna_tts/test_yardstick.py holds that it says what Luna says.
"""

from __future__ import annotations

import math
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from luna_tts.hyper_parameters import HyperParameters, read_hyper_parameters
from luna_tts.vits.duration import DurationPredictor, StochasticDurationPredictor
from luna_tts.vits.text_encoder import TextInput

WINDOW = 4


class Norm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x.mT, (x.shape[1],), self.gamma, self.beta, 1e-5).mT


class Attention(nn.Module):
    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.conv_q, self.conv_k, self.conv_v, self.conv_o = (
            nn.Conv1d(channels, channels, 1) for _ in range(4)
        )
        size = (1, 2 * WINDOW + 1, channels // heads)
        self.emb_rel_k, self.emb_rel_v = (nn.Parameter(torch.randn(size)) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (self._split(c(x)) for c in (self.conv_q, self.conv_k, self.conv_v))
        query = query / math.sqrt(query.shape[-1])
        length = x.shape[2]
        by_distance = query @ self._embedded(self.emb_rel_k, length).mT
        weights = (query @ key.mT + _by_place(by_distance)).softmax(-1)
        out = weights @ value + _by_distance(weights) @ self._embedded(self.emb_rel_v, length)
        return self.conv_o(out.transpose(2, 3).reshape(x.shape))

    def _split(self, x: Tensor) -> Tensor:
        return x.view(1, self.heads, -1, x.shape[2]).transpose(2, 3)

    def _embedded(self, table: Tensor, length: int) -> Tensor:
        """[1, 2 * length - 1, d]: zeros where a distance has no embedding."""
        beyond = max(0, length - WINDOW - 1)
        first = max(0, WINDOW + 1 - length)
        return F.pad(table, (0, 0, beyond, beyond))[:, first : first + 2 * length - 1]


def _by_place(x: Tensor) -> Tensor:
    """[1, n, T, 2T - 1] by distance -> [1, n, T, T] by place (Huang et al., 2018)."""
    length = x.shape[2]
    flat = F.pad(F.pad(x, (0, 1)).flatten(2), (0, length - 1))
    return flat.view(1, -1, length + 1, 2 * length - 1)[:, :, :length, length - 1 :]


def _by_distance(x: Tensor) -> Tensor:
    """[1, n, T, T] by place -> [1, n, T, 2T - 1] by distance."""
    length = x.shape[2]
    flat = F.pad(F.pad(x, (0, length - 1)).flatten(2), (length, 0))
    return flat.view(1, -1, length, 2 * length)[..., 1:]


class FeedForward(nn.Module):
    def __init__(self, channels: int, wide: int, kernel: int) -> None:
        super().__init__()
        self.conv_1 = nn.Conv1d(channels, wide, kernel, padding="same")
        self.conv_2 = nn.Conv1d(wide, channels, kernel, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_2(F.relu(self.conv_1(x)))


class Encoder(nn.Module):
    def __init__(self, p: HyperParameters, layers: int, kernel: int) -> None:
        super().__init__()
        size = p.hidden_channels
        self.spk_emb_linear = nn.Linear(p.gin_channels, size)
        self.attn_layers = nn.ModuleList(Attention(size, p.n_heads) for _ in range(layers))
        self.norm_layers_1 = nn.ModuleList(Norm(size) for _ in range(layers))
        self.ffn_layers = nn.ModuleList(
            FeedForward(size, p.filter_channels, kernel) for _ in range(layers)
        )
        self.norm_layers_2 = nn.ModuleList(Norm(size) for _ in range(layers))

    def forward(self, x: Tensor, g: Tensor) -> Tensor:
        for n, attention in enumerate(self.attn_layers):
            if n == 2:
                x = x + self.spk_emb_linear(g.mT).mT
            x = self.norm_layers_1[n](x + attention(x))
            x = self.norm_layers_2[n](x + self.ffn_layers[n](x))
        return x


class TextEncoder(nn.Module):
    def __init__(self, p: HyperParameters) -> None:
        super().__init__()
        size = p.hidden_channels
        self.emb, self.tone_emb, self.language_emb = (nn.Embedding(n, size) for n in (112, 12, 3))
        self.bert_proj = nn.Conv1d(1024, size, 1)
        self.style_proj = nn.Linear(256, size)
        self.encoder = Encoder(p, p.n_layers, p.kernel_size)
        self.proj = nn.Conv1d(size, 2 * p.inter_channels, 1)

    def forward(self, text: TextInput, g: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.emb(text.phones) + self.tone_emb(text.tones) + self.language_emb(text.languages)
        x = x + self.bert_proj(text.bert[None])[0].T + self.style_proj(text.style)
        x = self.encoder((x * math.sqrt(x.shape[1])).T[None], g)
        return x, *self.proj(x).chunk(2, 1)


class Coupling(nn.Module):
    def __init__(self, p: HyperParameters) -> None:
        super().__init__()
        half = p.inter_channels // 2
        self.pre = nn.Conv1d(half, p.hidden_channels, 1)
        self.enc = Encoder(p, p.flow_layers, 5)
        self.post = nn.Conv1d(p.hidden_channels, half, 1)

    def forward(self, x: Tensor, g: Tensor) -> Tensor:
        kept, moved = x.chunk(2, 1)
        return torch.cat((kept, moved - self.post(self.enc(self.pre(kept), g))), 1)


class ResidualBlock(nn.Module):
    def __init__(self, channels: int, kernel: int, dilations: list[int]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=d, padding="same") for d in dilations
        )
        self.convs2 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, padding="same") for _ in dilations
        )

    def forward(self, x: Tensor) -> Tensor:
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            x = x + plain(F.leaky_relu(dilated(F.leaky_relu(x, 0.1)), 0.1))
        return x


class Decoder(nn.Module):
    def __init__(self, p: HyperParameters) -> None:
        super().__init__()
        wide = p.upsample_initial_channel
        self.conv_pre = nn.Conv1d(p.inter_channels, wide, 7, padding=3)
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        for rate, kernel in zip(p.upsample_rates, p.upsample_kernel_sizes, strict=True):
            cut = (kernel - rate) // 2
            self.ups.append(nn.ConvTranspose1d(wide, wide // 2, kernel, rate, padding=cut))
            wide //= 2
            for size, dilations in zip(
                p.resblock_kernel_sizes, p.resblock_dilation_sizes, strict=True
            ):
                self.resblocks.append(ResidualBlock(wide, size, list(dilations)))
        self.conv_post = nn.Conv1d(wide, 1, 7, padding=3, bias=False)
        self.cond = nn.Conv1d(p.gin_channels, p.upsample_initial_channel, 1)

    def forward(self, z: Tensor, g: Tensor) -> Tensor:
        x = self.conv_pre(z) + self.cond(g)
        each = len(self.resblocks) // len(self.ups)
        for n, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            blocks = self.resblocks[n * each : (n + 1) * each]
            x = torch.stack([block(x) for block in blocks]).mean(0)
        return torch.tanh(self.conv_post(F.leaky_relu(x)))[0, 0]


class Voice(nn.Module):
    """A JP-Extra voice with ResBlock1."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        p = read_hyper_parameters(folder / "config.json")
        self.enc_p = TextEncoder(p)
        self.sdp = StochasticDurationPredictor(p.hidden_channels, p.gin_channels)
        self.dp = DurationPredictor(p.hidden_channels, p.gin_channels)
        self.flow = nn.ModuleDict(
            {"flows": nn.ModuleDict({n: Coupling(p) for n in ("0", "2", "4", "6")})}
        )
        self.dec = Decoder(p)
        self.emb_g = nn.Embedding(p.n_speakers, p.gin_channels)
        self.load_state_dict(_folded(safetensors.torch.load_file(_weights(folder))), strict=False)

    def speak(self, text: TextInput, generator: torch.Generator) -> Tensor:
        """Samples; draws noise in Luna's order."""
        g = self.emb_g.weight[0][None, :, None]
        hidden, mean, logs = self.enc_p(text, g)
        return self.dec(self.latent(hidden, mean, logs, g, generator), g)

    def latent(
        self, hidden: Tensor, mean: Tensor, logs: Tensor, g: Tensor, generator: torch.Generator
    ) -> Tensor:
        noise = torch.randn(1, 2, hidden.shape[2], generator=generator).to(hidden.device) * 0.8
        log_durations = self.sdp(hidden, g, noise) * 0.2 + self.dp(hidden, g) * 0.8
        ends = log_durations.exp().ceil().cumsum(0)
        frames = torch.arange(int(ends[-1]), device=hidden.device)
        reached = (frames < ends[:, None]).float()  # [T, T']
        path = reached - F.pad(reached, (0, 0, 1, 0))[:-1]
        mean, logs = mean @ path, logs @ path
        noise = torch.randn(mean.shape, generator=generator).to(hidden.device)
        z = mean + noise * logs.exp() * 0.6
        for name in ("6", "4", "2", "0"):
            z = self.flow["flows"][name](z.flip(1), g)
        return z


def _weights(folder: Path) -> Path:
    return next(folder.glob("*.safetensors"))


def _folded(state: dict[str, Tensor]) -> dict[str, Tensor]:
    for name in [n[:-2] for n in state if n.endswith("_g")]:
        g, v = state.pop(f"{name}_g"), state.pop(f"{name}_v")
        state[name] = g * v / torch.linalg.vector_norm(v, dim=list(range(1, v.ndim)), keepdim=True)
    return state
