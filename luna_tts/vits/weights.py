"""From a weights file to a network that is ready, with each weight in memory once.

The network is built without memory (torch's meta device); then one tensor after the other takes its
place in it, packed where that is faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from luna_tts.errors import InvalidWeights
from luna_tts.hyper_parameters import HyperParameters
from luna_tts.modules import converted, is_scales, weight_of
from luna_tts.packed_weights import filled
from luna_tts.precision import EXACT, Arithmetic, fine_enough
from luna_tts.tensor_files import TensorFile, open_tensor_file
from luna_tts.vits.self_check import LEAST_SNR, audio_signal_to_noise
from luna_tts.vits.synthesizer import Synthesizer, weight_dtype
from luna_tts.weight_cache import Form, KeptWeights, Weights

Shape = tuple[int, ...]


def load_synthesizer(
    weights: Path,
    parameters: HyperParameters,
    device: torch.device | str = "cpu",
    arithmetic: Arithmetic = EXACT,
) -> Synthesizer:
    """The network of a voice with its weights on `device`.

    Flow and decoder compute in `arithmetic`, or in a finer one where that would lose too much.
    Tensors that inference does not need (enc_q, iteration, the training half of sdp) are not read.
    Raises `InvalidVoice` for a broken file, `InvalidWeights` where it does not fit `parameters`.
    """
    fill = partial(_filled, parameters, weights, device)
    return fine_enough(
        fill, arithmetic, weights,
        exact=lambda rounded: None if rounded == EXACT else EXACT,
        measure=audio_signal_to_noise,
        least=LEAST_SNR,
    )  # fmt: skip


def _filled(
    parameters: HyperParameters,
    source: Path,
    device: torch.device | str,
    arithmetic: Arithmetic,
    kept: KeptWeights | None = None,
) -> Synthesizer:
    build = partial(Synthesizer, parameters, int8=arithmetic.int8)
    dtype = partial(weight_dtype, dtype=arithmetic.dtype)
    return filled(build, dtype, partial(_read, source), device, kept)


def _check_shapes(wanted: Mapping[str, Shape], file: TensorFile, weights: Path) -> None:
    """Raises `InvalidWeights` with all tensors that are missing or misshapen."""
    shapes = file.shapes
    sources = {source: shape for name in wanted for source, shape in _sources(name, wanted, shapes)}
    missing = [name for name in sources if name not in shapes]
    misshapen = [name for name in sources if name in shapes and shapes[name] != sources[name]]
    if missing or misshapen:
        raise InvalidWeights(weights, missing, misshapen, ())


def _sources(
    name: str, wanted: Mapping[str, Shape], shapes: Mapping[str, Shape]
) -> Iterator[tuple[str, Shape]]:
    """The tensors in the file, with their shapes, from which the weight `name` is made."""
    shape = wanted[name]
    if not _is_normed(name, shapes):
        yield name, shape
        return
    # One length for each row of dimension 0: that of a transposed convolution is its input.
    yield f"{name}_g", (shape[0],) + (1,) * (len(shape) - 1)
    yield f"{name}_v", shape


def _is_normed(name: str, shapes: Mapping[str, Shape]) -> bool:
    return name not in shapes and (f"{name}_g" in shapes or f"{name}_v" in shapes)


def _read(weights: Path, form: Form) -> Weights:
    """Every weight, folded. Raises `InvalidWeights` at the end for all."""
    not_finite: dict[str, None] = {}
    wanted = {name: shape for name, (shape, _) in form.items() if not is_scales(name)}
    with open_tensor_file(weights) as file:
        _check_shapes(wanted, file, weights)
        shapes = file.shapes
        for name, (_, dtype) in form.items():
            source = weight_of(name)
            weight = _folded(source, file) if _is_normed(source, shapes) else file.read(source)
            # A sum is finite only if all its terms are, and costs a fraction of asking each.
            if not weight.sum().isfinite():
                not_finite[source] = None
            weight = converted(name, weight, dtype)
            own = torch.empty(weight.shape, dtype=weight.dtype)
            yield name, own.copy_(weight)
    if not_finite:
        raise InvalidWeights(weights, (), (), tuple(not_finite))


def _folded(name: str, file: TensorFile) -> Tensor:
    """A weight-normed weight: g * v / |v|, with the norm over all but dimension 0.

    Salimans, Kingma, "Weight Normalization" (2016), equation 2.
    """
    wanted = file.read(f"{name}_g").clone()
    direction = file.read(f"{name}_v")
    length = torch.linalg.vector_norm(direction, dim=list(range(1, direction.ndim)), keepdim=True)
    return direction.mul_(wanted / length)
