"""The server in replicas, on Ray Serve: `serve run luna_tts.serve_ray:app replicas=2`; extra `ray`.

Each replica is the whole server of `luna_tts.server`, in a process and with processors or a GPU of
its own. Serve's proxy, at one address, asks the less busy of those that have the voice in memory.
Serve's own batching is not used: whole utterances held back to be made together would all sound
later. What is wanted at the same moment a replica with a card computes at once (together.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, unquote

from luna_tts.environment import EngineEnvironment
from luna_tts.errors import EngineUnavailable, UnknownVoice, VoiceNeeded
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.service import TTSService
from luna_tts.types import AudioChunk, SynthesisOptions, VoiceStatus

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application


@dataclass(frozen=True)
class Replicas:
    """How many replicas, and what each of them has. `serve run` gives them as `name=value`."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    replicas: int = 1
    """Of them at least."""
    at_most: int = 0
    """More than `replicas`: Serve adds and removes them as they are needed."""
    texts: float = 4
    """Being said at once by each; above it Serve adds a replica."""
    up_seconds: float = 5
    down_seconds: float = 300
    """How long there must be too many, or too few, before it does."""
    cpus: float = 1
    """Processors of one; as many threads compute."""
    gpus: float = 0
    """GPUs of one; 0.5 = two share one."""
    voices: int = 8
    """In the memory of one at once; the one not asked for for longest goes."""
    spare: int = 0
    """Replicas, in percent, that an update may start before it ends old ones: needs as many
    processors or GPUs that are free. 0 = each gives its place to its successor."""
    drain_seconds: float = 120
    """What one that is taken away may take to finish what it says."""

    def options(self, places: int) -> dict[str, Any]:
        """Those of the deployment. `places` = texts that a replica says at once, at most."""
        scaled: dict[str, Any] = {"num_replicas": self.replicas}
        if self.at_most > self.replicas:
            scaled = {
                "autoscaling_config": {
                    "min_replicas": self.replicas,
                    "max_replicas": self.at_most,
                    "target_ongoing_requests": self.texts,
                    "upscale_delay_s": self.up_seconds,
                    "downscale_delay_s": self.down_seconds,
                    "metrics_interval_s": 1.0,
                    "look_back_period_s": max(2.0, min(30.0, self.up_seconds)),
                }
            }
        return {
            **scaled,
            "name": "luna",
            "ray_actor_options": {"num_cpus": self.cpus, "num_gpus": self.gpus},
            "max_ongoing_requests": places,
            # Whoever would wait behind more does better with a voice of their own.
            "max_queued_requests": places,
            "max_surge_percent": self.spare,
            "graceful_shutdown_timeout_s": self.drain_seconds,
            "graceful_shutdown_wait_loop_s": 1.0,
            "logging_config": {"enable_access_log": False},
        }


def app(arguments: Mapping[str, Any]) -> Application:
    """What `serve run` and a RayService start. `arguments` are fields of `Replicas`.

    Raises `EngineUnavailable`, and `ValidationError` for an argument that is none.
    """
    try:
        from pydantic import TypeAdapter
        from ray import serve

        from luna_tts.server.settings import ServerSettings
    except ImportError as error:
        raise EngineUnavailable(
            "Ray Serve is not installed", "run `pip install 'luna-tts[ray]'`"
        ) from error
    wished = TypeAdapter(Replicas).validate_python(dict(arguments))
    options = wished.options(ServerSettings.read().max_streams)
    deployment: Any = serve.deployment(serve.ingress()(Replica), **options)
    application: Application = deployment.bind(wished.gpus > 0, wished.voices)
    return application


class Replica:
    """One engine and the server around it, in a process of Ray's."""

    async def __init__(self, on_gpu: bool, most_voices: int) -> None:  # type: ignore[misc]
        """Starts the engine as LUNA_* variables say. Serve awaits it."""
        from ray import serve

        async def load(model_id: str) -> HeldVoice:
            name = unquote(model_id)
            await self._service.load(name)
            return HeldVoice(self._service, name)

        # Loads what is not here, and tells Serve's proxies what is.
        held = serve.multiplexed(load, max_num_models_per_replica=most_voices)
        environment = EngineEnvironment.read()
        if on_gpu and environment.device == "cpu":
            environment = replace(environment, device="cuda")
        self._service = environment.open_local_service(partial(VoicesOnDemand, held))
        await self._service.start()
        for info in self._service.voices():
            await held(quote(info.name))

    async def __del__(self) -> None:
        """Ends the engine; Serve calls it when nothing is being said any more."""
        await self._service.aclose()

    def __serve_build_asgi_app__(self) -> FastAPI:
        from luna_tts.server import create_app

        return create_app(self._service)

    async def check_health(self) -> None:
        """Serve ends a replica that does not answer, or of which this raises, and starts another.

        It takes the inference thread to answer.
        """
        await self._service.read("はい。")


class HeldVoice:
    """What Serve keeps of a voice of this replica; it lets go of it to make room for another."""

    def __init__(self, service: TTSService, name: str) -> None:
        self._service, self._name = service, name

    def __del__(self) -> None:
        """Frees its memory, unless it is needed here."""
        with contextlib.suppress(UnknownVoice, VoiceNeeded):
            self._service.unload(self._name)


class VoicesOnDemand(TTSService):
    """Loads a voice when it is first asked for: which replica is asked is nobody's matter."""

    def __init__(
        self, hold: Callable[[str], Awaitable[object]], *arguments: Any, **more: Any
    ) -> None:
        """Does nothing yet. `hold` loads a voice by its name, quoted, unless it did before."""
        super().__init__(*arguments, **more)
        self._hold = hold

    def catalogue(self) -> tuple[VoiceStatus, ...]:
        """All voices. Those that can be loaded count as loaded: one of the replicas has them."""
        return tuple(replace(s, loaded=s.info is not None) for s in super().catalogue())

    async def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        options: SynthesisOptions | None = None,
        words: UserDictionary | None = None,
        seconds_left: Callable[[], float] | None = None,
    ) -> AsyncGenerator[AudioChunk, None]:
        """As that of `TTSService`, whether the voice is loaded or not."""
        if voice and voice in {status.name for status in self.catalogue() if status.loaded}:
            await self._hold(quote(voice))
            if voice not in {info.name for info in self.voices()}:  # left for lack of memory
                await self.load(voice)
        spoken = super().stream(
            text, voice=voice, options=options, words=words, seconds_left=seconds_left
        )
        async with aclosing(spoken) as chunks:
            async for chunk in chunks:
                yield chunk
