"""TTSModelHolder: the voices that there are, and those of them that are loaded.

Loaded models stay in memory up to a byte budget; beyond it the one that has not spoken for longest
goes, never a pinned one. Utterances in flight keep the model that they began with: it is freed when
the last of them ends.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from luna_tts.errors import EngineUnavailable, LunaError, UnknownVoice
from luna_tts.espeak import ESPEAK_VOICE, EspeakModel
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.open_jtalk import EMBEDDED_VOICE, OpenJTalkModel
from luna_tts.reading import Sentence, read_sentences
from luna_tts.types import Precision, SpeechModel, VoiceInfo, VoiceStatus
from luna_tts.voice_files import Scanned, has_bert, scan_voices

if TYPE_CHECKING:
    from luna_tts.nlp.bert_models import BertModels
    from luna_tts.precision import Arithmetic
    from luna_tts.readers import Reader
    from luna_tts.vits.voice_folder import VoiceFolder

_log = logging.getLogger(__name__)


class TTSModelHolder:
    """Knows the voices by name and keeps the loaded models. Used by the service that owns it.

    `build` may run on another thread than the rest.
    """

    def __init__(
        self,
        root: Path,
        berts: Mapping[str, Path],
        *,
        device: str = "cpu",
        precision: Precision = "auto",
        budget: int | None = None,
        espeak: str = "",
    ) -> None:
        self._root = root
        self._bert_folders = berts
        self._berts: BertModels | None = None
        self._arithmetic: Arithmetic | None = None
        self._threads = 0
        """What the thread that speaks computes with; 0 = not known yet."""
        self._frontend: JapaneseFrontend | None = None
        self._readers: dict[str, Reader] = {}
        """Of other languages than Japanese; voices look into it at each line."""
        self._tried: set[tuple[str, str]] = set()
        """Voice and language."""
        self.device = device
        self._precision = precision
        self._budget = budget
        self._espeak = espeak
        self._pinned = {EMBEDDED_VOICE}
        self._scanned: dict[str, Scanned] = {}
        self._models: dict[str, SpeechModel] = {}
        """In the order of last use."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every voice that can be loaded, as of the last `refresh`."""
        usable = (name for name, scanned in self._scanned.items() if scanned.folder)
        return (EMBEDDED_VOICE, *usable, *self.always)

    @property
    def always(self) -> tuple[str, ...]:
        """Voices to be loaded whichever were wished for."""
        return (ESPEAK_VOICE,) if self._espeak else ()

    @property
    def problems(self) -> Mapping[str, LunaError]:
        """Voice folders that cannot be used, with the reason, as of the last `refresh`."""
        return {name: scanned.error for name, scanned in self._scanned.items() if scanned.error}

    def refresh(self) -> tuple[str, ...]:
        """Looks for voice folders. Reads only what has changed; loaded models stay.

        Returns the loaded voices whose files are others now, or who can speak a language more; one
        whose folder is gone speaks on. Blocks; may run on any thread.
        """
        before, after = self._scanned, scan_voices(self._root, self._scanned)
        self._scanned = after
        found = [
            (name, after[name], model) for name, model in self._models.items() if name in after
        ]
        return tuple(
            name
            for name, now, model in found
            if now is not before.get(name)
            or (now.folder and self._languages(now.folder) != model.info.languages)
        )

    def catalogue(self) -> tuple[VoiceStatus, ...]:
        """All voices: those that are loaded, those that can be, and those that cannot."""
        statuses = [
            VoiceStatus(name, model.info, loaded=True, nbytes=model.nbytes)
            for name, model in self._models.items()
        ]
        for name, scanned in self._scanned.items():
            if name not in self._models:
                info = scanned.folder.info if scanned.folder else None
                statuses.append(VoiceStatus(name, info, loaded=False, problem=scanned.error))
        return tuple(
            sorted(statuses, key=lambda status: (status.name != EMBEDDED_VOICE, status.name))
        )

    def infos(self) -> tuple[VoiceInfo, ...]:
        """The voices that are loaded."""
        return tuple(model.info for model in self._models.values())

    @property
    def nbytes(self) -> int:
        """Memory that the loaded voices hold together, in bytes."""
        return sum(model.nbytes for model in self._models.values())

    def build(self, name: str) -> SpeechModel:
        """Reads the voice `name` from disk, apart from those in use. Blocks. Raises `LunaError`."""
        # One for all voices: Python stands still while the dictionary is opened.
        self._frontend = self._frontend or JapaneseFrontend()
        if name == EMBEDDED_VOICE:
            return OpenJTalkModel(self._frontend)
        if name == ESPEAK_VOICE and self._espeak:
            _log.info(
                "%s speaks Korean, English and Chinese: robotic, base voices do it better", name
            )
            return EspeakModel(self._espeak)
        scanned = self._scanned.get(name)
        if scanned is None:
            raise UnknownVoice(name, self.names)
        if scanned.folder is None:
            raise scanned.error or UnknownVoice(name, self.names)
        self.prepare()
        from luna_tts.model import TTSModel
        from luna_tts.nlp.bert_models import BertModels
        from luna_tts.precision import choose_arithmetic

        self._arithmetic = self._arithmetic or choose_arithmetic(self._precision, self.device)
        self._berts = self._berts or BertModels(self._bert_folders, self._arithmetic)
        bert = self._berts.load_model("ja", self.device)
        languages = self._languages(scanned.folder)
        loaded = [model for model in self._models.values() if isinstance(model, TTSModel)]
        architecture = scanned.folder.parameters.architecture
        if missing := set(scanned.folder.info.languages).difference(languages):
            berts = " ".join(f"bert-{code}" for code in sorted(missing))
            _log.info("%s will speak more with `python -m luna_tts download %s`", name, berts)
        return TTSModel(
            scanned.folder,
            bert,
            self._frontend,
            self.device,
            arithmetic=self._arithmetic,
            threads=self._threads,
            familiar=architecture in [model.architecture for model in loaded],
            languages=languages,
            readers=self._readers,
        )

    def learn(self, voice: VoiceInfo, language: str) -> None:
        """Loads what `voice` needs for one more language, unless it is loaded. Blocks for seconds.

        Raises `LunaError`; the voice goes on reading that language in kana.
        """
        self._tried.add((voice.name, language))
        if language in self._readers or self._berts is None:
            return
        from luna_tts.readers import open_reader

        bert = self._berts.load_model(language, self.device)
        self._readers[language] = open_reader(language, bert)

    def has_to_learn(self, voice: VoiceInfo, language: str) -> bool:
        """Whether `voice` can speak `language` once it is learnt, which was not tried yet."""
        mine = voice.name in self._scanned and language in voice.languages and language != "ja"
        return mine and (voice.name, language) not in self._tried

    def _languages(self, folder: VoiceFolder) -> tuple[str, ...]:
        """What a voice can speak beside Japanese needs a BERT of its own."""
        return tuple(c for c in folder.info.languages if c == "ja" or self._has_bert(c))

    def _has_bert(self, language: str) -> bool:
        return language in self._bert_folders and has_bert(self._bert_folders[language])

    def read(self, text: str, words: UserDictionary | None) -> tuple[Sentence, ...]:
        """How `text` is read. Blocks; for the inference thread, after a voice was built."""
        assert self._frontend is not None, "the embedded voice comes first"
        return tuple(read_sentences(self._frontend, text, words))

    def prepare(self) -> None:
        """Imports what voice folders need, if there are any. Raises `EngineUnavailable`.

        Python stands still for a third of a second while PyTorch's libraries are mapped, so this
        is done before anybody listens.
        """
        if not self._scanned:
            return
        # Read once, when PyTorch is first imported: a thread that waits for work spins long enough
        # for the next of many short operations, and leaves the core to others before they miss it.
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")
        # oneDNN keeps code for every length that it has seen, 0.1 to 0.3 MB each: some 700 come
        # again and again (few_lengths.py), and must outlive those that do not.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "800")
        try:
            from luna_tts.model import check_device
            from luna_tts.threads import compute_alone
        except ImportError as error:
            raise EngineUnavailable(
                "voice folders need PyTorch", "run `make setup` without NEURAL=0"
            ) from error
        self._threads = self._threads or compute_alone()
        check_device(self.device)

    def install(self, model: SpeechModel) -> None:
        """Makes a built model what `model(name)` gives, and evicts what has become too much."""
        self._models.pop(model.info.name, None)
        self._models[model.info.name] = model
        if self._budget is None:
            return
        used = self.nbytes
        for name in list(self._models):
            if used <= self._budget or self._models[name] is model:
                return
            if name not in self._pinned:
                used -= self._models.pop(name).nbytes
                _log.info("voice %s was evicted; it had not spoken for longest", name)

    def pin(self, name: str) -> None:
        """Keeps the voice `name` from being evicted."""
        self._pinned.add(name)

    def remove(self, name: str) -> None:
        """Forgets a loaded voice; utterances in flight end with it. Raises `UnknownVoice`."""
        if self._models.pop(name, None) is None:
            raise UnknownVoice(name, tuple(self._models))

    def model(self, name: str) -> SpeechModel:
        """The loaded voice `name`, which counts as used now. Raises `UnknownVoice`."""
        try:
            model = self._models.pop(name)
        except KeyError:
            raise UnknownVoice(name, tuple(self._models)) from None
        self._models[name] = model
        return model
