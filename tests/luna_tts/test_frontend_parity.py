"""The front-end against recorded lines: after the same answers of Open JTalk, the same phones.

LUNA_FRONTEND_FILE names another frontend_X.jsonl with its openjtalk_naist_X.jsonl.gz beside it.
"""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from luna_tts.nlp.japanese.g2p import OpenJTalkAnswer, phonemize, read_words
from luna_tts.nlp.japanese.normalizer import normalize

ROOT = Path(__file__).parents[2]
CHAT = ROOT / "tests/data/frontend/frontend_chat.jsonl"
ITA = ROOT.parent / "shared/sbv2/frontend_ita.jsonl"
"""The ITA corpus is read where it lies; without it there is one file fewer."""
GIVEN = os.environ.get("LUNA_FRONTEND_FILE")
FILES = [Path(GIVEN)] if GIVEN else [CHAT, *([ITA] if ITA.exists() else [])]

REQUIRED_SHARE = 0.995
EXCEPTIONS: dict[str, str] = {}
"""Lines that may differ: id -> reason. None does."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_lines_are_read_as_recorded(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    different = {}
    total = 0
    for line, answer in recorded(file):
        got = read(line["text"], answer)
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


def recorded(file: Path) -> Iterator[tuple[dict[str, Any], OpenJTalkAnswer]]:
    beside = file.with_name(file.name.replace("frontend_", "openjtalk_naist_") + ".gz")
    with gzip.open(beside, "rt", encoding="utf-8") as lines:
        answers = {answer["id"]: answer for answer in map(json.loads, lines)}
    for line in map(json.loads, file.read_text("utf-8").splitlines()):
        answer = answers.get(line["id"], {"njd": [], "labels": []})
        yield line, OpenJTalkAnswer(answer["njd"] or [], answer["labels"] or [])


def read(text: str, answer: OpenJTalkAnswer) -> dict[str, Any]:
    result = phonemize(answer)
    words = read_words(answer.words)
    return {
        "normalized": normalize(text),
        "phones": list(result.phones),
        "tones": list(result.tones),
        "word2ph": list(result.word2ph),
        "sep_text": [word.text for word in words],
        "sep_kata": [word.reading for word in words],
    }
