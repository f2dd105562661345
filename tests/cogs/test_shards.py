"""LUNA_SHARDS as it is written, and what it means."""

from __future__ import annotations

import pytest

from cogs._shards import Shards, ShardsNeedPostgreSQL, read_shards
from luna_tts.environment import InvalidVariable

POSTGRESQL = {"LUNA_DATABASE_URL": "postgresql://luna@host/luna"}


@pytest.mark.parametrize(
    ("value", "shards"),
    [
        ("", None),
        ("auto", Shards()),
        (" AUTO ", Shards()),
        ("1", Shards(1)),
        ("16", Shards(16)),
        ("0-3/16", Shards(16, (0, 1, 2, 3))),
        ("0, 4-5 ,8 / 16", Shards(16, (0, 4, 5, 8))),
        ("15/16", Shards(16, (15,))),
        ("0-1/2", Shards(2, (0, 1))),
    ],
)
def test_what_is_written_is_what_is_meant(value: str, shards: Shards | None) -> None:
    assert read_shards({"LUNA_SHARDS": value, **POSTGRESQL}) == shards


@pytest.mark.parametrize(
    "value",
    ["0", "all", "-1", "4/", "/4", "4/4", "3-1/4", "0-4/4", "0-/4", "1,,2/4", "0/0", "99999", "٣"],
)
def test_anything_else_is_answered_with_what_is_right(value: str) -> None:
    with pytest.raises(InvalidVariable, match="must be auto, a number of shards, or those of this"):
        read_shards({"LUNA_SHARDS": value, **POSTGRESQL})


def test_a_part_of_the_shards_needs_a_database_that_all_processes_share() -> None:
    with pytest.raises(ShardsNeedPostgreSQL, match="set LUNA_DATABASE_URL"):
        read_shards({"LUNA_SHARDS": "0-3/16"})
    for whole in ("auto", "16", "0-15/16"):
        shards = read_shards({"LUNA_SHARDS": whole})
        assert shards is not None
        assert shards.alone
        assert shards.first


def test_one_process_does_what_is_done_once() -> None:
    parts = [read_shards({"LUNA_SHARDS": part, **POSTGRESQL}) for part in ("0-3/8", "4-7/8")]
    assert [part.first for part in parts if part] == [True, False]
    assert not any(part.alone for part in parts if part)
