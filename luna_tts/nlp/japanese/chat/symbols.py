"""Marks that are said by name, marks that are a breath, marks that are silent."""

from __future__ import annotations

import re
from typing import Final

from luna_tts.nlp.japanese.chat.rules import LETTER, WORD, Rule, pause

_NAMES: Final = {
    **{"∞": "無限大", "≠": "ノットイコール", "≒": "ニアリーイコール", "≈": "ニアリーイコール"},
    **{"≦": "ショウナリイコール", "≤": "ショウナリイコール"},
    **{"≧": "ダイナリイコール", "≥": "ダイナリイコール"},
    **{"±": "プラスマイナス", "√": "ルート", "÷": "わる", "〒": "郵便番号", "∑": "シグマ"},
    **{"%": "パーセント", "@": "アット", "°": "度", "‰": "パーミル"},
}
_NAMED: Final = re.compile("[" + "".join(_NAMES) + "]")
_VALUE: Final = "0-9ゼ零一二三四五六七八九十百千"
_BETWEEN: Final = rf"(?<=[{WORD})）])\s?{{}}\s?(?=[{WORD}])"


def _between(mark: str) -> re.Pattern[str]:
    return re.compile(_BETWEEN.format(mark))


AROUND_WORDS: Final[tuple[Rule, ...]] = (
    (re.compile(r"\b((?:[A-Z]\.){2,8})"), lambda match: match[1].replace(".", "")),
    (re.compile("°[CF]"), "度"),
    (re.compile("うp主"), "うぷヌシ"),
    (re.compile(r"うp(?![A-Za-z])"), "うぷ"),
    (_between("&"), "アンド"),
    (_between("={1,3}"), "イコール"),
    (_between(r"\+"), "プラス"),
    (re.compile(rf"[×✕✖](?=\s?[{WORD}])"), "カケル"),
    (_between("!="), "ノットイコール"),
    (re.compile(rf"(?<=[{LETTER}0-9])\s?<=\s?(?=[{_VALUE}])"), "ショウナリイコール"),
    (re.compile(rf"(?<=[{LETTER}0-9])\s?>=\s?(?=[{_VALUE}])"), "ダイナリイコール"),
    (re.compile(rf"(?<=[{LETTER}0-9])\s?<\s?(?=[{_VALUE}])"), "ショウナリ"),
    (re.compile(rf"(?<=[{LETTER}0-9])\s?>\s?(?=[{_VALUE}])"), "ダイナリ"),
    (re.compile(r"(?<=[0-9A-Za-z])\.(?=[A-Za-z])"), "ドット"),
    (re.compile(rf"#(?=[{WORD}])|(?<=\b[A-G])#"), "シャープ"),
    (re.compile(r"[☆★](?=[1-7](?![0-9]))"), "ホシ"),
    (re.compile(r"\s?(?:[-=]{1,3}>|[→⇒➡➜⇨☞])\s?"), pause),
    (re.compile(r"\s?[☆★♪♫♬♩♡♥❤⭐✨]+\s?"), pause),
)
RULES: Final[tuple[Rule, ...]] = ((_NAMED, lambda match: _NAMES[match[0]]),)
