"""Laughter, tears, applause and what else is typed short: www, ㅋㅋㅋ, lol, 888, brb. Pure.

Each server's language says them its own way, also where they were typed as in another one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from ._markup_reading import Kind, Reading

_LATIN: Final = "A-Za-zＡ-Ｚａ-ｚ"
_ENDS: Final = r"(?=[\s、。，．,.！？!?…」）)』~〜～\U000f0000-\U0010ffff]|\Z)"
_BEGINS: Final = rf"(?<![{_LATIN}0-9０-９_.'’@/#:-])"
_OVER: Final = rf"(?![{_LATIN}0-9０-９_'’@/-]|[.:][{_LATIN}0-9])"
_W: Final = re.compile(
    rf"(?<![{_LATIN}_.'’@/#:-])(?:[wｗ]{{2,}}|[WＷ]{{3,}})(?:[っッｯ]?[wWｗＷ]+)*(?:[mｍ][9９])?{_OVER}"
    rf"|(?<=[ぁ-んァ-ヶー一-鿿][b-df-hj-np-tvxyz])[wｗ]{{2,}}{_OVER}"  # おkww
    rf"|(?<=[ぁ-んァ-ヶー一-鿿！？!?。）)\U000f0000-\U0010ffff])[wｗ]{_ENDS}"
)
_LONE_W: Final = re.compile(r"^[wｗ](?= *(?:[\U000f8000-\U0010ffff]|$))", re.MULTILINE)
_CALLED: Final = re.compile(r"[(（][笑]{1,8}[)）]|(?<![一-鿿々])笑{1,20}(?![一-鿿々ぁ-ゖァ-ヺー])")
_GRASS: Final = re.compile(r"(?<![一-鿿々])(?:大?草+原?|ワロタ|わろた|ワロス)" + _ENDS)
_GRASSES: Final = re.compile("(?<![一-鿿々])草{2,}(?![一-鿿々])")
_LOL: Final = re.compile(
    rf"{_BEGINS}(?:(?P<loud>[Ll][Mm](?:[Ff])?[Aa][Oo]+|[Rr][Oo]+[Ff]+[Ll]+|[Xx]D+)"
    rf"|lo+l[ol]*|L[O]+L[OL]*|Lol|lulz?|lel|kek){_OVER}"
)
_CLAP: Final = re.compile(
    rf"(?<![0-9０-９.,:/$¥#{_LATIN}+-])[8８]{{3,}}(?![0-9０-９{_LATIN}%％]|[.,:/-][0-9])"
)
_COUNTED: Final = re.compile(r"\s?[円人個回本枚点件万億体年話番号階cm원명개번점호층]")
_SENTENCE: Final = re.compile("[ぁ-ゖァ-ヺ一-鿿]")
_CERTAINLY_CLAPS: Final = 6
"""Eights; fewer may be a number."""
_JAMO: Final = re.compile("[ㄱ-ㅣ]+")
_JAMO_LAUGHTER: Final = r"(?P<laugh>[ㅋㅎ]*ㅋ[ㅋㅎ]*)|(?P<soft>ㅎ+)|(?P<cry>[ㅠㅜ]+)"


def say_laughter(text: str, reading: Reading) -> str:
    """`text` with the laughter of any language, and what the server's own shortens, in words."""
    japanese = reading.language == "ja"

    def laugh(match: re.Match[str]) -> str:
        loud = len(match[0].strip("()（）")) > 1 or reading.language == "ko"
        return reading.say("laughs" if loud else "laugh", Kind.LAUGHTER)

    def lol(match: re.Match[str]) -> str:
        if match["loud"] and match["loud"][0] in "xX" and reading.language != "en":
            return match[0]  # a face
        loud = match["loud"] or reading.language == "ko"
        return reading.say("laughs" if loud else "laugh", Kind.LAUGHTER)

    def clap(match: re.Match[str]) -> str:
        eights, end = len(match[0]), match.end()
        sure = eights >= _CERTAINLY_CLAPS or (
            japanese
            and not _SENTENCE.match(match.string, end)
            and (eights > 3 or match[0] == text.strip())
        )
        number = not sure or _COUNTED.match(match.string, end)
        return match[0] if number else reading.say("clap", Kind.LAUGHTER)

    def long(match: re.Match[str]) -> str:
        short = match[0]
        certain = short.islower() or len(short) > 2  # Ty and BC are names
        return reading.keep(_words("en")[short.lower()]) if certain else short

    if japanese:
        text = _LONE_W.sub(laugh, text)
    text = _CALLED.sub(laugh, _W.sub(laugh, text))
    grass = _GRASSES if japanese else _GRASS
    text = grass.sub(lambda _: reading.say("grass", Kind.LAUGHTER), text)
    text = _CLAP.sub(clap, _LOL.sub(lol, text))
    text = _JAMO.sub(lambda run: _say_jamo(run, reading), text)
    if reading.language == "en":
        text = _shorts("en").sub(long, text)
    return text


def _say_jamo(run: re.Match[str], reading: Reading) -> str:
    def say(match: re.Match[str]) -> str:
        if match["laugh"]:
            return reading.say("laughs" if len(match[0]) > 1 else "laugh", Kind.LAUGHTER)
        if match["soft"]:
            return reading.say("chuckle", Kind.LAUGHTER)
        if match["cry"]:
            return reading.say("cry", Kind.LAUGHTER)
        # Elsewhere the engine reads them, as far as it has a voice for them.
        if reading.language != "ko":
            return match[0]
        shivers = match[0].endswith("ㄷㄷ")
        return reading.keep(_shortened(match[0]), Kind.LAUGHTER if shivers else Kind.INLINE)

    alone = run.string[max(0, run.start() - 1) : run.end() + 1].strip(" \n?!.,~") == run[0]
    if alone and reading.language == "ko" and run[0] in _words("ko_alone"):
        return reading.keep(_words("ko_alone")[run[0]])
    return _shorts("ko").sub(say, run[0])


def _shortened(jamo: str) -> str:
    words = _words("ko")
    return words.get(jamo) or words[re.sub(r"(.)\1+", r"\1\1", jamo)]


@cache
def _words(language: str) -> Mapping[str, str]:
    table = tomllib.loads(Path(__file__).with_name("_chat_words.toml").read_text(encoding="utf-8"))
    words: Mapping[str, str] = table[language]
    return words


@cache
def _shorts(language: str) -> re.Pattern[str]:
    longest_first = sorted(_words(language), key=len, reverse=True)
    if language == "ko":
        # ㅇㅇㅇㅇ is ㅇㅇ.
        shorts = [re.sub(r"(.)\1", r"\1{2,}", word) for word in longest_first]
        return re.compile("|".join([*shorts, _JAMO_LAUGHTER]))
    return re.compile(f"{_BEGINS}(?:{'|'.join(longest_first)}){_OVER}", re.IGNORECASE)
