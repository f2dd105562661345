import random
import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from cogs._pcm_stream import FRAME_BYTES, PcmStream

SILENCE = bytes(FRAME_BYTES)


def drain(stream: PcmStream) -> list[bytes]:
    frames = []
    while frame := stream.read():
        frames.append(frame)
    return frames


@given(st.lists(st.binary(min_size=0, max_size=9000), max_size=8))
def test_no_byte_is_lost_and_the_last_frame_is_padded(parts: list[bytes]) -> None:
    stream = PcmStream()
    for part in parts:
        stream.feed(part)
    stream.finish()
    frames = drain(stream)
    fed = b"".join(parts)
    assert all(len(frame) == FRAME_BYTES for frame in frames)
    assert b"".join(frames) == fed.ljust(-(-len(fed) // FRAME_BYTES) * FRAME_BYTES, b"\0")
    assert stream.exhausted
    assert stream.read() == b""


@given(st.lists(st.one_of(st.none(), st.binary(min_size=1, max_size=9000)), max_size=20))
def test_running_dry_adds_silence_and_takes_nothing_away(steps: list[bytes | None]) -> None:
    stream, heard = PcmStream(), []
    fed = b""
    for step in steps:
        if step is None:
            ready = stream.ready
            frame = stream.read()
            assert ready or frame == SILENCE
            if ready:
                heard.append(frame)
        else:
            step = step.replace(b"\0", b"\1")
            fed += step
            stream.feed(step)
    assert not stream.exhausted
    stream.finish()
    heard += drain(stream)
    assert b"".join(heard).rstrip(b"\0") == fed


def test_an_unfinished_stream_is_silent_and_never_ends() -> None:
    stream = PcmStream()
    assert [stream.read() for _ in range(3)] == [SILENCE] * 3
    assert not stream.ready
    stream.feed(b"\1" * 100)
    assert stream.read() == SILENCE
    assert stream.seconds_left() == 100 / 192_000
    stream.finish()
    assert stream.ready
    assert stream.read() == (b"\1" * 100).ljust(FRAME_BYTES, b"\0")
    assert stream.read() == b""


def test_two_threads_at_full_speed_lose_nothing() -> None:
    stream, heard = PcmStream(), bytearray()

    def listen() -> None:
        while frame := stream.read():
            heard.extend(frame)

    rng = random.Random(1)
    parts = [bytes([1 + n % 255]) * rng.randrange(1, 9000) for n in range(2000)]
    listener = threading.Thread(target=listen)
    listener.start()
    for part in parts:
        stream.feed(part)
    stream.finish()
    listener.join(30)
    assert bytes(heard).replace(b"\0", b"") == b"".join(parts)


def test_reading_never_waits() -> None:
    stream = PcmStream()
    began = time.perf_counter()
    for _ in range(10_000):
        stream.read()
    assert time.perf_counter() - began < 1


@given(
    st.lists(st.integers(1, 6000).map(lambda n: n * 4), min_size=1, max_size=6), st.integers(0, 80)
)
def test_a_rewound_stream_begins_its_sentence_again(lengths: list[int], frames: int) -> None:
    stream, sentences = PcmStream(), [bytes([n + 1]) * size for n, size in enumerate(lengths)]
    for sentence in sentences:
        stream.begin_sentence()
        stream.feed(sentence)
    stream.finish()
    read = b"".join(stream.read() for _ in range(frames)).rstrip(b"\0")
    stream.rewind()
    again = b"".join(drain(stream)).rstrip(b"\0")
    begins = [0, *(len(b"".join(sentences[: n + 1])) for n in range(len(sentences)))]
    expected = max(begin for begin in begins[:-1] if begin <= len(read))
    assert again == b"".join(sentences)[expected:]
    assert stream.exhausted


@given(st.lists(st.integers(1, 6000).map(lambda n: n * 4), min_size=1, max_size=6))
def test_a_stream_that_is_ended_ends_with_its_sentence(lengths: list[int]) -> None:
    stream = PcmStream()
    for length in lengths:
        stream.begin_sentence()
        stream.feed(b"\1" * length)
    stream.read()
    in_one_frame = [sum(lengths[:n]) for n in range(1, len(lengths)) if sum(lengths[:n]) > 3840]
    stream.end_sentence()
    stream.finish()
    drain(stream)
    assert stream.exhausted
    end = in_one_frame[0] if in_one_frame else sum(lengths)
    assert 0 <= round(stream.seconds_read() * 192_000) - end < 3840
