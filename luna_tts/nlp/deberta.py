"""DeBERTa-v2 as a feature extractor: a text's tokens -> hidden_states[-3], one row a token.

The mathematics is He et al., "DeBERTa: Decoding-enhanced BERT with Disentangled Attention" (2021),
section 3, with the shared position projections, logarithmic position buckets and the convolution
of version 2. Two things make it cheap: the last two layers and the language-model head are neither
read nor run, and projections of relative positions, which depend on weights alone and cost more
than a whole short line, are made once (deberta_weights.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from luna_tts.few_lengths import TOKENS, padded
from luna_tts.modules import Embedding, FrameConv1d, LayerNorm, Linear, use_8_bits
from luna_tts.nlp.deberta_config import UNUSED_LAYERS, DebertaConfig
from luna_tts.together import Together

_RECORDED: Final = 256
"""Longer texts are large enough to keep a card busy while Python asks for the next step."""
_CONV_ACTIVATIONS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "gelu": F.gelu,
    "relu": F.relu,
    "tanh": torch.tanh,
}


class Deberta(nn.Module):
    """The layers up to hidden_states[-3]. Built without weights; `load_deberta` fills it.

    What is added up from layer to layer stays float32, so that little is lost where the products
    are computed in less.
    """

    def __init__(self, config: DebertaConfig, *, int8: bool = False) -> None:
        """`int8`: the layers' products will be in 8 bits."""
        super().__init__()
        hidden = config.hidden_size
        norm = partial(LayerNorm, hidden, eps=config.layer_norm_eps)
        self.config = config
        self.embedding = Embedding(config.vocab_size, hidden)
        self.embedding_norm = norm()
        layers = config.num_hidden_layers - UNUSED_LAYERS
        self.layers = nn.ModuleList(Layer(config) for _ in range(layers))
        self.conv = Convolution(config) if config.conv_kernel_size else None
        self._together = Together()
        for module in self.layers.modules() if int8 else ():
            if isinstance(module, Linear):
                use_8_bits(module)

    def forward(self, ids: Sequence[int]) -> Tensor:
        """Features of the tokens `ids` [n], each in [0, vocab_size): [n, hidden_size], float32."""
        return self.ask(ids)()

    @torch.inference_mode()
    def ask(self, ids: Sequence[int]) -> Callable[[], Tensor]:
        """The same when it is needed."""
        device, count = self.embedding.weight.device, len(ids)
        tokens = padded(torch.tensor(ids, device=device), TOKENS)
        columns, reached = self.position_columns(len(tokens), device)

        def work(tokens: Tensor, columns: Tensor, length: Tensor) -> tuple[Tensor]:
            return (self.features(tokens, columns, reached, length),)

        length = torch.tensor([count], device=device)
        key = len(tokens) if count <= _RECORDED else None
        asked = self._together.ask(key, work, tokens, columns, length)
        return lambda: asked.result()[0][:count]

    def features(
        self, tokens: Tensor, columns: Tensor, reached: slice, length: Tensor | None = None
    ) -> Tensor:
        """Of the tokens [n], `length` [1] of which there really are."""
        rows = None
        if length is not None:
            rows = torch.arange(len(tokens), device=length.device)[:, None] < length
        embedded = self.embedding_norm(self.embedding(tokens).float())
        if rows is not None:
            embedded = embedded * rows
        hidden: Tensor = embedded
        for index, layer in enumerate(self.layers):
            hidden = layer(hidden, columns, reached, rows)
            if index == 0 and self.conv is not None:
                hidden = self.conv(embedded, hidden)
        return hidden

    def position_columns(self, length: int, device: torch.device) -> tuple[Tensor, slice]:
        """Which row of the projected positions belongs to tokens i, j: [length, length], int64.

        Counted within `reached`, the rows that this length needs; short lines use few of them.
        """
        config = self.config
        buckets = position_buckets(length, config.position_buckets, config.max_relative)
        rows = (buckets + config.span).clamp(0, 2 * config.span - 1)  # of i - j = 1 - n ... n - 1
        place = torch.arange(length)
        columns = rows[place[:, None] - place + length - 1]
        reached = slice(int(rows[0]), int(rows[-1]) + 1)
        return (columns - reached.start).to(device), reached


