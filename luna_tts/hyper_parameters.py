"""What config.json of a voice says about its network, checked once, at the border.

A config comes from a stranger's training run: whatever is wrong with it is told here, in one
sentence with file, key and cure, and not by a tensor operation three rooms further on.
"""

from __future__ import annotations

import math
import reprlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from luna_tts.errors import InvalidConfig, InvalidVoice
from luna_tts.strict_json import parse_object

CONFIG_FILE: Final = "config.json"
MAX_CONFIG_BYTES: Final = 1 << 20
"""A config with ten thousand speakers has a third of this."""

_CURE = "correct it, or copy config.json once more from where the voice came from"
_MAX_NAME = 200
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
_RESBLOCK_DILATIONS = {"1": 3, "2": 2}


@dataclass(frozen=True, slots=True)
class HyperParameters:
    """Everything that shapes inference. The names are those of config.json."""

    model_name: str
    version: str
    sampling_rate: int
    """Hertz of the waveform."""
    hop_length: int
    """Samples per frame, the product of `upsample_rates`."""
    add_blank: bool
    """A blank symbol stands between all phones."""
    n_speakers: int
    spk2id: Mapping[str, int]
    num_styles: int
    style2id: Mapping[str, int]
    inter_channels: int
    hidden_channels: int
    filter_channels: int
    n_heads: int
    n_layers: int
    kernel_size: int
    resblock: str
    """HiFi-GAN's residual block, "1" or "2"."""
    resblock_kernel_sizes: tuple[int, ...]
    resblock_dilation_sizes: tuple[tuple[int, ...], ...]
    upsample_rates: tuple[int, ...]
    upsample_initial_channel: int
    upsample_kernel_sizes: tuple[int, ...]
    gin_channels: int

    @property
    def architecture(self) -> HyperParameters:
        """The same without names and numbers of speakers and styles: how the network computes."""
        return replace(self, model_name="", n_speakers=1, spk2id={}, num_styles=1, style2id={})

    @property
    def jp_extra(self) -> bool:
        """Japanese only, one BERT slot; otherwise the base network with three."""
        return self.version.endswith("JP-Extra")

    @property
    def flow_layers(self) -> int:
        """Transformer layers of each flow coupling: not in the config, fixed by the version."""
        return 6 if self.jp_extra else 4


def read_hyper_parameters(file: Path) -> HyperParameters:
    """Reads a config.json.

    Raises `InvalidVoice`, mostly its child `InvalidConfig`, for anything that is wrong with it.
    """
    try:
        # Anything but a regular file, a pipe for instance, could keep the reader waiting for ever.
        if not file.is_file():
            raise InvalidVoice(file, "is not there", "a voice folder needs its config.json")
        with file.open("rb") as opened:
            data = opened.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise InvalidVoice(file, problem, "check who may read it") from error
    return parse_hyper_parameters(data, file)


def parse_hyper_parameters(data: bytes, file: Path) -> HyperParameters:
    """Checks the content of a config.json; `file` is named in errors. Raises `InvalidVoice`."""
    if len(data) > MAX_CONFIG_BYTES:
        raise InvalidVoice(file, f"is larger than {MAX_CONFIG_BYTES:,} bytes", _CURE)
    try:
        top = _Section(file, "", parse_object(data))
    except ValueError as error:
        raise InvalidVoice(file, str(error), _CURE) from error
    found = _parse(top, top.section("data"), top.section("model"))
    _check_names(found, file)
    _check_channels(found, file)
    _check_decoder(found, file)
    return found


def _parse(top: _Section, data: _Section, model: _Section) -> HyperParameters:
    """Types and ranges, each key on its own; a missing key has its default."""
    return HyperParameters(
        model_name=top.text("model_name", "Dummy"),
        version=top.text("version", "2.0-JP-Extra"),
        sampling_rate=data.integer("sampling_rate", 44100, 8000, 192_000),
        hop_length=data.integer("hop_length", 512, 1, 8192),
        add_blank=data.flag("add_blank", True),
        n_speakers=data.integer("n_speakers", 1, 1, 65_536),
        spk2id=data.ids("spk2id", {"Dummy": 0}),
        num_styles=data.integer("num_styles", 1, 1, 4096),
        style2id=data.ids("style2id", {"Neutral": 0}),
        inter_channels=model.integer("inter_channels", 192, 2, 4096),
        hidden_channels=model.integer("hidden_channels", 192, 1, 4096),
        filter_channels=model.integer("filter_channels", 768, 1, 16_384),
        n_heads=model.integer("n_heads", 2, 1, 64),
        # The speaker enters the encoders in front of their third layer.
        n_layers=model.integer("n_layers", 6, 3, 64),
        kernel_size=model.integer("kernel_size", 3, 1, 63),
        resblock=model.choice("resblock", "1", tuple(_RESBLOCK_DILATIONS)),
        resblock_kernel_sizes=model.integers("resblock_kernel_sizes", (3, 7, 11), 1, 63),
        resblock_dilation_sizes=model.rows("resblock_dilation_sizes", ((1, 3, 5),) * 3, 1, 64),
        upsample_rates=model.integers("upsample_rates", (8, 8, 2, 2, 2), 1, 512),
        upsample_initial_channel=model.integer("upsample_initial_channel", 512, 2, 8192),
        upsample_kernel_sizes=model.integers("upsample_kernel_sizes", (16, 16, 8, 2, 2), 1, 1024),
        gin_channels=model.integer("gin_channels", 512, 1, 4096),
    )


