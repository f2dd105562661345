"""A server's set-up as a file: what was written is read, and no stranger's file does harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._errors import InvalidSetup
from cogs._setup_file import LONGEST_FILE, Setup, read_setup, write_setup
from cogs._store import GuildSettings, InvalidLanguage, InvalidText
from luna_tts import DictionaryWord, LunaError
from luna_tts.errors import InvalidAccent, InvalidOption, InvalidReading, InvalidSurface

FULL = Setup(
    GuildSettings(
        voice="小春",
        newcomer_voice="あみ",
        language="ko",
        max_characters=120,
        disabled_voices=("a", "🌙"),
        voice_roles={"小春": (2**60, 1), "a": ()},
        members_edit_dictionary=False,
    ),
    (DictionaryWord("Luna", "ルナ", 1, 9), DictionaryWord("🦊", "コンコン")),
)
WORD = {"surface": "月", "reading": "つき"}


def file(**parts: Any) -> bytes:
    return json.dumps({"luna_setup": 1, **parts}).encode()


@pytest.mark.parametrize("setup", [FULL, Setup(GuildSettings(), ())])
def test_what_was_written_is_read(setup: Setup) -> None:
    assert read_setup(write_setup(setup)) == setup


def test_the_largest_setup_can_be_read_again() -> None:
    widest = [
        DictionaryWord(f"{n:04}" + "🦊" * 46, "ー".join("ル" * 50), 0, 10) for n in range(2000)
    ]
    assert len(write_setup(Setup(FULL.settings, tuple(widest)))) < LONGEST_FILE


def test_what_is_missing_is_as_nobody_chose() -> None:
    assert read_setup(file()) == Setup(GuildSettings(), ())
    assert read_setup(b"\xef\xbb\xbf" + file(dictionary=[WORD])).words == (
        DictionaryWord("月", "ツキ"),
    )


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "JSON"),
        (b"\xff\xfe\xfd", "JSON"),
        (b"surface,reading", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"9" * 5000, "JSON"),
        (b"null", "luna_setup"),
        (b"[1]", "luna_setup"),
        (b"{}", "luna_setup"),
        (file(luna_setup=2), "luna_setup"),
        (file(luna_setup="1"), "luna_setup"),
        (file(luna_setup=[1]), "luna_setup"),
        (file(settings=[]), "settings"),
        (file(settings=None), "settings"),
        (file(settings={"colour": "red"}), "settings"),
        (file(colour="red"), "luna_setup"),
        (file(dictionary={"月": "つき"}), "dictionary"),
        (file(dictionary="月"), "dictionary"),
        (file(dictionary=["月"]), "dictionary"),
        (file(dictionary=[WORD, {**WORD, "colour": "red"}]), "dictionary"),
        (file(dictionary=[{"surface": "月"}]), "dictionary"),
        (file(dictionary=[{"reading": "つき"}]), "dictionary"),
        (file(dictionary=[{**WORD, "surface": 3}]), "dictionary"),
        (file(dictionary=[{**WORD, "reading": ["つ", "き"]}]), "dictionary"),
        (file(dictionary=[{**WORD, "accent": "1"}]), "dictionary"),
        (file(dictionary=[{**WORD, "accent": 1.5}]), "dictionary"),
        (file(dictionary=[{**WORD, "priority": 2.5}]), "dictionary"),
        (file(dictionary=[{**WORD, "priority": None}]), "dictionary"),
        *(
            (file(settings={name: value}), "settings")
            for name, value in [
                ("voice", 3),
                ("voice", ["小春"]),
                ("voice", True),
                ("max_characters", "100"),
                ("max_characters", 100.0),
                ("disabled_voices", "abc"),
                ("disabled_voices", None),
                ("disabled_voices", {"a": "b"}),
                ("disabled_voices", [3]),
                ("disabled_voices", [["a"]]),
                ("voice_roles", [["a", [1]]]),
                ("voice_roles", {"a": 1}),
                ("voice_roles", {"a": "1"}),
                ("voice_roles", {"a": ["1"]}),
                ("voice_roles", {"a": [1.5]}),
                ("voice_roles", {"a": [-1]}),
                ("voice_roles", {"a": [2**63]}),
                ("members_edit_dictionary", "yes"),
                ("members_edit_dictionary", 1),
                ("members_edit_dictionary", None),
            ]
        ),
    ],
)
def test_a_faulty_part_is_named(data: bytes, part: str) -> None:
    with pytest.raises(InvalidSetup) as refused:
        read_setup(data)
    assert refused.value.data == {"part": part}


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ({"settings": {"language": "tlh"}}, InvalidLanguage),
        ({"settings": {"max_characters": 9}}, InvalidOption),
        ({"settings": {"voice": ""}}, InvalidText),
        ({"settings": {"voice_roles": {"\ud800": [1]}}}, InvalidText),
        ({"dictionary": [{**WORD, "surface": " "}]}, InvalidSurface),
        ({"dictionary": [{**WORD, "reading": "moon"}]}, InvalidReading),
        ({"dictionary": [{**WORD, "accent": 3}]}, InvalidAccent),
        ({"dictionary": [{**WORD, "priority": 11}]}, InvalidOption),
    ],
)
def test_a_faulty_value_is_told_with_its_bounds(
    parts: dict[str, Any], error: type[LunaError]
) -> None:
    with pytest.raises(error):
        read_setup(file(**parts))


def test_a_reading_of_megabytes_makes_no_sentence_of_megabytes() -> None:
    with pytest.raises(InvalidReading) as refused:
        read_setup(file(dictionary=[{**WORD, "reading": "x\n" * 500_000}]))
    assert len(str(refused.value)) < 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        name: JSON | st.dictionaries(st.text(), st.lists(st.integers()))
        for name in GuildSettings.__dataclass_fields__
    },
)
WORDS = st.fixed_dictionaries(
    {}, optional={name: JSON for name in DictionaryWord.__dataclass_fields__}
)
SETUPS = st.fixed_dictionaries(
    {"luna_setup": st.just(1)},
    optional={"settings": SETTINGS | JSON, "dictionary": st.lists(WORDS) | JSON},
)


@given(st.binary() | st.builds(lambda value: json.dumps(value).encode(), JSON | SETUPS))
def test_any_file_is_taken_whole_or_refused(data: bytes) -> None:
    try:
        setup = read_setup(data)
    except LunaError:
        return
    assert read_setup(write_setup(setup)) == setup