class Layer(nn.Module):
    """A transformer layer, normalized after each residual."""

    def __init__(self, config: DebertaConfig) -> None:
        super().__init__()
        norm = partial(LayerNorm, config.hidden_size, eps=config.layer_norm_eps)
        self.attention = Attention(config)
        self.attention_norm = norm()
        self.up = Linear(config.hidden_size, config.intermediate_size)
        self.down = Linear(config.intermediate_size, config.hidden_size)
        self.output_norm = norm()

    def forward(
        self, x: Tensor, columns: Tensor, reached: slice, rows: Tensor | None = None
    ) -> Tensor:
        """[n, hidden] -> [n, hidden]."""
        x = self.attention_norm(x + self.attention(x, columns, reached, rows))
        output: Tensor = self.output_norm(x + self.down(self.up(x, "gelu")))
        return output


class Attention(nn.Module):
    """Disentangled self-attention (equations 2 to 4): content and relative position apart."""

    def __init__(self, config: DebertaConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.head_size = config.head_size
        self.scale = attention_scale(config)
        self.qkv = Linear(config.hidden_size, 3 * self.heads * self.head_size)
        self.out = Linear(self.heads * self.head_size, config.hidden_size)
        tables = (2 * config.span, self.heads, self.head_size)
        self.position_keys = nn.Parameter(torch.empty(tables))
        """K_r, projected for each relative position."""
        self.position_queries = nn.Parameter(torch.empty(tables))
        """Q_r, the same, and scaled."""

    def forward(
        self, x: Tensor, columns: Tensor, reached: slice, rows: Tensor | None = None
    ) -> Tensor:
        """[n, hidden] -> [n, hidden]; `columns` [n, n] counts position rows within `reached`.

        `rows`, bool [n, 1]: which tokens there really are; `None` = all.
        """
        queries, keys, values = self._project(x)
        queries = queries * self.scale
        to_position = queries @ self.position_keys[reached].to(x.dtype).permute(1, 2, 0)
        from_position = keys @ self.position_queries[reached].to(x.dtype).permute(1, 2, 0)
        index = columns.expand(self.heads, -1, -1)
        scores = queries @ keys.mT
        scores += to_position.gather(-1, index)
        scores += from_position.gather(-1, index.mT).mT
        if rows is not None:
            scores.masked_fill_(~rows.T, -math.inf)
        context = scores.softmax(-1) @ values
        attended: Tensor = self.out(context.transpose(0, 1).flatten(1))
        return attended

    def _project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of `x` [n, hidden], [heads, n, head_size], as exact as x."""
        split = self.qkv(x).to(x.dtype).view(len(x), 3, self.heads, self.head_size)
        queries, keys, values = split.permute(1, 2, 0, 3)
        return queries, keys, values


class Convolution(nn.Module):
    """Version 2's addition to the first layer: what neighbouring tokens are."""

    def __init__(self, config: DebertaConfig) -> None:
        super().__init__()
        hidden, kernel = config.hidden_size, config.conv_kernel_size
        self.conv = FrameConv1d(hidden, hidden, kernel)
        self.norm = LayerNorm(hidden, eps=config.layer_norm_eps)
        self.activation = _CONV_ACTIVATIONS[config.conv_act]

    def forward(self, embedded: Tensor, output: Tensor) -> Tensor:
        """Adds the convolved embeddings [n, hidden] to the first layer's output [n, hidden]."""
        mixed: Tensor = self.norm(output + self.activation(self.conv(embedded)))
        return mixed


def attention_scale(config: DebertaConfig) -> float:
    """What queries are multiplied by."""
    # Three terms of equal variance are added: content to content, and to position, and back.
    return 1 / math.sqrt(3 * config.head_size)


def position_buckets(length: int, buckets: int, furthest: int) -> Tensor:
    """Buckets of the distances 1 - length ... length - 1, int64, [2 * length - 1].

    Distances up to buckets / 2 have one each, greater ones share in proportion to their logarithm
    up to `furthest`; without buckets (<= 0) a distance is its own. In float32, as when trained:
    the borders depend on rounding.
    """
    distance = torch.arange(1 - length, length)
    if buckets <= 0:
        return distance
    near = buckets // 2
    ratio = torch.log(distance.abs().clamp(min=near) / near) / torch.log(
        torch.tensor((furthest - 1) / near)
    )
    far = torch.ceil(ratio * (near - 1)).long() + near
    return torch.where(distance.abs() <= near, distance, distance.sign() * far)
