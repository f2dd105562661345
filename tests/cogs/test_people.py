"""What Luna says of people, where a server does not want to hear some words."""

from __future__ import annotations

import pytest

from cogs._people import announcement, introduction
from cogs._spoken import spoken
from cogs._store import GuildSettings


@pytest.mark.parametrize("language", ["ja", "ko", "en"])
def test_a_bad_word_in_a_name_is_not_spoken(language: str) -> None:
    guild = GuildSettings(ng_words=("チョコ",), name_template="{name}!")
    assert introduction("るな", guild, language) == "るな! "
    assert introduction("チョコ", guild, language) == ""
    somebody = spoken("came", language, name=spoken("somebody", language))
    assert announcement("came", "チョコ", guild, language) == somebody
    beeping = GuildSettings(ng_words=("チョコ",), ng_beep=True)
    told = announcement("came", "チョコ", beeping, language)
    assert spoken("beep", language) in told
    assert "チョコ" not in told
