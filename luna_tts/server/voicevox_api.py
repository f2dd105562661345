"""A drop-in face: the routes with which clients that read aloud ask a VOICEVOX engine.

An AudioQuery here holds the text itself in `kana`, which clients send back as they got it, and no
accent phrases: clients that edit accents are not served, words with accents are (POST /synthesize).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from luna_tts import SynthesisOptions
from luna_tts.errors import UnknownVoice
from luna_tts.server.luna_api import AUDIO
from luna_tts.server.problems import RESPONSES
from luna_tts.server.speaker import Saying, Speaker


class AudioQuery(BaseModel):
    """How to say `kana`. Camel case is its own."""

    accent_phrases: list[Any] = []
    speedScale: float = Field(1.0, ge=0.25, le=4.0)
    pitchScale: float = Field(0.0, ge=-1.0, le=1.0)
    """Octaves."""
    intonationScale: float = Field(1.0, ge=0.0, le=2.0)
    volumeScale: float = Field(1.0, ge=0.0, le=2.0)
    prePhonemeLength: float = 0.1
    postPhonemeLength: float = 0.1
    outputSamplingRate: int = Field(24_000, ge=8_000, le=48_000)
    outputStereo: bool = False
    kana: str


@dataclass(frozen=True, slots=True)
class _Style:
    """One of all styles of all speakers of all voices; its number is its place among them."""

    voice: str
    speaker: str
    style: str


StyleNumber = Annotated[int, Query(alias="speaker", ge=0)]


def voicevox_routes(speaker: Speaker) -> APIRouter:
    """Routes that speak through `speaker`."""
    router = APIRouter(tags=["VOICEVOX"], responses=RESPONSES)
    service = speaker.service

    def style(number: int) -> _Style:
        styles = _styles(speaker)
        if number >= len(styles):
            raise UnknownVoice(str(number), [str(n) for n in range(len(styles))])
        return styles[number]

    @router.get("/version")
    async def version() -> str:
        """Of this face."""
        return "0.0.0"

    @router.get("/speakers")
    async def speakers() -> list[dict[str, Any]]:
        """Every speaker of every voice, with numbered styles."""
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for number, each in enumerate(_styles(speaker)):
            told = {"name": each.style, "id": number, "type": "talk"}
            found.setdefault((each.voice, each.speaker), []).append(told)
        return [
            {
                "name": f"{voice} {name}".strip(),
                "speaker_uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{voice}/{name}")),
                "styles": styles,
                "version": "0.0.0",
                "supported_features": {"permitted_synthesis_morphing": "NOTHING"},
            }
            for (voice, name), styles in found.items()
        ]

    @router.post("/initialize_speaker", status_code=204)
    async def initialize_speaker(number: StyleNumber, skip_reinit: bool = False) -> None:
        """Loads the voice of a style."""
        name = style(number).voice
        if not (skip_reinit and _is_loaded(speaker, name)):
            await service.load(name)

    @router.get("/is_initialized_speaker")
    async def is_initialized_speaker(number: StyleNumber) -> bool:
        """Whether the voice of a style is loaded."""
        return _is_loaded(speaker, style(number).voice)

    @router.post("/audio_query")
    async def audio_query(text: str, number: StyleNumber) -> AudioQuery:
        """How `text` would be said. Refuses what cannot be."""
        await service.check(text, voice=style(number).voice)
        return AudioQuery.model_validate({"kana": text})

    @router.post("/synthesis", response_class=Response, responses=AUDIO)
    async def synthesis(query: AudioQuery, number: StyleNumber) -> Response:
        """Speech as WAV, mono."""
        chosen = style(number)
        options = SynthesisOptions(
            speaker=chosen.speaker or None,
            style=chosen.style,
            length_scale=1 / query.speedScale,
            pitch_scale=2**query.pitchScale,
            intonation_scale=query.intonationScale,
            volume=query.volumeScale,
        )
        rate = query.outputSamplingRate
        return speaker.say(Saying(query.kana, chosen.voice, options, rate=rate))

    return router


def _styles(speaker: Speaker) -> list[_Style]:
    return [
        _Style(status.name, name, style)
        for status in speaker.service.catalogue()
        if status.info
        for name in status.info.speakers or ("",)
        for style in status.info.styles or ("Neutral",)
    ]


def _is_loaded(speaker: Speaker, name: str) -> bool:
    return any(info.name == name for info in speaker.service.voices())
