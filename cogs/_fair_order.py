"""FairOrder: whose turn it is, by start-time fair queueing (Goyal, Vin and Cheng 1996). Pure.

Each item gets a start on a clock that counts spoken seconds: the clock of now, but not before its
member's item ahead of it would have ended if members spoke all at once. The earliest start is next.
So one's own order is always kept, who asks while others flood waits for at most one item of each of
them, and in the long run all that ask all the time are heard for equally long.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Place(Generic[T]):
    item: T
    member: Hashable
    seconds: float
    number: int
    """Counts up with every item that came."""
    earliest: float
    """The clock when it came."""
    start: float = 0.0

    def turn(self) -> tuple[float, int]:
        return (self.start, self.number)


class FairOrder(Generic[T]):
    """Items that wait for their turn, each on the account of a member. Iterates in their order."""

    def __init__(self) -> None:
        self._places: list[_Place[T]] = []
        self._clock = 0.0
        self._ends: dict[Hashable, float] = {}
        """Where the latest item that had its turn ended, of members for whom that is to come."""
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[T]:
        return (place.item for place in self._places)

    def push(self, item: T, member: Hashable, seconds: float, *, last: bool = False) -> None:
        """Adds what will sound for about `seconds` > 0; `last` = after all that wait now."""
        earliest = self._places[-1].start if last and self._places else self._clock
        place = _Place(item, member, seconds, next(self._numbers), earliest)
        own = [other for other in self._places if other.member == member]
        end = own[-1].start + own[-1].seconds if own else self._ends.get(member, 0.0)
        place.start = max(earliest, end)
        insort(self._places, place, key=_Place.turn)

    def pop(self) -> T:
        """Takes out the item whose turn it is. Raises `IndexError` if there is none."""
        place = self._places.pop(0)
        self._clock = place.start
        self._ends[place.member] = place.start + place.seconds
        self._ends = {member: end for member, end in self._ends.items() if end > self._clock}
        return place.item

    def remove(self, item: T) -> None:
        """Takes out `item`; its member's later ones move up. Raises `ValueError`."""
        self._places.remove(self._find(item))
        self._settle()

    def replace(self, item: T, other: T, seconds: float) -> None:
        """Puts `other` in the place of `item`. Raises `ValueError`."""
        place = self._find(item)
        place.item, place.seconds = other, seconds
        self._settle()

    def clear(self) -> None:
        """Forgets all that wait."""
        self._places.clear()

    def rest(self) -> None:
        """Forgets who was heard last: nobody speaks or waits, and all begin alike again."""
        self._ends.clear()

    def _find(self, item: T) -> _Place[T]:
        for place in self._places:
            if place.item is item:
                return place
        raise ValueError("no such item waits")

    def _settle(self) -> None:
        ends = dict(self._ends)
        for place in sorted(self._places, key=lambda place: place.number):
            place.start = max(place.earliest, ends.get(place.member, 0.0))
            ends[place.member] = place.start + place.seconds
        self._places.sort(key=_Place.turn)
