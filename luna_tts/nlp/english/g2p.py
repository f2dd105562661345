"""English tokens -> phones, stresses, and which token each phone belongs to.

BERT speaks for tokens, so words are taken apart as its tokenizer does it, and the pieces of a word
are looked up one by one; only a word with an apostrophe is one piece. Voices were trained so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from luna_tts.nlp.english.lexicon import Lexicon
from luna_tts.nlp.symbols import PAD, PUNCTUATIONS, SYMBOL_IDS

WORD_START: Final = "\u2581"
"""What the tokenizer puts before a token that begins a word."""
_UNKNOWN: Final = "UNK"
_ARPABET: Final = re.compile(
    "(?:AA|AE|AH|AO|AW|AY|EH|EY|IY|OW|OY|UH|UW)[012]|(?:ER|IH)[012]?"
    "|B|CH|DH?|F|G|HH|JH|K|L|M|NG?|P|R|SH?|TH?|V|W|Y|ZH?"
)
_CONSONANT_TONE: Final = 3


@dataclass(frozen=True, slots=True)
class EnglishPhones:
    """A text as phones. Both ends are silence, "_"."""

    phones: tuple[str, ...]
    """[n]; n >= 2."""
    tones: tuple[int, ...]
    """[n]; vowels: 1 unstressed, 2 primary, 3 secondary; consonants 3, marks 0."""
    word2ph: tuple[int, ...]
    """Phones of each token, with 1 for each end: [len(tokens) + 2], sums to n."""
    text: str
    """Normalized: what the tokens are of."""


def phonemize(text: str, tokens: Sequence[str], lexicon: Lexicon) -> EnglishPhones:
    """Phones of `tokens`, those of the normalized `text` without the ends. Never raises."""
    spoken: list[tuple[str, int]] = []
    counts: list[int] = []
    for group in group_tokens(tokens):
        said = [phone for piece in _pieces(group) for phone in _say(piece, lexicon)]
        each, more = divmod(len(said), len(group))
        counts += [each + 1] * more + [each] * (len(group) - more)
        spoken += said
    return EnglishPhones(
        (PAD, *(phone for phone, _ in spoken), PAD),
        (0, *(tone for _, tone in spoken), 0),
        (1, *counts, 1),
        text,
    )


def group_tokens(tokens: Sequence[str]) -> Iterator[list[str]]:
    """The tokens of each word, in order, without the sign of its start; each token once."""
    group: list[str] = []
    for token, following in zip(tokens, [*tokens[1:], WORD_START], strict=False):
        inner = not following.startswith(WORD_START) and following not in PUNCTUATIONS
        opens = token.startswith(WORD_START) or (token in PUNCTUATIONS and not inner)
        if opens and group:
            yield group
            group = []
        group.append(token.removeprefix(WORD_START))
    if group:
        yield group


def _pieces(group: Sequence[str]) -> Sequence[str]:
    return ["".join(group)] if len(group) > 1 and "'" in group else group


def _say(piece: str, lexicon: Lexicon) -> Iterator[tuple[str, int]]:
    if piece in PUNCTUATIONS:
        yield piece, 0
        return
    for sound in lexicon.word(piece) or lexicon.say(piece):
        phone, tone = _phone(sound)
        yield (phone, tone) if phone in SYMBOL_IDS else (_UNKNOWN, tone)


def _phone(sound: str) -> tuple[str, int]:
    if not _ARPABET.fullmatch(sound):
        return sound, 0
    stress = sound[-1]
    tone = int(stress) + 1 if stress.isdigit() else _CONSONANT_TONE
    phone = sound.rstrip("012").lower()
    return ("V" if phone == "v" else phone), tone
