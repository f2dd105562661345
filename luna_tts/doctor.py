"""`python -m luna_tts doctor`: what a first run needs, each finding with its cure.

Findings are data. doctor_report.py has the words of the command line; the bot's /doctor, which
looks at Discord too, has its own in the language of who asks.
"""

from __future__ import annotations

import asyncio
import base64
import ctypes
import os
import platform
import re
import shutil
import socket
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

from luna_tts.environment import EngineEnvironment, InvalidVariable, number
from luna_tts.errors import LunaError
from luna_tts.holder import TTSModelHolder
from luna_tts.opus_library import opus_candidates
from luna_tts.service import TTSService
from luna_tts.variables import unknown_variables
from luna_tts.voice_files import has_bert

Level = Literal["ok", "warn", "fail"]

LOW_GIGABYTES: Final = 1.0
LEAST_PYTHON: Final = (3, 11)
LANGUAGE_NAMES: Final = {"ja": "Japanese", "en": "English", "zh": "Chinese"}
_TOKEN: Final = re.compile(r"([\w-]{18,40})\.[\w-]{4,10}\.[\w-]{20,60}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `key` names its sentence, which also says the cure."""

    level: Level
    key: str
    data: Mapping[str, object] = field(default_factory=dict)


def examine(variables: Mapping[str, str], env_file: Path) -> Iterator[Finding]:
    """Everything, from what needs nothing to what needs the rest. Blocks for a second or two."""
    yield check_python(sys.version_info[:3])
    for name, use, install in (
        ("discord.py", "the bot needs it", "luna-tts[bot]"),
        ("davey", "Discord's voice (DAVE) needs it", "discord.py[voice]"),
        ("PyNaCl", "Discord's voice needs it", "discord.py[voice]"),
    ):
        yield check_package(name, use, install)
    yield check_opus(variables.get("LUNA_OPUS_LIBRARY", "").strip())
    yield from check_env_file(env_file, variables)
    token = variables.get("DISCORD_TOKEN", "").strip()
    if token or env_file.exists():
        yield check_token(token)
    for name, nearest in unknown_variables(variables).items():
        hint = f"did you mean {nearest}?" if nearest else ".env.example has those that do"
        yield Finding("warn", "variable_unknown", {"name": name, "hint": hint})
    try:
        environment = EngineEnvironment.read(variables)
        ports = [
            (name, number(variables, name, default, low=1, high=65_535))
            for name, default in (("LUNA_PAGE_PORT", 8000), ("LUNA_METRICS_PORT", 0))
            if default or variables.get(name, "").strip()
        ]
    except InvalidVariable as error:
        yield Finding("fail", "variable_wrong", {"reason": str(error)})
        return
    yield from (check_port(name, port) for name, port in ports)
    yield check_disk(environment.models, Path(variables.get("LUNA_DATA") or "data"))
    yield check_torch(environment.device)
    yield from check_voice_folders(environment)
    if environment.espeak:
        yield check_espeak(environment.espeak)
    yield asyncio.run(check_speech())


def check_python(version: tuple[int, ...]) -> Finding:
    """Whether this Python is new enough."""
    data = {"version": ".".join(map(str, version)), "system": platform.platform(terse=True)}
    return (
        Finding("ok", "python_ok", data)
        if version >= LEAST_PYTHON
        else Finding("fail", "python_old", data)
    )


def check_package(name: str, use: str, install: str) -> Finding:
    """Whether something is installed that the engine itself does not need."""
    version = installed(name)
    if version is None:
        return Finding("warn", "package_missing", {"name": name, "use": use, "install": install})
    return Finding("ok", "package_ok", {"name": name, "version": version})


def check_opus(path: str) -> Finding:
    """Whether a libopus can be loaded."""
    for candidate in opus_candidates(path):
        try:
            version = ctypes.CDLL(candidate).opus_get_version_string
        except (OSError, AttributeError):
            continue
        version.restype = ctypes.c_char_p
        library = f"{version().decode()} ({candidate})"
        return Finding("ok", "opus_ok", {"library": library})
    return Finding("warn", "opus_missing")


def check_env_file(file: Path, variables: Mapping[str, str]) -> Iterator[Finding]:
    """Whether .env is there, is read, and is nobody else's to read."""
    if not file.exists():
        if not variables.get("DISCORD_TOKEN"):
            yield Finding("warn", "env_none")
        return
    if installed("python-dotenv") is None:
        yield Finding("fail", "env_unread", {"file": file})
    readable = stat.S_IMODE(file.stat().st_mode) & (stat.S_IRGRP | stat.S_IROTH)
    if readable and os.name == "posix":
        yield Finding("warn", "env_open", {"file": file})
    else:
        yield Finding("ok", "env_ok", {"file": file})


def check_token(token: str) -> Finding:
    """Whether the token looks like one; Discord alone knows whether it is. It is never shown."""
    if not token:
        return Finding("warn", "token_none")
    why = _token_problem(token)
    return Finding("fail", "token_wrong", {"why": why}) if why else Finding("ok", "token_ok")


def _token_problem(token: str) -> str:
    if token.lower().startswith("bot "):
        return "it begins with Bot"
    if re.search(r"[\s\"']", token):
        return "it holds a space or a quote"
    if token.isdigit():
        return "it is a number, like an application's id"
    if token.count(".") != 2:
        return "it has not three parts with dots between; a client secret has none"
    found = _TOKEN.fullmatch(token)
    # The first part is the id of the bot, a number, in Base64.
    try:
        owner = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)) if found else b""
    except ValueError:
        owner = b""
    return "" if owner.isdigit() else "a part of it is missing or changed"


