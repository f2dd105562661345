"""The BERT models that voices share: loaded once a language and device, dropped on request."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

import torch

from luna_tts.errors import EngineUnavailable
from luna_tts.nlp.character_tokenizer import CharacterTokenizer
from luna_tts.nlp.deberta import Deberta
from luna_tts.nlp.deberta_weights import load_deberta
from luna_tts.precision import EXACT, Arithmetic

_MOST_TOKENS: Final = 1024
"""Attended to at once; memory grows with the square. No sentence is as long."""


class Bert(Protocol):
    """What every language's BERT can do. Immutable; any thread may ask it."""

    @property
    def hidden_size(self) -> int:
        """Width of a row."""

    @property
    def nbytes(self) -> int:
        """Memory of the weights, in bytes."""

    def feature(self, text: str) -> torch.Tensor:
        """One row a token, and one for each end: [n + 2, hidden_size], float32."""

    def ask(self, text: str) -> Callable[[], torch.Tensor]:
        """The same when it is needed: see together.py. For the inference thread alone."""


class BertModel:
    """One language's BERT on one device. Immutable; any thread may ask it."""

    def __init__(self, folder: Path, device: str, arithmetic: Arithmetic = EXACT) -> None:
        """Loads `folder`: config.json, vocab.txt and weights.

        Raises `EngineUnavailable` when there is no such folder, and `InvalidVoice`, or its
        children for config and weights, when a file in it cannot be used.
        """
        folder = snapshot(folder)
        self._network: Deberta = load_deberta(folder, device, arithmetic)
        config = self._network.config
        self._tokenizer = CharacterTokenizer(folder / "vocab.txt", config.vocab_size)
        self.hidden_size: int = config.hidden_size
        self.device = device

    @property
    def nbytes(self) -> int:
        """Memory of weights and projected positions, in bytes."""
        tensors = [*self._network.parameters(), *self._network.buffers()]
        return sum(tensor.nbytes for tensor in tensors)

    def feature(self, text: str) -> torch.Tensor:
        """One row a character, and one for each end: [len(text) + 2, hidden_size], float32.

        Text beyond `_MOST_TOKENS` is read in parts that do not know of one another.
        """
        return self.ask(text)()

    def ask(self, text: str) -> Callable[[], torch.Tensor]:
        """See `Bert`."""
        ids = self._tokenizer.ids(text)
        parts = [ids[i : i + _MOST_TOKENS] for i in range(0, len(ids), _MOST_TOKENS)]
        asked = [self._network.ask(part) for part in parts]
        return asked[0] if len(asked) == 1 else lambda: torch.cat([rows() for rows in asked])


class BertModels:
    """Owns the loaded models. Thread-safe: two that ask for one model wait for one loading."""

    def __init__(self, folders: Mapping[str, Path], arithmetic: Arithmetic = EXACT) -> None:
        """`folders`: ISO 639-1 code -> a folder as it lies on the hub or in the hub's cache."""
        self._folders = dict(folders)
        self._arithmetic = arithmetic
        self._models: dict[tuple[str, str], Bert] = {}
        self._loading: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def load_model(self, language: str, device: str = "cpu") -> Bert:
        """The model of `language` on `device`, loaded now if it is not yet. Blocks for seconds.

        Raises what `BertModel` raises, and `EngineUnavailable` for a language without a folder.
        """
        key = (language, str(torch.device(device)))
        with self._lock:
            loading = self._loading[key]
        with loading:  # not self._lock: other models stay available meanwhile
            if key not in self._models:
                folder = self._folder(language)
                self._models[key] = _open(language, folder, key[1], self._arithmetic)
            return self._models[key]

    def unload_model(self, language: str) -> None:
        """Drops the model of `language` from all devices; freed when its last user is done."""
        with self._lock:
            for key in [key for key in self._models if key[0] == language]:
                del self._models[key]

    @property
    def nbytes(self) -> int:
        """Memory of all loaded models, in bytes."""
        return sum(model.nbytes for model in list(self._models.values()))

    def _folder(self, language: str) -> Path:
        if language not in self._folders:
            raise EngineUnavailable(
                f"no BERT is known for the language {language!r}",
                f"choose one of {', '.join(self._folders) or 'none'}",
            )
        return self._folders[language]


def _open(language: str, folder: Path, device: str, arithmetic: Arithmetic) -> Bert:
    if language == "ja":
        return BertModel(folder, device, arithmetic)
    from luna_tts.nlp.foreign_berts import ChineseBert, EnglishBert

    return (EnglishBert if language == "en" else ChineseBert)(folder, device, arithmetic)


def snapshot(folder: Path, language: str = "ja") -> Path:
    """`folder` itself, or the newest snapshot in it if it is one of the hub's cache.

    Raises `EngineUnavailable` where there is neither.
    """
    if (folder / "config.json").exists():
        return folder
    snapshots = sorted(
        folder.glob("snapshots/*/config.json"), key=lambda file: file.stat().st_mtime
    )
    if not snapshots:
        instead = "the built-in voice speaks" if language == "ja" else "it is read in kana"
        raise EngineUnavailable(
            f"there is no BERT model in {str(folder)!r}",
            f"run `python -m luna_tts download bert-{language}`, until then {instead}",
        )
    return snapshots[-1].parent
