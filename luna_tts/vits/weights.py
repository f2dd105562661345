"""From a weights file to a network that is ready, with each weight in memory once.

The network is built without memory (torch's meta device); then each tensor is read and moved to
its device one by one, and takes its place in the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from luna_tts.errors import InvalidWeights
from luna_tts.hyper_parameters import HyperParameters
from luna_tts.modules import assign
from luna_tts.tensor_files import TensorFile, open_tensor_file
from luna_tts.vits.layers import channels_last, row_weights
from luna_tts.vits.self_check import LEAST_SNR, signal_to_noise
from luna_tts.vits.synthesizer import Synthesizer, weight_dtype
from luna_tts.weight_cache import KeptWeights

Shape = tuple[int, ...]

_GOOD = "good"
"""Where a kept file tells whether its precision is good enough: yes or no."""


def load_synthesizer(
    weights: Path,
    parameters: HyperParameters,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Synthesizer:
    """The network of a voice with its weights on `device`; flow and decoder compute in `dtype`.

    In float32 after all where too much would be lost; the first load measures that and keeps what
    it made, so that later ones are quick. Tensors that inference does not need (enc_q, iteration,
    the training half of sdp) are not read.
    Raises `InvalidVoice` for a broken file, `InvalidWeights` where it does not fit `parameters`.
    """
    network = _without_weights(parameters)
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    kept = KeptWeights(weights, str(dtype).removeprefix("torch."))
    with kept.open(wanted) as file:
        if file is not None and file.notes.get(_GOOD, "yes") == "yes":
            return _filled(network, ((n, file.read_exactly(n)) for n in wanted), device)
        if file is not None:
            return load_synthesizer(weights, parameters, device)
    with open_tensor_file(weights) as source:
        _check_shapes(wanted, source, weights)
        exact = {name: weight.clone() for name, weight in _read(wanted, source, weights)}
    state = {name: weight.to(weight_dtype(name, dtype)) for name, weight in exact.items()}
    _filled(network, state.items(), device)
    if dtype == torch.float32:
        kept.write(state, {})
        return network
    careful = _filled(_without_weights(parameters), exact.items(), device)
    found = signal_to_noise(network, careful)
    good = found >= LEAST_SNR
    kept.write(state, {_GOOD: "yes" if good else "no"})
    return network if good else careful


def _without_weights(parameters: HyperParameters) -> Synthesizer:
    with torch.device("meta"):
        return Synthesizer(parameters).requires_grad_(False).eval()


def _filled(
    network: Synthesizer, weights: Iterable[tuple[str, Tensor]], device: torch.device | str
) -> Synthesizer:
    """Each weight copied to its device, in the layout in which it is read there."""
    rows, place = row_weights(network), torch.device(device)
    for name, weight in weights:
        assign(network, name, _placed(weight, name in rows, place))
    return network


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


def _read(
    wanted: Mapping[str, Shape], file: TensorFile, weights: Path
) -> Iterator[tuple[str, Tensor]]:
    """Every weight, folded. Raises `InvalidWeights` at the end for all."""
    shapes = file.shapes
    not_finite: list[str] = []
    for name in wanted:
        weight = _folded(name, file) if _is_normed(name, shapes) else file.read(name)
        # A sum is finite only if all its terms are, and costs a fraction of asking each.
        if not weight.sum().isfinite():
            not_finite.append(name)
        yield name, weight
    if not_finite:
        raise InvalidWeights(weights, (), (), not_finite)


def _placed(weight: Tensor, is_row: bool, device: torch.device) -> Tensor:
    """A copy where it is needed, and in the layout in which it is read."""
    if device.type != "cpu":
        return weight.to(device)
    return channels_last(weight) if is_row else weight.clone()


def _folded(name: str, file: TensorFile) -> Tensor:
    """A weight-normed weight: g * v / |v|, with the norm over all but dimension 0.

    Salimans, Kingma, "Weight Normalization" (2016), equation 2.
    """
    wanted = file.read(f"{name}_g").clone()
    direction = file.read(f"{name}_v")
    length = torch.linalg.vector_norm(direction, dim=list(range(1, direction.ndim)), keepdim=True)
    return direction.mul_(wanted / length)
