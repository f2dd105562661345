"""The drop-in faces, asked by their own client or by the calls that their documentation shows."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import openai
import pytest
import soundfile

from luna_tts import SynthesisOptions, TTSService
from serving import limits, serving, sounds

TEXT = "こんにちは。今日はいい天気ですね。"


@pytest.fixture
async def url(service: TTSService) -> AsyncIterator[str]:
    async with serving(service, limits(token="t")) as url:
        yield url


@pytest.fixture
async def http(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": "Bearer t"}
    async with aiohttp.ClientSession(url, headers=headers) as session:
        yield session


def seconds(wav: bytes) -> float:
    with wave.open(io.BytesIO(wav)) as file:
        return file.getnframes() / file.getframerate()


async def test_the_openai_sdk_speaks_streams_and_understands_errors(
    url: str, service: TTSService
) -> None:
    expected = (await service.synthesize(TEXT)).seconds
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="t", max_retries=0) as client:
        speech = client.audio.speech
        mp3 = await speech.create(model="tts-1", voice="alloy", input=TEXT)
        samples, rate = soundfile.read(io.BytesIO(mp3.content))
        assert len(samples) / rate == pytest.approx(expected, abs=0.1)
        assert np.abs(samples).max() > 0.1
        streaming = speech.with_streaming_response.create(
            model="tts-1", voice="open-jtalk", input=TEXT, response_format="pcm", speed=2.0
        )
        async with streaming as response:
            pcm = b"".join([piece async for piece in response.iter_bytes()])
        fast = await service.synthesize(TEXT, options=SynthesisOptions(length_scale=0.5))
        assert len(pcm) / 2 / 24_000 == pytest.approx(fast.seconds, abs=0.01)
        assert sounds(pcm)
        assert [model.id async for model in client.models.list()] == ["luna"]
        with pytest.raises(openai.NotFoundError) as caught:
            await speech.create(model="tts-1", voice="nobody", input=TEXT)
        assert "there is no voice 'nobody'" in caught.value.response.json()["detail"]
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError):
            await stranger.audio.speech.create(model="tts-1", voice="alloy", input=TEXT)


async def test_a_voicevox_client_reads_aloud(
    http: aiohttp.ClientSession, service: TTSService
) -> None:
    async with http.get("/version") as response:
        assert isinstance(await response.json(), str)
    async with http.get("/speakers") as response:
        (speaker,) = await response.json()
        number = speaker["styles"][0]["id"]
    async with http.post("/initialize_speaker", params={"speaker": number}) as response:
        assert response.status == 204
    params = {"text": TEXT, "speaker": number}
    async with http.post("/audio_query", params=params) as response:
        query = await response.json()
    lengths = []
    for speed in (1.0, 2.0):
        query["speedScale"] = speed
        body = {"params": {"speaker": number}, "json": query}
        async with http.post("/synthesis", **body) as response:
            assert response.content_type == "audio/wav"
            wav = await response.read()
        lengths.append(seconds(wav))
        assert soundfile.info(io.BytesIO(wav)).samplerate == 24_000
        assert sounds(wav[44:])
    assert lengths[0] == pytest.approx((await service.synthesize(TEXT)).seconds, abs=0.01)
    assert lengths[1] < 0.7 * lengths[0]
    for params, status in (
        ({"text": TEXT, "speaker": 99}, 404),
        ({"text": "。", "speaker": 0}, 422),
    ):
        async with http.post("/audio_query", params=params) as response:
            assert response.status == status


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_style_bert_vits2_client_is_served(
    http: aiohttp.ClientSession, service: TTSService, method: str
) -> None:
    async with http.get("/models/info") as response:
        info = (await response.json())["0"]
        assert info["id2spk"] == {"0": "mei"}
        assert info["style2id"] == {"Neutral": 0}
    params = {"text": TEXT, "model_id": 0, "speaker_id": 0, "length": 1.0, "style": "Neutral"}
    async with http.request(method, "/voice", params=params) as response:
        assert response.content_type == "audio/wav"
        wav = await response.read()
    assert seconds(wav) == pytest.approx((await service.synthesize(TEXT)).seconds, abs=0.01)
    async with http.request(method, "/voice", params={**params, "model_id": 9}) as response:
        assert response.status == 404
