"""An engine elsewhere: the same speech, and what is heard when its server dies."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest
from aiohttp import web

from luna_tts import DictionaryWord, SynthesisOptions, TTSService, UserDictionary, remote
from luna_tts.environment import EngineEnvironment
from luna_tts.errors import EngineClosed, NothingToSay, UnknownVoice
from luna_tts.remote import RemoteTTSService
from serving import LONG, limits, serving, until_idle

STORY = "".join(f"{n}番目の文は、少しだけ長い文です。" for n in range(1, 41))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@asynccontextmanager
async def elsewhere(*urls: str, token: str = "") -> AsyncIterator[RemoteTTSService]:
    service = RemoteTTSService(urls, token)
    await service.start()
    try:
        yield service
    finally:
        await service.aclose()


@asynccontextmanager
async def process(port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server that can be killed, once it answers."""
    command = (sys.executable, "-m", "luna_tts", "serve", "--port", str(port))
    running = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                except OSError:
                    await asyncio.sleep(0.05)
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_the_same_speech_with_words_and_options(service: TTSService) -> None:
    words = UserDictionary([DictionaryWord("gg", "ジージー", 1)])
    options = SynthesisOptions(length_scale=0.8, pitch_scale=1.2)
    async with (
        serving(service, limits(token="t")) as url,
        elsewhere(url, token="t") as far,
    ):
        here = await service.synthesize("よし、gg。次へ。", options=options, words=words)
        there = await far.synthesize("よし、gg。次へ。", options=options, words=words)
        assert np.array_equal(here.samples, there.samples)
        assert [info.name for info in far.voices()] == ["open-jtalk"]
        assert far.catalogue() == service.catalogue()
        assert far.stats().utterances == 1
        await far.load("open-jtalk")


async def test_errors_are_those_of_the_engine(service: TTSService) -> None:
    async with serving(service) as url, elsewhere(url) as far:
        for call in (far.check, far.synthesize):
            with pytest.raises(NothingToSay):
                await call("。。。")
            with pytest.raises(UnknownVoice):
                await call("やあ", voice="nobody")
        with pytest.raises(UnknownVoice):
            await far.load("nobody")
        stream = far.stream(LONG)
        await anext(stream)
    with pytest.raises(EngineClosed):
        async for _ in stream:
            pass


async def test_closing_a_stream_ends_its_synthesis_there(service: TTSService) -> None:
    async with serving(service) as url, elsewhere(url) as far:
        async with aclosing(far.stream(LONG)) as stream:
            await anext(stream)
            assert service.stats().streams == 1
        await until_idle(service)
        assert service.stats().utterances == 0


async def test_a_server_killed_in_mid_utterance_loses_no_sentence(
    service: TTSService, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    async with (
        process(port) as server,
        serving(service) as second,
        elsewhere(f"http://127.0.0.1:{port}", second) as far,
    ):
        heard: list[str] = []
        async for chunk in far.stream(STORY):
            if not heard or heard[-1] != chunk.text:
                heard.append(chunk.text)
            if len(heard) == 3 and server.returncode is None:
                server.kill()
                await server.wait()
        assert chunk.last
        assert "".join(heard) == STORY, "each sentence once, in order"
        await until_idle(service)
        assert service.stats().audio_seconds > 1, "the second server said the rest"
        assert "no engine server answers" not in caplog.text


async def test_without_servers_the_embedded_voice_speaks_and_steps_back_with_one_notice_each(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(remote, "LOOK_SECONDS", 0.05)
    caplog.set_level(logging.INFO)
    port = free_port()
    async with process(port) as server, elsewhere(f"http://127.0.0.1:{port}") as far:
        heard: list[str] = []
        async for chunk in far.stream(STORY):
            if not heard or heard[-1] != chunk.text:
                heard.append(chunk.text)
            if len(heard) == 3 and server.returncode is None:
                server.kill()
                await server.wait()
        assert "".join(heard) == STORY
        await far.synthesize("まだ話せます。", voice="koharu")
        assert caplog.text.count("no engine server answers") == 1
        caplog.clear()
        async with process(port), asyncio.timeout(20):
            while "an engine server answers" not in caplog.text:
                await asyncio.sleep(0.02)
            before = far.stats().inference_seconds
            await far.synthesize("戻りました。")
            assert far.stats().inference_seconds == before, "made there, not here"
            assert caplog.text.count("an engine server answers") == 1


async def test_a_server_that_falls_silent_is_left_before_the_first_sound(
    monkeypatch: pytest.MonkeyPatch, service: TTSService
) -> None:
    monkeypatch.setattr(remote, "SILENCE_SECONDS", 0.3)
    async with serving(service) as url, elsewhere(url) as far:

        async def silent(*_: object) -> None:
            await asyncio.sleep(60)

        monkeypatch.setattr(service._scheduler, "run", silent)
        chunk = await far.synthesize("最初から話します。")
        assert chunk.seconds > 1


async def test_a_full_server_is_no_reason_to_be_silent(service: TTSService) -> None:
    async with (
        serving(service, limits(max_streams=1)) as url,
        elsewhere(url) as far,
        aclosing(far.stream(LONG)) as stream,
    ):
        await anext(stream)
        assert (await far.synthesize("はい。")).seconds > 0.1
        assert far._answering(), "full is not gone"


@asynccontextmanager
async def front(answers: list[int]) -> AsyncIterator[str]:
    """What stands before servers: tells of a voice, says nothing; `answers` = its next statuses."""

    async def voices(_: web.Request) -> web.Response:
        if answers and answers[0] == 503:
            return web.Response(status=503)
        voice = {"name": "open-jtalk", "loaded": True, "default": True, "nbytes": 0}
        unknown = {"sample_rate": None, "problem": None}
        return web.json_response([voice | unknown])

    async def synthesize(_: web.Request) -> web.Response:
        return web.Response(status=answers.pop(0))

    app = web.Application()
    app.add_routes([web.get("/voices", voices), web.post("/synthesize", synthesize)])
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def test_who_breaks_off_and_still_answers_is_asked_once_more() -> None:
    answers = [500, 502, 500]
    async with front(answers) as url, elsewhere(url) as far:
        assert (await far.synthesize("はい。")).seconds > 0.1
        assert answers == [500], "asked twice, then the own voice spoke"
        assert not far._answering()


async def test_a_front_that_is_full_is_not_gone() -> None:
    answers = [503, 503]
    async with front(answers) as url, elsewhere(url) as far:
        assert not far._answering(), "never heard of"
    answers = []
    async with front(answers) as url, elsewhere(url) as far:
        answers += [503, 503]
        await far.refresh()
        assert (await far.synthesize("はい。")).seconds > 0.1
        assert answers == [503]
        assert far._answering()


def test_a_variable_chooses_the_engine() -> None:
    read = EngineEnvironment.read
    urls = "http://gpu-box:8000, http://other:8000/"
    assert isinstance(read({"LUNA_ENGINE": urls}).open_service(), RemoteTTSService)
    assert type(read({"LUNA_ENGINE": urls}).open_local_service()) is TTSService
    assert type(read({}).open_service()) is TTSService
    assert "s3cret" not in repr(read({"LUNA_SERVER_TOKEN": "s3cret"}))
