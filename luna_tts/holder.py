"""TTSModelHolder: the voices that there are, and those of them that are loaded."""

from __future__ import annotations

from pathlib import Path

from luna_tts.errors import UnknownVoice
from luna_tts.open_jtalk import EMBEDDED_VOICE, OpenJTalkModel
from luna_tts.types import SpeechModel, VoiceInfo


class TTSModelHolder:
    """Knows the voices by name and keeps the loaded models. Used by the service that owns it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        """The folder of voice folders, `models/`; it need not exist."""
        self._models: dict[str, SpeechModel] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Every voice that can be loaded."""
        return (EMBEDDED_VOICE,)

    def unusable(self) -> tuple[str, ...]:
        """Voice folders that lie in `root` and that this version cannot load."""
        return tuple(sorted(config.parent.name for config in self.root.glob("*/config.json")))

    def infos(self) -> tuple[VoiceInfo, ...]:
        """The voices that are loaded."""
        return tuple(model.info for model in self._models.values())

    def build(self, name: str) -> SpeechModel:
        """Reads the voice `name` from disk, apart from those in use. Blocks. Raises `LunaError`."""
        if name not in self.names:
            raise UnknownVoice(name, self.names)
        return OpenJTalkModel()

    def install(self, model: SpeechModel) -> None:
        """Makes a built model what `model(name)` gives; utterances in flight keep theirs."""
        self._models[model.info.name] = model

    def model(self, name: str) -> SpeechModel:
        """The loaded voice `name`. Raises `UnknownVoice`."""
        try:
            return self._models[name]
        except KeyError:
            raise UnknownVoice(name, tuple(self._models)) from None
