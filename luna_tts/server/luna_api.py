"""Luna's own routes: everything that the engine can do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from pydantic import BaseModel, ConfigDict, Field, create_model

from luna_tts import DictionaryWord, SynthesisOptions, UserDictionary
from luna_tts.metrics import counter, engine_metrics, gauge
from luna_tts.nlp.dictionary_word import HIGHEST_PRIORITY, PRIORITY
from luna_tts.server.encoding import MEDIA_TYPES, RATE, Format
from luna_tts.server.problems import RESPONSES
from luna_tts.server.speaker import Saying, Speaker
from luna_tts.types import RANGES, VoiceStatus

MAX_WORDS = 10_000
AUDIO: dict[int | str, dict[str, Any]] = {
    **RESPONSES,
    200: {
        "description": "Speech",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in MEDIA_TYPES.values()
        },
    },
}
"""What a route that speaks may answer."""


class Word(BaseModel):
    """How a word is read, for this request alone."""

    model_config = ConfigDict(extra="forbid", strict=True)
    surface: str
    reading: str
    """Kana."""
    accent: int | None = Field(None, ge=0, le=100)
    """The mora after which the pitch falls, from 1; 0 = it does not fall."""
    priority: int = Field(PRIORITY, ge=0, le=HIGHEST_PRIORITY)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    text: str
    voice: str | None = None
    language: str | None = None
    other_voices: list[str] | None = Field(None, max_length=100)
    """They say what is in languages that the voice does not speak."""
    speaker: str | int | None = None
    style: str | None = None
    assist_text: str | None = None
    given_phone: list[str] | None = None
    given_tone: list[Literal[0, 1]] | None = None
    seed: int | None = Field(None, ge=0, lt=2**63)
    words: list[Word] = Field([], max_length=MAX_WORDS)
    stream: bool = False
    """Send what is ready at once, instead of the whole at the end."""
    format: Format = "wav"
    sample_rate: Literal[8000, 16000, 24000, 44100, 48000] = RATE


_NUMBERS: dict[str, Any] = {
    name: (float | None, Field(None, ge=low, le=high, allow_inf_nan=False))
    for name, (low, high) in RANGES.items()
}
SynthesisRequest = create_model("SynthesisRequest", __base__=_Request, **_NUMBERS)
"""Every field of `SynthesisOptions`, within the same ranges."""

_OPTIONS = frozenset(SynthesisOptions.__dataclass_fields__)


class Voice(BaseModel):
    """A voice that there is."""

    name: str
    loaded: bool
    """It can speak at once."""
    default: bool
    """It speaks where none is named."""
    languages: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    sample_rate: int | None = None
    credit: str = ""
    nbytes: int = 0
    problem: str | None = None
    """Why it cannot be used."""


class Health(BaseModel):
    """The server answers, and these voices can speak."""

    status: Literal["ok"] = "ok"
    voices: tuple[str, ...]
    streams: int


def luna_routes(speaker: Speaker) -> APIRouter:
    """Routes that speak through `speaker`."""
    router = APIRouter(tags=["luna"], responses=RESPONSES)
    service = speaker.service
    registry = CollectorRegistry()
    registry.register(_Numbers(speaker))

    @router.post("/synthesize", response_class=Response, responses=AUDIO)
    async def synthesize(request: SynthesisRequest) -> Response:  # type: ignore[valid-type]
        """Speech, whole or as it is made."""
        return speaker.say(_saying(request))

    @router.get("/voices")
    async def voices() -> list[Voice]:
        """All voices, also those that are not loaded or cannot be."""
        return [_voice(status, service.voice) for status in service.catalogue()]

    @router.post("/voices/{name}/load")
    async def load(name: str) -> Voice:
        """Loads a voice beside those that speak; looks for new folders first."""
        await service.refresh()
        await service.load(name)
        return next(v for v in await voices() if v.name == name)

    @router.get("/health")
    async def health() -> Health:
        """Whether the server can speak."""
        stats = service.stats()
        return Health(voices=stats.voices, streams=speaker.streams)

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def metrics() -> Response:
        """Numbers for Prometheus; no text and no name is in them."""
        encode, content_type = choose_encoder("")
        return Response(encode(registry), headers={"Content-Type": content_type})

    return router


class _Numbers(Collector):
    """Takes a reading for every scrape."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        yield from engine_metrics(self._speaker.service.stats())
        yield gauge("http_streams", "Texts being said over HTTP.", self._speaker.streams)
        yield counter("http_refused", "Requests refused while full.", self._speaker.refused)


def _saying(request: _Request) -> Saying:
    given = {name: getattr(request, name) for name in _OPTIONS}
    for name in ("given_phone", "given_tone", "other_voices"):
        given[name] = None if given[name] is None else tuple(given[name])
    words = [DictionaryWord(**word.model_dump()) for word in request.words]
    return Saying(
        request.text,
        request.voice,
        SynthesisOptions(**given),
        UserDictionary(words) if words else None,
        request.format,
        request.sample_rate,
        request.stream,
    )


def _voice(status: VoiceStatus, default: str) -> Voice:
    told = asdict(status.info) if status.info else {}
    for unsent in ("licence", "icon"):
        told.pop(unsent, None)
    return Voice(
        **{**told, "name": status.name},
        loaded=status.loaded,
        default=status.name == default,
        nbytes=status.nbytes,
        problem=str(status.problem) if status.problem else None,
    )
