"""Chat text -> the characters that a Japanese voice was trained on.

What comes out is kana, kanji, Latin and Greek letters and seven punctuation marks, nothing else;
BERT and Open JTalk both read exactly this.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from luna_tts.nlp.japanese.numbers import read_numbers

_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_MONEY: Final = re.compile(r"([$¥£€])([0-9]+(?:\.[0-9]+)?)")
_CURRENCIES: Final = {"$": "ドル", "¥": "円", "£": "ポンド", "€": "ユーロ"}
_WAVES: Final = str.maketrans("~～〜", "ーーー")

_ELLIPSIS: Final = re.compile("···|・・・")
_PUNCTUATION: Final = str.maketrans(
    {
        **dict.fromkeys("·・、，", ","),
        **dict.fromkeys("。．\n$", "."),
        **dict.fromkeys("！", "!"),
        **dict.fromkeys("？", "?"),
        **dict.fromkeys('“”"‘’()（）《》【】[]「」', "'"),
        **dict.fromkeys(
            "\u02d7\u2010\u2012\u2013\u2014\u2015\u2043\u2212\u23af\u23e4\u2500\u2501\u2e3a\u2e3b",
            "-",
        ),
    }
)
_FOREIGN: Final = re.compile(
    "[^\u3040-\u3098\u309b-\u309f\u30a0-\u30ff\u4e00-\u9fff\u3400-\u4dbf\u3005"
    "A-Za-z\uff21-\uff3a\uff41-\uff5a\u0370-\u03ff\u1f00-\u1fff!?…,.'\\-]"
)
"""Everything that no voice knows, and the two combining voicing marks U+3099 and U+309A."""


def normalize(text: str) -> str:
    """The speakable part of any string; "" where nothing is left. Never raises."""
    text = unicodedata.normalize("NFKC", text)
    text = _GROUPED.sub(lambda match: match[0].replace(",", ""), text)
    text = _MONEY.sub(lambda match: match[2] + _CURRENCIES[match[1]], text)
    text = read_numbers(text).translate(_WAVES)
    return clean_punctuation(text)


def clean_punctuation(text: str) -> str:
    """Maps marks of all kinds to the seven that voices know and deletes foreign characters."""
    return _FOREIGN.sub("", _ELLIPSIS.sub("...", text).translate(_PUNCTUATION))
