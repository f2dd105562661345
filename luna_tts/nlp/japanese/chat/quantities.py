"""What else is written with digits: sums, scores, fractions, versions, ordinals, Roman numerals."""

from __future__ import annotations

import re
from typing import Final

from luna_tts.nlp.japanese.chat.dates import looks_like_fraction
from luna_tts.nlp.japanese.chat.numerals import (
    amount,
    digit_by_digit,
    english_number,
    english_ordinal,
)
from luna_tts.nlp.japanese.chat.rules import APART, DASH, KANJI, LETTER, NUMBER, Rule

_LABELS: Final = {
    "no": "ナンバー",
    "vol": "ボリューム",
    "lv": "レベル",
    "ver": "バージョン",
    "ep": "エピソード",
}
_NUMERALS: Final = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI"
_ROMAN: Final = {name: value for value, name in enumerate(_NUMERALS.split(), 1) if len(name) > 1}
"""I, V and X alone are letters."""
_OPERATORS: Final = {
    **{"-": "マイナス", "−": "マイナス", "+": "プラス", "/": "わる", "÷": "わる"},
    **{"*": "かける", "×": "かける", "=": "イコール"},
}
_EDGE: Final = rf"(?<![0-9.,/:{DASH}{LETTER}])"
_EDGE_AFTER: Final = rf"(?![0-9{LETTER}]|[.,/:{DASH}][0-9])"
_SUM: Final = re.compile(rf"{_EDGE}{NUMBER}(?:\s?[-−+*×÷/=]\s?{NUMBER}){{1,30}}(?![0-9{LETTER}])")
_EIGHTS: Final = {"個": "ハッコ", "体": "ハッタイ"}
_SETS: Final = {"1": "ワン", "2": "ニ"}
_SHORTENED: Final = {"一": "イッ", "八": "ハッ", "十": "ジュッ"}
"""Before 点, which Open JTalk hears to only where one point stands alone."""
_COUNTED: Final = rf"[{KANJI}ァ-ヺ]"


def _equation(match: re.Match[str]) -> str:
    if not re.search(r"[=+×÷*]", match[0]):
        return match[0]
    return re.sub(
        rf"({NUMBER})|\s?([-−+*×÷/=])\s?",
        lambda part: amount(part[1]) if part[1] else _OPERATORS[part[2]],
        match[0],
    )


def _version(match: re.Match[str]) -> str:
    *parts, last = (amount(part) if part.strip("0") else "ゼロ" for part in match[2].split("."))
    points = "".join(f"{part[:-1]}{_SHORTENED.get(part[-1], part[-1])}点" for part in parts)
    return ("バージョン" if match[1] else "") + points + last


def _labelled(match: re.Match[str]) -> str:
    label = _LABELS[(match[1] or match[2]).lower()]
    value = match[3]
    english = match[1] and len(value) < 3 and int(value) <= 12
    return label + (english_number(int(value)) if english else amount(value))


def _ordinal(match: re.Match[str]) -> str:
    value = int(match[1])
    return english_ordinal(value) if 0 < value < 100 else f"{amount(match[1])}番目"


def _sharp(match: re.Match[str]) -> str:
    value = match[1]
    small = len(value) < 3 and int(value) <= 12
    return "ナンバー" + (english_number(int(value)) if small else amount(value))


def _against(match: re.Match[str]) -> str:
    """一対 would be read イッツイ, and Open JTalk does not double a consonant before タイ."""
    first = "イッ" if match[1] == "1" else amount(match[1])
    return f"{first}タイ{amount(match[2])}"


def _fraction(match: re.Match[str]) -> str:
    above, below = match[1], match[2]
    if looks_like_fraction(int(above), int(below)) or 0 < int(above) < int(below):
        return f"{amount(below)}分の{amount(above)}"
    return f"{amount(above)}スラッシュ{amount(below)}"


def _slashes(match: re.Match[str]) -> str:
    return "スラッシュ".join(amount(part) for part in match[0].split("/"))


def _numeral(match: re.Match[str]) -> str:
    return english_number(_ROMAN[match[1]])


def _numeral_sign(match: re.Match[str]) -> str:
    value = (ord(match[2]) - 0x2160) % 16 + 1
    return match[1] + (english_number(value) if match[1] not in ("", "第") else amount(str(value)))


