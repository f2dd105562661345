"""tests/data/speakable.tsv is the specification of speakable(): one message a line.

Columns: language, case, message, what is spoken. What begins with `"` is a JSON string; what
begins with `{"` is a ChatMessage as JSON, with `words`, `ng_words`, `ng_beep` and `limit` besides.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cogs._chat_message import ChatMessage, Poll, PollResult
from cogs._markup import speakable, speakable_name
from luna_tts import DictionaryWord, UserDictionary

NOW = datetime.fromisoformat("2026-11-26T12:00:00+09:00")
CASES = [
    line.split("\t")
    for line in (Path(__file__).parents[1] / "data/speakable.tsv").read_text("utf-8").splitlines()
]


def message_of(parts: Mapping[str, Any]) -> ChatMessage:
    message = ChatMessage(parts.get("content", ""), now=NOW)
    for key in ("users", "roles", "channels"):
        names = {int(id_): name for id_, name in parts.get(key, {}).items()}
        message = replace(message, **{key: names})
    for key in ("attachments", "stickers", "embeds"):
        message = replace(message, **{key: tuple(parts.get(key, ()))})
    if poll := parts.get("poll"):
        message = replace(message, poll=Poll(poll["question"], tuple(poll["answers"])))
    if result := parts.get("poll_result"):
        message = replace(message, poll_result=PollResult(**result))
    if forwarded := parts.get("forwarded"):
        message = replace(message, forwarded=message_of(forwarded))
    if now := parts.get("now"):
        message = replace(message, now=datetime.fromisoformat(now))
    return replace(message, reply_to=parts.get("reply_to"))


def spoken(language: str, written: str) -> str:
    parts = json.loads(written) if written.startswith(('"', '{"')) else written
    if isinstance(parts, str):
        parts = {"content": parts}
    words = [DictionaryWord(*word) for word in parts.get("words", {}).items()]
    return speakable(
        message_of(parts),
        language,
        parts.get("limit", 500),
        UserDictionary(words),
        ng_words=parts.get("ng_words", ()),
        ng_beep=parts.get("ng_beep", False),
    )


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [pytest.param(row[0], row[2], row[3], id=f"{row[0]}-{row[1]}") for row in CASES],
)
def test_what_is_written_and_what_is_spoken(language: str, written: str, expected: str) -> None:
    expected = json.loads(expected) if expected.startswith('"') else expected
    assert spoken(language, written) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ルナ", "ルナ"),
        ("🌸さくら🌸 @配信中", "さくら 配信中"),
        ("**L**||u||\n𝓷𝓪", "L u na"),
        ("💬│ば\u200dか", "ばか"),
        ("🌙", "三日月"),
        ("a@b.example discord.gg/x", "メールアドレス省略、招待リンク省略"),
        ("あ" * 100, "あ" * 30),
        ("\u202e\u200b", ""),
    ],
)
def test_a_name_by_itself(name: str, expected: str) -> None:
    assert speakable_name(name, "ja") == expected


def test_the_table_is_large_and_says_each_thing_once() -> None:
    assert all(sum(row[0] == language for row in CASES) >= 75 for language in ("ja", "ko", "en"))
    assert len({(row[0], row[1]) for row in CASES}) == len(CASES)
    assert all(len(row) == 4 for row in CASES)
