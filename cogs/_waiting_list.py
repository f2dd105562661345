"""WaitingList: what waits in one guild, bounded, fair between members. No Discord."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from ._errors import MemberQueueFull, QueueFull
from ._fair_order import FairOrder
from ._rendering import Rendering, Utterance

MAX_SECONDS: Final = 60.0
"""Speech that may wait in a guild: what is older than that nobody wants to hear. Whoever has but
one text waiting keeps it."""


class WaitingList:
    """Lets in, leaves out and counts that. Iterates in the order in which they are to speak.

    Where too much waits, the oldest of whoever has most waiting is left out: listeners hear what is
    being talked about now, and nobody loses anything to a flood of others. Neither what was
    promised is left out, nor what is being made already. How much it was is announced after all
    that waited when the last one was left out, so once, when the pressure is over. `dismiss` is
    told what will not be spoken.
    """

    def __init__(
        self,
        limit: int,
        member_limit: int,
        announce: Callable[[int], Utterance] | None,
        dismiss: Callable[[Rendering], None],
    ) -> None:
        self.dropped = 0
        """How many were left out since it was made."""
        self._limit = limit
        self._member_limit = member_limit
        self._announce = announce
        self._dismiss = dismiss
        self._order: FairOrder[Rendering] = FairOrder()
        self._notice: Rendering | None = None
        self._unsaid = 0

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Rendering]:
        return iter(self._order)

    def offer(self, utterance: Utterance) -> None:
        """Lets it in unless its member says the same already, and leaves out one too many."""
        own = self._theirs(utterance.member_id) if utterance.member_id is not None else ()
        for other in own:
            if other.utterance.text == utterance.text:
                other.message_ids |= {utterance.message_id} - {None}
                return
        newcomer = Rendering(utterance)
        self._push(newcomer)
        loser = self._one_too_many(newcomer)
        if loser is not None:
            self._remove(loser)
            self._count()

    def put(self, utterance: Utterance) -> None:
        """Lets it in for sure, or raises `QueueFull`, `MemberQueueFull`."""
        if len(list(self._theirs(utterance.member_id))) >= self._member_limit:
            raise MemberQueueFull(self._member_limit)
        newcomer = Rendering(utterance, promised=True)
        self._push(newcomer)
        loser = self._one_too_many(newcomer)
        if loser is not None:
            self._remove(loser)
            if loser is newcomer:
                raise QueueFull(self._limit)
            self._count()

    def discard(self, message_id: int) -> bool:
        """Takes back a message; what others say with the same words stays."""
        rendering = self._reading(message_id)
        if rendering is None:
            return False
        rendering.message_ids.remove(message_id)
        if not rendering.message_ids:
            self._remove(rendering)
        return True

    def replace(self, message_id: int, utterance: Utterance) -> bool:
        """Has `utterance` spoken in the place of a message."""
        rendering = self._reading(message_id)
        if rendering is None:
            return False
        if rendering.utterance.text == utterance.text:
            return True  # a link was unfurled, or the like: what is made of it already stays
        rendering.message_ids.remove(message_id)
        if rendering.message_ids:  # others that it reads were not changed
            self.offer(utterance)
        else:
            other = rendering.again(utterance)
            self._order.replace(rendering, other, other.seconds_to_come())
            self._dismiss(rendering)
        return True

    def pop(self) -> Rendering:
        """Whose turn it is. Raises `IndexError`."""
        rendering = self._order.pop()
        if rendering is self._notice:
            self._notice, self._unsaid = None, 0
        return rendering

    def clear(self) -> int:
        """Forgets all of them; returns how many there were."""
        waited = list(self._order)
        count = len(waited) - (self._notice is not None)
        self._order.clear()
        self._notice, self._unsaid = None, 0
        for rendering in waited:
            self._dismiss(rendering)
        return count

    def rest(self) -> None:
        """Nobody speaks or waits: who spoke last is forgotten."""
        self._order.rest()

    def _theirs(self, member_id: int | None) -> Iterator[Rendering]:
        return (
            rendering
            for rendering in self._order
            if rendering.utterance.member_id == member_id and rendering is not self._notice
        )

    def _reading(self, message_id: int) -> Rendering | None:
        found = (one for one in self._order if message_id in one.message_ids)
        return next(found, None)

    def _push(self, rendering: Rendering, *, last: bool = False) -> None:
        member_id, seconds = rendering.utterance.member_id, rendering.seconds_to_come()
        self._order.push(rendering, member_id, seconds, last=last)

    def _remove(self, rendering: Rendering) -> None:
        self._order.remove(rendering)
        self._dismiss(rendering)

    def _one_too_many(self, newcomer: Rendering) -> Rendering | None:
        """What is left out for `newcomer`, or that itself; None if there is room."""
        waiting: dict[int | None, list[Rendering]] = defaultdict(list)
        for one in self._order:
            if one is not self._notice:
                waiting[one.utterance.member_id].append(one)
        own = waiting[newcomer.utterance.member_id]
        if len(own) > self._member_limit:
            return _oldest(own) or newcomer
        if sum(map(len, waiting.values())) > self._limit:
            most = max(waiting.values(), key=len)
            return _oldest(own if len(own) == len(most) else most) or newcomer
        if sum(map(_seconds, waiting.values())) > MAX_SECONDS:
            several = [theirs for theirs in waiting.values() if len(theirs) > 1]
            return _oldest(max(several, key=_seconds, default=[]))
        return None

    def _count(self) -> None:
        self.dropped += 1
        self._unsaid += 1
        if self._announce is not None:
            if self._notice is not None:
                self._remove(self._notice)
            self._notice = Rendering(self._announce(self._unsaid))
            self._push(self._notice, last=True)


def _oldest(theirs: list[Rendering]) -> Rendering | None:
    """The first that was not promised and has not been begun."""
    return next((one for one in theirs if not one.promised and one.task is None), None)


def _seconds(theirs: list[Rendering]) -> float:
    return sum(one.seconds_to_come() for one in theirs)
