"""`python -m luna_tts say|voices|download|doctor|serve`: the engine from the command line."""

from __future__ import annotations

import argparse
import asyncio
import inspect
import logging
import os
import socket
import sys
import time
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from luna_tts import LunaError, SynthesisOptions, TTSService
from luna_tts.audio import PcmConverter, WavWriter
from luna_tts.downloads import command as download
from luna_tts.environment import EngineEnvironment
from luna_tts.errors import EngineUnavailable
from luna_tts.types import RANGES

ENV_FILE = Path(".env")
"""Where the bot's settings are, seen from its folder."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; 0 on success, 1 after one sentence on stderr."""
    options = _parser().parse_args(arguments)
    try:
        if inspect.iscoroutinefunction(options.command):
            asyncio.run(options.command(options))
            return 0
        return int(options.command(options))
    except KeyboardInterrupt:
        print("luna_tts: stopped", file=sys.stderr)
        return 130
    except (LunaError, OSError) as error:
        print(f"luna_tts: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m luna_tts", description="Luna's speech engine")
    parser.add_argument("--models", type=Path, default=None, help="folder of voice folders")
    commands = parser.add_subparsers(required=True, metavar="command")

    say = commands.add_parser("say", help="speak a text into a WAV file")
    say.add_argument("text", help="what to say; - reads it from standard input")
    say.add_argument(
        "-o", "--output", type=Path, default=Path("luna.wav"), help="default: luna.wav"
    )
    say.add_argument("--voice", help="a name that `voices` lists")
    for flag, name, meaning in (
        ("--speed", "length_scale", "2 = twice as fast"),
        ("--pitch", "pitch_scale", "2 = one octave up"),
        ("--volume", "volume", "1 = the common loudness"),
    ):
        low, high = RANGES[name]
        if name == "length_scale":
            low, high = 1 / high, 1 / low
        say.add_argument(flag, type=float, default=1.0, help=f"{low:g} to {high:g}; {meaning}")
    say.set_defaults(command=_say)

    voices = commands.add_parser("voices", help="list the voices")
    voices.set_defaults(command=_voices)

    fetch = commands.add_parser("download", help="get voices and what they need")
    download.add_arguments(fetch)
    fetch.set_defaults(command=_download)

    doctor = commands.add_parser("doctor", help="see what is in order, and how to mend the rest")
    doctor.set_defaults(command=_doctor)

    serve = commands.add_parser("serve", help="speak over HTTP; LUNA_* variables set it up")
    serve.add_argument("--host", default="127.0.0.1", help="default: this machine alone")
    serve.add_argument("--port", type=int, default=8000, help="default: 8000")
    serve.set_defaults(command=_serve)
    return parser


def _environment(arguments: argparse.Namespace) -> EngineEnvironment:
    environment = EngineEnvironment.read()
    return replace(environment, models=arguments.models or environment.models)


async def _say(arguments: argparse.Namespace) -> None:
    text = sys.stdin.read() if arguments.text == "-" else arguments.text
    options = SynthesisOptions(
        length_scale=1 / arguments.speed if arguments.speed else 0.0,
        pitch_scale=arguments.pitch,
        volume=arguments.volume,
    )
    wished = (arguments.voice,) if arguments.voice else ()
    service = replace(_environment(arguments), voices=wished).open_local_service()
    try:
        await service.start()
        began = time.perf_counter()
        first_sound = None
        stream = service.stream(text, voice=arguments.voice, options=options)
        converter = PcmConverter(channels=1)
        async with aclosing(stream) as chunks:
            pcm = bytearray()
            async for chunk in chunks:
                first_sound = first_sound or time.perf_counter() - began
                pcm += converter.convert(chunk)
    finally:
        await service.aclose()
    with WavWriter(arguments.output, converter.sample_rate, channels=1) as wav:
        wav.write(bytes(pcm))
    print(
        f"{arguments.output}: {wav.seconds:.2f} s of audio, first sound after {first_sound:.3f} s"
    )


async def _voices(arguments: argparse.Namespace) -> None:
    service = TTSService(_environment(arguments).models, voices=())  # to be listed, not loaded
    try:
        await service.start()
        for status in service.catalogue():
            if status.info is None:
                print(f"{status.name}  cannot be used: {status.problem}")
                continue
            info = status.info
            notices = (notice.partition("\n")[0] for notice in (info.credit, info.licence))
            print("  ".join((info.name, ", ".join(info.languages), *filter(None, notices))))
    finally:
        await service.aclose()


def _download(arguments: argparse.Namespace) -> int:
    download.run(arguments, _environment(arguments))
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from luna_tts.doctor import examine
    from luna_tts.doctor_report import report

    variables = dict(os.environ)
    if arguments.models:
        variables["LUNA_MODELS"] = str(arguments.models)
    return report(examine(variables, ENV_FILE))


def _load_env_file() -> None:
    """So that every command means the same folders as the bot."""
    try:
        from dotenv import load_dotenv
    except ImportError:  # `doctor` says so
        return
    load_dotenv(ENV_FILE)


async def _serve(arguments: argparse.Namespace) -> None:
    try:
        import uvicorn

        from luna_tts.server import create_app
        from luna_tts.server.protocol import MOST_CONNECTIONS, ImpatientProtocol
        from luna_tts.server.settings import ServerSettings
    except ImportError as error:
        raise EngineUnavailable(
            "the server is not installed", "run `pip install 'luna-tts[server]'`"
        ) from error
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = ServerSettings.read()
    if not settings.token and arguments.host not in ("127.0.0.1", "localhost", "::1"):
        print("anybody who reaches this address may speak: set LUNA_SERVER_TOKEN", file=sys.stderr)
    service = _environment(arguments).open_local_service()
    with socket.create_server((arguments.host, arguments.port)) as listening:
        try:
            await service.start()
            config = uvicorn.Config(
                create_app(service, settings),
                http=ImpatientProtocol,
                limit_concurrency=MOST_CONNECTIONS,
                log_config=None,
                timeout_graceful_shutdown=3,
            )
            await uvicorn.Server(config).serve([listening])
        finally:
            await service.aclose()


if __name__ == "__main__":
    _load_env_file()
    sys.exit(main())
