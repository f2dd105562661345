"""PcmStream: an utterance between the event loop, which feeds, and the player, which reads."""

from __future__ import annotations

from collections import deque

FRAME_BYTES = 3840
"""20 ms of 48 kHz stereo s16, what Discord's player sends at a time."""
BYTES_PER_SECOND = 192_000

_SILENCE = bytes(FRAME_BYTES)


class PcmStream:
    """Feed on one thread, read on another; no lock, no wait, no byte lost.

    It needs no lock because each attribute has one writer, and `deque.append` and `popleft` are
    atomic.
    """

    def __init__(self) -> None:
        self._fed: deque[bytes] = deque()
        self._bytes_fed = 0
        self._finished = False
        self._sentences: deque[int] = deque()
        """Where sentences begin that the reader has not come to, in bytes."""
        self._held = bytearray()
        self._bytes_read = 0
        self._read = bytearray()
        """What was read of the present sentence."""
        self._ending = False
        self._over = False
        """It was ended by its reader's side, at the end of a sentence."""

    def feed(self, pcm: bytes) -> None:
        """Adds 48 kHz stereo s16 PCM of any length. Feeding side."""
        if pcm:
            self._fed.append(pcm)
            self._bytes_fed += len(pcm)

    def begin_sentence(self) -> None:
        """What is fed from now on is another sentence. Feeding side."""
        self._sentences.append(self._bytes_fed)

    def finish(self) -> None:
        """Nothing will be fed any more; the reader ends after what is there. Feeding side."""
        self._finished = True

    def read(self) -> bytes:
        """The next 20 ms: silence when it has run dry, `b""` when all is said. Reading side."""
        if self._over:
            return b""
        finished = self._finished  # before looking at what was fed: nothing is fed after it
        while len(self._held) < FRAME_BYTES and self._fed:
            self._held += self._fed.popleft()
        if len(self._held) < FRAME_BYTES and not finished:
            return _SILENCE  # what is held stays for the next frame
        frame = bytes(self._held[:FRAME_BYTES])
        del self._held[:FRAME_BYTES]
        self._bytes_read += len(frame)
        self._read += frame
        while self._sentences and self._sentences[0] <= self._bytes_read:
            of_this_one = self._bytes_read - self._sentences.popleft()
            del self._read[: len(self._read) - of_this_one]
            self._over = self._ending
        return frame.ljust(FRAME_BYTES, b"\0") if frame else b""

    def rewind(self) -> None:
        """The sentence that is being read will be read from its beginning. Reading side."""
        self._held[:0] = self._read
        self._bytes_read -= len(self._read)
        self._read.clear()

    def end_sentence(self) -> None:
        """What is read ends with the sentence that is being read. Any thread."""
        self._ending = True

    @property
    def ready(self) -> bool:
        """A whole frame, or the end, can be read without a filling of silence. Either side."""
        return self._finished or self._bytes_fed - self._bytes_read >= FRAME_BYTES

    @property
    def finished(self) -> bool:
        """Nothing will be fed any more. Either side."""
        return self._finished

    @property
    def exhausted(self) -> bool:
        """All that will ever be read was read. Either side."""
        return self._over or (self._finished and self._bytes_read == self._bytes_fed)

    def seconds_left(self) -> float:
        """How much was fed and not yet read. Any thread."""
        return (self._bytes_fed - self._bytes_read) / BYTES_PER_SECOND

    def seconds_read(self) -> float:
        """How much of it was read, without fillings of silence. Any thread."""
        return self._bytes_read / BYTES_PER_SECOND
