import json
from pathlib import Path

import pytest

from luna_tts.nlp.symbols import (
    LANGUAGE_IDS,
    NUM_TONES,
    PAD,
    PUNCTUATIONS,
    SYMBOLS,
    TONE_COUNTS,
    TONE_STARTS,
    blank_word2ph,
    symbol_ids,
)

TABLE = json.loads(
    (Path(__file__).parents[1] / "data/frontend/symbols.json").read_text(encoding="utf-8")
)


def test_table_is_that_of_the_format() -> None:
    assert list(SYMBOLS) == TABLE["symbols"]
    assert len(SYMBOLS) == TABLE["num_symbols"]
    assert TABLE["pad"] == PAD
    assert list(PUNCTUATIONS) == TABLE["punctuations"]
    assert TABLE["tones_per_language"] == TONE_COUNTS
    assert TABLE["tone_start"] == TONE_STARTS
    assert TABLE["num_tones"] == NUM_TONES
    assert TABLE["language_ids"] == LANGUAGE_IDS


def test_phones_become_ids_and_blanks_go_between() -> None:
    ids = symbol_ids(["_", "k", "a", "_"], [0, 0, 1, 0])
    assert ids.phones == (0, SYMBOLS.index("k"), SYMBOLS.index("a"), 0)
    assert ids.tones == (6, 6, 7, 6)
    assert ids.languages == (1, 1, 1, 1)
    blanked = ids.with_blanks()
    assert blanked.phones == (0, 0, 0, SYMBOLS.index("k"), 0, SYMBOLS.index("a"), 0, 0, 0)
    assert blanked.tones == (0, 6, 0, 6, 0, 7, 0, 6, 0)
    assert blanked.languages == (0, 1, 0, 1, 0, 1, 0, 1, 0)
    assert sum(blank_word2ph([1, 2, 1])) == len(blanked.phones)
    assert blank_word2ph([1, 2, 1]) == (3, 4, 2)


def test_only_jp_extra_tells_the_moraic_nasal() -> None:
    assert symbol_ids(["N"], [0]).phones == (SYMBOLS.index("N"),)
    assert symbol_ids(["N"], [0], jp_extra=False).phones == (SYMBOLS.index("n"),)


@pytest.mark.parametrize(("phone", "sounds_like"), [("kw", "k"), ("gw", "g"), ("🙂", "'")])
def test_unknown_phones_have_a_stand_in(phone: str, sounds_like: str) -> None:
    assert symbol_ids([phone], [0]).phones == (SYMBOLS.index(sounds_like),)


def test_tones_are_clipped_to_the_language() -> None:
    assert symbol_ids(["a", "a", "a"], [-3, 1, 9]).tones == (6, 7, 7)
