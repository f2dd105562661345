"""The server on Ray Serve, a real one on loopback: what is heard when replicas come and go."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import yaml
from pydantic import ValidationError

from luna_tts import TTSService
from luna_tts.errors import EngineUnavailable, NothingToSay, UnknownVoice
from luna_tts.remote import RemoteTTSService
from luna_tts.serve_ray import Replicas, app
from luna_tts.variables import KNOWN
from tiny_voice import tiny_voice, wide_bert

ROOT = Path(__file__).parents[2]
STORY = [f"{n}番目の文は、少しだけ長い文です。" for n in range(1, 6)]
FASTER = 6
"""Listeners hear so many times faster than people."""
LISTENERS = 6

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray's own


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ray") / "models"
    for seed, name in enumerate(("akane", "牡丹")):
        tiny_voice(folder / name, seed=seed)
    return folder


@pytest.fixture(scope="module")
def url(models: Path) -> Iterator[str]:
    """The address of a Serve that was started as the documentation says, with two replicas."""
    import ray
    from ray import serve

    folder = models.parent
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "LUNA_BERT_JA": str(wide_bert(folder / "bert")),
            "LUNA_VOICES": "open-jtalk",
            "LUNA_DATA": str(folder / "data"),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_AUTH_MODE": "disabled",  # it would write a token into the home of whoever tests
        }.items():
            patch.setenv(name, value)
        patch.chdir(folder)  # where models/ is looked for, unless a variable names another
        ray.init(
            num_cpus=4,
            include_dashboard=False,
            object_store_memory=80 * 2**20,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        try:
            serve.start(http_options={"port": port})
            here = ("--non-blocking", "--address", ray.get_runtime_context().gcs_address)
            command = (Path(sys.executable).with_name("serve"), "run", *here)
            started = subprocess.run(
                (*command, "luna_tts.serve_ray:app", "replicas=2", "cpus=0.5"),
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert started.returncode == 0, started.stderr
            asyncio.run(reach(2))
            yield f"http://127.0.0.1:{port}"
        finally:
            serve.shutdown()
            ray.shutdown()


async def deploy(**arguments: Any) -> None:
    """Replaces what is deployed; returns when the last of the old replicas is gone."""
    from ray import serve

    deployed = app({"cpus": "0.5", **arguments})
    await asyncio.to_thread(serve.run, deployed, name="default", route_prefix="/")


def running() -> int:
    """Replicas that run, as Serve's status tells it."""
    from ray import serve

    (deployment,) = serve.status().applications["default"].deployments.values()
    return deployment.replica_states.get("RUNNING", 0)


async def reach(replicas: int) -> float:
    """Waits for so many; the seconds that it took."""
    began = time.monotonic()
    async with asyncio.timeout(45):
        while running() != replicas:
            await asyncio.sleep(0.1)
    return time.monotonic() - began


def processes() -> set[int]:
    """The replicas' process ids, which no public face tells without the dashboard."""
    from ray.serve.context import _get_global_client

    details = _get_global_client().get_serve_details()
    (deployment,) = details["applications"]["default"]["deployments"].values()
    return {each["pid"] for each in deployment["replicas"] if each["state"] == "RUNNING"}


async def replacement(gone: int) -> float:
    """Waits until there are two replicas without the one that is `gone`; returns the seconds."""
    began = time.monotonic()
    async with asyncio.timeout(45):
        while len(there := processes()) < 2 or gone in there:
            await asyncio.sleep(0.1)
    return time.monotonic() - began


@asynccontextmanager
async def bot(url: str) -> AsyncIterator[RemoteTTSService]:
    service = RemoteTTSService([url])
    await service.start()
    try:
        yield service
    finally:
        assert service.stats().streams == 0
        await service.aclose()


async def listen(far: RemoteTTSService, came: list[float]) -> list[str]:
    """Hears the story at its pace and returns its sentences; `came` = when each piece did."""
    heard: list[str] = []
    async for chunk in far.stream("".join(STORY)):
        came.append(time.monotonic())
        if not heard or heard[-1] != chunk.text:
            heard.append(chunk.text)
        await asyncio.sleep(chunk.seconds / FASTER)
    return heard


async def test_the_same_speech_as_in_process(url: str, service: TTSService) -> None:
    async with bot(url) as far:
        text = "レイの上でも、同じ声です。"
        here, there = await service.synthesize(text), await far.synthesize(text)
        assert (here.samples == there.samples).all()
        assert far.stats().utterances == 1
        assert running() == 2
        with pytest.raises(NothingToSay):
            await far.synthesize("。。。")
        with pytest.raises(UnknownVoice):
            await far.synthesize("やあ", voice="nobody")


