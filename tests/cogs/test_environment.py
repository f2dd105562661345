import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._environment import Environment, InvalidVariable
from luna_tts.variables import KNOWN

ROOT = Path(__file__).parents[2]


def test_empty_variables_mean_the_defaults() -> None:
    empty = {
        name: "" for name in ("LUNA_GROUP", "LUNA_LANGUAGE", "LUNA_QUEUE_LIMIT", "LUNA_MODELS")
    }
    assert Environment.read(empty) == Environment.read({})


def test_the_example_file_has_every_variable_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))
    assert Environment.read(example) == Environment.read({})
    code = "".join(path.read_text() for path in (ROOT / "cogs").glob("*.py"))
    code += (ROOT / "bot.py").read_text() + (ROOT / "luna_tts/environment.py").read_text()
    code += (ROOT / "luna_tts/server/settings.py").read_text()
    used = set(re.findall(r'"((?:LUNA|DISCORD)_[A-Z_]+)"', code))
    assert set(example) == used
    assert tuple(sorted(example)) == KNOWN, "luna_tts/variables.py"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("LUNA_QUEUE_LIMIT", "many", "a whole number from 1 to 1000"),
        ("LUNA_QUEUE_LIMIT", "0", "a whole number from 1 to 1000"),
        ("LUNA_QUEUE_LIMIT", "-5", "a whole number from 1 to 1000"),
        ("LUNA_MAX_CHARACTERS", "9", "a whole number from 10 to 5000"),
        ("LUNA_LANGUAGE", "tlh", "ja, ko or en"),
        ("LUNA_METRICS_PORT", "0", "a whole number from 1 to 65535"),
        ("LUNA_METRICS_PORT", "http", "a whole number from 1 to 65535"),
        ("LUNA_GROUP", "my bot", "a command name"),
        ("LUNA_GROUP", "x" * 33, "a command name"),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_right(name: str, value: str, expected: str) -> None:
    with pytest.raises(InvalidVariable, match=f"{name} is {value!r}.*{expected}"):
        Environment.read({name: value})


@given(
    st.dictionaries(
        st.sampled_from(KNOWN), st.text(st.characters(exclude_categories=()), max_size=40)
    )
)
def test_whatever_stands_in_a_variable_is_taken_or_answered(variables: dict[str, str]) -> None:
    with contextlib.suppress(InvalidVariable):
        Environment.read(variables)
