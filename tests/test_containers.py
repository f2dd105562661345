"""Dockerfile and compose files say what there is: no engine runs here that could build them."""

from __future__ import annotations

import asyncio
import fnmatch
import json
import os
import re
import shlex
import shutil
import socket
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cafe import ROOT, open_cafe
from cogs._shards import read_shards
from discord_standin import StandIn
from luna_tts.__main__ import _parser
from luna_tts.server.settings import ServerSettings
from luna_tts.variables import KNOWN

COMPOSE = [ROOT / "compose.yaml", *sorted((ROOT / "deploy").glob("compose.*.yaml"))]
SHARDS = ROOT / "deploy/compose.shards.yaml"
SECRET = re.compile(r"TOKEN|PASSWORD|SECRET")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, each on one line."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in lines]


def of(*names: str) -> list[str]:
    return [rest for name, rest in instructions() if name in names]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(number for number, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def copied(stage: list[tuple[str, str]]) -> list[str]:
    """What comes from the repository."""
    rests = [rest.split() for name, rest in stage if name == "COPY" and "--from" not in rest]
    return [source for words in rests for source in words[:-1]]


def services() -> Iterator[tuple[Path, str, dict[str, Any]]]:
    for path in COMPOSE:
        for name, service in yaml.safe_load(path.read_text("utf-8"))["services"].items():
            yield path, name, service


def test_what_is_copied_exists_and_nothing_else_is_sent() -> None:
    allowed = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    ]
    sources = copied(instructions())
    assert sorted(set(sources)) == sorted(allowed), "and not one file more"
    assert all((ROOT / source).exists() for source in sources)
    assert not any(fnmatch.fnmatch(".env", pattern) for pattern in allowed)


def test_its_arguments_and_variables_mean_something() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    arguments = dict(rest.split("=", 1) for rest in of("ARG"))
    assert set(arguments["EXTRAS"].split(",")) <= set(project["optional-dependencies"])
    assert arguments["VARIANT"] == "cpu"
    for rest in of("ENV", "ARG"):
        names = [pair.split("=")[0] for pair in shlex.split(rest)]
        assert not any(SECRET.search(name) for name in names)
        assert all(name in KNOWN for name in names if name.startswith("LUNA_"))


def test_the_versions_are_those_of_the_lock(tmp_path: Path) -> None:
    (command,) = [rest for rest in of("RUN") if "versions.txt" in rest and "sed" in rest]
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    assert os.system(f"cd {shlex.quote(str(tmp_path))} && {command}") == 0
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    versions = (tmp_path / "versions.txt").read_text("utf-8").splitlines()
    assert len(versions) == len(re.findall(r"^[a-z0-9].*==", lock, re.MULTILINE)) > 50
    assert all(re.fullmatch(r"[a-z0-9._-]+==[^ \\]+( ; [^\\]+)?", line) for line in versions)


def test_it_runs_as_nobody_in_particular() -> None:
    (user,) = [rest for name, rest in last_stage() if name == "USER"]
    (made,) = [rest for name, rest in last_stage() if name == "RUN"]
    assert user.split(":")[0] in made
    assert user.split(":")[0] not in ("0", "root")
    (volumes,) = [json.loads(rest) for name, rest in last_stage() if name == "VOLUME"]
    for volume in volumes:
        assert volume in made, "made beforehand, so that a new volume is this user's"


@pytest.mark.realtime
async def test_what_the_image_holds_is_enough_for_a_bot_that_is_well(tmp_path: Path) -> None:
    for source in copied(last_stage()):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / source)
        else:
            shutil.copy(ROOT / source, tmp_path)
    (command,) = [json.loads(rest) for name, rest in last_stage() if name == "CMD"]
    (health,) = [rest for name, rest in last_stage() if name == "HEALTHCHECK"]
    check = json.loads(health.split("CMD", 1)[1])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    async with StandIn() as discord:
        open_cafe(discord)
        env = {"LUNA_METRICS_PORT": port, "LUNA_DATA": str(tmp_path / "data")}
        assert await _exit_status(check, port) != 0, "nobody is there yet"
        bot_py = tmp_path / command[0]
        async with discord.bot_process(bot_py, env=env, cwd=tmp_path) as bot:
            await discord.ready()
            assert await _exit_status(check, port) == 0
            discord.gateway.down = True
            await discord.gateway_close(None)
            await bot.wait_for_log("Attempting a reconnect")
            assert await _exit_status(check, port) != 0
            assert "Traceback" not in bot.log.split("Attempting a reconnect")[0]


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_a_compose_file_hangs_together(path: Path) -> None:
    compose = yaml.safe_load(path.read_text("utf-8"))
    for service in compose["services"].values():
        build = service.get("build")
        context = build["context"] if isinstance(build, dict) else build
        if context and path.name != "compose.cuda.yaml":  # which is read beside compose.yaml
            assert (path.parent / context / "Dockerfile").exists()
        if isinstance(build, dict):
            assert {f"{name}" for name in build.get("args", {})} <= {
                rest.split("=")[0] for rest in of("ARG")
            }
        assert set(service.get("depends_on", ())) <= set(compose["services"])
        for volume in service.get("volumes", ()):
            name, place = volume.split(":")
            assert name in compose["volumes"]
            assert place in dict(last_stage())["VOLUME"] or service["image"].startswith("postgres")
        if "env_file" in service:
            assert (path.parent / service["env_file"]).with_name(".env.example").exists()


def test_every_variable_in_them_is_one_of_ours() -> None:
    for path, name, service in services():
        environment = service.get("environment", {})
        ours = [key for key in environment if not key.startswith("POSTGRES_")]
        assert set(ours) <= set(KNOWN), (path, name)
        for key, value in environment.items():
            if SECRET.search(key) or "URL" in key:
                assert "${" in value, "secrets stay in .env"


def test_the_engines_command_is_one_that_it_knows() -> None:
    for _, _, service in services():
        if command := service.get("command"):
            assert command[:2] == ["-m", "luna_tts"]
            parsed = _parser().parse_args(command[2:])
            assert f":{parsed.port}/health" in service["healthcheck"]["test"][-1]
            environment = {key: str(value) for key, value in service["environment"].items()}
            assert ServerSettings.read(environment).max_streams == 64


def test_the_bots_have_every_shard_once_and_find_the_others() -> None:
    compose = yaml.safe_load(SHARDS.read_text("utf-8"))["services"]
    bots = [service["environment"] for name, service in compose.items() if "bot" in name]
    parts = [read_shards({key: str(value) for key, value in bot.items()}) for bot in bots]
    (count,) = {part.count for part in parts if part}
    taken = [number for part in parts if part for number in part.ids or ()]
    assert sorted(taken) == list(range(count or 0))
    for bot in bots:
        for key in ("LUNA_ENGINE", "LUNA_DATABASE_URL"):
            assert re.split(r"[@:/]+", bot[key])[-2 if "URL" in key else 1] in compose


async def _exit_status(command: list[str], port: str) -> int:
    env = {**os.environ, "LUNA_METRICS_PORT": port}
    quiet = asyncio.subprocess.DEVNULL
    program = sys.executable if command[0] == "python" else command[0]
    process = await asyncio.create_subprocess_exec(program, *command[1:], env=env, stderr=quiet)
    return await process.wait()
