"""What of a text was not heard yet, so that another voice can go on with it."""

from __future__ import annotations


class Rest:
    """A text that becomes shorter sentence by sentence."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.heard = False
        self._last = ""

    def hear(self, sentence: str) -> None:
        """A sentence comes in several chunks; one that is found nowhere was heard somewhere."""
        self.heard = True
        at = self.text.find(sentence)
        if sentence != self._last and at >= 0:
            self.text = self.text[at + len(sentence) :]
        self._last = sentence
