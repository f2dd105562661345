"""What is being prepared when somebody says /stop is not spoken; what comes after it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from cogs._sessions import Session
from cogs._speech_queue import Utterance


def test_stop_reaches_what_is_still_being_prepared() -> None:
    offered: list[Utterance] = []
    queue = cast(Any, SimpleNamespace(offer=offered.append, clear=lambda: 2))
    session = Session(cast(Any, SimpleNamespace(channel="Lounge")), queue)
    before = session.offering()
    assert session.silence() == 2
    after = session.offering()
    before(Utterance("before"))
    after(Utterance("after"))
    after(None)
    assert [utterance.text for utterance in offered] == ["after"]
