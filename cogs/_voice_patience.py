"""When Luna comes back after her voice connection broke, by Discord's close code; pure."""

from __future__ import annotations

import time
from typing import Final

WAITS: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each attempt to come back; after the last one she stays out for the time being."""
LOOK_SECONDS: Final = 30.0
"""How often she looks whether she is where she is to be: what keeps her away may be over."""
STEADY_SECONDS: Final = 10.0
"""A connection that stood for so long was no failed attempt."""
RATE_LIMITED: Final = 4021
UNRATED_AFTER: Final = 4
"""Place in `WAITS` from which she goes on after `RATE_LIMITED`."""
OUTDATED: Final = frozenset({4012, 4016, 4017, 4020})
"""Unknown protocol, unknown encryption, end-to-end encryption required, bad request: what is
installed here does not speak Discord's language, and no further attempt would change that."""


class Patience:
    """Counts attempts, so that no connection that breaks at once makes a loop of joining.

    What people ask for does not wait here: only coming back by herself does.
    """

    def __init__(self) -> None:
        self._attempts = 0
        self._hopeless = False
        self._connected_at = 0.0

    def connected(self) -> None:
        """A connection stands."""
        self._connected_at = time.monotonic()

    def broke(self, code: int | None) -> None:
        """It broke, with Discord's close code if there was one."""
        if time.monotonic() - self._connected_at > STEADY_SECONDS:
            self._attempts = 0
        if code == RATE_LIMITED:
            self._attempts = max(self._attempts, UNRATED_AFTER)
        self._hopeless = code in OUTDATED

    def asked(self) -> None:
        """Somebody wants her here: whatever happened before, she is quick to come back."""
        self._attempts = 0

    def next_wait(self) -> float | None:
        """Seconds until the next attempt, or None if she is to stay out."""
        if self._hopeless or self._attempts >= len(WAITS):
            return None
        self._attempts += 1
        return WAITS[self._attempts - 1]
