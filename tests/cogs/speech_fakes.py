"""An engine and a listener for the tests of the queue: quick, and they remember everything."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import numpy as np

from cogs._pcm_stream import PcmStream
from luna_tts import AudioChunk, SynthesisOptions, UserDictionary
from luna_tts.errors import EngineClosed, NothingToSay, SynthesisFailed


class FakeEngine:
    """Each character of a text is 100 ms of rising samples; some texts are slow or fail."""

    voice = "open-jtalk"

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.scales: list[float] = []
        self.ended: list[str] = []
        self.asked: dict[str, Callable[[], float]] = {}

    def voices(self) -> tuple[object, ...]:
        return (object(),)  # loaded anew each time: no phrase is taken for one that was said

    async def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        options: SynthesisOptions | None = None,
        words: UserDictionary | None = None,
        seconds_left: Callable[[], float] | None = None,
    ) -> AsyncGenerator[AudioChunk, None]:
        self.begun.append(text)
        scale = options.length_scale if options else None
        self.scales.append(1.0 if scale is None else scale)
        assert seconds_left
        self.asked[text] = seconds_left
        try:
            if text.startswith("slow"):
                await asyncio.sleep(0.1)
            if text == "closed":
                raise EngineClosed
            if text == "nothing":
                raise NothingToSay
            for n in range(len(text)):
                if text[n:] == "fail":
                    raise SynthesisFailed("open-jtalk")
                samples = np.linspace(0.1, 0.9, 4800, dtype=np.float32)
                yield AudioChunk(samples, 48_000, text, last=n == len(text) - 1)
                await asyncio.sleep(0)
        finally:
            self.ended.append(text)


class Ear:
    """Plays as fast as frames come, or only when told to; remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[float] = []
        self.playing = asyncio.Event()
        self.free = asyncio.Event()
        self.free.set()
        self.cut = 0

    async def play(self, stream: PcmStream) -> None:
        self.playing.set()
        seconds = 0.0
        try:
            await self.free.wait()
            while True:
                while not stream.ready:
                    await asyncio.sleep(0.001)
                if not stream.read():
                    break
                seconds += 0.02
        except asyncio.CancelledError:
            self.cut += 1
            raise
        finally:
            self.playing.clear()
        self.heard.append(round(seconds, 2))
