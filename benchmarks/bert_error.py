"""How much of an error in BERT's features is heard: noise in them, and what it changes in speech.

    PYTHONPATH=tests/luna_tts python -m benchmarks.bert_error --folder DIR

DIR is that of `python -m benchmarks`. Speech is compared with the durations of the exact features;
how many of these would have been others is counted apart.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.quality import snr
from luna_tts import SynthesisOptions
from luna_tts.model import TTSModel
from luna_tts.nlp.bert_models import BertModel
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.types import Samples
from luna_tts.vits.voice_folder import read_voice_folder

LINES = (
    "今日はいい天気ですね",
    "明日の会議は何時からでしたっけ",
    "ゲームの続きをやろうよ、みんな待ってる",
    "了解です",
    "駅前の新しいパン屋さん、すごくおいしかったよ",
)
DECIBELS = (42, 36, 30, 25, 20, 15)


class Trial:
    """One voice that speaks with chosen features, and with given durations or its own."""

    def __init__(self, folder: Path) -> None:
        bert = BertModel(folder / "bert", "cpu")
        self._exact, self._bert = bert.ask, bert
        voice = read_voice_folder(folder / "voices/one")
        self._model = TTSModel(voice, bert, JapaneseFrontend())
        network = self._model._network
        self._own = network.durations
        network.durations = self._durations  # type: ignore[method-assign]
        self.given: list[Tensor] | None = None
        self.durations: list[Tensor] = []

    def say(self, line: str, change: Callable[[Tensor], Tensor]) -> Samples:
        self.durations = []

        def ask(text: str) -> Callable[[], Tensor]:
            rows = self._exact(text)
            return lambda: change(rows())

        self._bert.ask = ask  # type: ignore[method-assign]
        chunks = self._model.stream(line, SynthesisOptions(seed=0))
        return np.concatenate([chunk.samples for chunk in chunks if chunk is not None])

    def _durations(self, log_durations: Tensor, length_scale: float) -> Tensor:
        self.durations.append(self._own(log_durations, length_scale))
        return self.given.pop(0) if self.given else self.durations[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    trial = Trial(parser.parse_args().folder)
    generator = torch.Generator().manual_seed(0)
    print("features  speech, each line    frames moved")
    for decibels in DECIBELS:

        def noisy(exact: Tensor, decibels: float = decibels) -> Tensor:
            noise = torch.randn(exact.shape, generator=generator)
            return exact + noise * (exact.norm() / noise.norm()) * 10 ** (-decibels / 20)

        heard, moved, tokens = [], 0, 0
        for line in LINES:
            expected = trial.say(line, lambda exact: exact)
            durations = trial.durations
            trial.given = list(durations)
            said = trial.say(line, noisy)
            heard.append(snr(expected, said))
            moved += sum(
                int((a - b).abs().sum()) for a, b in zip(durations, trial.durations, strict=True)
            )
            tokens += sum(len(tokens) for tokens in durations)
        print(f"{decibels} dB     {np.round(heard, 1)}  {moved} of {tokens}")


if __name__ == "__main__":
    main()
