"""config.json of a DeBERTa-v2 -> `DebertaConfig`, or an error that says what does not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from luna_tts.errors import InvalidConfig

UNUSED_LAYERS: Final = 2
"""The feature is hidden_states[-3]; what comes after it is neither read nor run."""
_CURE: Final = "download this model once more, or another DeBERTa-v2"
_FIXED: Final[Mapping[str, tuple[object, ...]]] = {
    "hidden_act": ("gelu",),
    "relative_attention": (True,),
    "share_att_key": (True,),
    "position_biased_input": (False,),
    "type_vocab_size": (0,),
    "conv_act": ("gelu", "relu", "tanh"),
    "norm_rel_ebd": ("layer_norm", "none"),
}
"""Variants of the architecture that `Deberta` speaks; the first is what absence means here."""


@dataclass(frozen=True, slots=True)
class DebertaConfig:
    """The shape of a DeBERTa-v2."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    head_size: int
    intermediate_size: int
    layer_norm_eps: float
    position_buckets: int
    """Rows for one direction of relative positions; <= 0: one a distance, up to `max_relative`."""
    max_relative: int
    """The distance beyond which all tokens are equally far."""
    normalizes_positions: bool
    conv_kernel_size: int
    """0 = no convolution."""
    conv_act: str

    @property
    def span(self) -> int:
        """Rows of relative positions in one direction."""
        return self.position_buckets if self.position_buckets > 0 else self.max_relative


def read_deberta_config(file: Path) -> DebertaConfig:
    """Reads a config.json. Raises `InvalidConfig` with the key that does not fit."""
    values = _read(file)
    for key, known in _FIXED.items():
        if values.get(key, known[0]) not in known:
            raise InvalidConfig(file, key, f"is {_short(values[key])}, not {known[0]!r}", _CURE)
    _check_attention(file, values)
    hidden = _whole(file, values, "hidden_size")
    heads = _whole(file, values, "num_attention_heads")
    furthest = _whole(file, values, "max_relative_positions", -1, low=-1)
    config = DebertaConfig(
        vocab_size=_whole(file, values, "vocab_size"),
        hidden_size=hidden,
        num_hidden_layers=_whole(file, values, "num_hidden_layers", low=UNUSED_LAYERS),
        num_attention_heads=heads,
        head_size=_whole(file, values, "attention_head_size", hidden // heads),
        intermediate_size=_whole(file, values, "intermediate_size"),
        layer_norm_eps=_positive(file, values, "layer_norm_eps", 1e-7),
        position_buckets=_whole(file, values, "position_buckets", -1, low=-1),
        max_relative=furthest
        if furthest > 0
        else _whole(file, values, "max_position_embeddings", 512),
        normalizes_positions=values.get("norm_rel_ebd", "none") == "layer_norm",
        conv_kernel_size=_whole(file, values, "conv_kernel_size", 0, low=0),
        conv_act=str(values.get("conv_act", "tanh")),
    )
    _check_ranges(file, config)
    return config


def _read(file: Path) -> Mapping[str, object]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidConfig(file, "text", "is not JSON", _CURE) from error
    if not isinstance(values, dict):
        raise InvalidConfig(file, "text", "is not a JSON object", _CURE)
    return values


def _check_attention(file: Path, values: Mapping[str, object]) -> None:
    """pos_att_type is a list, or names joined by "|"; both directions are needed."""
    kinds = values.get("pos_att_type")
    names = kinds.split("|") if isinstance(kinds, str) else kinds
    if not isinstance(names, list) or set(map(str, names)) != {"p2c", "c2p"}:
        raise InvalidConfig(file, "pos_att_type", f"is {_short(kinds)}, not p2c and c2p", _CURE)


def _check_ranges(file: Path, config: DebertaConfig) -> None:
    if config.conv_kernel_size and config.conv_kernel_size % 2 == 0:
        raise InvalidConfig(file, "conv_kernel_size", "is even", _CURE)
    near = config.position_buckets // 2
    if config.position_buckets > 0 and not 1 <= near < config.max_relative - 1:
        problem = f"is {config.position_buckets}, too many or too few for the positions there are"
        raise InvalidConfig(file, "position_buckets", problem, _CURE)


def _whole(
    file: Path, values: Mapping[str, object], key: str, default: int | None = None, low: int = 1
) -> int:
    value = values.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= 1_000_000:
        raise InvalidConfig(file, key, f"is {_short(value)}, no whole number from {low}", _CURE)
    return value


def _positive(file: Path, values: Mapping[str, object], key: str, default: float) -> float:
    value = values.get(key, default)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1:
        raise InvalidConfig(file, key, f"is {_short(value)}, not between 0 and 1", _CURE)
    return float(value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "..."
