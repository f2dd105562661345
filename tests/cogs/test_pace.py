import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._pace import CALM_SECONDS, CROWDED_SECONDS, estimate, hastened, length_scale, speed
from luna_tts import SynthesisOptions, TTSService
from luna_tts.types import RANGES

backlogs = st.floats(0, 1e6)


def test_nobody_hurries_while_little_waits() -> None:
    assert [speed(seconds) for seconds in (0.0, CALM_SECONDS)] == [1.0, 1.0]
    assert speed((CALM_SECONDS + CROWDED_SECONDS) / 2) == pytest.approx(1.25)
    assert [speed(seconds) for seconds in (CROWDED_SECONDS, 1e6)] == [1.5, 1.5]


@given(backlogs, backlogs)
def test_the_more_waits_the_faster(one: float, other: float) -> None:
    assert 1.0 <= speed(min(one, other)) <= speed(max(one, other)) <= 1.5


@given(backlogs, st.none() | st.floats(*RANGES["length_scale"]))
def test_a_members_own_pace_is_the_measure(backlog: float, own: float | None) -> None:
    before = SynthesisOptions(length_scale=own, pitch_scale=1.2)
    after = hastened(before, backlog)
    assert after.pitch_scale == 1.2
    assert length_scale(before) / 1.5 - 1e-9 <= length_scale(after) <= length_scale(before)
    assert length_scale(after) >= min(length_scale(before), 0.5), "nobody becomes a squeak"


def test_what_says_nothing_of_its_pace_is_hastened_too() -> None:
    assert hastened(None, 0.0) == SynthesisOptions()
    assert hastened(None, 1e6).length_scale == pytest.approx(1 / 1.5)


@given(st.text())
def test_everything_takes_some_time(text: str) -> None:
    assert 0.1 < estimate(text) <= 0.12 + 0.27 * len(text)


@pytest.mark.parametrize(
    "text",
    [
        "明日一限あるのに何してるんだろ私",
        "おはようございます、今日もよろしくお願いします。",
        "오늘 몇 시에 시작해요?",
        "that was insane, how did you even survive that?",
        "3月15日の21時30分集合で合ってる？",
    ],
)
async def test_the_guess_is_near_what_is_heard(text: str, service: TTSService) -> None:
    heard = await service.synthesize(text)
    assert estimate(text) == pytest.approx(heard.seconds, rel=0.3)
    hurried = await service.synthesize(text, options=hastened(None, 1e6))
    assert hurried.seconds == pytest.approx(heard.seconds / 1.5, rel=0.15)
