"""Hangul -> katakana, as a Korean says it and as far as kana can show it.

First the sound rules of Standard Korean (표준 발음법) where syllables meet inside a word, then
kana by the transcription that learners and media in Japan agree on: 국물 -> 궁물 -> クンムル.
ㅎ between ㄴㄹㅁ and a vowel is silent as in speech (전화 チョナ); after ㅇ and vowels it is said
(사랑해 サランヘ).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from luna_tts.nlp.japanese.hangul_words import ABBREVIATIONS, RESPELLED, read_korean_number

# The order of Unicode, chapter 3.12: syllable = 0xAC00 + (onset * 21 + vowel) * 28 + final.
_ONSETS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS: Final = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_FIRST: Final = 0xAC00

_CLUSTERS: Final = {
    **{"ㄳ": ("ㄱ", "ㅅ"), "ㄵ": ("ㄴ", "ㅈ"), "ㄶ": ("ㄴ", "ㅎ"), "ㄺ": ("ㄹ", "ㄱ")},
    **{"ㄻ": ("ㄹ", "ㅁ"), "ㄼ": ("ㄹ", "ㅂ"), "ㄽ": ("ㄹ", "ㅅ"), "ㄾ": ("ㄹ", "ㅌ")},
    **{"ㄿ": ("ㄹ", "ㅍ"), "ㅀ": ("ㄹ", "ㅎ"), "ㅄ": ("ㅂ", "ㅅ")},
}
"""A double final -> what stays, and what moves to a vowel that follows."""
_ALONE: Final = {
    **dict.fromkeys("ㄱㄲㅋㄳㄺ", "ㄱ"),
    **dict.fromkeys("ㄴㄵㄶ", "ㄴ"),
    **dict.fromkeys("ㄷㅅㅆㅈㅊㅌㅎ", "ㄷ"),
    **dict.fromkeys("ㄹㄼㄽㄾㅀ", "ㄹ"),
    **dict.fromkeys("ㅁㄻ", "ㅁ"),
    **dict.fromkeys("ㅂㅍㅄㄿ", "ㅂ"),
    "ㅇ": "ㅇ",
}
"""A final consonant -> what is heard of it where no vowel follows."""
_TENSING: Final = frozenset("ㄱㄲㅋㄳㄺㄷㅅㅆㅈㅊㅌㅎㅂㅍㅄㄿㄵㄻㄼㄽㄾ")
_TENSE: Final = dict(zip("ㄱㄷㅂㅅㅈ", "ㄲㄸㅃㅆㅉ", strict=True))
_ASPIRATED: Final = dict(zip("ㄱㄲㅋㄷㅅㅆㅌㅈㅊㅂㅍ", "ㅋㅋㅋㅌㅌㅌㅌㅊㅊㅍㅍ", strict=True))
_NASAL: Final = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
_NOUNS: Final = frozenset(("ㄷㅏ", "ㅎㅡ", "ㅊㅣ"))
"""닭, 흙 and 칡."""

# ㅓ is ㅗ to Japanese ears, ㅡ is ㅜ, ㅔ is ㅐ. In lower case: ㄱㄷㅂㅈ voiced.
_TABLE: Final = """
            ㅏ ㅑ ㅜㅡ ㅠ ㅔㅐ ㅓㅗ ㅕㅛ ㅣ ㅖㅒ ㅘ ㅟㅢ ㅚㅙㅞ ㅝ
    ㅇ      ア ヤ ウ ユ エ オ ヨ イ イェ ワ ウィ ウェ ウォ
    ㄲㅋㄱ  カ キャ ク キュ ケ コ キョ キ ケ クァ クィ クェ クォ
    g       ガ ギャ グ ギュ ゲ ゴ ギョ ギ ゲ グァ グィ グェ グォ
    ㄴ      ナ ニャ ヌ ニュ ネ ノ ニョ ニ ネ ヌァ ヌィ ヌェ ヌォ
    ㄸㅌㄷ  タ テャ トゥ テュ テ ト テョ ティ テ トァ トゥィ トェ トォ
    d       ダ デャ ドゥ デュ デ ド デョ ディ デ ドァ ドゥィ ドェ ドォ
    ㄹ      ラ リャ ル リュ レ ロ リョ リ レ ルァ ルィ ルェ ルォ
    ㅁ      マ ミャ ム ミュ メ モ ミョ ミ メ ムァ ムィ ムェ ムォ
    ㅃㅍㅂ  パ ピャ プ ピュ ペ ポ ピョ ピ ペ ポァ プィ プェ プォ
    b       バ ビャ ブ ビュ ベ ボ ビョ ビ ベ ボァ ブィ ブェ ブォ
    ㅆㅅ    サ シャ ス シュ セ ソ ショ シ シェ スァ シュィ スェ スォ
    ㅉㅊㅈ  チャ チャ チュ チュ チェ チョ チョ チ チェ チュァ チュィ チェ チュォ
    j       ジャ ジャ ジュ ジュ ジェ ジョ ジョ ジ ジェ ジュァ ジュィ ジェ ジュォ
    ㅎ      ハ ヒャ フ ヒュ ヘ ホ ヒョ ヒ ヘ ファ フィ フェ フォ
