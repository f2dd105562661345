"""What a close code asks for, and that nothing makes a loop of joining and leaving."""

from __future__ import annotations

import pytest

from cogs._voice_patience import (
    OUTDATED,
    RATE_LIMITED,
    STEADY_SECONDS,
    UNRATED_AFTER,
    WAITS,
    Patience,
)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock, as its only element."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


@pytest.mark.usefixtures("now")
def test_connections_that_break_at_once_are_waited_for_longer_each_time() -> None:
    patience, waits = Patience(), []
    while (wait := patience.next_wait()) is not None:
        waits.append(wait)
        patience.connected()
        patience.broke(4006)
    assert tuple(waits) == WAITS
    patience.asked()
    assert patience.next_wait() == 0


def test_one_that_stood_is_replaced_at_once(now: list[float]) -> None:
    patience = Patience()
    for _ in range(20):
        patience.connected()
        now[0] += STEADY_SECONDS + 1
        patience.broke(None)
        assert patience.next_wait() == 0


@pytest.mark.parametrize("code", [None, 1000, 1006, 4006, 4009, 4011, 4014, 4015, 4022])
def test_what_can_be_cured_by_a_fresh_session_is_tried_at_once(code: int | None) -> None:
    patience = Patience()
    patience.broke(code)
    assert patience.next_wait() == 0


def test_who_came_too_often_comes_later() -> None:
    patience = Patience()
    patience.broke(RATE_LIMITED)
    assert patience.next_wait() == WAITS[UNRATED_AFTER]


@pytest.mark.parametrize("code", sorted(OUTDATED))
def test_what_no_attempt_can_change_is_not_attempted(code: int) -> None:
    patience = Patience()
    patience.broke(code)
    assert patience.next_wait() is None
