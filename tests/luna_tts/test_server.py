"""The server over real HTTP on loopback, speaking with the embedded voice."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
import time
import wave
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import soundfile

from luna_tts import TTSService
from luna_tts.__main__ import main
from luna_tts.audio import to_pcm16
from serving import LONG, limits, serving, sounds, until_idle


async def post(url: str, body: object, **more: object) -> tuple[int, str, bytes]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/synthesize", json=body, **more) as response,
    ):
        return response.status, response.content_type, await response.read()


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def test_a_wav_holds_what_the_engine_says(service: TTSService) -> None:
    async with serving(service) as url:
        status, kind, body = await post(url, {"text": "こんにちは。元気ですか。"})
    assert (status, kind) == (200, "audio/wav")
    with wave.open(io.BytesIO(body)) as wav:
        assert (wav.getframerate(), wav.getnchannels()) == (48_000, 1)
        pcm = wav.readframes(wav.getnframes())
    chunk = await service.synthesize("こんにちは。元気ですか。")
    assert pcm == to_pcm16(chunk.samples)


async def test_speech_is_sent_as_it_is_made(service: TTSService) -> None:
    async with serving(service) as url, aiohttp.ClientSession() as session:
        body = {"text": LONG, "stream": True, "format": "pcm"}
        async with session.post(f"{url}/synthesize", json=body) as response:
            first = await response.content.readany()
            assert sounds(first)
            assert service.stats().utterances == 0, "the rest is still to be made"
            assert service.stats().streams == 1


@pytest.mark.parametrize("format", ["opus", "mp3", "flac", "wav"])
async def test_every_format_decodes_to_the_same_length(service: TTSService, format: str) -> None:
    text = "こんにちは。今日はいい天気ですね。"
    expected = (await service.synthesize(text)).seconds
    async with serving(service) as url:
        for stream in (False, True):
            body = {"text": text, "format": format, "stream": stream}
            status, _, sound = await post(url, body)
            assert status == 200
            samples, rate = soundfile.read(io.BytesIO(sound))
            assert len(samples) / rate == pytest.approx(expected, abs=0.1)  # MP3 rounds up
            assert np.abs(samples).max() > 0.1


async def test_chunks_carry_their_text_and_exact_samples(service: TTSService) -> None:
    text = "一つ目です。二つ目です。"
    async with serving(service) as url:
        _, _, body = await post(url, {"text": text, "stream": True, "format": "chunks"})
    expected = [chunk async for chunk in service.stream(text)]
    for chunk in expected:
        head, body = body.split(b"\n", 1)
        told = json.loads(head)
        assert (told["text"], told["last"]) == (chunk.text, chunk.last)
        size = told["samples"] * 4
        assert np.array_equal(np.frombuffer(body[:size], "<f4"), chunk.samples)
        body = body[size:]
    assert not body


async def test_a_dictionary_and_options_travel_with_the_text(service: TTSService) -> None:
    async with serving(service) as url:
        word = {"surface": "gg", "reading": "ジージー"}
        bodies = [
            {"text": "gg"},
            {"text": "gg", "words": [word]},
            {"text": "gg", "length_scale": 2.0},
        ]
        answers = {(await post(url, body))[2] for body in bodies}
    assert len(answers) == 3


@pytest.mark.parametrize(
    ("body", "status", "title"),
    [
        ({"text": "。。。"}, 422, "NothingToSay"),
        ({"text": "あ" * 2001}, 413, "TextTooLong"),
        ({"text": "やあ", "voice": "nobody"}, 404, "UnknownVoice"),
        ({"text": "やあ", "length_scale": 9}, 422, "InvalidRequest"),
        ({"text": "やあ", "tempo": 1}, 422, "InvalidRequest"),
        ({"text": "やあ", "words": [{"surface": "x", "reading": "x"}]}, 422, "InvalidReading"),
        ({}, 422, "InvalidRequest"),
    ],
)
async def test_errors_are_problems_that_name_the_cure(
    service: TTSService, body: dict[str, object], status: int, title: str
) -> None:
    async with serving(service) as url:
        for stream in (False, True):
            got, kind, answer = await post(url, {**body, "stream": stream})
            problem = json.loads(answer)
            assert (got, kind) == (status, "application/problem+json")
            assert (problem["status"], problem["title"]) == (status, title)
            assert problem["type"] == f"urn:luna-tts:{title}"
            assert problem["detail"]


async def test_a_client_that_hangs_up_costs_one_window(service: TTSService) -> None:
    async with serving(service) as url:
        for stream in (False, True):
            timeout = aiohttp.ClientTimeout(total=0.3)
            with pytest.raises(TimeoutError):
                await post(url, {"text": LONG, "stream": stream}, timeout=timeout)
            await until_idle(service)
            await asyncio.sleep(0.3)  # the step that was running comes to its end
            made = service.stats().inference_seconds
            await asyncio.sleep(0.3)
            assert service.stats().inference_seconds == made
    assert service.stats().utterances == 0


async def test_a_client_that_does_not_read_makes_nobody_work_or_wait(service: TTSService) -> None:
    async with serving(service) as url:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.transport.pause_reading()
        body = json.dumps({"text": LONG, "stream": True, "format": "chunks"}).encode()
        head = "POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        made = -1.0
        async with asyncio.timeout(20):
            while (now := service.stats().audio_seconds) != made or not now:
                made = now
                await asyncio.sleep(0.5)
        assert made < 120, "the rest waits until it is read"
        assert (await post(url, {"text": "はい。"}))[0] == 200
        writer.close()
        await until_idle(service)


async def test_who_comes_when_it_is_full_is_told_when_to_come_again(service: TTSService) -> None:
    settings = limits(max_streams=1)
    async with serving(service, settings) as url, aiohttp.ClientSession() as session:
        body = {"text": LONG, "stream": True, "format": "chunks"}
        async with session.post(f"{url}/synthesize", json=body) as held:
            await held.content.readany()
            async with session.post(f"{url}/synthesize", json={"text": "はい。"}) as refused:
                assert refused.status == 429
                assert int(refused.headers["Retry-After"]) >= 1
                assert (await refused.json())["title"] == "ServerFull"
            assert "luna_http_refused_total 1.0" in (await get(f"{url}/metrics"))[1]
        await until_idle(service)
        async with session.post(f"{url}/synthesize", json={"text": "はい。"}) as later:
            assert later.status == 200


async def test_nothing_takes_longer_than_it_may(service: TTSService) -> None:
    async with serving(service, limits(max_seconds=0)) as url:  # not even that
        status, _, answer = await post(url, {"text": LONG})
        assert (status, json.loads(answer)["title"]) == (504, "TookTooLong")
        await until_idle(service)


async def test_a_token_is_asked_for_before_anything_else(service: TTSService) -> None:
    async with serving(service, limits(token="s3cret")) as url:
        assert (await get(f"{url}/health"))[0] == 200
        assert (await get(f"{url}/voices"))[0] == 401
        for header, status in (("Bearer s3cret", 200), ("Bearer s3cre", 401), ("é", 401)):
            headers = {"Authorization": header}
            assert (await post(url, {"text": "はい。"}, headers=headers))[0] == status


async def test_bodies_have_a_bound(service: TTSService) -> None:
    async with serving(service) as url, aiohttp.ClientSession() as session:
        large = io.BytesIO(b" " * 5_000_000)
        async with session.post(f"{url}/synthesize", data=large) as response:
            assert response.status == 413
            assert (await response.json(content_type=None))["title"] == "BodyTooLarge"


async def test_voices_are_listed_and_loaded(service: TTSService) -> None:
    async with serving(service) as url, aiohttp.ClientSession() as session:
        status, text = await get(f"{url}/voices")
        (voice,) = json.loads(text)
        assert status == 200
        assert (voice["name"], voice["loaded"], voice["default"]) == ("open-jtalk", True, True)
        assert "Nagoya" in voice["credit"]
        async with session.post(f"{url}/voices/open-jtalk/load") as loaded:
            assert loaded.status == 200
        async with session.post(f"{url}/voices/nobody/load") as unknown:
            assert (unknown.status, (await unknown.json())["title"]) == (404, "UnknownVoice")


async def test_no_text_reaches_log_or_metrics(
    service: TTSService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with serving(service) as url:
        await post(url, {"text": "ひみつのことば"})
        await get(f"{url}/voices?text=secret-word")
        _, metrics = await get(f"{url}/metrics")
    assert "luna_utterances_total 1.0" in metrics
    assert metrics.isascii()
    assert "/voices" in caplog.text
    assert "secret-word" not in caplog.text
    assert "ひみつ" not in caplog.text


async def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    import sys

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = (sys.executable, "-m", "luna_tts", "serve", "--port", str(port))
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        url = f"http://127.0.0.1:{port}"
        async with asyncio.timeout(30):
            while True:
                try:
                    assert (await post(url, {"text": "はい。"}))[0] == 200
                    break
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0.1)
        began = time.monotonic()
        process.terminate()
        _, errors = await process.communicate()
        assert time.monotonic() - began < 10
        assert b"Traceback" not in errors
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_a_port_in_use_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["serve", "--port", str(taken.getsockname()[1])]) == 1
    assert capsys.readouterr().err.count("\n") == 1
