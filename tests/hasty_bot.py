"""bot.py, whose waits of half a minute and more take a second: a test has no time for them."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from cogs import _gateway, _voice_client, _voice_patience  # noqa: E402


class Hasty(_gateway.GatewayBot):
    """Takes a gateway that has not said anything for that long for dead; discord.py's is 60 s."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._connection.heartbeat_timeout = 1.5


if __name__ == "__main__":
    _voice_client.SILENT_SECONDS = 1.5
    _voice_patience.LOOK_SECONDS = 1.0  # type: ignore[misc]
    _gateway.GatewayBot = Hasty  # type: ignore[misc]
    runpy.run_path(str(ROOT / "bot.py"), run_name="__main__")
