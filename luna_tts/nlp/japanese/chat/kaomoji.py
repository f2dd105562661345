"""Faces are seen, not heard: (´・ω・`), :D, orz. Ordinary text in brackets is kept.

A bracket is a face when it holds a mark that only faces have and, of letters and kana, only those
that draw eyes and arms: (株), (1), (月) and (笑) stay.
"""

from __future__ import annotations

import re
from typing import Final

from luna_tts.nlp.japanese.chat.rules import KANA, KANJI, LETTER, WORD, Rule, apply, pause

_MARKS: Final = re.compile(
    r"[´`｀ω∀Ддз∇▽△益≧≦^＾_＿￣;；><＞＜°ﾟ゜∵*＊˘◕•ᴥ╹◡□◠‿ಠಥ✧๑｡﹏′'=＝@﹃∩◇┰╥]|[・･][^・･][・･]"
)
_NOT_DRAWN: Final = re.compile(
    "(?![oOTQquUxXwvVndbDmcｏＯＴノヾヽっつシツロ人益皿艸口三дДз])"
    f"[0-9０-９Ａ-Ｚａ-ｚА-яㄱ-ㆎ가-힣ぁ-ゖァ-ヺ{LETTER}{KANJI}]"
)
_LATIN: Final = re.compile("[A-Za-z]")
_ARMS: Final = r"／/＼\\┌┐┘└╭╮╯╰彡٩۶و✧︵┻━┏┓┛┗*＊¯_＿ゞゝヽヾ丿凸ง∠≡Σε⊂ᕙᕗ"
_LEFT: Final = (
    rf"(?:(?<![{LETTER}])(?:[mobdv]|m9)|｡ﾟ|(?:ε=){{1,3}}[{_ARMS}]{{0,2}}|[{_ARMS}=]{{1,6}}|)"
)
_RIGHT: Final = (
    rf"[{_ARMS}]{{0,8}}(?:[ 　]?[︵┻━]{{1,6}}){{0,2}}"
    rf"(?:(?:[ノﾉシｼっつミ]|z{{1,4}}|[bvdmoy])(?![{WORD}])|o?彡[゜ﾟ]?|ﾟ｡)?[{_ARMS}]{{0,4}}"
)
_BRACKET: Final = re.compile(rf"{_LEFT}[(（]{{1,6}}([^()（）\n]{{1,24}})[)）]{{1,6}}{_RIGHT}")
_AFTER_KANA: Final = rf"(?<![0-9{LETTER}ァ-ヺ{KANJI}])"
_DRAWINGS: Final[tuple[Rule, ...]] = (
    (re.compile(r"¯\\?_[(（]ツ[)）]_/¯"), pause),
    (re.compile(r"_{0,3}[(（][:：][3з３]\s{0,2}[」｣_]?[∠ヽ_ ]{0,4}[)）]_{0,3}"), pause),
)
_SIDEWAYS: Final[tuple[Rule, ...]] = (
    (re.compile(rf"(?<![A-Z{LETTER}])(?:orz|OTL)(?![{LETTER}])"), pause),
    (re.compile(r"_\|[￣~\-]\|[○0o]"), pause),
    (re.compile(rf"(?<![0-9{LETTER}])[\\＼]?o[/／](?![0-9{LETTER}])"), pause),
    (re.compile(rf"(?<![0-9{LETTER}])<3(?![0-9{LETTER}])"), "ハート"),
    (re.compile(r"[(（]?[\^＾][_\-oOω.。]?[\^＾](?![0-9])[;；*♪]{0,6}[)）]?"), pause),
    (re.compile(r"[>＞][_.wωAдД︿﹏]?[<＜](?![A-Za-z/])[;；]{0,4}"), pause),
    (re.compile(rf"(?<![0-9{LETTER}])([TQ;oO0\-.])[_＿](?=[TQ;oO0\-.])\S(?![0-9{LETTER}])"), pause),
    (
        re.compile(
            rf"(?<![0-9{LETTER}])(?:[xX]D+|[TQ;]\^[TQ;]|[TQ][.A][TQ]|[UuOo]w[UuOo])(?![0-9{LETTER}])"
        ),
        pause,
    ),
    (re.compile(rf"(?<![0-9{LETTER}])[:;=]['’]?-?[)\]]+"), pause),
    (re.compile(rf"(?<![0-9{LETTER}]):['’]?-?\((?!\S)"), pause),
    (re.compile(rf"{_AFTER_KANA}[:;]-?[DPpO3](?![0-9{LETTER}{KANJI}{KANA}])"), pause),
)
_MAY_HOLD_A_FACE: Final = re.compile(r"[(（<＜^＾¯_\-.:;=>＞xXoOuUT]")


def silence(text: str) -> str:
    """`text` without faces; a pause where one stood between two words."""
    if not _MAY_HOLD_A_FACE.search(text):
        return text
    return apply(_SIDEWAYS, _BRACKET.sub(_face, apply(_DRAWINGS, text)))


def _face(match: re.Match[str]) -> str:
    inside = match[1]
    letters = {letter.lower() for letter in _LATIN.findall(inside)}
    drawn = len(inside) > 1 and len(letters) < 2 and not _NOT_DRAWN.search(inside)
    return pause(match) if drawn and _MARKS.search(inside) else match[0]
