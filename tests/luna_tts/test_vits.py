"""The network's own promises: stages, slices, seeds, lengths. Parity is in test_golden.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from luna_tts.cuda_graphs import Graphs
from luna_tts.errors import SpeechTooLong
from luna_tts.few_lengths import Step
from luna_tts.vits import attention
from luna_tts.vits.streaming import Stream
from luna_tts.vits.synthesizer import MAX_FRAMES, Synthesizer
from luna_tts.vits.text_encoder import TextInput
from luna_tts.vits.voice_folder import read_voice_folder
from luna_tts.vits.weights import load_synthesizer
from tiny_voice import tiny_voice

LENGTH = 41


def network(folder: Path, **kind: Any) -> Synthesizer:
    voice = read_voice_folder(tiny_voice(folder, **kind))
    return load_synthesizer(voice.weights, voice.parameters)


def text(length: int = LENGTH, language: str = "ja") -> TextInput:
    generator = torch.Generator().manual_seed(length)
    ids = [torch.randint(0, high, (length,), generator=generator) for high in (112, 12, 3)]
    bert = torch.randn(1024, length, generator=generator)
    return TextInput(*ids, bert, torch.randn(256, generator=generator), language)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mean(net: Synthesizer, text: TextInput) -> torch.Tensor:
    return net.ask_prior(text, net.speaker(0), 0.2, 0.8, seeded())()[0].mean


def latents(net: Synthesizer, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    speaker = net.speaker(1)
    encoded, log_durations = net.ask_prior(text(), speaker, 0.2, 0.8, generator)()
    z = net.expand(encoded, net.durations(log_durations, 1.0), 0.6, generator)
    for step in range(net.flow.steps()):
        z = net.flow_step(z, speaker, step)
    return z


@pytest.mark.parametrize(
    "model",
    [
        {},
        {"resblock": "2", "resblock_kernel_sizes": [3, 7], "kernel_size": 4},
        {"upsample_rates": [4, 4, 4, 4, 2], "upsample_kernel_sizes": [8, 4, 6, 4, 2]},
        {"upsample_kernel_sizes": [15, 9, 8]},
        {"resblock_kernel_sizes": [11], "resblock_dilation_sizes": [[1, 3, 5, 7]]},
    ],
    ids=["plain", "resblock 2 and an even kernel", "five stages", "odd kernels", "one block"],
)
def test_a_slice_decodes_to_the_samples_of_the_whole(tmp_path: Path, model: dict[str, Any]) -> None:
    if "upsample_rates" in model:
        model = {**model, "upsample_initial_channel": 64}
    net = network(tmp_path / "voice", model=model)
    hop, speaker = net.hyper_parameters.hop_length, net.speaker(0)
    length = 61
    z = torch.randn(1, 8, length, generator=torch.Generator().manual_seed(1))
    whole = net.decode(z, speaker)
    assert whole.abs().max() > 1e-3, "silence proves nothing"
    for width in (1, 4, 17, length - 1):
        stream = Stream()
        parts = [
            net.decode(z[:, :, n : n + width], speaker, stream, last=n + width >= length)
            for n in range(0, length, width)
        ]
        assert all(len(part) == width * hop for part in parts[40 // width + 1 : -1])
        assert (torch.cat(parts) - whole).abs().max() < 1e-5


@pytest.mark.parametrize("upsample_kernels", [[16, 16, 8], [15, 9, 8]], ids=["even", "odd"])
def test_zeros_behind_text_and_speech_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upsample_kernels: list[int]
) -> None:
    net = network(tmp_path / "voice", model={"upsample_kernel_sizes": upsample_kernels})
    speaker = net.speaker(1)

    def said(length: int) -> list[torch.Tensor]:
        encoded, logs = net.ask_prior(text(length), speaker, 0.2, 0.8, seeded())()
        z = encoded.mean
        for step in range(net.flow.steps()):
            z = net.flow_step(z, speaker, step)
        stream = Stream()
        first = net.decode(z[:, :, : length // 2], speaker, stream, last=False)
        rest = net.decode(z[:, :, length // 2 :], speaker, stream)
        return [logs, z, net.decode(z, speaker), torch.cat((first, rest))]

    for length in (2, 8, 15, 17, 31, 33, 64):
        with monkeypatch.context() as without:
            without.setattr(Step, "after", lambda *_: 0)
            expected = said(length)
        for ours, theirs in zip(said(length), expected, strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("jp_extra", [True, False])
def test_a_seed_repeats_an_utterance_and_another_varies_it(tmp_path: Path, jp_extra: bool) -> None:
    net = network(tmp_path / "voice", jp_extra=jp_extra)
    state = torch.get_rng_state()
    once = latents(net, 3)
    assert torch.equal(once, latents(net, 3))
    other = latents(net, 4)
    assert once.shape != other.shape or not torch.equal(once, other)
    assert torch.equal(state, torch.get_rng_state()), "the global generator is not ours to use"


def test_the_ratio_leaves_the_order_of_draws_alone(tmp_path: Path) -> None:
    net = network(tmp_path / "voice")
    speaker = net.speaker(0)
    following = set()
    for ratio in (0.0, 0.3, 1.0):
        generator = torch.Generator().manual_seed(5)
        net.ask_prior(text(), speaker, ratio, 0.8, generator)()
        following.add(torch.randn(1, generator=generator).item())
    assert len(following) == 1


def test_rows_of_attention_in_blocks_are_the_rows_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(tmp_path / "voice")
    at_once = mean(net, text())
    monkeypatch.setattr(attention, "_ROWS", 7)
    in_blocks = mean(net, text())
    assert (at_once - in_blocks).abs().max() < 1e-5


def test_the_shortest_texts(tmp_path: Path) -> None:
    net = network(tmp_path / "voice")
    for length in (1, 2, 3):
        encoded, _ = net.ask_prior(text(length), net.speaker(0), 0.2, 0.8, seeded())()
        z = net.expand(encoded, torch.ones(length, dtype=torch.long), 0.6, torch.Generator())
        assert net.flow_step(z, net.speaker(0), 0).isfinite().all()


@pytest.mark.parametrize(
    ("log_durations", "length_scale", "frames"),
    [
        ([0.0, 0.1, -9.0], 1.0, [1, 2, 1]),
        ([0.0, 0.0], 2.5, [3, 3]),
        ([-float("inf")], 1.0, [1]),
        ([-float("inf"), 1.0], 1.0, [0, 3]),
    ],
)
def test_durations_are_whole_frames_and_never_none(
    tmp_path: Path, log_durations: list[float], length_scale: float, frames: list[int]
) -> None:
    net = network(tmp_path / "voice")
    assert net.durations(torch.tensor(log_durations), length_scale).tolist() == frames


@pytest.mark.parametrize("absurd", [float("nan"), float("inf"), 80.0, 10.0])
def test_a_network_that_lost_its_way_is_stopped(tmp_path: Path, absurd: float) -> None:
    net = network(tmp_path / "voice")
    with pytest.raises(SpeechTooLong) as caught:
        net.durations(torch.tensor([1.0, absurd]), 1.0)
    assert caught.value.data["limit"] == MAX_FRAMES


def test_each_language_has_its_own_bert(tmp_path: Path) -> None:
    net = network(tmp_path / "voice", jp_extra=False)
    means = [mean(net, text(language=code)) for code in ("zh", "ja", "en")]
    assert not torch.equal(means[0], means[1])
    assert not torch.equal(means[1], means[2])
    japanese = network(tmp_path / "japanese")
    assert set(japanese.enc_p.slots) == {"ja"}


def test_nothing_asks_for_gradients(tmp_path: Path) -> None:
    net = network(tmp_path / "voice")
    assert not any(weight.requires_grad for weight in net.parameters())
    assert latents(net, 0).is_inference()


def test_padding_does_not_change_what_is_there(tmp_path: Path) -> None:
    net = network(tmp_path / "voice", model={"kernel_size": 5})
    speaker, length = net.speaker(0), torch.tensor([LENGTH])
    z = torch.randn(1, 8, LENGTH, generator=torch.Generator().manual_seed(0))
    full = torch.cat((z, torch.full((1, 8, 23), 5.0)), 2)
    for step in range(net.flow.steps()):
        z = net.flow_step(z, speaker, step)
        full = net.flow.reverse_step(full, speaker, step, length)
        torch.testing.assert_close(full[:, :, :LENGTH], z)


def test_what_is_prepared_for_recording_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(tmp_path / "voice")
    z_p, speaker = torch.randn(1, 8, 90, generator=torch.Generator().manual_seed(0)), net.speaker(0)

    def said(widths: list[int]) -> torch.Tensor:
        z = z_p
        for step in range(net.flow.steps()):
            z = net.flow_step(z, speaker, step)
        stream, pieces = Stream(), z.split(widths, 2)
        ends = [piece is pieces[-1] for piece in pieces]
        return torch.cat(
            [net.decode(p, speaker, stream, last=end) for p, end in zip(pieces, ends, strict=True)]
        )

    expected = said([90])
    monkeypatch.setattr(Graphs, "records", lambda self, tensor: True)
    for widths in ([24, 48, 18], [24, 24, 24, 18], [24, 66], [90]):
        torch.testing.assert_close(said(widths), expected, atol=1e-5, rtol=0)