async def test_a_voice_is_loaded_by_one_replica_and_spoken_there(url: str, models: Path) -> None:
    async with bot(url) as far, aiohttp.ClientSession() as http:

        async def loaded(wanted: str) -> set[tuple[str, ...]]:
            """Which voices those have in memory who are asked for one."""
            told = set()
            for _ in range(12):
                headers = {"serve-multiplexed-model-id": quote(wanted)} if wanted else {}
                async with http.get(f"{url}/health", headers=headers) as response:
                    told.add(tuple((await response.json())["voices"]))
            return told

        assert {info.name for info in far.voices()} == {"open-jtalk", "akane", "牡丹"}
        assert await loaded("") == {("open-jtalk",)}
        assert (await far.synthesize("こんにちは。", voice="akane")).sample_rate == 44_100
        for _ in range(5):
            await far.synthesize("こんにちは。", voice="akane")
        await asyncio.sleep(0.5)
        assert await loaded("akane") == {("open-jtalk", "akane")}
        assert await loaded("open-jtalk") == {("open-jtalk",), ("open-jtalk", "akane")}
        await far.synthesize("こんにちは。", voice="牡丹")
        await asyncio.sleep(0.5)
        assert await loaded("") == {("open-jtalk", "akane"), ("open-jtalk", "牡丹")}
        assert await loaded("牡丹") == {("open-jtalk", "牡丹")}
    shutil.rmtree(models)  # whoever is started from here on need not import PyTorch


async def test_a_replica_killed_under_load_loses_no_sentence(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "luna_tts")
    async with bot(url) as far:
        own = far.stats().inference_seconds
        came: list[list[float]] = [[] for _ in range(LISTENERS)]
        listening = []
        for times in came:  # one after another, so that both replicas get some
            listening.append(asyncio.create_task(listen(far, times)))
            await asyncio.sleep(0.1)
        victim = min(processes())
        os.kill(victim, signal.SIGKILL)
        killed = time.monotonic()
        replaced = asyncio.create_task(replacement(victim))
        assert await asyncio.gather(*listening) == [STORY] * LISTENERS
        resumed = caplog.text.count("it is asked for the rest")
        assert resumed > 0
        assert "no engine server answers" not in caplog.text
        assert far.stats().inference_seconds == own, "the own voice was not needed"
        delays = [min(t for t in times if t > killed) - killed for times in came]
        print(f"\nkilled: {resumed} of {LISTENERS} broke off; next piece after", end=" ")
        print(", ".join(f"{delay:.2f}" for delay in sorted(delays)), "s")
        assert max(delays) < 10
        print(f"two replicas again after {await replaced:.1f} s")


async def test_an_update_under_load_drops_no_utterance(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "luna_tts")
    async with bot(url) as far:
        before, stop = processes(), False
        spoken = 0

        async def listener() -> None:
            nonlocal spoken
            while not stop:
                assert await listen(far, []) == STORY
                spoken += 1

        listening = [asyncio.create_task(listener()) for _ in range(4)]
        await asyncio.sleep(0.5)
        began = time.monotonic()
        await deploy(replicas="2", drain_seconds="60")
        took = time.monotonic() - began
        stop = True
        await asyncio.gather(*listening)
        assert not before & processes()
        assert "broke off" not in caplog.text, "nothing had to be resumed either"
        assert far.stats().utterances == spoken
        print(f"\nupdated in {took:.1f} s while {spoken} stories were heard, none dropped")


async def test_replicas_are_added_and_removed_as_they_are_needed(url: str) -> None:
    await deploy(at_most="2", texts="1", up_seconds="1", down_seconds="2")
    await reach(1)
    async with bot(url) as far:
        listening = [asyncio.create_task(listen(far, [])) for _ in range(4)]
        up = await reach(2)
        await asyncio.gather(*listening)
        down = await reach(1)
    print(f"\na second replica {up:.1f} s after the load came, gone {down:.1f} s after it went")


def test_arguments_that_are_none_are_told() -> None:
    with pytest.raises(ValidationError, match="replica"):
        app({"replica": "2"})


def test_without_ray_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineUnavailable, match="Ray Serve is not installed: run `pip install"):
        app({})


def test_the_engine_does_not_need_ray() -> None:
    code = "import luna_tts.serve_ray, luna_tts.server, sys; print('ray' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_the_manifest_starts_what_there_is_with_arguments_that_it_takes() -> None:
    manifest = yaml.safe_load((ROOT / "deploy/kuberay.yaml").read_text(encoding="utf-8"))
    assert (manifest["apiVersion"], manifest["kind"]) == ("ray.io/v1", "RayService")
    from ray.serve.schema import ServeDeploySchema

    schema = ServeDeploySchema.model_validate(yaml.safe_load(manifest["spec"]["serveConfigV2"]))
    (application,) = schema.applications
    module, name = application.import_path.split(":")
    deployed = getattr(importlib.import_module(module), name)(application.args)
    wished = Replicas(**application.args)

    cluster = manifest["spec"]["rayClusterConfig"]
    head = cluster["headGroupSpec"]["template"]["spec"]
    (group,) = cluster["workerGroupSpecs"]
    worker = group["template"]["spec"]
    for pod in (head, worker):
        (container,) = pod["containers"]
        assert {"image", "name", "resources"} <= container.keys()
        assert pod["securityContext"]["runAsNonRoot"]
        assert {mount["name"] for mount in container.get("volumeMounts", ())} <= {
            volume["name"] for volume in pod.get("volumes", ())
        }
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0", "no replica there"
    cpus = float(worker["containers"][0]["resources"]["limits"]["cpu"])
    assert cpus * group["maxReplicas"] >= wished.cpus * wished.at_most
    assert worker["terminationGracePeriodSeconds"] > wished.drain_seconds
    variables = {each["name"] for each in worker["containers"][0]["env"]}
    assert {name for name in variables if name.startswith("LUNA_")} <= set(KNOWN)
    assert deployed is not None
