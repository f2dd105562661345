"""The front-ends against recorded lines: after the same answers of others, the same phones.

LUNA_FRONTEND_FILE names another frontend_X.jsonl: frontend_en*.jsonl with the tokens in it,
frontend_zh*.jsonl, or a Japanese one with its openjtalk_naist_X.jsonl.gz beside it.
"""

import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from luna_tts.nlp.chinese import g2p as chinese
from luna_tts.nlp.chinese import normalizer as chinese_normalizer
from luna_tts.nlp.english import g2p as english
from luna_tts.nlp.english import normalizer as english_normalizer
from luna_tts.nlp.english.lexicon import Lexicon
from luna_tts.nlp.japanese.g2p import OpenJTalkAnswer, phonemize, read_words
from luna_tts.nlp.japanese.normalizer import normalize

ROOT = Path(__file__).parents[2]
OURS = ROOT / "tests/data/frontend"
ITA = ROOT.parent / "shared/sbv2/frontend_ita.jsonl"
"""The ITA corpus is read where it lies; without it there is one file fewer."""
GIVEN = os.environ.get("LUNA_FRONTEND_FILE")
FILES = (
    [Path(GIVEN)] if GIVEN else [*sorted(OURS.glob("*.jsonl")), *([ITA] if ITA.exists() else [])]
)

REQUIRED_SHARE = 0.995
EXCEPTIONS: dict[str, str] = {}
"""Lines that may differ: id -> reason. None does."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_lines_are_read_as_recorded(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    different = {}
    total = 0
    for line, got in readings(file):
        if not line.get("error"):  # where the reference stopped, not to raise is all
            total += 1
            if wrong := [name for name in got if got[name] != line[name]]:
                different[line["id"]] = wrong
    share = 1 - len(different) / total
    with capsys.disabled():
        print(f"\n{file.stem}: {share:.2%} of {total} lines as recorded {different or ''}")
    assert total
    assert share >= REQUIRED_SHARE
    assert set(different) <= set(EXCEPTIONS) or GIVEN


def readings(file: Path) -> Iterator[tuple[dict[str, Any], Mapping[str, Any]]]:
    """Each line as it was recorded, and what we make of it."""
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    read = reader(file)
    return ((line, read(line)) for line in lines)


def reader(file: Path) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    if file.name.startswith("frontend_en"):
        lexicon = Lexicon()
        return lambda line: read_english(line, lexicon)
    if file.name.startswith("frontend_zh"):
        return read_chinese
    beside = file.with_name(file.name.replace("frontend_", "openjtalk_naist_") + ".gz")
    with gzip.open(beside, "rt", encoding="utf-8") as recorded:
        answers = {answer["id"]: answer for answer in map(json.loads, recorded)}
    return lambda line: read_japanese(line, answers.get(line["id"], {"njd": [], "labels": []}))


def read_japanese(line: dict[str, Any], answer: dict[str, Any]) -> Mapping[str, Any]:
    asked = OpenJTalkAnswer(answer["njd"] or [], answer["labels"] or [])
    result = phonemize(asked)
    words = read_words(asked.words)
    return {
        "normalized": normalize(line["text"]),
        "phones": list(result.phones),
        "tones": list(result.tones),
        "word2ph": list(result.word2ph),
        "sep_text": [word.text for word in words],
        "sep_kata": [word.reading for word in words],
    }


def read_english(line: dict[str, Any], lexicon: Lexicon) -> Mapping[str, Any]:
    normalized = english_normalizer.normalize(line["text"])
    return as_recorded(normalized, english.phonemize(normalized, line["tokens"], lexicon))


def read_chinese(line: dict[str, Any]) -> Mapping[str, Any]:
    normalized = chinese_normalizer.normalize(line["text"])
    return as_recorded(normalized, chinese.phonemize(normalized))


def as_recorded(
    normalized: str, result: english.EnglishPhones | chinese.ChinesePhones
) -> Mapping[str, Any]:
    return {
        "normalized": normalized,
        "phones": list(result.phones),
        "tones": list(result.tones),
        "word2ph": list(result.word2ph),
    }
