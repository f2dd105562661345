"""TTSService: text in, speech out as it is made, from any number of asyncio tasks at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np

from luna_tts.audio import finite
from luna_tts.casting import Part, cast, check, speak
from luna_tts.errors import (
    EngineClosed,
    EngineUnavailable,
    LunaError,
    SynthesisFailed,
    TextTooLong,
    VoiceNeeded,
    VoiceNotLoaded,
)
from luna_tts.espeak import ESPEAK_VOICE
from luna_tts.holder import TTSModelHolder
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.open_jtalk import EMBEDDED_VOICE
from luna_tts.reading import Sentence
from luna_tts.scheduler import Deadline, Scheduler
from luna_tts.types import (
    AudioChunk,
    Precision,
    ServiceStats,
    SpeechModel,
    SynthesisOptions,
    VoiceInfo,
    VoiceStatus,
)

MAX_CHARACTERS = 10_000
"""Characters of one utterance; more is refused with `TextTooLong` rather than cut in silence."""

DEFAULT_BERTS: Final[Mapping[str, Path]] = MappingProxyType(
    {
        "ja": Path("bert/deberta-v2-large-japanese-char-wwm"),
        "en": Path("bert/deberta-v3-large"),
        "zh": Path("bert/chinese-roberta-wwm-ext-large"),
    }
)
"""Where BERT models are looked for; relative to the working directory."""

_log = logging.getLogger(__name__)
_END: Final = object()
T = TypeVar("T")


class TTSService:
    """Owns the voices and ONE inference thread.

    `await start()` loads and warms; `await aclose()` ends every thread. Voices are read on a loader
    thread, beside speech; only their warm-up takes turns on the inference thread.
    """

    def __init__(
        self,
        models: Path | str = "models",
        *,
        voices: Sequence[str] | None = None,
        berts: Mapping[str, Path] = DEFAULT_BERTS,
        device: str = "cpu",
        precision: Precision = "auto",
        memory: int | None = None,
        espeak: str = "",
    ) -> None:
        """Does nothing yet.

        Args:
            models: the folder of voice folders; it need not exist.
            voices: which of them to load at the start; the first speaks where none is named.
                `None` loads all, `()` leaves it at the embedded voice.
            berts: ISO 639-1 code -> the folder of that language's BERT.
            device: where PyTorch computes: "cpu", "cuda", "cuda:1", "mps".
            precision: "fp32" computes as the voice was trained; "bf16" in half the bits; "int8" has
                most of the work in 8; "auto" measures at the start what is fastest. Where a
                voice or BERT would lose too much, it computes in more.
            memory: bytes that loaded voices may hold together; the least recently used goes.
            espeak: a program for languages that no other voice speaks; "" = none.
        """
        self.voice = EMBEDDED_VOICE
        """The voice that speaks where none is named."""
        self._voices = voices
        self._holder = TTSModelHolder(
            Path(models),
            berts,
            device=device,
            precision=precision,
            budget=memory,
            espeak=espeak,
        )
        self._scheduler = Scheduler(together=device.startswith("cuda"))
        self._loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="luna-loader")
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._watchdog: asyncio.Task[None] | None = None
        self._refused: dict[str, LunaError] = {}
        self._streams = 0
        self._utterances = 0
        self._audio_seconds = 0.0
        self._inference_seconds = 0.0

    async def start(self) -> None:
        """Loads and warms the embedded voice and the wished-for ones.

        A voice that cannot be used is named in the log, with the cure, and the others speak.
        Raises `LunaError` if not even the embedded voice can be loaded.
        """
        began = time.perf_counter()
        self._watchdog = asyncio.create_task(self._scheduler.watch(), name="luna-watchdog")
        await self.load(EMBEDDED_VOICE)
        await self._on_loader(self._holder.refresh)
        await self._load_wished()
        _log.info(
            "engine ready in %.2f s with %d voice(s), speaking with %s",
            time.perf_counter() - began,
            len(self._holder.infos()),
            self.voice,
        )

    async def _load_wished(self) -> None:
        """The first voice that can be loaded is the one that speaks where none is named."""
        found = (*self._holder.names[1:], *self._holder.problems)
        with contextlib.suppress(EngineUnavailable):  # told by each voice that cannot be loaded
            await self._on_loader(self._holder.prepare)
        loaded = {info.name for info in self._holder.infos()}
        for name in found if self._voices is None else (*self._voices, *self._holder.always):
            try:
                if name not in loaded:
                    await self.load(name)
            except EngineClosed:
                raise
            except LunaError as error:
                _log.warning("voice %s is left out: %s", name, error)
                self._refused[name] = error
            else:
                if self.voice == EMBEDDED_VOICE and name != ESPEAK_VOICE:
                    self.voice = name
                    self._holder.pin(name)

    async def load(self, name: str) -> None:
        """Loads and warms a voice beside those that speak; asked twice at once, loads once."""
        task = self._loading.get(name)
        if task is None:
            task = asyncio.create_task(self._load(name), name=f"luna-load-{name}")
            self._loading[name] = task
            task.add_done_callback(lambda _: self._loading.pop(name, None))
        await asyncio.shield(task)

    async def _load(self, name: str) -> None:
        began = time.perf_counter()
        try:
            model = await self._on_loader(partial(self._holder.build, name))
        except LunaError:
            raise
        except (MemoryError, OSError, RuntimeError) as error:
            raise VoiceNotLoaded(name) from error
        loaded = time.perf_counter()
        try:
            await self._warm_up(model)
        except EngineClosed:
            raise
        except Exception:
            _log.exception("voice %s did not warm up; its first line will be late", name)
        self._holder.install(model)
        self._refused.pop(name, None)
        _log.info(
            "voice %s loaded in %.2f s, warmed up in %.2f s, %.0f MB on %s",
            name,
            loaded - began,
            time.perf_counter() - loaded,
            model.nbytes / 1e6,
            self._holder.device,
        )

    async def refresh(self) -> tuple[VoiceStatus, ...]:
        """Looks for voice folders again, and loads anew what is loaded and has changed.

        Where the embedded voice stands in for those that were wished for, they are tried again.
        Raises what `load` raises for the first that fails; what was loaded before speaks on.
        """
        for name in await self._on_loader(self._holder.refresh):
            await self.load(name)
        wished = self._voices is None or EMBEDDED_VOICE not in self._voices
        if self.voice == EMBEDDED_VOICE and wished:
            await self._load_wished()
        return self.catalogue()

    def unload(self, name: str) -> None:
        """Frees the memory of a voice; utterances in flight end with it.

        Raises `UnknownVoice`, and `VoiceNeeded` for the one that speaks where none is named and for
        the embedded one.
        """
        if name in (self.voice, EMBEDDED_VOICE):
            raise VoiceNeeded(name)
        self._holder.remove(name)

    def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices that can be used at once."""
        return self._holder.infos()

    def catalogue(self) -> tuple[VoiceStatus, ...]:
        """All voices that there are, also those that are not loaded or cannot be."""
        return self._holder.catalogue()

    async def check(
        self,
        text: str,
        *,
        voice: str | None = None,
        options: SynthesisOptions | None = None,
        words: UserDictionary | None = None,
    ) -> None:
        """Raises now what `stream` would raise for the same request: `NothingToSay` and others."""
        parts = self._cast(text, voice, options, words)
        try:
            await self._scheduler.run(partial(check, parts, words), Deadline())
        except TimeoutError as error:
            raise SynthesisFailed(parts[0].voice.info.name) from error

    async def read(self, text: str, words: UserDictionary | None = None) -> tuple[Sentence, ...]:
        """How a text is read, sentence by sentence; the same for every voice.

        Raises `TextTooLong`, `EngineClosed`.
        """
        if len(text) > MAX_CHARACTERS:
            raise TextTooLong(len(text), MAX_CHARACTERS)
        return await self._scheduler.run(partial(self._holder.read, text, words), Deadline())

    async def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        options: SynthesisOptions | None = None,
        words: UserDictionary | None = None,
        seconds_left: Callable[[], float] | None = None,
    ) -> AsyncGenerator[AudioChunk, None]:
        """Speech chunk by chunk; the next is made only when the one before was taken.

        `words` says how some words are read, with their accents, wherever they stand in `text`.
        `seconds_left`, called from any thread, says how much the listener still has to hear and so
        how urgent the next step is. Close the stream (`contextlib.aclosing`) to stop early: at
        most the step in progress is wasted.

        Raises `NothingToSay`, `TextTooLong`, `UnknownVoice`, `SynthesisFailed`, `EngineClosed`.
        """
        parts = self._cast(text, voice, options, words)
        self._streams += 1
        deadline = self._scheduler.deadline(parts[0].voice.info.name, seconds_left)
        try:
            await self._learn(parts)
            async with aclosing(self._steps(speak(parts, words), deadline)) as chunks:
                async for chunk in chunks:
                    if chunk is not None:
                        if deadline:
                            deadline.gave(chunk.seconds)
                        if not finite(chunk.samples):
                            raise FloatingPointError("the voice made samples that are no numbers")
                        self._audio_seconds += chunk.seconds
                        yield chunk
            self._utterances += 1
        except LunaError:
            raise
        except Exception as error:
            raise SynthesisFailed(parts[0].voice.info.name) from error
        finally:
            self._streams -= 1

    async def synthesize(
        self,
        text: str,
        *,
        voice: str | None = None,
        options: SynthesisOptions | None = None,
        words: UserDictionary | None = None,
    ) -> AudioChunk:
        """The whole utterance as one chunk. Raises what `stream` raises."""
        stream = self.stream(text, voice=voice, options=options, words=words)
        async with aclosing(stream):
            chunks = [chunk async for chunk in stream]
        samples = np.concatenate([chunk.samples for chunk in chunks])
        return AudioChunk(samples, chunks[0].sample_rate, text, last=True)

    def stats(self) -> ServiceStats:
        """What the service has done so far."""
        return ServiceStats(
            voices=tuple(info.name for info in self._holder.infos()),
            nbytes=self._holder.nbytes,
            streams=self._streams,
            waiting=self._scheduler.waiting,
            utterances=self._utterances,
            audio_seconds=self._audio_seconds,
            inference_seconds=self._inference_seconds,
            step_seconds=self._scheduler.step_seconds,
            relieved=self._scheduler.relieved,
        )

    def problems(self) -> dict[str, LunaError]:
        """The voices that could not be used, by name, with the reason."""
        return {**self._holder.problems, **self._refused}

    async def aclose(self) -> None:
        """Ends both threads. Streams that are still open raise `EngineClosed`."""
        loading = list(self._loading.values())
        for task in loading:
            task.cancel()
        if self._watchdog is not None:
            self._watchdog.cancel()
            await asyncio.gather(self._watchdog, return_exceptions=True)
        await self._scheduler.aclose()
        # A file that is being read cannot be interrupted; nobody waits for it.
        self._loader.shutdown(wait=not loading, cancel_futures=True)

    def _cast(
        self,
        text: str,
        voice: str | None,
        options: SynthesisOptions | None,
        words: UserDictionary | None,
    ) -> list[Part]:
        """Who says what of `text`."""
        if len(text) > MAX_CHARACTERS:
            raise TextTooLong(len(text), MAX_CHARACTERS)
        options = options or SynthesisOptions()
        loaded = {info.name for info in self._holder.infos()} - {voice or self.voice}
        # The robot comes last, and without being asked for.
        names = sorted((*(options.other_voices or ()), ESPEAK_VOICE), key=ESPEAK_VOICE.__eq__)
        others = [self._holder.model(name) for name in dict.fromkeys(names) if name in loaded]
        return cast(text, self._holder.model(voice or self.voice), others, options, words)

    async def _learn(self, parts: Sequence[Part]) -> None:
        """Loads what the languages of `parts` need, the first time that they are spoken.

        It is done beside the speech of others, and before the line begins: it must not stop inside.
        """
        for voice, language in [(p.voice, p.options.language or "ja") for p in parts]:
            if self._holder.has_to_learn(voice.info, language):
                try:
                    await self._on_loader(partial(self._holder.learn, voice.info, language))
                    await self._warm_up(voice)
                except (LunaError, MemoryError, OSError, RuntimeError) as error:
                    _log.warning("%s is read in kana: %s", language, error)

    async def _warm_up(self, model: SpeechModel) -> None:
        async with aclosing(self._steps(model.warm_up())) as steps:
            _ = [step async for step in steps]

    async def _on_loader(self, work: Callable[[], T]) -> T:
        """Runs `work` on the loader thread. Raises `EngineClosed` once that has ended."""
        try:
            future = self._loader.submit(work)
        except RuntimeError:
            raise EngineClosed from None
        return await asyncio.wrap_future(future)

    async def _steps(
        self, steps: Generator[T], deadline: Deadline | None = None
    ) -> AsyncGenerator[T, None]:
        """Pulls a blocking generator on the inference thread, one turn a step."""
        try:
            while True:
                step = await self._scheduler.run(partial(self._timed_next, steps), deadline)
                if step is _END:
                    return
                yield step  # type: ignore[misc]
        finally:
            # A generator may only be closed where, and after, it runs.
            with contextlib.suppress(EngineClosed):
                self._scheduler.submit(steps.close)

    def _timed_next(self, steps: Generator[object]) -> object:
        began = time.perf_counter()
        try:
            return next(steps, _END)
        finally:
            self._inference_seconds += time.perf_counter() - began
