"""A network gets its weights, in the order in which oneDNN multiplies with them fastest.

Bringing them into it takes a second for a BERT. So what is kept beside a voice (weight_cache.py) is
that order, and a later start maps it into memory, where it is used as it lies.

PyTorch has no public way to make a packed weight of bytes. AOTInductor's C interface has one, and
keeps to it from release to release; where it is missing, weights are kept as they are and packed at
each start. What the bytes mean is never read from a file: it is asked of a weight of zeros that is
packed here and now, so that no file can make oneDNN read beyond its memory, and what another
processor or another oneDNN packed is made anew.
"""

from __future__ import annotations

import ctypes
import hashlib
import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from torch import Tensor, nn

from luna_tts.modules import Packs, assign, in_8_bits
from luna_tts.weight_cache import Form, KeptWeights, Weights

Network = TypeVar("Network", bound=nn.Module)

_LIBRARIES: Final = {"win32": "torch_cpu.dll", "darwin": "libtorch_cpu.dylib"}
_LIBRARY: Final = "libtorch_cpu.so"


def filled(
    build: Callable[[], Network],
    dtype: Callable[[str], torch.dtype],
    read: Callable[[Form], Weights],
    device: torch.device | str,
    kept: KeptWeights | None = None,
) -> Network:
    """What `build` gives, with its weights on `device`, each in memory once.

    Args:
        build: a network whose weights are still to come; it is called on the meta device.
        dtype: the precision of the weight of that name, where no 8 bits were asked for.
        read: makes the weights of a form, in its order.
        device: where they are to be.
        kept: where they are kept, packed, for the next time.
    """
    with torch.device("meta"):
        network = build().requires_grad_(False).eval()
    form = _form(network, dtype)
    _fill(network, form, partial(read, form), device, kept)
    return network


def _form(network: nn.Module, dtype: Callable[[str], torch.dtype]) -> Form:
    packing = _packing(network)
    # Sums in 8 bits come out as float32, and their biases are added to them.
    whole = {name.removesuffix("weight") for name, m in packing.items() if in_8_bits(m)}

    def numbers(name: str, value: Tensor) -> torch.dtype:
        if value.dtype == torch.int8:
            return value.dtype
        return torch.float32 if name.removesuffix("bias") in whole else dtype(name)

    weights = network.state_dict()
    return {name: (tuple(value.shape), numbers(name, value)) for name, value in weights.items()}


def _fill(
    network: nn.Module,
    form: Form,
    make: Callable[[], Weights],
    device: torch.device | str,
    kept: KeptWeights | None,
) -> None:
    """Gives each weight of `form` its place on `device`: what was kept, else what `make` gives."""
    if kept is None or torch.device(device).type != "cpu" or _library() is None:
        for name, weight in kept.weights(form, make) if kept else make():
            assign(network, name, weight.to(device))
        return
    packing = _packing(network)
    likes = _likes(packing, form)

    def packed() -> Weights:
        for name, weight in make():
            order = packing[name].reordered(weight) if name in likes else None
            yield name, weight if order is None else _memory(order)

    sizes = {name: ((_size(like),), torch.uint8) for name, like in likes.items()}
    for name, weight in kept.weights({**form, **sizes}, packed, _digest(likes)):
        assign(network, name, _placed(weight, likes[name]) if name in likes else weight)


def _packing(network: nn.Module) -> dict[str, Packs]:
    """By the name of the weight that it packs."""
    modules = network.named_modules()
    return {f"{path}.weight": module for path, module in modules if isinstance(module, Packs)}


def _likes(packing: Mapping[str, Packs], form: Form) -> dict[str, Tensor]:
    """To each weight that oneDNN packs, one of zeros that is packed like it."""
    made: dict[tuple[str, torch.dtype], Tensor | None] = {}
    likes = {}
    for name, module in packing.items():
        shape, dtype = form[name]
        kind = str(module), dtype  # which tells its sizes, and how far apart its taps are
        if kind not in made:
            made[kind] = module.reordered(torch.zeros(shape, dtype=dtype))
        if (like := made[kind]) is not None:
            likes[name] = like
    return likes


def _digest(likes: Mapping[str, Tensor]) -> str:
    """Of how this processor and this oneDNN lay packed weights out."""
    digest = hashlib.sha256(torch.__version__.encode())
    for name, like in likes.items():
        digest.update(name.encode() + _layout(like).numpy().tobytes())
    return digest.hexdigest()


def _layout(packed: Tensor) -> Tensor:
    layout: Tensor = torch.ops.mkldnn._get_mkldnn_serialized_md(packed)
    return layout


def _size(packed: Tensor) -> int:
    """Bytes."""
    size: int = torch.ops.mkldnn._nbytes(packed)
    return size


def _memory(packed: Tensor) -> Tensor:
    """A copy of its bytes."""
    place = torch.ops.mkldnn.data_ptr(packed)
    return torch.frombuffer(bytearray(ctypes.string_at(place, _size(packed))), dtype=torch.uint8)


def _placed(memory: Tensor, like: Tensor) -> Tensor:
    """A weight packed like `like`, of the bytes of `memory`, which are used where they are."""
    library, layout = _library(), _layout(like)
    assert library is not None
    assert memory.nbytes == _size(like)
    shape = (ctypes.c_int64 * like.ndim)(*like.shape)
    number = getattr(library, f"aoti_torch_dtype_{str(like.dtype).removeprefix('torch.')}")
    made = ctypes.c_void_p()
    error = library.aoti_torch_create_tensor_from_blob_v2(
        ctypes.c_void_p(memory.data_ptr()), ctypes.c_int64(like.ndim), shape, shape,
        ctypes.c_int64(0), number(), library.aoti_torch_device_type_cpu(), 0, ctypes.byref(made),
        library.aoti_torch_layout__mkldnn(),
        ctypes.c_void_p(layout.data_ptr()), ctypes.c_int64(len(layout)),
    )  # fmt: skip
    if error:
        raise RuntimeError("PyTorch made no packed weight of what was kept")
    # The other function, for one tensor, never frees it.
    (packed,) = torch._C._aoti.alloc_tensors_by_stealing_from_void_ptrs([_capsule(made)])
    packed.memory = memory  # type: ignore[attr-defined]  # lives as long as the weight
    return packed


def _capsule(pointer: ctypes.c_void_p) -> Any:
    new = ctypes.pythonapi.PyCapsule_New
    new.restype = ctypes.py_object
    new.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return new(pointer, None, None)


@cache
def _library() -> ctypes.CDLL | None:
    """AOTInductor's C interface, where this PyTorch and its oneDNN have what is needed of it."""
    file = Path(torch.__file__).parent / "lib" / _LIBRARIES.get(sys.platform, _LIBRARY)
    try:
        library = ctypes.CDLL(str(file))
        _ = (
            library.aoti_torch_create_tensor_from_blob_v2,
            library.aoti_torch_layout__mkldnn,
            torch._C._aoti.alloc_tensors_by_stealing_from_void_ptrs,
            torch.ops.mkldnn._get_mkldnn_serialized_md,
            torch.ops.mkldnn._nbytes,
            torch.ops.mkldnn.data_ptr,
        )
    except (OSError, AttributeError):
        return None
    return library
