"""Katakana -> phones, mora by mora."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

VOWELS: Final = frozenset("aiueo")

# Each line: one consonant, then its morae as kana + vowel. "-" is no consonant.
_TABLE: Final = """
    -   アa イi ウu エe オo ァa ィi ゥu ェe ォo ヰi ヱe ヲo ンN ッq
    k   カa キi クu ケe コo ヶe ヵa
    ky  キャa キュu キェe キョo
    kw  クヮa
    g   ガa ギi グu ゲe ゴo
    gy  ギャa ギュu ギェe ギョo
    gw  グヮa
    s   サa スィi スu セe ソo
    sh  シャa シi シュu シェe ショo
    z   ザa ズィi ズu ヅu ゼe ゾo
    j   ジャa ジi ヂi ジュu ジェe ジョo
    t   タa ティi トゥu テe トo
    ty  テャa テュu テョo
    ts  ツァa ツィi ツu ツェe ツォo
    ch  チャa チi チュu チェe チョo
    d   ダa ディi ドゥu デe ドo
    dy  デャa デュu デョo
    n   ナa ニi ヌu ネe ノo
    ny  ニャa ニュu ニェe ニョo
    h   ハa ヒi ヘe ホo
    hy  ヒャa ヒュu ヒェe ヒョo
    f   ファa フィi フu フェe フォo
    b   バa ビi ブu ベe ボo
    by  ビャa ビュu ビェe ビョo ヴャa ヴュu ヴョo
    p   パa ピi プu ペe ポo
    py  ピャa ピュu ピェe ピョo
    m   マa ミi ムu メe モo
    my  ミャa ミュu ミェe ミョo
    y   ヤa ユu イェe ヨo ャa ュu ョo
    r   ラa リi ルu レe ロo
    ry  リャa リュu リェe リョo
    w   ワa ウィi ウェe ウォo ヮa ヷa ヸi ヹe ヺo
    v   ヴァa ヴィi ヴu ヴェe ヴォo
"""


def _parse(table: str) -> dict[str, tuple[str, ...]]:
    morae = {}
    for line in table.strip().splitlines():
        consonant, *entries = line.split()
        for entry in entries:
            onset = () if consonant == "-" else (consonant,)
            morae[entry[:-1]] = (*onset, entry[-1])
    return morae


MORAE: Final = _parse(_TABLE)
"""Mora -> its one or two phones.

ヵ and ヷ to ヺ are ours: the format knows no phones for them and would refuse the whole line.
"""
_LONG: Final = "ー"
_LONGEST_FIRST: Final = re.compile("|".join([*sorted(MORAE, key=len, reverse=True), _LONG]))
_HIRAGANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def to_katakana(text: str) -> str:
    """`text` with katakana for hiragana."""
    return text.translate(_HIRAGANA)


def split_morae(reading: str) -> list[str]:
    """The morae of a katakana reading; empty where it holds anything else or begins with ー."""
    morae: list[str] = _LONGEST_FIRST.findall(reading)
    return morae if "".join(morae) == reading and not reading.startswith(_LONG) else []


def kana_phones(kana: str, before: str = "") -> tuple[str, ...]:
    """Phones of a katakana reading; `before` is the phone that was said last, or "".

    ー repeats the vowel, or ん, of what precedes it, also across a word border; where there is
    nothing to lengthen it is a dash. Characters that are no mora are silent.
    """
    return tuple(_phones(kana, before))


def _phones(kana: str, before: str) -> Iterator[str]:
    last = before if before in VOWELS or before == "N" else "-"
    for mora in _LONGEST_FIRST.findall(kana):
        for phone in MORAE.get(mora, (last,)):
            last = phone[-1]
            yield phone
