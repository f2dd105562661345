import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from speech_fakes import FakeEngine

from cogs._pcm_stream import PcmStream
from cogs._speech_queue import SpeechQueue, Utterance
from luna_tts.audio import to_pcm16


class Player:
    """Takes a frame a millisecond, as Discord's player does every 20, and keeps all of them."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.turns = 0
        self.grew = asyncio.Event()

    async def play(self, stream: PcmStream) -> None:
        self.turns += 1
        while frame := stream.read():
            self.frames.append(frame)
            self.grew.set()
            await asyncio.sleep(0.001)

    async def heard(self, count: int) -> None:
        while len(self.frames) < count:
            self.grew.clear()
            await self.grew.wait()


@pytest.fixture
def player() -> Player:
    return Player()


@pytest.fixture
async def queue(engine: FakeEngine, player: Player) -> AsyncIterator[SpeechQueue]:
    queue = SpeechQueue(lambda: engine, player.play)  # type: ignore[arg-type,return-value]
    yield queue
    await queue.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def said(text: str) -> bytes:
    samples = np.tile(np.linspace(0.1, 0.9, 4800, dtype=np.float32), len(text))
    return to_pcm16(np.repeat(samples, 2))


async def test_a_pause_loses_no_sample(queue: SpeechQueue, player: Player) -> None:
    queue.put(Utterance("abcdef"))
    queue.put(Utterance("gh"))
    for count in (3, 9, 20):
        await player.heard(count)
        queue.pause()
        assert queue.paused
        silent_since = len(player.frames)
        await asyncio.sleep(0.03)
        assert len(player.frames) == silent_since
        queue.resume()
    await queue.idle()
    assert b"".join(player.frames) == said("abcdefgh")


async def test_a_pause_that_is_over_at_once_loses_nothing(
    queue: SpeechQueue, player: Player
) -> None:
    queue.put(Utterance("abcdef"))
    await player.heard(3)
    queue.pause()
    queue.resume()
    queue.pause()
    queue.resume()
    await queue.idle()
    assert b"".join(player.frames) == said("abcdef")
    assert player.turns == 2


async def test_what_is_asked_for_in_a_pause_waits(queue: SpeechQueue, player: Player) -> None:
    queue.pause()
    queue.put(Utterance("ab"))
    await asyncio.sleep(0.03)
    assert (player.turns, queue.speaking) == (0, True)
    queue.resume()
    await queue.idle()
    assert b"".join(player.frames) == said("ab")


async def test_skip_in_a_pause_takes_one_and_stays_silent(
    queue: SpeechQueue, player: Player
) -> None:
    queue.put(Utterance("abcdef"))
    queue.put(Utterance("gh"))
    await player.heard(3)
    queue.pause()
    assert queue.skip()
    silent_since = len(player.frames)
    await asyncio.sleep(0.03)
    assert len(player.frames) == silent_since
    assert queue.paused
    queue.resume()
    await queue.idle()
    assert b"".join(player.frames[silent_since:]) == said("gh")


async def test_when_everything_is_cleared_the_pause_is_over(
    queue: SpeechQueue, player: Player
) -> None:
    queue.put(Utterance("abcdef"))
    queue.put(Utterance("gh"))
    await player.heard(3)
    queue.pause()
    assert queue.clear() == 2
    assert not queue.paused
    silent_since = len(player.frames)
    queue.put(Utterance("ij"))
    await queue.idle()
    assert b"".join(player.frames[silent_since:]) == said("ij")


async def test_closing_in_a_pause_leaves_nothing(queue: SpeechQueue, player: Player) -> None:
    queue.put(Utterance("abcdef"))
    await player.heard(3)
    queue.pause()
    await asyncio.sleep(0)
    await queue.aclose()
    assert not queue.speaking
