"""A Hugging Face on loopback that does what it is told: slow, broken, lying.

Answers the routes that huggingface_hub asks: the description of a repository, and its files.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34


@dataclass(eq=False)
class FakeHub:
    url: str
    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)
    """Of repositories that are not at COMMIT."""
    licences: dict[str, str] = field(default_factory=dict)
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the listing says of a file instead of the truth."""
    sent: dict[str, bytes] = field(default_factory=dict)
    """What is sent instead of a file."""
    breaks: dict[str, list[int]] = field(default_factory=dict)
    """After so many bytes of each answer the connection is cut."""
    stalls: dict[str, threading.Event] = field(default_factory=dict)
    """Half of the file comes at once, the rest when the event is set."""
    statuses: dict[str, int] = field(default_factory=dict)
    ranges: bool = True
    """Whether a Range is heeded."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Path and Range of everything that was asked for."""
    authorizations: list[str] = field(default_factory=list)

    def fetched(self, name: str) -> list[str]:
        """The ranges in which a file was asked for; empty strings for the whole."""
        return [asked for path, asked in self.requests if path.endswith("/" + name)]


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    hub = FakeHub(f"http://127.0.0.1:{server.server_port}")
    server.hub = hub  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield hub
    finally:
        for event in hub.stalls.values():
            event.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> FakeHub:
        return self.server.hub  # type: ignore[attr-defined, no-any-return]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((path, self.headers.get("Range", "")))
        self.hub.authorizations.append(self.headers.get("Authorization", ""))
        parts = path.strip("/").split("/")
        name = parts[-1]
        if name in self.hub.statuses:
            self._answer(self.hub.statuses[name], b"no")
        elif parts[:2] == ["api", "models"]:
            self._describe("/".join(parts[2:4]), parts[5] if len(parts) > 5 else "main")
        elif len(parts) > 4 and parts[2] == "resolve":
            files = self.hub.repos.get("/".join(parts[:2]), {})
            self._send(name, files.get("/".join(parts[4:])))
        else:
            self._send(name, self.hub.repos.get("", {}).get(name))

    do_HEAD = do_GET

    def _describe(self, repo: str, revision: str) -> None:
        files = self.hub.repos.get(repo)
        commit = self.hub.commits.get(repo, COMMIT)
        if files is None:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif revision not in ("main", commit):
            self._answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        else:
            description = {
                "id": repo,
                "sha": commit,
                "cardData": {"license": self.hub.licences.get(repo, "cc0-1.0")},
                "siblings": [self._listed(path, data) for path, data in files.items()],
            }
            headers = {"Content-Type": "application/json"}
            self._answer(200, json.dumps(description).encode(), headers)

    def _listed(self, path: str, data: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"rfilename": path, "size": len(data)}
        entry["blobId"] = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        if path.endswith((".safetensors", ".npy", ".bin", ".aivm")):
            entry["lfs"] = {
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "pointerSize": 134,
            }
        return {**entry, **self.hub.listed.get(path, {})}

    def _send(self, name: str, data: bytes | None) -> None:
        if data is None:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        data = self.hub.sent.get(name, data)
        asked = self.headers.get("Range", "")
        first = int(asked.removeprefix("bytes=").split("-")[0]) if asked and self.hub.ranges else 0
        headers = {"Accept-Ranges": "bytes"}
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        breaks = self.hub.breaks.get(name, [])
        cut = breaks.pop(0) if breaks else None
        self._answer(206 if first else 200, data[first:], headers, cut, self.hub.stalls.get(name))

    def _answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        cut: int | None = None,
        stall: threading.Event | None = None,
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if stall is not None:
            half = len(body) // 2
            self.wfile.write(body[:half])
            self.wfile.flush()
            stall.wait(30)
            body = body[half:]
        with suppress(OSError):
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True
