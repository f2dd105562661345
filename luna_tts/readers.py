"""How a voice of many languages reads each of them: text -> pieces, their phones, and a BERT.

A Japanese reader takes any text: what is in other languages it says in kana.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol, cast

from luna_tts.errors import GivenPhonesMismatch
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.nlp.japanese.g2p import phonemize
from luna_tts.nlp.japanese.given import apply_given
from luna_tts.nlp.symbols import Language
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.reading import read_sentences
from luna_tts.sentences import split_sentences
from luna_tts.types import SynthesisOptions

if TYPE_CHECKING:
    from luna_tts.nlp.bert_models import Bert
    from luna_tts.nlp.foreign_berts import EnglishBert

_LONGEST_ENGLISH: Final = 120
"""Characters of a piece; half as many sounds as in Japanese."""


class Phones(Protocol):
    """A text as phones: `JapanesePhones` and those of the other languages."""

    @property
    def phones(self) -> tuple[str, ...]:
        """[n]; both ends are silence."""

    @property
    def tones(self) -> tuple[int, ...]:
        """[n], counted from 0 within the language."""

    @property
    def word2ph(self) -> tuple[int, ...]:
        """Phones of each of BERT's tokens, its ends included; sums to n."""

    @property
    def text(self) -> str:
        """What BERT reads."""


class Reader(Protocol):
    """One language of a voice."""

    language: str
    """ISO 639-1."""
    symbols: Language
    bert: Bert

    def read(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None
    ) -> Iterator[tuple[str, Phones]]:
        """Pieces to be said one after another; given phones make it one piece.

        Raises `GivenPhonesMismatch`.
        """

    def assist(self, text: str) -> str:
        """An assist text as BERT reads it."""


class JapaneseReader:
    """Reads whatever is written as Japanese."""

    language = "ja"
    symbols: Language = "JP"

    def __init__(self, frontend: JapaneseFrontend, bert: Bert) -> None:
        self._frontend = frontend
        self.bert = bert

    def read(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None
    ) -> Iterator[tuple[str, Phones]]:
        """See `Reader`."""
        given = _given(options)
        korean = options.language == "ko"
        for sentence in read_sentences(self._frontend, text, words, whole=given, korean=korean):
            phones = phonemize(sentence.answer)
            if given:
                phones = apply_given(phones, options.given_phone, options.given_tone)
            yield sentence.text, phones

    def assist(self, text: str) -> str:
        """See `Reader`."""
        return self._frontend.phonemize(text).text


class EnglishReader:
    """Reads English; opened once, shared by voices."""

    language = "en"
    symbols: Language = "EN"

    def __init__(self, bert: Bert) -> None:
        from luna_tts.nlp.english.lexicon import Lexicon

        self.bert = bert
        self._tokens = cast("EnglishBert", bert).tokens
        self._lexicon = Lexicon()
        self._lexicon.say("luna")  # opens the network too

    def read(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None
    ) -> Iterator[tuple[str, Phones]]:
        """See `Reader`."""
        from luna_tts.nlp.english.g2p import phonemize
        from luna_tts.nlp.english.normalizer import normalize

        for piece in [text] if _given(options) else split_sentences(text, _LONGEST_ENGLISH):
            normalized = normalize(piece)
            phones = phonemize(normalized, self._tokens(normalized), self._lexicon)
            yield piece, _with_given(phones, options)

    def assist(self, text: str) -> str:
        """See `Reader`."""
        return text


class ChineseReader:
    """Reads Mandarin; opened once, shared by voices."""

    language = "zh"
    symbols: Language = "ZH"

    def __init__(self, bert: Bert) -> None:
        from luna_tts.nlp.chinese.g2p import phonemize

        self.bert = bert
        phonemize("你好")  # opens the dictionaries

    def read(
        self, text: str, options: SynthesisOptions, words: UserDictionary | None
    ) -> Iterator[tuple[str, Phones]]:
        """See `Reader`."""
        from luna_tts.nlp.chinese.g2p import phonemize
        from luna_tts.nlp.chinese.normalizer import normalize

        for piece in [text] if _given(options) else split_sentences(text):
            yield piece, _with_given(phonemize(normalize(piece)), options)

    def assist(self, text: str) -> str:
        """See `Reader`."""
        return text


def open_reader(language: str, bert: Bert) -> Reader:
    """The reader of "en" or "zh"; a second of work."""
    return EnglishReader(bert) if language == "en" else ChineseReader(bert)


def _given(options: SynthesisOptions) -> bool:
    return options.given_phone is not None or options.given_tone is not None


def _with_given(phones: Phones, options: SynthesisOptions) -> Phones:
    """Phones given for English and Chinese have to be as many as they replace."""
    if not _given(options):
        return phones
    from luna_tts.nlp.japanese.g2p import JapanesePhones

    given: Sequence[str] = options.given_phone or phones.phones
    tones: Sequence[int] = options.given_tone or phones.tones
    if not len(given) == len(tones) == len(phones.phones):
        raise GivenPhonesMismatch(len(given), len(tones))
    return JapanesePhones(tuple(given), tuple(tones), phones.word2ph, phones.text)
