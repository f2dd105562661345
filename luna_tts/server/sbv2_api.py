"""A drop-in face: the routes with which Style-Bert-VITS2's own server is asked."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from luna_tts import SynthesisOptions
from luna_tts.errors import UnknownVoice
from luna_tts.server.luna_api import AUDIO
from luna_tts.server.problems import RESPONSES
from luna_tts.server.speaker import Saying, Speaker


class VoiceQuery(BaseModel):
    """What its /voice takes; what is not here is ignored, as splitting is the engine's matter."""

    text: str
    model_name: str | None = None
    model_id: int = Field(0, ge=0)
    speaker_name: str | None = None
    speaker_id: int = Field(0, ge=0)
    sdp_ratio: float | None = Field(None, ge=0, le=1)
    noise: float | None = Field(None, ge=0, le=2)
    noisew: float | None = Field(None, ge=0, le=2)
    length: float | None = Field(None, ge=0.25, le=4)
    language: str | None = None
    assist_text: str | None = None
    assist_text_weight: float | None = Field(None, ge=0, le=1)
    style: str | None = None
    style_weight: float | None = Field(None, ge=0, le=20)


def sbv2_routes(speaker: Speaker) -> APIRouter:
    """Routes that speak through `speaker`; models are numbered as /models/info lists them."""
    router = APIRouter(tags=["Style-Bert-VITS2"], responses=RESPONSES)
    service = speaker.service

    async def voice(query: Annotated[VoiceQuery, Query()]) -> Response:
        """Speech as WAV."""
        options = SynthesisOptions(
            speaker=query.speaker_name or query.speaker_id,
            style=query.style,
            style_weight=query.style_weight,
            length_scale=query.length,
            sdp_ratio=query.sdp_ratio,
            noise_scale=query.noise,
            noise_scale_w=query.noisew,
            assist_text=query.assist_text,
            assist_text_weight=query.assist_text_weight,
        )
        return speaker.say(Saying(query.text, query.model_name or named(query.model_id), options))

    def named(model_id: int) -> str:
        names = _names(speaker)
        if model_id >= len(names):
            raise UnknownVoice(str(model_id), names)
        return names[model_id]

    for method in ("GET", "POST"):
        router.add_api_route(
            "/voice", voice, methods=[method], response_class=Response, responses=AUDIO
        )

    @router.get("/models/info")
    async def models_info() -> dict[str, Any]:
        """The loaded voices by number."""
        infos = {info.name: info for info in service.voices()}
        return {
            str(number): {
                "config_path": f"{name}/config.json",
                "model_path": name,
                "device": "cpu",
                "spk2id": {each: n for n, each in enumerate(infos[name].speakers)},
                "id2spk": {str(n): each for n, each in enumerate(infos[name].speakers)},
                "style2id": {each: n for n, each in enumerate(infos[name].styles)},
            }
            for number, name in enumerate(_names(speaker))
        }

    return router


def _names(speaker: Speaker) -> list[str]:
    """The one that speaks by default is number 0; the others follow by name."""
    default = speaker.service.voice
    names = (info.name for info in speaker.service.voices())
    return sorted(names, key=lambda name: (name != default, name))
