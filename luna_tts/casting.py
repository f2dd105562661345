"""Who says which part of a line: each language by the first voice that speaks it, else in kana.

What is said by several voices, or in several languages, sounds as one line: between two parts that
no sentence's end divides there is only a breath.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from luna_tts.audio import AUDIBLE, LeadIn
from luna_tts.errors import LunaError, NothingToSay, SynthesisFailed
from luna_tts.lookahead import mark_last
from luna_tts.nlp.user_dictionary import UserDictionary
from luna_tts.rest import Rest
from luna_tts.segments import DEFAULT, cut_languages
from luna_tts.types import AudioChunk, Samples, SpeechModel, SynthesisOptions

_log = logging.getLogger(__name__)

_BREATH_SECONDS: Final = 0.03
"""What stays of the silence at the end of a part; as much again begins the next."""
_CLOSED: Final = "」"
"""After it は and へ are read as particles, and はい as what it is."""
_ENDS_SENTENCE: Final = re.compile(r"[。．.！？!?…\n]\s*$")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a line that one voice says in one language, which is in the options."""

    text: str
    voice: SpeechModel
    options: SynthesisOptions
    own: SpeechModel
    """The line's own voice, which says in kana what another one fails to say."""


def cast(
    text: str,
    voice: SpeechModel,
    others: Sequence[SpeechModel],
    options: SynthesisOptions,
    words: UserDictionary | None,
) -> list[Part]:
    """The parts of `text`, at least one; `others` say what `voice` does not speak.

    `options.language` is what is meant where the script leaves it open. Phones that are given are
    for one part, in that language.
    """
    voices = (voice, *others)
    spoken = {language for each in voices for language in each.info.languages}
    if options.given_phone is not None or options.given_tone is not None or spoken == {"ja"}:
        return [Part(text, voice, options, voice)]
    places = [(found.start, found.end) for found in words.find(text)] if words else []
    parts: list[Part] = []
    for segment in cut_languages(text, options.language or DEFAULT, places):
        able = [each for each in voices if segment.language in each.info.languages]
        kana = "ko" if options.language == "ko" else "ja"
        speaker, language = (able[0], segment.language) if able else (voice, kana)
        part = Part(segment.text, speaker, _fitted(options, language, own=speaker is voice), voice)
        if parts and parts[-1].voice is speaker and parts[-1].options == part.options:
            parts[-1] = replace(parts[-1], text=parts[-1].text + part.text)
        else:
            parts.append(part)
    return parts or [Part(text, voice, options, voice)]


def speak(
    parts: Sequence[Part], words: UserDictionary | None = None
) -> Generator[AudioChunk | None]:
    """The chunks of all parts as one stream, `None` between stages.

    Raises `NothingToSay` if no part has anything to say, `SynthesisFailed` for the voice that
    failed, and what a voice raises that says all by itself.
    """
    if len(parts) == 1:
        yield from parts[0].voice.stream(parts[0].text, parts[0].options, words)
        return
    final: AudioChunk | None = None
    for part, (joins, goes_on) in zip(parts, _following(parts), strict=True):
        try:
            for chunk in _joined(
                _say(part, words, joins=joins), part.voice.info.sample_rate, joins, goes_on
            ):
                final = chunk or final
                yield chunk
        except NothingToSay:
            continue
    if final is None:
        raise NothingToSay
    # Only now is it known that nothing follows.
    yield replace(final, samples=np.zeros(0, np.float32), last=True)


def _say(part: Part, words: UserDictionary | None, *, joins: bool) -> Generator[AudioChunk | None]:
    text = going_on(part.text) if joins and part.options.language == "ja" else part.text
    added = len(text) - len(part.text)
    rest = Rest(part.text)
    try:
        for chunk in part.voice.stream(text, part.options, words):
            if chunk is not None:
                if added and text.startswith(chunk.text):
                    chunk = replace(chunk, text=chunk.text[added:])
                rest.hear(chunk.text)
            yield chunk
    except LunaError:
        raise
    except Exception as error:
        if part.voice is part.own:
            raise SynthesisFailed(part.own.info.name) from error
        _log.warning("%s failed, %s goes on", part.voice.info.name, part.own.info.name)
        if rest.text.strip():
            yield from part.own.stream(rest.text, replace(part.options, language="ja"), words)


def going_on(text: str) -> str:
    """Japanese that goes on a sentence, so that a は in front is not the one of はあ."""
    return _CLOSED + text if text.startswith(("は", "へ")) else text


def check(parts: Sequence[Part], words: UserDictionary | None = None) -> None:
    """Raises what `speak` would raise for the same request."""
    silent = 0
    for part in parts:
        try:
            part.voice.check(part.text, part.options, words)
        except NothingToSay:
            silent += 1
    if silent == len(parts):
        raise NothingToSay


def _following(parts: Sequence[Part]) -> Iterator[tuple[bool, bool]]:
    """Of each part: whether it goes on a sentence, and whether its own goes on after it."""
    before = False
    for part, last in mark_last(parts):
        goes_on = not last and not _ENDS_SENTENCE.search(part.text)
        yield before, goes_on
        before = goes_on


def _fitted(options: SynthesisOptions, language: str, *, own: bool) -> SynthesisOptions:
    """Speaker and style belong to the voice that they were chosen for."""
    if own:
        return replace(options, language=language)
    return replace(
        options, language=language, speaker=None, style=None, style_weight=None, assist_text=None
    )


def _joined(
    steps: Generator[AudioChunk | None], sample_rate: int, joins: bool, goes_on: bool
) -> Iterator[AudioChunk | None]:
    """A part without the silence that a listener would take for the end of the line."""
    lead_in = LeadIn(sample_rate)
    held, text = np.zeros(0, np.float32), ""
    for chunk in steps:
        if chunk is None:
            yield None
            continue
        samples, text = lead_in.cut(chunk.samples) if joins else chunk.samples, chunk.text
        if goes_on:
            samples, held = _hold_silence(np.concatenate((held, samples)))
        yield replace(chunk, samples=samples, last=False)
    if text and goes_on:
        yield AudioChunk(
            held[: round(_BREATH_SECONDS * sample_rate)], sample_rate, text, last=False
        )


def _hold_silence(samples: Samples) -> tuple[Samples, Samples]:
    sounding = np.flatnonzero(np.abs(samples) > AUDIBLE)
    end = int(sounding[-1]) + 1 if len(sounding) else 0
    return samples[:end], samples[end:]
