"""Tone sandhi of Mandarin: how a word's tones change in speech.

The rules of PaddleSpeech's tone sandhi (NOTICE) in the order that voices were trained with.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from luna_tts.nlp.chinese.words import Word, finals, split_word, third

_NEUTRAL_FILE: Final = Path(__file__).with_name("data") / "neutral_words.txt"
_ALWAYS_FULL: Final = "男子 女子 分子 原子 量子 莲子 石子 瓜子 电子 人人 虎虎"
_NEVER_NEUTRAL: Final = frozenset(_ALWAYS_FULL.split())
_PARTICLES: Final = frozenset("吧呢啊呐噻嘛吖嗨哦哒额滴哩哟喽啰耶喔诶的地得")
_COUNTED: Final = frozenset("几有两半多各整每做是")
_DIRECTIONS: Final = frozenset("上下进出回过起开")
_NO_BREAK: Final = frozenset("：，；。？！“”‘’':,;.?!")


def spoken_finals(word: Word) -> list[str]:
    """The finals of a word with their tones as they are spoken, one a character."""
    sounds = finals(word.text)
    _not(word.text, sounds)
    _one(word.text, sounds)
    _neutral(word, sounds)
    _third(word.text, sounds)
    return sounds


def _set(sounds: list[str], place: int, tone: int) -> None:
    sounds[place] = f"{sounds[place][:-1]}{tone}"


def _not(word: str, sounds: list[str]) -> None:
    """不 is neutral in 看不懂, and rises before a falling tone: 不怕."""
    if len(word) == 3 and word[1] == "不":
        _set(sounds, 1, 5)
        return
    for place, following in enumerate(sounds[1:]):
        if word[place] == "不" and following.endswith("4"):
            _set(sounds, place, 2)


def _one(word: str, sounds: list[str]) -> None:
    """一 rises before a falling tone and falls before others, save in numbers."""
    if all(character.isnumeric() for character in word if character != "一"):
        return
    if len(word) == 3 and word[1] == "一" and word[0] == word[2]:
        _set(sounds, 1, 5)
    elif word.startswith("第一"):
        _set(sounds, 1, 1)
    else:
        for place, following in enumerate(word[1:]):
            if word[place] == "一":
                if sounds[place + 1].endswith("4"):
                    _set(sounds, place, 2)
                elif following not in _NO_BREAK:
                    _set(sounds, place, 4)


def _neutral(word: Word, sounds: list[str]) -> None:
    text, tag = word
    if tag[:1] in ("n", "v", "a") and text not in _NEVER_NEUTRAL:
        for place in range(1, len(text)):
            if text[place] == text[place - 1]:
                _set(sounds, place, 5)
    counter = text.find("个")
    if _ends_weakly(text, tag):
        _set(sounds, -1, 5)
    elif text == "个" or (
        counter > 0 and (text[counter - 1].isnumeric() or text[counter - 1] in _COUNTED)
    ):
        _set(sounds, counter, 5)
    elif _is_neutral(text):
        _set(sounds, -1, 5)
    first, second = split_word(text)
    if _is_neutral(first):
        _set(sounds, len(first) - 1, 5)
    if _is_neutral(second):
        _set(sounds, -1, 5)


def _ends_weakly(text: str, tag: str) -> bool:
    last = text[-1]
    if last in _PARTICLES:
        return True
    if len(text) == 1:
        return False
    return (
        (last in "们子" and tag in ("r", "n") and text not in _NEVER_NEUTRAL)
        or (last in "上下里" and tag in ("s", "l", "f"))
        or (last in "来去" and text[-2] in _DIRECTIONS)
    )


def _is_neutral(text: str) -> bool:
    return text in _neutral_words() or text[-2:] in _neutral_words()


@cache
def _neutral_words() -> frozenset[str]:
    return frozenset(_NEUTRAL_FILE.read_text("utf-8").split())


def _third(word: str, sounds: list[str]) -> None:
    """Of third tones in a row the first rise: 你好 ní hǎo."""
    if len(word) == 2 and third(sounds):
        _set(sounds, 0, 2)
    elif len(word) == 3:
        _third_of_three(word, sounds)
    elif len(word) == 4:
        for start in (0, 2):
            if third(sounds[start : start + 2]):
                _set(sounds, start, 2)


def _third_of_three(word: str, sounds: list[str]) -> None:
    border = len(split_word(word)[0])
    if third(sounds):
        for place in {1: (1,), 2: (0, 1)}.get(border, ()):
            _set(sounds, place, 2)
        return
    if border == 2 and third(sounds[:2]):
        _set(sounds, 0, 2)
    if border == 1 and third(sounds[1:]):
        _set(sounds, 1, 2)
    elif border < 3 and not third(sounds[border:]) and third(sounds[border - 1 : border + 1]):
        _set(sounds, border - 1, 2)
