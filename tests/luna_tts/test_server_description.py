"""The OpenAPI description is true: whatever it allows is answered, and as it says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import allow_header_conformance, positive_data_acceptance

from luna_tts.server import create_app
from luna_tts.server.settings import ServerSettings

LIMITS = ServerSettings(max_characters=100, dictionary=Path(mkdtemp()) / "words.csv")
schema = schemathesis.openapi.from_dict(create_app(None, LIMITS).openapi())


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One that loads and closes its engine by itself."""
    server = uvicorn.Server(uvicorn.Config(create_app(None, LIMITS), log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@schema.parametrize()
@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_request_is_answered_as_described(server: str, case: Any) -> None:
    # That a text cannot be pronounced no schema can say. Of two methods on one path the framework
    # names only the first in Allow.
    excluded = [positive_data_acceptance, allow_header_conformance]
    case.call_and_validate(base_url=server, excluded_checks=excluded)