"""


def _parse(table: str) -> dict[str, str]:
    columns, *rows = map(str.split, table.strip().splitlines())
    return {
        onset + vowel: kana
        for onsets, *row in rows
        for vowels, kana in zip(columns, row, strict=True)
        for onset in onsets
        for vowel in vowels
    }


_KANA: Final = _parse(_TABLE)
_FINAL_KANA: Final = dict(zip("ㄱㄴㄷㄹㅁㅂㅇ", "クンッルムプン", strict=True))
_VOICED: Final = dict(zip("ㄱㄷㅂㅈ", "gdbj", strict=True))
_SAME_PLACE: Final = {"ㄱ": "ㄲㅋ", "ㅂ": "ㅃㅍ"}
"""Before these a final is only a stop, ッ: 학교 ハッキョ, but 학생 ハクセン."""

_LETTERS: Final = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\uffa0-\uffdc"
_DIGITS: Final = "0-9０-９"
_RUN: Final = re.compile(
    f"(?P<digits>[{_DIGITS}][{_DIGITS}.,]*)?(?P<hangul>[{_LETTERS}]+)"
    rf"|(?<![A-Za-z/:-])(?P<alone>[{_DIGITS}]+)(?P<percent>%?)(?![A-Za-z{_DIGITS}/:%-]|[.,][{_DIGITS}])"
    f"|[{_DIGITS}][{_DIGITS}.,]*"
)
"""Hangul with the digits before it. Other digits match too: a number is looked at but once."""
_JAPANESE: Final = re.compile("[ぁ-ゖァ-ヺ々㐀-䶿一-鿿]")
_SPACES_AND_COUNTER: Final = re.compile(r"[ \u3000]*(\w{0,3})")
_NUMBER: Final = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_HALF_WIDTH: Final = re.compile("[\uffa0-\uffdc]+")
_TYPED: Final = re.compile("([ㄱ-ㅎ])([ㅏ-ㅣ])(?:([ㄱ-ㅎ])(?![ㅏ-ㅣ]))?")
_LOOSE_ONSETS: Final = {0x1100 + n: onset for n, onset in enumerate(_ONSETS)}
_PART: Final = re.compile(
    "[가-힣]+|ㅋ+|ㅎ+(?!ㄷㄷ|ㅇ)|" + "|".join(sorted(ABBREVIATIONS, key=len, reverse=True))
)
_LAUGHTER: Final = {"ㅋ": "ク", "ㅎ": "フ"}
_LONGEST_LAUGH: Final = 3
_RESPELLED: Final = re.compile("|".join(RESPELLED))
_TENSE_FUTURE: Final = re.compile(
    "(?<=[" + "".join(map(chr, range(_FIRST + 8, 0xD7A4, 28))) + "])[거걸게]"
)
"""What will be: 할게 ハルケ. The next onset in Unicode is the tense one."""
_PARTICLE: Final = re.compile("(?<=[가-힣])(?<![회주강동정거논합예편문협창항])의$")
"""의 at the end of a word is "of", エ, save in nouns such as 회의 and 주의."""


def hangul_to_kana(text: str, *, korean: bool = False) -> str:
    """`text` with katakana for its Hangul; the rest character for character. Never raises.

    A number directly before Hangul is read in Korean, and every plain number where something is
    Korean, be it only who reads (`korean`), and nothing Japanese. ㅋㅋ and abbreviations such as
    ㅇㅋ are read as people say them, other loose letters are silent.
    """
    korean = korean or re.search(f"[{_LETTERS}]", text) is not None
    korean = korean and not _JAPANESE.search(text)
    return _RUN.sub(lambda run: _read_run(run, korean=korean), text)


def _read_run(run: re.Match[str], *, korean: bool) -> str:
    if run["hangul"] is None:
        return _read_alone(run) if korean and run["alone"] else run[0]
    hangul, before = _compose(run["hangul"]), run["digits"] or ""
    if "가" <= hangul[:1] <= "힣":
        before, number = _split_number(before)
        hangul = read_korean_number(number, hangul) + hangul if number else hangul
    return before + "".join(_read_part(part[0]) for part in _PART.finditer(hangul))


def _read_alone(run: re.Match[str]) -> str:
    """A number that nothing is written on to; its counter may come after a space."""
    counter = _SPACES_AND_COUNTER.match(run.string, run.end())
    number = unicodedata.normalize("NFKC", run["alone"])
    said = read_korean_number(number, "" if run["percent"] or not counter else counter[1])
    return _kana(_pronounce(said + ("퍼센트" if run["percent"] else "")))


def _compose(hangul: str) -> str:
    """Whole syllables, and letters of the kind that keyboards type; older letters as they are."""
    hangul = _HALF_WIDTH.sub(_widen, unicodedata.normalize("NFC", hangul))
    return hangul.translate(_LOOSE_ONSETS)


def _widen(half_width: re.Match[str]) -> str:
    """Half-width letters spell syllables; NFKC would leave the final consonants behind."""
    decompositions = (unicodedata.decomposition(letter) for letter in half_width[0])
    wide = "".join(chr(int(code.split()[1], 16)) for code in decompositions if code)
    return _TYPED.sub(_join, wide)


def _join(typed: re.Match[str]) -> str:
    onset, vowel, final = typed.groups("")
    if onset not in _ONSETS:
        return typed[0]
    rest = "" if final in _FINALS else final
    number = _ONSETS.index(onset) * 21 + _VOWELS.index(vowel)
    return chr(_FIRST + number * 28 + _FINALS.index("" if rest else final)) + rest


def _split_number(digits: str) -> tuple[str, str]:
    """What does not belong to the number that ends `digits`, and that number in ASCII."""
    ascii_digits = unicodedata.normalize("NFKC", digits)
    if _NUMBER.fullmatch(ascii_digits):
        return "", ascii_digits.replace(",", "")
    before = ascii_digits.rstrip("0123456789")
    return digits[: len(before)], ascii_digits[len(before) :]


def _read_part(part: str) -> str:
    if part in ABBREVIATIONS:
        return ABBREVIATIONS[part]
    if part[0] in _LAUGHTER:
        return _LAUGHTER[part[0]] * min(len(part), _LONGEST_LAUGH)
    return _kana(_pronounce(part))


@dataclass(slots=True)
class _Syllable:
    """The letters of one syllable; they change as its neighbours are looked at."""

    onset: str
    vowel: str
    final: str
    """"" where a vowel ends it."""


def _pronounce(word: str) -> list[_Syllable]:
    """The syllables of a word as they sound; each final is one of ㄱㄴㄷㄹㅁㅂㅇ or ""."""
    word = _RESPELLED.sub(lambda found: RESPELLED[found[0]], word)
    word = _TENSE_FUTURE.sub(lambda found: chr(ord(found[0]) + 588), _PARTICLE.sub("에", word))
    syllables = [_take_apart(character) for character in word]
    for position, syllable in enumerate(syllables):
        # 의 is ウィ only where it begins a word.
        if syllable.vowel == "ㅢ" and (position or syllable.onset != "ㅇ"):
            syllable.vowel = "ㅣ"
    for before, after in pairwise(syllables):
        _aspirate(before, after)
        _link(before, after)
        _harden(before, after)
        _assimilate(before, after)
    syllables[-1].final = _ALONE.get(syllables[-1].final, "")
    return syllables


def _take_apart(character: str) -> _Syllable:
    number, final = divmod(ord(character) - _FIRST, 28)
    onset, vowel = divmod(number, 21)
    return _Syllable(_ONSETS[onset], _VOWELS[vowel], _FINALS[final])


def _aspirate(before: _Syllable, after: _Syllable) -> None:
    """ㅎ melts into its neighbour (좋다 조타, 축하 추카) or is silent (많이 마니, 전화 저나)."""
    stays, moves = _CLUSTERS.get(before.final, ("", before.final))
    if moves == "ㅎ":
        if after.onset in "ㄱㄷㅈ":
            after.onset = _ASPIRATED[after.onset]
        elif after.onset == "ㅅ":
            after.onset = "ㅆ"
        elif after.onset == "ㄴ" and not stays:
            stays = "ㄴ"
        before.final = stays
    elif after.onset == "ㅎ" and moves in _ASPIRATED:
        before.final = stays
        after.onset = _ASPIRATED[moves]
        if moves in "ㄷㅌ" and after.vowel == "ㅣ":
            after.onset = "ㅊ"
    elif after.onset == "ㅎ" and before.final in ("ㄴ", "ㄹ", "ㅁ"):
        after.onset = "ㅇ"
        after.vowel = "ㅏ" if after.vowel == "ㅘ" else after.vowel


def _link(before: _Syllable, after: _Syllable) -> None:
    """A final consonant is said with the vowel that follows: 음악 으막, 없어 업써, 같이 가치."""
    if after.onset != "ㅇ" or before.final in ("", "ㅇ"):
        return
    stays, moves = _CLUSTERS.get(before.final, ("", before.final))
    if moves in "ㄷㅌ" and after.vowel in "ㅣㅕ":
        moves = "ㅈ" if moves == "ㄷ" else "ㅊ"
    elif stays and moves == "ㅅ":
        moves = "ㅆ"
    before.final, after.onset = stays, moves


def _harden(before: _Syllable, after: _Syllable) -> None:
    """Lenis consonants are tense after a stop (읽다 익따), of which only one sound is left."""
    if before.final in _TENSING and after.onset in _TENSE:
        # The ㄹ of verbs lives on before ㄱ (읽고 일꼬), not that of nouns (닭과 닥꽈).
        noun = before.onset + before.vowel in _NOUNS
        if before.final == "ㄺ" and after.onset == "ㄱ" and not noun:
            before.final = "ㄹ"
        after.onset = _TENSE[after.onset]
    before.final = _ALONE.get(before.final, "")


def _assimilate(before: _Syllable, after: _Syllable) -> None:
    """Stops become nasal (국물 궁물, 독립 동닙), ㄴ beside ㄹ becomes ㄹ (신라 실라)."""
    meeting = before.final + after.onset
    if after.onset in "ㄴㅁㄹ":
        before.final = _NASAL.get(before.final, before.final)
    if meeting in ("ㄴㄹ", "ㄹㄴ"):
        before.final = after.onset = "ㄹ"
    elif after.onset == "ㄹ" and before.final in ("ㄴ", "ㅁ", "ㅇ"):
        after.onset = "ㄴ"


def _kana(syllables: list[_Syllable]) -> str:
    kana: list[str] = []
    last: str | None = None
    for syllable in syllables:
        onset = syllable.onset
        if last is not None:
            if onset in _SAME_PLACE.get(last, ""):
                kana[-1] = "ッ"
            elif not last and onset in _TENSE.values():
                kana.append("ッ")
            onset = _VOICED.get(onset, onset)
        kana += _KANA[onset + syllable.vowel], _FINAL_KANA.get(syllable.final, "")
        last = syllable.final
    return "".join(kana)
