"""The yardstick of the benchmarks is honest: it says what Luna says."""

from __future__ import annotations

from pathlib import Path

import torch

from benchmarks.yardstick import Voice
from luna_tts.vits.text_encoder import TextInput
from luna_tts.vits.voice_folder import read_voice_folder
from luna_tts.vits.weights import load_synthesizer
from tiny_voice import tiny_voice


def text(length: int) -> TextInput:
    generator = torch.Generator().manual_seed(length)
    ids = [torch.randint(0, high, (length,), generator=generator) for high in (112, 12, 3)]
    bert, style = (torch.randn(size, generator=generator) for size in ((1024, length), (256,)))
    return TextInput(*ids, bert, style)


def test_the_plain_way_says_what_luna_says(tmp_path: Path) -> None:
    folder = tiny_voice(tmp_path / "voice")
    plain = Voice(folder).eval()
    voice = read_voice_folder(folder)
    ours = load_synthesizer(voice.weights, voice.parameters)
    for length in (3, 41):
        seeded = torch.Generator().manual_seed(1)
        with torch.inference_mode():
            expected = plain.speak(text(length), torch.Generator().manual_seed(1))
        speaker = ours.speaker(0)
        encoded, logs = ours.ask_prior(text(length), speaker, 0.2, 0.8, seeded)()
        z = ours.expand(encoded, ours.durations(logs, 1.0), 0.6, seeded)
        for step in range(ours.flow.steps()):
            z = ours.flow_step(z, speaker, step)
        said = ours.decode(z, speaker)
        assert said.shape == expected.shape
        assert (said - expected).abs().max() < 1e-5
        assert said.abs().max() > 1e-3, "silence proves nothing"
