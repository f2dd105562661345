"""What several listeners want at the same moment is computed at once, and is the same as alone.

No card is at hand here: the processor plays one, without oneDNN, and nothing is recorded.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from luna_tts import SynthesisOptions, TTSService, modules
from luna_tts.cuda_graphs import Graphs
from luna_tts.nlp.deberta_weights import load_deberta
from luna_tts.together import MOST, Together
from luna_tts.vits import layers
from luna_tts.vits.streaming import Stream
from luna_tts.vits.synthesizer import Synthesizer
from luna_tts.vits.text_encoder import TextInput
from luna_tts.vits.voice_folder import read_voice_folder
from luna_tts.vits.weights import load_synthesizer
from tiny_voice import GOLDEN, tiny_voice, wide_bert


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Hashable]:
    """The keys of all that a card has computed."""
    keys: list[Hashable] = []

    def run(self: Graphs, key: Hashable, work: Callable[..., Any], *inputs: torch.Tensor) -> Any:
        keys.append(key)
        return work(*inputs)

    for module in (modules, layers):
        monkeypatch.setattr(module, "computes", lambda weight: False)
    monkeypatch.setattr(Graphs, "records", lambda self, tensor: True)
    monkeypatch.setattr(Graphs, "run", run)
    return keys


def network(folder: Path, **kind: Any) -> Synthesizer:
    voice = read_voice_folder(tiny_voice(folder, **kind))
    return load_synthesizer(voice.weights, voice.parameters)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def text(length: int, language: str) -> TextInput:
    ids = [torch.randint(0, high, (length,), generator=seeded(length)) for high in (112, 12, 3)]
    bert = torch.randn(1024, length, generator=seeded(1))
    return TextInput(*ids, bert, torch.ones(256), language)


@pytest.mark.parametrize(("jp_extra", "language"), [(True, "ja"), (False, "en")])
def test_texts_get_the_priors_that_they_get_alone(
    tmp_path: Path, runs: list[Hashable], jp_extra: bool, language: str
) -> None:
    net = network(tmp_path / "voice", jp_extra=jp_extra)

    def ask(length: int) -> Callable[[], Any]:
        return net.ask_prior(text(length, language), net.speaker(0), 0.2, 0.8, seeded(length))

    lengths = (33, 40, 38)
    alone = [ask(length)() for length in lengths]
    runs.clear()
    for asked, expected in zip([ask(n) for n in lengths], alone, strict=True):
        prior, logs = asked()
        torch.testing.assert_close(logs, expected[1], atol=1e-5, rtol=0)
        torch.testing.assert_close(prior.mean, expected[0].mean, atol=1e-5, rtol=0)
    assert len(runs) == 1


@pytest.mark.parametrize(
    "model",
    [
        {},
        {"resblock": "2", "resblock_kernel_sizes": [3, 7], "kernel_size": 4},
        {"upsample_kernel_sizes": [15, 9, 8]},
    ],
    ids=["plain", "resblock 2 and an even kernel", "odd kernels"],
)
def test_speech_is_what_it_is_alone(
    tmp_path: Path, runs: list[Hashable], model: dict[str, Any]
) -> None:
    """Windows of several utterances with different ends and speakers, on their way together."""
    net = network(tmp_path / "voice", model=model)
    ends = {0: [24, 72, 112], 1: [24, 72, 109], 2: [24, 72, 108], 3: [24, 72, 100]}
    z_ps = {n: torch.randn(1, 8, end[-1], generator=seeded(n)) for n, end in ends.items()}

    def speak(numbers: list[int]) -> dict[int, torch.Tensor]:
        speakers = {n: net.speaker(n % 2) for n in numbers}
        steps = range(net.flow.steps())
        moved = {n: net.ask_flow(z_ps[n], speakers[n], steps) for n in numbers}
        z, streams = {n: moved[n]() for n in numbers}, {n: Stream() for n in numbers}
        heard: dict[int, list[torch.Tensor]] = {n: [] for n in numbers}
        for place in range(3):
            windows = {}
            for n in numbers:
                first, end = [0, *ends[n]][place : place + 2]
                piece = z[n][:, :, first:end]
                windows[n] = net.ask_decode(piece, speakers[n], streams[n], last=place == 2)
            for n in numbers:
                heard[n].append(windows[n]())
        return {n: torch.cat(heard[n]) for n in numbers}

    alone = {n: speak([n])[n] for n in ends}
    separate = len(runs)
    runs.clear()
    together = speak(list(ends))
    assert (separate, len(runs)) == (16, 5)
    for n, expected in alone.items():
        assert expected.abs().max() > 1e-3, "silence proves nothing"
        torch.testing.assert_close(together[n], expected, atol=1e-5, rtol=0)


def test_tokens_get_the_features_that_they_get_alone(runs: list[Hashable]) -> None:
    bert = load_deberta(GOLDEN / "bert_h64", "cpu")
    lines = [[2, 9, 17, 33, 3], [2, 5, 5, 8, 6, 3], [2, 8, 3, 7, 7, 7, 3]]
    alone = [bert(line) for line in lines]
    runs.clear()
    for asked, expected in zip([bert.ask(line) for line in lines], alone, strict=True):
        torch.testing.assert_close(asked(), expected, atol=1e-5, rtol=0)
    assert len(runs) == 1


def double(x: torch.Tensor) -> tuple[torch.Tensor]:
    return (x * 2,)


def test_only_what_is_alike_and_still_wanted_goes_together(runs: list[Hashable]) -> None:
    together = Together()
    wanted = [together.ask("a", double, torch.tensor([float(n)])) for n in range(3)]
    other = together.ask("b", double, torch.tensor([7.0]))
    given_up = together.ask("a", double, torch.tensor([9.0]))
    del given_up
    gc.collect()
    assert [asked.result()[0].item() for asked in wanted] == [0, 2, 4]
    assert runs == [(4, "a")]
    assert other.result()[0].item() == 14
    assert runs == [(4, "a"), "b"]


def test_more_than_are_computed_at_once_get_their_turns(runs: list[Hashable]) -> None:
    together = Together()
    wanted = [together.ask("a", double, torch.tensor([float(n)])) for n in range(2 * MOST + 1)]
    assert [asked.result()[0].item() for asked in wanted] == [2 * n for n in range(2 * MOST + 1)]
    assert sorted(map(str, runs)) == sorted(map(str, [(MOST, "a"), (MOST, "a"), "a"]))


def test_where_a_card_has_no_room_for_many_each_is_computed_alone(runs: list[Hashable]) -> None:
    def work(x: torch.Tensor) -> tuple[torch.Tensor]:
        if runs[-1] == (4, "a"):
            raise torch.OutOfMemoryError("CUDA out of memory")
        return (x * 2,)

    together = Together()
    wanted = [together.ask("a", work, torch.tensor([float(n)])) for n in range(4)]
    assert [asked.result()[0].item() for asked in wanted] == [0, 2, 4, 6]
    assert runs == [(4, "a"), "a", (4, "a"), "a", (2, "a")]


def test_who_fails_takes_nobody_along(runs: list[Hashable]) -> None:
    def fails(x: torch.Tensor) -> tuple[torch.Tensor]:
        raise torch.OutOfMemoryError("CUDA out of memory")

    together = Together()
    broken, fine = (together.ask("a", work, torch.ones(1)) for work in (fails, double))
    with pytest.raises(torch.OutOfMemoryError):
        broken.result()
    assert fine.result()[0].item() == 2


async def test_listeners_hear_what_each_would_hear_alone(
    tmp_path: Path, runs: list[Hashable]
) -> None:
    tiny_voice(tmp_path / "models" / "akane", seed=1)
    berts = {"ja": wide_bert(tmp_path / "bert")}
    service = TTSService(tmp_path / "models", berts=berts, precision="fp32")
    await service.start()
    assert service.voice == "akane"
    lines = [
        "こんにちは。",
        "今日はいい天気ですね。散歩に行こう。",
        "はい。",
        "また明日会いましょう。",
    ]

    async def say(line: str) -> np.ndarray[Any, Any]:
        return (await service.synthesize(line, options=SynthesisOptions(seed=3))).samples

    alone = [await say(line) for line in lines]
    separate = len(runs)
    runs.clear()
    heard = await asyncio.gather(*map(say, lines))
    assert len(runs) < separate
    assert any(isinstance(key, tuple) and isinstance(key[0], int) for key in runs)
    for expected, said in zip(alone, heard, strict=True):
        assert len(said) == len(expected)
        np.testing.assert_allclose(said, expected, atol=1e-4)
    await service.aclose()
