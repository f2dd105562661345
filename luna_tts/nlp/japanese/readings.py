"""Readings that hang on the words around, set right in what Open JTalk has answered. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from luna_tts.nlp.japanese.mora import kana_phones, split_morae, to_katakana

Node = Mapping[str, object]
"""An NJD node."""


Applies = Callable[[Sequence[str], Sequence[str]], bool]
"""Asked with the words before the one in question, nearest last, and those after it."""


@dataclass(frozen=True, slots=True)
class _Rule:
    words: str
    """The words that it is about, as a pattern: a kanji and its okurigana."""
    reading: str
    """Of the kanji alone."""
    applies: Applies


_VOWELS: Final = dict(zip("aiueoN", "アイウエオン", strict=True))
_HUNGRY: Final = frozenset(("腹", "お腹", "おなか", "小腹", "はら"))
_OPENING: Final = frozenset(
    ("店", "お店", "ドア", "扉", "窓", "穴", "蓋", "ふた", "口", "鍵", "目", "席", "戸")
)
_DEEDS: Final = ("し", "すん", "する", "すれ", "やっ", "やる", "やろ", "食べ", "飲む", "飲ん")
_HOT: Final = re.compile(
    "カレー|ラーメン|麺|麻婆|キムチ|唐辛子|わさび|からし|味|料理|食|スープ|鍋|舌|汁"
)


def _before_a_tongue_tip(_: Sequence[str], after: Sequence[str]) -> bool:
    """The sounds of で, だ, と, の, て, な, じ; but に is not among them."""
    return bool(after) and after[0].startswith(tuple("だでとのてなじ"))


def _before_a_deed(_: Sequence[str], after: Sequence[str]) -> bool:
    """する and やる in their forms, eating and drinking; Open JTalk takes 今何し for a number."""
    return bool(after) and after[0].startswith(_DEEDS)


def _alone(_: Sequence[str], after: Sequence[str]) -> bool:
    return not after or not after[0].startswith(("さん", "さま", "様"))


def _before(*words: str) -> Applies:
    return lambda _, after: bool(after) and after[0] in words


def _of_a_stomach(before: Sequence[str], _: Sequence[str]) -> bool:
    return not _HUNGRY.isdisjoint(before[-2:])


def _of_a_door(before: Sequence[str], _: Sequence[str]) -> bool:
    return len(before) > 1 and before[-2] in _OPENING and before[-1] in ("が", "も")


def _of_food(before: Sequence[str], after: Sequence[str]) -> bool:
    return any(map(_HOT.search, (*before, *after)))


def _first(before: Sequence[str], _: Sequence[str]) -> bool:
    """A particle cannot be: は？ is "what?"."""
    return not before


def _always(_before: Sequence[str], _after: Sequence[str]) -> bool:
    return True


# The first rule that applies to a word has it. Open JTalk knows 何 before counters by itself; 何で
# is "why" far more often than "with what". Gold is hardly talked of but in compounds.
_RULES: Final = (
    _Rule("は", "ハ", _first),
    _Rule("へ", "ヘ", _first),
    _Rule("何", "ナン", _before_a_tongue_tip),
    _Rule("何", "ナニ", _before_a_deed),
    _Rule("皆", "ミンナ", _alone),
    _Rule("金", "カネ", _before("が", "を", "も", "は")),
    _Rule("次", "ツギ", _before("が", "を", "も", "は", "に", "の", "で", "から", "へ")),
    _Rule("空[いかくきけこ][ぁ-ん]*", "ス", _of_a_stomach),
    _Rule("空[いかくきけこ][ぁ-ん]*", "ア", _always),
    _Rule("開[いかくきこ][ぁ-ん]*", "ア", _of_a_door),
    _Rule("辛([いかくさすけそ][ぁ-ん]*)?", "カラ", _of_food),
    _Rule("辛([いかくさすけそ][ぁ-ん]*)?", "ツラ", _always),
)


def correct_readings(nodes: Iterable[Node]) -> list[Node]:
    """`nodes` with the readings that `_RULES` know better."""
    nodes = list(nodes)
    words = [str(node["string"]) for node in nodes]
    return [_corrected(node, words[:index], words[index + 1 :]) for index, node in enumerate(nodes)]


def for_labels(nodes: Iterable[Node]) -> list[Node]:
    """`nodes` without what Open JTalk leaves out with a complaint.

    A ー at the start of a word becomes the vowel that it lengthens, or nothing where there is none;
    ？ and ！ with nothing before them are pauses. Only labels need this: phones are read from the
    words as they are.
    """
    said: list[Node] = []
    last = ""
    for node in nodes:
        pron = str(node["pron"])
        if pron.startswith("ー"):
            rest = pron.lstrip("ー")
            pron = _VOWELS.get(last, "") * (len(pron) - len(rest)) + rest
            node = {**node, "pron": pron or "、", "mora_size": len(split_morae(pron))}
        elif pron in ("？", "！") and not last:
            node = {**node, "pron": "、"}
        said.append(node)
        last = (kana_phones(pron, last) or ("",))[-1]
    return said


def _corrected(node: Node, before: Sequence[str], after: Sequence[str]) -> Node:
    word = str(node["string"])
    for rule in _RULES:
        if re.fullmatch(rule.words, word) and rule.applies(before, after):
            return _read_as(node, rule.reading + to_katakana(word[1:]))
    return node


def _read_as(node: Node, reading: str) -> Node:
    """The accent stays where it was, seen from the end of the word."""
    if str(node["pron"]).replace("’", "") == reading:
        return node
    morae = len(split_morae(reading))
    longer, accent = morae - int(str(node["mora_size"])), int(str(node["acc"]))
    accent = max(accent + longer, 0) if accent else 0
    return {**node, "read": reading, "pron": reading, "mora_size": morae, "acc": accent}
