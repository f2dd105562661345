"""Open JTalk, asked once a text: the one file of the front-end that is not pure."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import io
from types import ModuleType
from typing import Any, Final

from luna_tts.errors import EngineUnavailable
from luna_tts.nlp.japanese.g2p import JapanesePhones, OpenJTalkAnswer, phonemize
from luna_tts.nlp.japanese.normalizer import normalize

_LONGEST: Final = 400
"""Characters that Open JTalk is given at once; on lines of thousands it has been seen to crash."""


class JapaneseFrontend:
    """Text -> `JapanesePhones`, with an Open JTalk of its own or one that is shared.

    Raises `EngineUnavailable` when pyopenjtalk-plus is not what is installed under its name.
    """

    def __init__(self, jtalk: Any = None) -> None:
        """`jtalk` is a `pyopenjtalk.OpenJTalk`, e.g. one with a user dictionary."""
        openjtalk = import_pyopenjtalk()
        self._run_frontend = openjtalk.run_frontend
        # Without its model's runtime this switch makes 何時 ナニジ; left off it is ナンジ.
        self._predict_nani = importlib.util.find_spec("onnxruntime") is not None
        self.jtalk: Any = jtalk or openjtalk.OpenJTalk(dn_mecab=openjtalk.OPEN_JTALK_DICT_DIR)

    def phonemize(self, text: str) -> JapanesePhones:
        """Normalizes `text` and reads it; two silences where nothing is left. Never raises."""
        return phonemize(self.ask(normalize(text)))

    def ask(self, normalized: str) -> OpenJTalkAnswer:
        """What Open JTalk says of a text that is normalized already, e.g. free of surrogates."""
        pieces = range(0, len(normalized), _LONGEST)
        answers = [self._ask(normalized[start : start + _LONGEST]) for start in pieces]
        return OpenJTalkAnswer(
            words=[word for answer in answers for word in answer.words],
            labels=[label for answer in answers for label in answer.labels],
        )

    def _ask(self, piece: str) -> OpenJTalkAnswer:
        words = self._run_frontend(piece, predict_nani=self._predict_nani, jtalk=self.jtalk)
        # Without a single mora there is nothing to label, and older versions crash.
        spoken = any(word["mora_size"] for word in words)
        return OpenJTalkAnswer(words, self.jtalk.make_label(words) if spoken else [])


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
