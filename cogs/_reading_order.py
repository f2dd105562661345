"""ReadingOrder: one guild's messages, prepared side by side, passed on in the order they came."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ._speech_queue import Utterance

MOST_AT_ONCE: Final = 200
"""Messages in preparation; each takes a few seconds at most, so more than these are a flood."""

Preparing: TypeAlias = Coroutine[Any, Any, Utterance | None]
PassOn: TypeAlias = Callable[[Utterance | None], object]

_log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Place:
    """A message's place; `preparing` is None once it was taken back."""

    message_id: int
    preparing: asyncio.Task[Utterance | None] | None
    pass_on: PassOn


class ReadingOrder:
    """Preparing may have to wait for Discord or the disk: nobody is overtaken meanwhile.

    What goes wrong with one message costs that message alone.
    """

    def __init__(self) -> None:
        self._places: dict[int, _Place] = {}
        self._turns: set[asyncio.Task[None]] = set()
        self._last: asyncio.Task[None] | None = None

    def enter(self, message_id: int, preparing: Preparing, pass_on: PassOn) -> None:
        """Passes on what `preparing` returns, after all that entered before.

        A message that is still being prepared keeps its place, and is prepared anew.
        """
        place = self._places.get(message_id)
        if place is not None and place.preparing is not None:
            place.preparing.cancel()
            place.preparing = _start(preparing)
        elif len(self._turns) >= MOST_AT_ONCE:
            preparing.close()
            _log.debug("message %d is not read: too many others are being prepared", message_id)
        else:
            place = self._places[message_id] = _Place(message_id, _start(preparing), pass_on)
            turn = asyncio.create_task(self._turn(place, self._last), name="luna-reading-turn")
            self._last = turn
            self._turns.add(turn)
            turn.add_done_callback(self._turns.discard)

    def take_back(self, message_id: int) -> None:
        """What is still being prepared for this message is not passed on."""
        place = self._places.pop(message_id, None)
        if place is not None and place.preparing is not None:
            place.preparing.cancel()
            place.preparing = None

    async def aclose(self) -> None:
        """Ends everything that is under way."""
        for message_id in list(self._places):
            self.take_back(message_id)
        turns = list(self._turns)
        for turn in turns:
            turn.cancel()
        await asyncio.gather(*turns, return_exceptions=True)

    async def _turn(self, place: _Place, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        while place.preparing is not None and not place.preparing.done():
            await asyncio.wait([place.preparing])
        if place.preparing is None:
            return
        self._places.pop(place.message_id, None)
        if error := place.preparing.exception():
            # Neither here nor in `error` may anything of the text reach the log.
            _log.error("message %d cannot be read: %s", place.message_id, type(error).__name__)
            _log.debug("why message %d cannot be read", place.message_id, exc_info=error)
            return
        place.pass_on(place.preparing.result())


def _start(preparing: Preparing) -> asyncio.Task[Utterance | None]:
    return asyncio.create_task(preparing, name="luna-prepare-message")
