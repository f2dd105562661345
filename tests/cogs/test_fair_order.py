from collections import defaultdict
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._fair_order import FairOrder

MEMBERS = "abcd"
pushes = st.tuples(st.sampled_from(MEMBERS), st.floats(0.2, 60))
steps = st.one_of(pushes, st.just("pop"), st.integers(0, 9))
"""Somebody asks; somebody has their turn; the n-th that waits is taken back."""


def test_the_flood_of_one_delays_the_others_by_one() -> None:
    order: FairOrder[str] = FairOrder()
    for n in range(5):
        order.push(f"flood {n}", "flooder", 3.0)
    assert order.pop() == "flood 0"
    order.push("hello", "quiet", 3.0)
    order.push("there", "other", 3.0)
    turns = [order.pop() for _ in range(6)]
    assert turns == ["hello", "there", "flood 1", "flood 2", "flood 3", "flood 4"]


def test_long_items_cost_more_than_short_ones() -> None:
    order: FairOrder[str] = FairOrder()
    for n in range(3):
        order.push(f"paste {n}", "paster", 10.0)
        order.push(f"line {n}", "talker", 2.0)
    turns = [order.pop() for _ in range(6)]
    assert turns == ["paste 0", "line 0", "line 1", "line 2", "paste 1", "paste 2"]


def test_who_spoke_at_length_is_forgotten_after_a_rest() -> None:
    order: FairOrder[str] = FairOrder()
    order.push("a long one", "a", 60.0)
    order.pop()
    order.rest()
    order.push("a", "a", 1.0)
    order.push("b", "b", 1.0)
    assert list(order) == ["a", "b"]


def test_what_is_taken_back_costs_nothing() -> None:
    order: FairOrder[str] = FairOrder()
    for text in ("now", "1", "2", "3"):
        order.push(text, "a", 10.0)
    order.pop()
    for text in ("1", "2"):
        order.remove(text)
    order.push("b", "b", 10.0)
    order.push("b again", "b", 10.0)
    assert list(order) == ["b", "3", "b again"]


def test_an_item_that_comes_last_waits_for_all_that_are_there_and_no_more() -> None:
    order: FairOrder[str] = FairOrder()
    for n in range(3):
        order.push(f"a{n}", "a", 1.0)
    order.push("notice", None, 1.0, last=True)
    order.push("a3", "a", 1.0)
    assert list(order) == ["a0", "a1", "a2", "notice", "a3"]


def test_a_replacement_keeps_the_place() -> None:
    order: FairOrder[str] = FairOrder()
    for text in ("1", "2", "3"):
        order.push(text, "a", 1.0)
    order.replace("2", "two", 5.0)
    assert list(order) == ["1", "two", "3"]
    with pytest.raises(ValueError, match="no such item"):
        order.remove("2")


@given(st.lists(steps, max_size=60))
def test_own_order_is_kept_and_nobody_is_starved(moves: list[object]) -> None:
    order: FairOrder[tuple[str, int]] = FairOrder()
    waiting: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for number, move in enumerate(moves):
        if isinstance(move, tuple):
            member, seconds = move
            order.push((member, number), member, seconds)
            waiting[member].append((member, number))
        elif move == "pop" and len(order):
            turn = order.pop()
            assert turn == waiting[turn[0]].pop(0), "one's own order"
        elif isinstance(move, int) and move < len(order):
            gone = list(order)[move]
            order.remove(gone)
            waiting[gone[0]].remove(gone)
        assert sorted(order) == sorted(chain.from_iterable(waiting.values()))
    while len(order):
        turn = order.pop()
        assert turn == waiting[turn[0]].pop(0)
    assert not any(waiting.values())


@given(st.lists(st.one_of(pushes, st.just("pop")), max_size=60))
def test_a_newcomer_waits_for_at_most_one_of_each_of_the_others(moves: list[object]) -> None:
    order: FairOrder[tuple[str, int]] = FairOrder()
    for number, move in enumerate(moves):
        if isinstance(move, tuple):
            order.push((move[0], number), move[0], move[1])
        elif len(order):
            order.pop()
    order.push(("newcomer", 0), "newcomer", 1.0)
    before = []
    while (turn := order.pop()) != ("newcomer", 0):
        before.append(turn[0])
    assert len(before) == len(set(before))


@given(st.lists(st.lists(st.floats(0.5, 10), min_size=30, max_size=30), min_size=2, max_size=4))
def test_who_always_has_something_to_say_is_heard_as_long_as_the_others(
    lengths: list[list[float]],
) -> None:
    order: FairOrder[tuple[int, float]] = FairOrder()
    for member, seconds in enumerate(lengths):
        for length in seconds:
            order.push((member, length), member, length)
    heard = dict.fromkeys(range(len(lengths)), 0.0)
    left = dict.fromkeys(range(len(lengths)), 30)
    while all(left.values()):
        member, seconds_heard = order.pop()
        heard[member] += seconds_heard
        left[member] -= 1
        assert max(heard.values()) - min(heard.values()) <= 2 * 10
