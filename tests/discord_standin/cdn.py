"""The CDN: files that people and the bot upload, under links that Discord has signed."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from mimetypes import guess_type
from typing import Any

from aiohttp import web

from . import rules
from .support import DiscordError, Json, Snowflakes

MAXIMUM_FILES = 10
MAXIMUM_BYTES = 10 * 2**20
"""Of one file, from a bot or from a person without a subscription."""
DAY = 86_400
"""Seconds for which a link works."""


@dataclass(frozen=True)
class Upload:
    """A file that somebody attaches."""

    filename: str
    data: bytes
    description: str | None = None

    @property
    def content_type(self) -> str:
        """The media type, by the file's name."""
        return guess_type(self.filename)[0] or "application/octet-stream"


@dataclass
class Cdn:
    """Keeps every file; `base` is where it can be reached."""

    snowflakes: Snowflakes
    base: Callable[[], str]
    clock: Callable[[], float] = time.time
    """For tests of links that have expired."""
    _files: dict[str, tuple[Upload, str]] = field(default_factory=dict)
    """Path -> file and signature."""

    def keep(self, channel_id: int, upload: Upload, **more: Any) -> Json:
        """Store a file; the attachment object that messages and options carry."""
        if len(upload.data) > MAXIMUM_BYTES:
            raise DiscordError(413, 40005, "Request entity too large")
        new_id, signature = self.snowflakes.next(), secrets.token_hex(32)
        path = f"/attachments/{channel_id}/{new_id}/{_safe(upload.filename)}"
        self._files[path] = upload, signature
        now = int(self.clock())
        url = f"{self.base()}{path}?ex={now + DAY:x}&is={now:x}&hm={signature}&"
        return {
            "id": str(new_id),
            "filename": _safe(upload.filename),
            "size": len(upload.data),
            "url": url,
            "proxy_url": url,
            "content_type": upload.content_type,
            **({"description": upload.description} if upload.description else {}),
            **more,
        }

    def with_files(
        self, body: Json, uploads: Mapping[int, Upload], channel_id: int, kept: list[Json]
    ) -> Json:
        """A message's body whose attachments are whole; `kept` are those that it had before."""
        if "attachments" not in body and not uploads:
            return body
        before = {attachment["id"]: attachment for attachment in kept}
        whole, rest = [] if "attachments" in body else [*kept], dict(uploads)
        form = rules.Form()
        for index, given in enumerate(body.get("attachments") or []):
            if str(given["id"]) in before:
                whole.append(before[str(given["id"])])
            elif (upload := rest.pop(int(given["id"]), None)) is not None:
                about = {k: given[k] for k in ("description",) if given.get(k)}
                whole.append(self.keep(channel_id, upload, **about))
            else:
                message = f"Unknown attachment {given['id']}: no file was uploaded under this id"
                form.nested("attachments").fail(str(index), "ATTACHMENT_NOT_FOUND", message)
        whole += [self.keep(channel_id, upload) for upload in rest.values()]
        form.count("attachments", whole, MAXIMUM_FILES)
        rules.refuse(form.tree())
        return {**body, "attachments": whole}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A file, to whoever has its signed link and comes before it expires."""
        upload, signature = self._files.get(request.path, (None, ""))
        expires = int(request.query.get("ex", "0"), 16)
        if upload is None or request.query.get("hm") != signature or expires < self.clock():
            return web.Response(status=404, text="This content is no longer available.")
        headers = {"Content-Disposition": f'attachment; filename="{_safe(upload.filename)}"'}
        return web.Response(body=upload.data, content_type=upload.content_type, headers=headers)


async def uploads(request: web.Request) -> dict[int, Upload]:
    """The files of a multipart request, by the number that its attachments name."""
    if request.content_type != "multipart/form-data":
        return {}
    found = {}
    for name, part in (await request.post()).items():
        number = re.fullmatch(r"files\[(\d+)\]", name)
        if number and isinstance(part, web.FileField):
            part.file.seek(0)
            found[int(number[1])] = Upload(part.filename, part.file.read())
    return found


def _safe(filename: str) -> str:
    """A file's name as Discord keeps it."""
    return re.sub(r"[^\w.\-]", "_", filename) or "file"
