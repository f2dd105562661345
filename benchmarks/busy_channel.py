"""Twelve members write sixty messages a minute: Luna's queue beside a plain one, in real time.

    python -m benchmarks.busy_channel --minutes 10

Both read the same messages with the embedded voice, as fast as a listener hears them: the plain
queue one after the other, all of them, at one pace. Into benchmarks/out/ go the course of both
backlogs (busy_channel.svg), what was heard when (.tsv), and with --wav how it sounded.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from cogs._markup import speakable
from cogs._pcm_stream import PcmStream
from cogs._speech_queue import SpeechQueue, Utterance
from cogs._spoken import spoken
from luna_tts import AudioChunk, TTSService
from luna_tts.audio import WavWriter

from .course import draw_course

LINES = Path(__file__).with_name("data") / "busy_channel.tsv"
OUT = Path(__file__).with_name("out")
FRAME_SECONDS = 0.02
CAST = (
    *(("talker", "ja", 34 / 6),) * 6,
    ("Korean", "ko", 5.0),
    ("English", "en", 5.0),
    *(("quiet", "quiet", 1.0),) * 2,
    ("paster", "paste", 2.0),
    ("flooder", "flood", 12.0),
)
"""Twelve members: what they are, what they write, and how much of it a minute."""


@dataclass(frozen=True)
class Message:
    number: int
    at: float
    """Seconds from the beginning."""
    member: int
    text: str
    """As it is spoken."""

    @property
    def kind(self) -> str:
        return CAST[self.member][0]


@dataclass
class Side:
    """One of the two queues, with its listener."""

    name: str
    wav: WavWriter | None
    queue: SpeechQueue = field(init=False)
    heard: dict[int, float] = field(default_factory=dict)
    """Number of a message -> when it began to sound, on the clock of `time.monotonic`."""
    said: list[tuple[float, str]] = field(default_factory=list)
    backlogs: list[float] = field(default_factory=list)
    """One a second."""

    async def play(self, stream: PcmStream) -> None:
        """Takes a frame every 20 ms, as Discord's player does."""
        utterance, first, due = self.queue.current, True, time.monotonic()
        while frame := stream.read():
            if first and utterance is not None and any(frame):
                first = False
                self.said.append((due, utterance.text))
                if utterance.message_id is not None:
                    self.heard[utterance.message_id] = due
            if self.wav is not None:
                self.wav.write(frame)
            due += FRAME_SECONDS
            await asyncio.sleep(due - time.monotonic())


class Unhurried:
    """The service, for a queue that always speaks at the same pace."""

    def __init__(self, service: TTSService) -> None:
        self._service = service

    def stream(self, text: str, **asked: Any) -> AsyncGenerator[AudioChunk, None]:
        return self._service.stream(text, **{**asked, "options": None})


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wav", action="store_true")
    arguments = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    messages = list(conversation(arguments.minutes, arguments.seed))
    service = TTSService(voices=())
    await service.start()
    with ExitStack() as files:
        plain, ours = (
            Side(
                name,
                files.enter_context(WavWriter(OUT / f"{name}.wav", 48_000, 2))
                if arguments.wav
                else None,
            )
            for name in ("plain", "luna")
        )
        plain.queue = SpeechQueue(lambda: Unhurried(service), plain.play)
        ours.queue = SpeechQueue(
            lambda: service, ours.play, limit=30, member_limit=5, announce_dropped=notice
        )
        began = time.monotonic()
        sampling = asyncio.create_task(sample((plain, ours)))
        await post(messages, plain, ours, began)
        posted = time.monotonic()
        await ours.queue.idle()
        print(f"{len(messages)} messages in {posted - began:.0f} s; ", end="")
        print(f"Luna's queue was empty {time.monotonic() - posted:.0f} s after the last one\n")
        report(messages, (plain, ours), began)
        sampling.cancel()
        await asyncio.gather(sampling, return_exceptions=True)
        for side in (plain, ours):
            await side.queue.aclose()
            lines = (f"{at - began:.2f}\t{text!r}\n" for at, text in side.said)
            (OUT / f"{side.name}.tsv").write_text("".join(lines), encoding="utf-8")
    await service.aclose()
    courses = {side.name: side.backlogs for side in (plain, ours)}
    (OUT / "busy_channel.svg").write_text(draw_course(courses), encoding="utf-8")
    print(f"\ncourse of the backlogs: {OUT / 'busy_channel.svg'}")


def conversation(minutes: float, seed: int) -> Iterator[Message]:
    """Everybody at random moments, but the flooder twelve at a time, three a second."""
    chance = random.Random(seed)
    lines: dict[str, list[str]] = {}
    for line in LINES.read_text(encoding="utf-8").splitlines():
        kind, text = line.split("\t")
        lines.setdefault(kind, []).append(text.replace("\\n", "\n").replace("\\\\", "\\"))
    moments: list[tuple[float, int]] = []
    for member, (kind, _, rate) in enumerate(CAST):
        for _ in range(max(1, round(minutes * (1 if kind == "flooder" else rate)))):
            at = chance.uniform(0, 60 * minutes)
            burst = round(rate) if kind == "flooder" else 1
            moments += [(at + shot / 3, member) for shot in range(burst)]
    for number, (at, member) in enumerate(sorted(moments)):
        text = speakable(chance.choice(lines[CAST[member][1]]), "ja", 500)
        if text:
            yield Message(number, at, member, text)


def notice(count: int) -> Utterance:
    return Utterance(spoken("left_out" if count == 1 else "left_outs", "ja", count=count))


async def post(messages: Sequence[Message], plain: Side, ours: Side, began: float) -> None:
    for message in messages:
        await asyncio.sleep(max(0.0, began + message.at - time.monotonic()))
        plain.queue.put(Utterance(message.text, message_id=message.number))
        ours.queue.offer(
            Utterance(message.text, member_id=message.member, message_id=message.number)
        )


async def sample(sides: Sequence[Side]) -> None:
    due = time.monotonic()
    while True:
        for side in sides:
            side.backlogs.append(side.queue.backlog_seconds)
        due += 1
        await asyncio.sleep(due - time.monotonic())


def report(messages: Sequence[Message], sides: Sequence[Side], began: float) -> None:
    kinds = list(dict.fromkeys(kind for kind, _, _ in CAST))
    print("                       plain: seconds from message to sound    luna")
    print("members  posted    heard  median    p95  worst    heard  median    p95  worst")
    for kind in (*kinds, "everybody"):
        theirs = [message for message in messages if kind in (message.kind, "everybody")]
        row = f"{kind:<9}{len(theirs):6}"
        for side in sides:
            waits = [
                side.heard[one.number] - began - one.at
                for one in theirs
                if one.number in side.heard
            ]
            row += f"{len(waits):9}"
            if len(waits) > 1:
                p95 = quantiles(waits, n=20, method="inclusive")[-1]
                row += f"{median(waits):8.1f}{p95:7.1f}{max(waits):7.1f}"
        print(row)
    for side in sides:
        queue, calm = side.queue, sum(seconds <= 6 for seconds in side.backlogs)
        print(
            f"{side.name}: left out {queue.dropped}, waiting {len(queue)}; backlog median "
            f"{median(side.backlogs):.0f} s, most {max(side.backlogs):.0f} s, now "
            f"{queue.backlog_seconds:.0f} s; at most 6 s for {calm} of {len(side.backlogs)} s"
        )


if __name__ == "__main__":
    asyncio.run(main())