def _check_names(found: HyperParameters, file: Path) -> None:
    if len(found.style2id) != found.num_styles:
        problem = f"names {len(found.style2id)} styles where data.num_styles is {found.num_styles}"
        raise InvalidConfig(file, "data.style2id", problem, _CURE)
    for key, ids, count in (
        ("data.style2id", found.style2id, found.num_styles),
        ("data.spk2id", found.spk2id, found.n_speakers),
    ):
        if beyond := [name for name, number in ids.items() if number >= count]:
            problem = f"numbers {_shown(beyond[0])} {ids[beyond[0]]} where there are {count}"
            raise InvalidConfig(file, key, problem, _CURE)


def _check_channels(found: HyperParameters, file: Path) -> None:
    if found.inter_channels % 2:
        raise InvalidConfig(file, "model.inter_channels", "is odd: a flow splits it in half", _CURE)
    if found.hidden_channels % found.n_heads:
        problem = f"is {found.n_heads}, no divisor of the {found.hidden_channels} hidden_channels"
        raise InvalidConfig(file, "model.n_heads", problem, _CURE)


def _check_decoder(found: HyperParameters, file: Path) -> None:
    rates, kernels = found.upsample_rates, found.upsample_kernel_sizes
    if math.prod(rates) != found.hop_length:
        problem = f"multiplies to {math.prod(rates)} where data.hop_length is {found.hop_length}"
        raise InvalidConfig(file, "model.upsample_rates", problem, _CURE)
    if len(kernels) != len(rates) or any(k < u for k, u in zip(kernels, rates, strict=True)):
        problem = "has to hold one kernel for each of upsample_rates, none shorter than its rate"
        raise InvalidConfig(file, "model.upsample_kernel_sizes", problem, _CURE)
    if found.upsample_initial_channel >> len(rates) == 0:
        problem = f"cannot be halved {len(rates)} times"
        raise InvalidConfig(file, "model.upsample_initial_channel", problem, _CURE)
    if any(kernel % 2 == 0 for kernel in found.resblock_kernel_sizes):
        raise InvalidConfig(file, "model.resblock_kernel_sizes", "holds an even number", _CURE)
    least = _RESBLOCK_DILATIONS[found.resblock]
    rows = found.resblock_dilation_sizes
    if len(rows) != len(found.resblock_kernel_sizes) or any(len(row) < least for row in rows):
        problem = f"has to hold {least} numbers for each of resblock_kernel_sizes"
        raise InvalidConfig(file, "model.resblock_dilation_sizes", problem, _CURE)


@dataclass(frozen=True, slots=True)
class _Section:
    """One object of the config, read key by key. Every method raises `InvalidConfig`."""

    file: Path
    name: str
    values: Mapping[str, Any]

    def section(self, key: str) -> _Section:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, value, "an object")
        return _Section(self.file, f"{self.name}{key}.", value)

    def text(self, key: str, default: str) -> str:
        value = self.values.get(key, default)
        if not is_name(value):
            raise self._wrong(key, value, f"a string of at most {_MAX_NAME} characters")
        return str(value)

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.values.get(key, default)
        if value not in choices:
            raise self._wrong(key, value, " or ".join(f'"{choice}"' for choice in choices))
        return str(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        value = self.values.get(key, default)
        if not _is_integer(value, low, high):
            raise self._wrong(key, value, f"a whole number from {low} to {high}")
        return int(value)

    def integers(
        self, key: str, default: tuple[int, ...], low: int, high: int, most: int = 12
    ) -> tuple[int, ...]:
        value = self.values.get(key, default)
        if not _is_list(value, most) or not all(_is_integer(item, low, high) for item in value):
            raise self._wrong(key, value, f"1 to {most} whole numbers from {low} to {high}")
        return tuple(value)

    def rows(
        self, key: str, default: tuple[tuple[int, ...], ...], low: int, high: int, most: int = 12
    ) -> tuple[tuple[int, ...], ...]:
        value = self.values.get(key, default)
        if not _is_list(value, most):
            raise self._wrong(key, value, f"1 to {most} lists of whole numbers")
        rows = _Section(self.file, self.name, {f"{key}[{i}]": row for i, row in enumerate(value)})
        return tuple(rows.integers(name, (), low, high, most) for name in rows.values)

    def ids(self, key: str, default: dict[str, int]) -> dict[str, int]:
        """Names with their numbers; in the order of the file, which people know."""
        value = self.values.get(key, default)
        if not isinstance(value, dict) or not value or not all(map(is_name, value)):
            raise self._wrong(key, value, "an object with short names as keys")
        for name, number in value.items():
            if not _is_integer(number, 0, 1 << 20):
                raise self._wrong(f"{key}.{_shown(name)}", number, "a whole number from 0")
        return dict(value)

    def _wrong(self, key: str, value: object, wanted: str) -> InvalidConfig:
        problem = f"is {_shown(value)} and has to be {wanted}"
        return InvalidConfig(self.file, f"{self.name}{key}", problem, _CURE)


def _is_integer(value: object, low: int, high: int) -> bool:
    # bool is a subclass of int: `true` layers are no layers.
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_list(value: object, most: int) -> bool:
    return isinstance(value, list | tuple) and 1 <= len(value) <= most


def is_name(value: object) -> bool:
    """Fit to be shown in a list: no line break, no control character, no half surrogate pair."""
    if not isinstance(value, str) or not 1 <= len(value) <= _MAX_NAME:
        return False
    return not any(unicodedata.category(char) in _UNPRINTABLE for char in value)


def _shown(value: object) -> str:
    """Short, whatever it is, and in ASCII, so that no encoding of a log fails at it."""
    return reprlib.repr(value).encode("ascii", "backslashreplace").decode()
