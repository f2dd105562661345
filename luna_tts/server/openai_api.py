"""A drop-in face: the routes with which OpenAI's speech is asked for."""

from __future__ import annotations

from typing import Any, Final, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from luna_tts import SynthesisOptions
from luna_tts.server.encoding import RATE, Format
from luna_tts.server.luna_api import AUDIO
from luna_tts.server.problems import RESPONSES
from luna_tts.server.speaker import Saying, Speaker

MODEL: Final = "luna"
PCM_RATE: Final = 24_000
"""What its clients expect of raw PCM, in Hertz."""
_THEIRS: Final = frozenset(
    {
        *("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx"),
        *("sage", "shimmer", "verse"),
    }
)
"""Voices that some clients cannot help asking for: the default one speaks instead."""


class SpeechRequest(BaseModel):
    """What /v1/audio/speech takes; any model is Luna, and instructions are left unheard."""

    input: str
    voice: str = "alloy"
    model: str = MODEL
    response_format: Literal["mp3", "opus", "flac", "wav", "pcm"] = "mp3"
    speed: float = Field(1.0, ge=0.25, le=4.0, allow_inf_nan=False)


def openai_routes(speaker: Speaker) -> APIRouter:
    """Routes that speak through `speaker`."""
    router = APIRouter(prefix="/v1", tags=["OpenAI"], responses=RESPONSES)

    @router.post("/audio/speech", response_class=Response, responses=AUDIO)
    async def speech(request: SpeechRequest) -> Response:
        """Speech; WAV, PCM and Opus as they are made."""
        format: Format = request.response_format
        voice = None if request.voice in _THEIRS else request.voice
        options = SynthesisOptions(length_scale=1 / request.speed)
        rate = PCM_RATE if format == "pcm" else RATE
        return speaker.say(
            Saying(request.input, voice, options, format=format, rate=rate, stream=True)
        )

    @router.get("/models")
    async def models() -> dict[str, Any]:
        """The one model."""
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
        return {"object": "list", "data": [model]}

    @router.get("/audio/voices")
    async def voices() -> dict[str, list[str]]:
        """Names of the loaded voices, for clients that offer a choice."""
        return {"voices": [info.name for info in speaker.service.voices()]}

    return router
