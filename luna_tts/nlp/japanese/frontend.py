"""Open JTalk, asked once a text: the one file of the front-end that is not pure."""

from __future__ import annotations

import contextlib
import inspect
import io
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, Final

from luna_tts.errors import EngineUnavailable
from luna_tts.nlp.dictionary_word import DictionaryWord
from luna_tts.nlp.japanese.g2p import JapanesePhones, OpenJTalkAnswer, phonemize
from luna_tts.nlp.japanese.normalizer import normalize
from luna_tts.nlp.japanese.open_dictionary import open_dictionary
from luna_tts.nlp.japanese.readings import correct_readings, for_labels
from luna_tts.nlp.japanese.stand_ins import put_words_back

_LONGEST: Final = 400
"""Characters that Open JTalk is given at once; on lines of thousands it has been seen to crash."""


class JapaneseFrontend:
    """Text -> what Open JTalk says of it, and `JapanesePhones`. Owns one Open JTalk.

    Raises `EngineUnavailable` when pyopenjtalk-plus is not what is installed under its name.
    """

    def __init__(self) -> None:
        openjtalk = import_pyopenjtalk()
        self._run_frontend = openjtalk.run_frontend
        self._jtalk: Any = open_dictionary(openjtalk)

    def phonemize(self, text: str) -> JapanesePhones:
        """Normalizes `text` and reads it; two silences where nothing is left. Never raises."""
        return phonemize(self.ask(normalize(text)))

    def ask(
        self, normalized: str, words: Iterable[tuple[str, DictionaryWord]] = ()
    ) -> OpenJTalkAnswer:
        """What Open JTalk says of a text that is normalized already, e.g. free of surrogates.

        `words`, (as written, word), are those for which stand-ins are in the text, in order.
        """
        waiting = iter(words)
        pieces = range(0, len(normalized), _LONGEST)
        answers = [self._ask(normalized[start : start + _LONGEST], waiting) for start in pieces]
        return OpenJTalkAnswer(
            words=[word for answer in answers for word in answer.words],
            labels=[label for answer in answers for label in answer.labels],
        )

    def _ask(self, piece: str, words: Iterator[tuple[str, DictionaryWord]]) -> OpenJTalkAnswer:
        # Off: without its model's runtime this predictor makes 何時 ナニジ.
        nodes = self._run_frontend(piece, predict_nani=False, jtalk=self._jtalk)
        nodes = put_words_back(correct_readings(nodes), words)
        spoken = for_labels(nodes)
        # Without a single mora there is nothing to label, and older versions crash.
        if not any(node["mora_size"] for node in spoken):
            return OpenJTalkAnswer(nodes, [])
        return OpenJTalkAnswer(nodes, self._jtalk.make_label(spoken))


def import_pyopenjtalk() -> ModuleType:
    """Imports the library without the advice that it prints; it takes a third of a second."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            import pyopenjtalk
        except ImportError as error:
            raise EngineUnavailable(
                "the Japanese front-end is not installed", "run `pip install pyopenjtalk-plus`"
            ) from error
    # The original package has the same import name, overwrites this one and crashes on empty input.
    if "predict_nani" not in inspect.signature(pyopenjtalk.run_frontend).parameters:
        raise EngineUnavailable(
            "the package pyopenjtalk has overwritten pyopenjtalk-plus",
            "run `pip uninstall -y pyopenjtalk` and "
            "`pip install --force-reinstall --no-deps pyopenjtalk-plus`",
        )
    return pyopenjtalk
