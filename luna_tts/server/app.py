"""create_app(): a FastAPI application around one engine."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from luna_tts import TTSService
from luna_tts.environment import EngineEnvironment
from luna_tts.server.guard import Guard
from luna_tts.server.luna_api import luna_routes
from luna_tts.server.openai_api import openai_routes
from luna_tts.server.page_api import mount_page, page_routes
from luna_tts.server.problems import Problem, answer_problems
from luna_tts.server.sbv2_api import sbv2_routes
from luna_tts.server.settings import ServerSettings
from luna_tts.server.speaker import Speaker
from luna_tts.server.voicevox_api import voicevox_routes


def create_app(
    service: TTSService | None = None, settings: ServerSettings | None = None
) -> FastAPI:
    """The server, set up by LUNA_* variables where nothing is given.

    A `service` that is given has been started, and is closed, by whoever gives it.
    Raises `InvalidVariable`.
    """
    settings = settings or ServerSettings.read()
    owned = service is None
    engine = service or EngineEnvironment.read().open_local_service()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        access_log = logging.getLogger("uvicorn.access")
        access_log.addFilter(_without_query)
        try:
            if owned:
                await engine.start()
            yield
        finally:
            access_log.removeFilter(_without_query)
            if owned:
                await engine.aclose()

    app = FastAPI(title="Luna", version=version("luna-tts"), lifespan=lifespan)
    app.add_middleware(Guard, token=settings.token)
    answer_problems(app)
    speaker = Speaker(engine, settings)
    for routes in (luna_routes, page_routes, sbv2_routes, openai_routes, voicevox_routes):
        app.include_router(routes(speaker))
    mount_page(app)
    _describe_problems(app)
    return app


def _without_query(record: logging.LogRecord) -> bool:
    """What people say stands in some queries, and does not belong in a log."""
    if isinstance(record.args, tuple):
        record.args = tuple(a.split("?")[0] if isinstance(a, str) else a for a in record.args)
    return True


def _describe_problems(app: FastAPI) -> None:
    """Puts `Problem`, to which all routes refer, into the OpenAPI description."""
    description = app.openapi()
    schemas = description.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
