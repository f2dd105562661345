"""Japanese in Latin letters, where it clearly is: arigatou, kawaii, daijoubu.

Most words of plain syllables (name, time, more, made) are English as well, so a whole parse is not
enough: the word must end as Japanese does and English hardly ever.
"""

from __future__ import annotations

import re
from typing import Final

_ROWS: Final = """
    - ア イ ウ エ オ|k カ キ ク ケ コ|s サ シ ス セ ソ|t タ チ ツ テ ト|n ナ ニ ヌ ネ ノ
    h ハ ヒ フ ヘ ホ|m マ ミ ム メ モ|y ヤ - ユ - ヨ|r ラ リ ル レ ロ|w ワ - - - ヲ
    g ガ ギ グ ゲ ゴ|z ザ ジ ズ ゼ ゾ|d ダ ヂ ヅ デ ド|b バ ビ ブ ベ ボ|p パ ピ プ ペ ポ
    sh シャ シ シュ シェ ショ|ch チャ チ チュ チェ チョ|j ジャ ジ ジュ ジェ ジョ|ts - - ツ - -
    f ファ フィ フ フェ フォ|ky キャ - キュ - キョ|gy ギャ - ギュ - ギョ|ny ニャ - ニュ - ニョ
    hy ヒャ - ヒュ - ヒョ|by ビャ - ビュ - ビョ|py ピャ - ピュ - ピョ|my ミャ - ミュ - ミョ
    ry リャ - リュ - リョ|sy シャ - シュ - ショ|ty チャ - チュ - チョ|jy ジャ - ジュ - ジョ"""
_LONGEST: Final = 24


def _parse() -> dict[str, str]:
    syllables = {}
    for row in re.split(r"[|\n]", _ROWS.strip()):
        onset, *morae = row.split()
        for vowel, mora in zip("aiueo", morae, strict=True):
            if mora != "-":
                syllables[onset.strip("-") + vowel] = mora
    return syllables


_KANA: Final = _parse()
_SYLLABLE: Final = re.compile(
    r"n(?![aiueoy])'?|([kstpgzdbcj])(?=\1)|t(?=ch)|"
    + "|".join(sorted(_KANA, key=len, reverse=True))
)
_JAPANESE: Final = re.compile(
    r"[a-z]*(?:[iou]u|ii|[aou]i|[^aeiou]su|tsu|[sc]hi|ji|[kmrgbn]u|mashita|masen|nai|[aio]tte|eru|aru)"
)


def read_romaji(word: str) -> str | None:
    """Katakana for lower-case ASCII `word`, None where it may as well be English."""
    if not 4 <= len(word) <= _LONGEST or not _JAPANESE.fullmatch(word):
        return None
    return kana_of(word)


def kana_of(word: str) -> str | None:
    """Katakana where all of `word` is romaji."""
    kana, at = "", 0
    while at < len(word):
        if not (match := _SYLLABLE.match(word, at)):
            return None
        syllable = match[0]
        kana += _KANA.get(syllable) or ("ン" if syllable[0] == "n" else "ッ")
        at = match.end()
    return kana
