import math

import pytest

import luna_tts
from luna_tts import LunaError, SynthesisOptions
from luna_tts.errors import InvalidOption
from luna_tts.types import RANGES


def test_the_public_face_fits_on_one_screen() -> None:
    assert luna_tts.__all__ == [
        "AudioChunk",
        "DictionaryWord",
        "LunaError",
        "SynthesisOptions",
        "TTSService",
        "UserDictionary",
        "VoiceInfo",
    ]


@pytest.mark.parametrize("name", RANGES)
def test_options_take_both_ends_of_their_range_and_nothing_beyond(name: str) -> None:
    low, high = RANGES[name]
    for inside in (low, high, None):
        SynthesisOptions(**{name: inside})
    for outside in (low - 0.01, high + 0.01, math.nan, math.inf, -math.inf):
        with pytest.raises(InvalidOption, match=f"{name} is .*between {low:g} and {high:g}"):
            SynthesisOptions(**{name: outside})


def test_errors_carry_their_facts_as_data() -> None:
    with pytest.raises(LunaError) as caught:
        SynthesisOptions(volume=3)
    assert caught.value.data == {"name": "volume", "value": 3, "low": 0.0, "high": 2.0}