def check_port(name: str, port: int) -> Finding:
    """Whether nobody listens there yet."""
    data = {"name": name, "port": port}
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return Finding("warn", "port_taken", data)
    return Finding("ok", "port_ok", data)


def check_disk(models: Path, data: Path) -> Finding:
    """Free space where voices and data lie. Blocks, long if the disk is somewhere else."""
    free = {"models": _free_gigabytes(models), "data": _free_gigabytes(data)}
    if min(free.values()) < LOW_GIGABYTES:
        return Finding("warn", "disk_low", {**free, "least": LOW_GIGABYTES})
    return Finding("ok", "disk_ok", free)


def check_torch(device: str) -> Finding:
    """Which PyTorch there is, and whether it computes where it is asked to."""
    version = installed("torch")
    if version is None:
        return Finding("warn", "torch_missing")
    import torch

    from luna_tts.model import check_device

    try:
        check_device(device)
    except LunaError as error:
        return Finding("fail", "device_refused", {"reason": error})
    build = torch.version.cuda
    shown = f"{torch.__version__} ({f'CUDA {build}' if build else 'CPU only'})"
    data = {"version": shown, "threads": torch.get_num_threads(), "device": device}
    return Finding("ok", "torch_ok", data)


def check_voice_folders(environment: EngineEnvironment) -> Iterator[Finding]:
    """Every voice as far as it can be told without loading it, and the BERT that they need."""
    holder = TTSModelHolder(environment.models, {})
    holder.refresh()
    statuses = [status for status in holder.catalogue() if status.info or status.problem]
    if not statuses:
        yield Finding("ok", "voices_none", {"folder": environment.models})
        return
    for status in statuses:
        if status.info is None:
            data = {"voice": status.name, "reason": status.problem}
            yield Finding("fail", "voice_unusable", data)
        else:
            counts = {"styles": len(status.info.styles), "speakers": len(status.info.speakers)}
            yield Finding("ok", "voice_ok", {"voice": status.name, **counts})
    spoken = {code for status in statuses if status.info for code in status.info.languages}
    for code, folder in environment.berts.items():
        if code == "ja" or code in spoken:
            bert = {"language": LANGUAGE_NAMES[code], "code": code, "folder": folder}
            if has_bert(folder):
                yield Finding("ok", "bert_ok", bert)
            else:
                yield Finding("fail" if code == "ja" else "warn", "bert_missing", bert)


def check_espeak(program: str) -> Finding:
    """Whether the program is there that speaks what no voice does."""
    if shutil.which(program):
        return Finding("ok", "espeak_ok", {"program": program})
    return Finding("warn", "espeak_missing", {"program": program})


async def check_speech() -> Finding:
    """Speaks with the embedded voice."""
    service = TTSService(voices=())
    try:
        await service.start()
        began = time.perf_counter()
        chunk = await service.synthesize("こんにちは。")
        took = time.perf_counter() - began
    except Exception as error:  # whatever a broken installation does
        return Finding("fail", "speech_failed", {"reason": error})
    finally:
        await service.aclose()
    return Finding("ok", "speech_ok", {"seconds": chunk.seconds, "took": took})


def installed(package: str) -> str | None:
    """The version of an installed package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _free_gigabytes(folder: Path) -> float:
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free / 1e9
