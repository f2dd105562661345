"""What a precision costs in quality: against fp32, on the same noise and the same durations.

Beside it stands what Opus does to speech, through which everybody in a voice channel listens.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from luna_tts.nlp.bert_models import BertModel
from luna_tts.precision import Arithmetic
from luna_tts.vits.synthesizer import Synthesizer
from luna_tts.vits.text_encoder import TextInput
from luna_tts.vits.voice_folder import read_voice_folder
from luna_tts.vits.weights import load_synthesizer

Sound = npt.NDArray[np.float64]
SETTINGS = {
    "bf16": Arithmetic(torch.bfloat16),
    "int8": Arithmetic(torch.bfloat16, int8=True),
}
RATE = 44_100
LINE = "今日はとてもいい天気ですね"


def show(folder: Path, device: str) -> None:
    """Prints a line for each setting."""
    print("error against fp32, same noise: signal to noise, dB, and log-mel distance (L1, nepers)")
    voice = read_voice_folder(folder / "voices/one")
    exact = load_synthesizer(voice.weights, voice.parameters, device)
    reference, features = _said(exact), BertModel(folder / "bert", device).feature(LINE)
    for name, arithmetic in SETTINGS.items():
        network = load_synthesizer(voice.weights, voice.parameters, device, arithmetic)
        said = _said(network)
        bert = BertModel(folder / "bert", device, arithmetic).feature(LINE)
        print(
            f"  {name}: flow and decoder {snr(reference, said):.1f} dB, "
            f"{mel_distance(reference, said, RATE):.4f}; "
            f"BERT's features {snr(features.cpu().numpy(), bert.cpu().numpy()):.1f} dB"
        )
    print("  for comparison, Opus: python -m benchmarks.opus_error")


def _said(network: Synthesizer) -> Sound:
    """155 frames, as 10 characters take; text and durations are the same for all."""
    generator = torch.Generator().manual_seed(0)
    ids = [torch.randint(0, high, (31,), generator=generator) for high in (112, 12, 3)]
    bert, style = (torch.randn(size, generator=generator) for size in ((1024, 31), (256,)))
    inputs = [tensor.to(network.device) for tensor in (*ids, bert, style)]
    speaker = network.speaker(0)
    encoded, _ = network.ask_prior(TextInput(*inputs), speaker, 0.2, 0.8, generator)()
    durations = torch.full((31,), 5, device=network.device)
    z = network.expand(encoded, durations, 0.6, generator)
    for step in range(network.flow.steps()):
        z = network.flow_step(z, speaker, step)
    return network.decode(z, speaker).cpu().numpy().astype(np.float64)


def snr(reference: Sound, other: Sound) -> float:
    """Signal to noise in dB."""
    noise = reference - other
    return float(10 * np.log10(np.square(reference).sum() / np.square(noise).sum()))


def mel_distance(reference: Sound, other: Sound, rate: int) -> float:
    """Mean absolute difference of the logarithms of 80 mel bands."""
    return float(np.abs(_log_mel(reference, rate) - _log_mel(other, rate)).mean())


def _log_mel(sound: Sound, rate: int) -> Sound:
    size, hop, bands = 2048, 512, 80
    frames = np.lib.stride_tricks.sliding_window_view(sound, size)[::hop] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames)) ** 2
    mels = np.linspace(0, 2595 * np.log10(1 + rate / 2 / 700), bands + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    hertz = np.linspace(0, rate / 2, size // 2 + 1)
    rising = (hertz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hertz) / np.diff(edges)[1:, None]
    filters = np.maximum(0, np.minimum(rising, falling))
    return np.log(np.maximum(power @ filters.T, 1e-5))
