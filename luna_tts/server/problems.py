"""Errors as problem JSON (RFC 9457), and those that only a server has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from luna_tts import errors
from luna_tts.errors import LunaError

MEDIA_TYPE: Final = "application/problem+json"


class ServerFull(LunaError):
    """As many utterances are being synthesized as may be."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} texts are being spoken already: try again soon", limit=limit)


class TookTooLong(LunaError):
    """The request took more time than one may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"this took more than {seconds:g} s: send less at once", seconds=seconds)


class NotAuthorized(LunaError):
    """The token is missing or another one."""

    def __init__(self) -> None:
        super().__init__("the token is missing or wrong: send Authorization: Bearer <token>")


class BodyTooLarge(LunaError):
    """The request itself is larger than any sensible one."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the request has more than {limit:,} bytes: send less", limit=limit)


class InvalidRequest(LunaError):
    """The request does not fit its description; `problems` say where and why."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(f"the request is faulty: {'; '.join(problems)}", problems=problems)


_STATUS: Final[Mapping[type[LunaError], int]] = {
    errors.UnknownVoice: 404,
    errors.VoiceNeeded: 409,
    errors.InvalidVoice: 409,
    errors.TextTooLong: 413,
    errors.VoiceNotLoaded: 503,
    errors.EngineUnavailable: 503,
    errors.EngineClosed: 503,
    errors.SynthesisFailed: 500,
    ServerFull: 429,
    TookTooLong: 504,
    NotAuthorized: 401,
    BodyTooLarge: 413,
}
"""All others are faults of the request: 422."""
_HEADERS: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": "1"},
    503: {"Retry-After": "5"},
}


class Problem(BaseModel):
    """What is answered instead of what was asked for."""

    type: str
    """"urn:luna-tts:" and the name of the error."""
    title: str
    status: int
    detail: str
    """One sentence that names the cure."""
    data: dict[str, Any] = {}
    """The facts of the error, by name."""


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in (
        (400, "No JSON"),
        (401, "The token is missing or wrong"),
        (404, "No such voice"),
        (409, "The voice cannot be used"),
        (413, "The text is too long"),
        (422, "It cannot be said like that"),
        (429, "As many texts are being spoken as may be"),
        (500, "The voice failed"),
        (503, "The engine or the voice cannot be used now"),
        (504, "It took too long"),
    )
}
"""What every route may answer besides what it promises, for the OpenAPI description."""


def problem(error: LunaError) -> JSONResponse:
    """`error` as an answer."""
    kinds = type(error).__mro__
    status = next((_STATUS[kind] for kind in kinds if kind in _STATUS), 422)
    return _answer(status, type(error).__name__, str(error), error.data)


def answer_problems(app: FastAPI) -> None:
    """Makes every error of `app` a problem."""

    async def luna_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, LunaError)
        return problem(error)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        # Never what was sent: it may be what somebody says.
        found = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:10])
        return problem(InvalidRequest(tuple(found)))

    async def http_error(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return _answer(error.status_code, "HttpError", error.detail, {}, error.headers)

    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        return _answer(500, "Unexpected", "something unforeseen went wrong: see the log", {})

    app.add_exception_handler(LunaError, luna_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, unforeseen)


def _answer(
    status: int,
    name: str,
    detail: str,
    data: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    shown = {key: _shown(value) for key, value in data.items()}
    content = Problem(
        type=f"urn:luna-tts:{name}", title=name, status=status, detail=detail, data=shown
    )
    return JSONResponse(
        content.model_dump(), status, {**_HEADERS.get(status, {}), **(headers or {})}, MEDIA_TYPE
    )


def _shown(value: object) -> object:
    """No path of this machine leaves it."""
    if isinstance(value, Path):
        return f"{value.parent.name}/{value.name}"
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
