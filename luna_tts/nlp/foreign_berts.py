"""The BERTs of English and Chinese, whose tokens are not those of Japanese.

English: DeBERTa v3, which is the Japanese one's network without its convolution, with a unigram
tokenizer (spm.model or tokenizer.json). Chinese: BERT by transformers, one token a character.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

from luna_tts.errors import EngineUnavailable, InvalidVoice
from luna_tts.nlp.bert_models import snapshot
from luna_tts.nlp.deberta import Deberta
from luna_tts.nlp.deberta_weights import load_deberta
from luna_tts.precision import EXACT, Arithmetic

_ENDS: Final = ("[CLS]", "[SEP]", "[UNK]")
_UNUSED_LAYERS: Final = 2
_CURE: Final = "download this model once more"


class EnglishBert:
    """DeBERTa v3 on one device. Immutable; any thread may ask it."""

    def __init__(self, folder: Path, device: str, arithmetic: Arithmetic = EXACT) -> None:
        """Loads config.json, the tokenizer and weights. Raises what `BertModel` raises."""
        folder = snapshot(folder, "en")
        self._network: Deberta = load_deberta(folder, device, arithmetic)
        self._tokenizer = _open_tokenizer(folder)
        self.hidden_size: int = self._network.config.hidden_size
        self.device = device

    @property
    def nbytes(self) -> int:
        """Memory of weights and projected positions, in bytes."""
        tensors = [*self._network.parameters(), *self._network.buffers()]
        return sum(tensor.nbytes for tensor in tensors)

    def tokens(self, text: str) -> list[str]:
        """Pieces of words, "▁" before those that begin one, without the ends."""
        return self._tokenizer.pieces(text)

    def feature(self, text: str) -> torch.Tensor:
        """One row a token, and one for each end: [len(tokens) + 2, hidden_size], float32."""
        return self.ask(text)()

    def ask(self, text: str) -> Callable[[], torch.Tensor]:
        """See `Bert`."""
        start, end, _ = self._tokenizer.ids(_ENDS)
        return self._network.ask([start, *self._tokenizer.ids(self.tokens(text)), end])


class ChineseBert:
    """BERT on one device. Immutable; any thread may ask it."""

    def __init__(self, folder: Path, device: str, arithmetic: Arithmetic = EXACT) -> None:
        """Loads config.json, vocab.txt and weights; brings in transformers, some seconds.

        Raises `EngineUnavailable` when there is no such folder, `InvalidVoice` when a file in it
        cannot be used.
        """
        from transformers import BertModel

        folder = snapshot(folder, "zh")
        try:
            lines = (folder / "vocab.txt").read_text("utf-8").split("\n")
            with _quiet():
                network: Any = BertModel.from_pretrained(
                    folder, local_files_only=True, add_pooling_layer=False, dtype=arithmetic.dtype
                )
        except (OSError, ValueError, RuntimeError) as error:
            raise InvalidVoice(folder, "cannot be read as a BERT model", _CURE) from error
        self._ids = {line.removesuffix("\r"): index for index, line in enumerate(lines) if line}
        if not all(token in self._ids for token in _ENDS):
            raise InvalidVoice(folder / "vocab.txt", "belongs to another model", _CURE)
        network.encoder.layer = network.encoder.layer[:-_UNUSED_LAYERS]
        self._network = network.to(device).eval().requires_grad_(False)
        self._most = int(network.config.max_position_embeddings) - 2
        self.hidden_size: int = network.config.hidden_size
        self.device = device

    @property
    def nbytes(self) -> int:
        """Memory of the weights, in bytes."""
        return sum(weight.nbytes for weight in self._network.parameters())

    def feature(self, text: str) -> torch.Tensor:
        """One row a character, and one for each end: [len(text) + 2, hidden_size], float32.

        Longer text than the model has positions for is read in parts.
        """
        parts = [text[at : at + self._most] for at in range(0, len(text), self._most)] or [""]
        rows = [self._rows(part) for part in parts]
        inner = [part[1:-1] for part in rows]
        return torch.cat([rows[0][:1], *inner, rows[-1][-1:]])

    def ask(self, text: str) -> Callable[[], torch.Tensor]:
        """See `Bert`; transformers computes each by itself."""
        return partial(self.feature, text)

    @torch.inference_mode()
    def _rows(self, text: str) -> torch.Tensor:
        start, end, unknown = (self._ids[token] for token in _ENDS)
        ids = [start, *(self._ids.get(character, unknown) for character in text), end]
        rows: torch.Tensor = self._network(torch.tensor([ids], device=self.device))[0][0]
        return rows.float()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without a progress bar in the log, and a table of the weights that nobody needs."""
    from transformers.utils import logging as untyped

    logging: Any = untyped
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


class _SentencePieces:
    """A tokenizer in spm.model."""

    def __init__(self, file: Path) -> None:
        from sentencepiece import SentencePieceProcessor

        self._processor: Any = SentencePieceProcessor(model_file=str(file))

    def pieces(self, text: str) -> list[str]:
        return list(self._processor.encode(text, out_type=str))

    def ids(self, tokens: Sequence[str]) -> list[int]:
        return [self._processor.piece_to_id(token) for token in tokens]


class _Pieces:
    """A tokenizer in tokenizer.json."""

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(file))

    def pieces(self, text: str) -> list[str]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).tokens)

    def ids(self, tokens: Sequence[str]) -> list[int]:
        unknown = self._tokenizer.token_to_id("[UNK]") or 0
        found = (self._tokenizer.token_to_id(token) for token in tokens)
        return [unknown if index is None else index for index in found]


def _open_tokenizer(folder: Path) -> _Pieces | _SentencePieces:
    converted, original = folder / "tokenizer.json", folder / "spm.model"
    file = converted if converted.exists() else original
    try:
        return _Pieces(file) if file is converted else _SentencePieces(file)
    except ImportError as error:
        raise EngineUnavailable(
            "the English tokenizer is not installed", "run `pip install 'luna-tts[multilingual]'`"
        ) from error
    except Exception as error:  # both libraries raise bare exceptions
        raise InvalidVoice(file, "cannot be read", _CURE) from error
