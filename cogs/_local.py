"""Local mode: typed lines travel the same road as on Discord, into a WAV file. A page beside."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TextIO

from luna_tts import TTSService
from luna_tts.audio import WavWriter

from ._environment import Environment
from ._markup import speakable
from ._pcm_stream import PcmStream
from ._speech_queue import SpeechQueue, Utterance

FRAME_SECONDS = 0.02


class WavListener:
    """Writes down what a listener would hear, without making anybody wait for it.

    Frames are taken as soon as they are there. One that comes later than its time in the
    listener's ear leaves a hole, and the hole is written as the silence that it would be.
    """

    def __init__(self, wav: WavWriter) -> None:
        self._wav = wav
        self.first_sound: float | None = None
        """When the first frame sounded, on the clock of `time.perf_counter`."""

    async def play(self, stream: PcmStream) -> None:
        """Hears `stream` to its end."""
        due = time.perf_counter()
        while True:
            if not stream.ready and time.perf_counter() < due:
                await asyncio.sleep(FRAME_SECONDS / 4)
                continue
            frame = stream.read()
            if not frame:
                return
            self.first_sound = self.first_sound or time.perf_counter()
            self._wav.write(frame)
            due += FRAME_SECONDS


async def run_local(source: TextIO = sys.stdin, environment: Environment | None = None) -> None:
    """Speaks each line of `source` into LUNA_LOCAL_WAV until it ends; then prints a summary.

    Raises `LunaError` if the engine cannot start, `OSError` if the file cannot be written.
    """
    environment = environment or Environment.read()
    service = environment.engine.open_service()
    try:
        await service.start()
        async with AsyncExitStack() as stack:
            if source.isatty():
                await _show_page(stack, service, environment.page_port)
                print("Type a line and press Enter; Ctrl-D ends.")
            with WavWriter(environment.local_wav, 48_000, channels=2) as wav:
                await _speak_lines(source, service, wav, environment)
    finally:
        await service.aclose()


async def _show_page(stack: AsyncExitStack, service: TTSService, port: int) -> None:
    """The page that speaks in a browser, for as long as `stack` is open."""
    try:
        from luna_tts.server.beside import served

        url = await stack.enter_async_context(served(service, port))
    except ImportError:
        print("With `pip install 'luna-tts[server]'` there is a page to speak from, too.")
    except OSError as error:
        print(f"No page on port {port}: {error.strerror}. LUNA_PAGE_PORT chooses another.")
    else:
        print(f"In your browser: {url}")


async def _speak_lines(
    source: TextIO, service: TTSService, wav: WavWriter, environment: Environment
) -> None:
    listener = WavListener(wav)
    queue = SpeechQueue(lambda: service, listener.play)
    began: float | None = None
    try:
        async for line in _lines(source):
            words = speakable(line, environment.language, environment.max_characters)
            if words:
                began = began or time.perf_counter()
                queue.put(Utterance(words, on_failure=_complain))
        await queue.idle()
    finally:  # also when it is ended by Ctrl-C
        await queue.aclose()
        print(_summary(environment.local_wav, wav.seconds, began, listener.first_sound))


async def _lines(source: TextIO) -> AsyncIterator[str]:
    """Lines as they are typed, read on a thread that the program does not wait for at its end."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        for line in source:
            loop.call_soon_threadsafe(arrived.put_nowait, line.strip())
        loop.call_soon_threadsafe(arrived.put_nowait, None)

    threading.Thread(target=read, name="luna-lines", daemon=True).start()
    while (line := await arrived.get()) is not None:
        yield line


def _complain(error: Exception) -> None:
    print(f"not spoken: {error}", file=sys.stderr)


def _summary(path: Path, seconds: float, began: float | None, first: float | None) -> str:
    if began is None or first is None:
        return f"{path}: nothing was said"
    return f"{path}: {seconds:.2f} s of audio, first sound after {first - began:.3f} s"