def _eight(match: re.Match[str]) -> str:
    tens = amount(match[1] + "0") if match[1] else ""
    return f"{tens}{_EIGHTS[match[2]]}"


def _whole(match: re.Match[str]) -> str:
    return amount(match[0])


RULES: Final[tuple[Rule, ...]] = (
    (re.compile(r"\^\s?([0-9]{1,9})"), lambda match: f"の{amount(match[1])}乗"),
    (
        re.compile(
            rf"{APART}(?:(no|vol)(?:[.．]\s?)?|(lv|ver|ep)[.．]?\s?)([0-9]{{1,9}})(?![.0-9]|[{LETTER}])",
            re.I,
        ),
        _labelled,
    ),
    (
        re.compile(
            rf"(?:(?<![0-9{LETTER}])(v|ver|version)[.．]?\s?)?(?<![0-9.])"
            r"([0-9]+(?:\.[0-9]+){2,7})(?!\.?[0-9])",
            re.I,
        ),
        _version,
    ),
    (
        re.compile(
            rf"(?<![0-9{LETTER}])(v|ver|version)[.．]?\s?([0-9]+\.[0-9]+)(?!\.?[0-9])", re.I
        ),
        _version,
    ),
    (
        re.compile(rf"(?<![0-9.,{LETTER}])([0-9]{{1,9}})(?:st|nd|rd|th)(?![{LETTER}0-9])", re.I),
        _ordinal,
    ),
    (re.compile(rf"#([0-9]{{1,9}})(?![0-9{LETTER}])"), _sharp),
    (_SUM, _equation),
    (re.compile(rf"{_EDGE}([0-9]{{1,4}}):([0-9]{{1,4}}){_EDGE_AFTER}"), _against),
    (re.compile(rf"{_EDGE}([0-9]{{1,4}})\s?対\s?([0-9]{{1,4}}){_EDGE_AFTER}"), _against),
    (re.compile(rf"{_EDGE}([0-9]{{1,2}})[{DASH}]([0-9]{{1,2}}){_EDGE_AFTER}"), _against),
    (re.compile(rf"{_EDGE}([0-9]{{1,12}})[{DASH}]([0-9]{{1,12}}){_EDGE_AFTER}"), r"\1から\2"),
    (re.compile(rf"{_EDGE}([0-9]{{1,12}})/([0-9]{{1,12}}){_EDGE_AFTER}"), _fraction),
    (re.compile(r"(?<![0-9./])[0-9]+(?:/[0-9]+){2,}(?![0-9./])"), _slashes),
    (re.compile(rf"(第?|[{LETTER}ァ-ヺー]?)([Ⅰ-Ⅻⅰ-ⅻ])"), _numeral_sign),
    (
        re.compile(rf"(?:(?<![{LETTER}])|(?<=FF)|(?<=DQ))({'|'.join(_ROMAN)})(?![0-9{LETTER}.])"),
        _numeral,
    ),
    (
        re.compile(r"((?:RTX|GTX|RX)\s?)([0-9]{4})(?![0-9])"),
        lambda m: m[1] + digit_by_digit(m[2]),
    ),
    (re.compile(r"(?<![0-9.,])8{4,}(?![0-9.,])(?![ぁ-ゖァ-ヺ一-鿿])"), "パチパチパチパチ"),
    (re.compile(r"(?<![0-9,.])[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])"), _whole),
    (re.compile(r"(?<![0-9])[0-9]+\.[0-9]+"), _whole),
    (re.compile(rf"(?<![0-9,{LETTER}])0[0-9]+(?![0-9{LETTER}])"), lambda m: digit_by_digit(m[0])),
    (re.compile(rf"(?<![0-9{LETTER}])800(?![0-9{LETTER}]|{_COUNTED})"), "ハッピャク"),
    (re.compile(r"(?<![0-9.,])([0-9]{0,8})8(個|体)(?![室別人性])"), _eight),
    (re.compile(r"(?<![0-9.,])10勝"), "ジュッ勝"),
    (re.compile(r"(?<![0-9.,])20歳"), "二十歳"),
    (re.compile(rf"(?<![0-9.,{LETTER}])0(?![0-9.,{LETTER}]|{_COUNTED})"), "ゼロ"),
    (re.compile(r"(?<![0-9.,第])([12])セット"), lambda match: f"{_SETS[match[1]]}セット"),
)
