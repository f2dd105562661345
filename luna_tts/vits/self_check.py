"""Whether a network in half the bits still says what the exact one says."""

from __future__ import annotations

import math

import torch

from luna_tts.precision import signal_to_noise
from luna_tts.vits.synthesizer import Synthesizer

LEAST_SNR = 30.0
"""Decibels of signal to noise below which a voice computes exactly.

Opus, through which everybody in a voice channel listens, leaves 12.5 dB of speech
(benchmarks/opus_error.py): what is 17 dB below its own error is not heard.
"""
_FRAMES = 24


@torch.inference_mode()
def audio_signal_to_noise(network: Synthesizer, exact: Synthesizer) -> float:
    """Of the audio that both make of the same latent frames by flow and decoder, in decibels.

    Minus infinity where one of them makes what is no number.
    """
    generator = torch.Generator().manual_seed(0)
    channels = exact.hyper_parameters.inter_channels
    frames = torch.randn(1, channels, _FRAMES, generator=generator).to(exact.device)
    try:
        said, expected = (_said(each, frames) for each in (network, exact))
    except FloatingPointError:
        return -math.inf
    return signal_to_noise(said, expected)


def _said(network: Synthesizer, z: torch.Tensor) -> torch.Tensor:
    speaker = network.speaker(0)
    for step in range(network.flow.steps()):
        z = network.flow_step(z, speaker, step)
    return network.decode(z, speaker)
