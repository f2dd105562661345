import asyncio

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from luna_tts import AudioChunk, SynthesisOptions
from luna_tts.audio import trim
from luna_tts.errors import EngineUnavailable, NothingToSay
from luna_tts.loudness import CEILING, TARGET_LUFS, loudness
from luna_tts.open_jtalk import OpenJTalkModel

CHAT_LINES = (
    "おはよう！",
    "こんにちは、今日もよろしくお願いします。",
    "草",
    "www",
    "了解です！",
    "マジで？やばすぎる",
    "お疲れ様でした〜",
    "今から10時30分までゲームするわ",
    "ちょっと待って",
    "それな",
    "明日の天気は雨らしいよ。傘を持っていこう。",
    "うんうん、わかるわかる",
    "GG",
    "ナイス！",
    "え、なにそれ",
    "寝る。おやすみ",
    "ラーメン食べたい",
    "VCに来てくれる人いる？",
    "あと5分で着きます",
    "ありがとう！助かった！",
)


BREATH = 0.17
"""Seconds of silence that every utterance keeps, however fast it is spoken."""


def speak(model: OpenJTalkModel, text: str, **options: float) -> AudioChunk:
    chunks = list(model.stream(text, SynthesisOptions(**options)))
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    return AudioChunk(np.concatenate([c.samples for c in chunks]), 48_000, text, last=True)


def pitch(chunk: AudioChunk) -> float:
    """Median fundamental frequency of the voiced frames, in Hz, by autocorrelation."""
    found = []
    for start in range(0, len(chunk.samples) - 2400, 2400):
        frame = chunk.samples[start : start + 2400].astype(float)
        correlation = np.correlate(frame, frame, "full")[2399:]
        if correlation[0] < 1:
            continue
        high = correlation[80:600] > 0.85 * correlation[80:600].max()  # 80 to 600 Hz
        first = 80 + int(np.argmax(high))
        found.append(48_000 / (first + int(np.argmax(correlation[first : first + 40]))))
    return float(np.median(found))


@pytest.mark.parametrize("line", CHAT_LINES)
def test_every_line_has_the_same_loudness_and_no_overshoot(
    open_jtalk: OpenJTalkModel, line: str
) -> None:
    for chunk in open_jtalk.stream(line, SynthesisOptions()):
        assert loudness(chunk.samples, 48_000) == pytest.approx(TARGET_LUFS, abs=0.5)
        assert np.abs(chunk.samples).max() <= CEILING


def test_a_listener_waits_for_sound_not_for_silence(open_jtalk: OpenJTalkModel) -> None:
    for line in CHAT_LINES[:5]:
        samples = speak(open_jtalk, line).samples
        audible = np.flatnonzero(np.abs(samples) > 0.01)
        assert audible[0] / 48_000 < 0.06
        assert (len(samples) - audible[-1]) / 48_000 < 0.3


def test_a_sentence_is_heard_from_its_first_breath_on(open_jtalk: OpenJTalkModel) -> None:
    text = "昔々あるところに、おじいさんがいました。"
    chunks = list(open_jtalk.stream(text, SynthesisOptions()))
    assert [(chunk.text, chunk.last) for chunk in chunks] == [(text, False), (text, True)]
    whole = open_jtalk._engine.synthesize(open_jtalk._frontend.ask(text).labels) / 32768
    in_one = trim(whole.astype(np.float32), 48_000, lead=0.01, tail=0.16)
    seconds = sum(chunk.seconds for chunk in chunks)
    assert seconds == pytest.approx(len(in_one) / 48_000, abs=0.1), "the pause is as long"


@pytest.mark.parametrize(
    "text", ["a" * 30, "a" * 100, "え" * 50, "エー" * 30, "あいうえお" * 20, "w" * 200, "あ" * 3000]
)
def test_what_diverges_in_the_engine_is_speech_for_the_listener(
    open_jtalk: OpenJTalkModel, text: str
) -> None:
    chunk = speak(open_jtalk, text)
    assert np.isfinite(chunk.samples).all()
    assert np.abs(chunk.samples).max() <= CEILING
    assert loudness(chunk.samples, 48_000) == pytest.approx(TARGET_LUFS, abs=2)


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "。。。", "！？", "…", "ー" * 100, "\ud800", "привет", "\u200d"]
)
def test_nothing_pronounceable_is_said_so(open_jtalk: OpenJTalkModel, text: str) -> None:
    with pytest.raises(NothingToSay):
        open_jtalk.check(text, SynthesisOptions())
    with pytest.raises(NothingToSay):
        next(iter(open_jtalk.stream(text, SynthesisOptions())))


def test_unpronounceable_pieces_are_passed_over(open_jtalk: OpenJTalkModel) -> None:
    chunks = list(open_jtalk.stream("！？\nやあ。\n…\nまた。\n。。。", SynthesisOptions()))
    assert [(chunk.text, chunk.last) for chunk in chunks] == [("やあ。", False), ("また。", True)]
    assert all(len(chunk.samples) > 4800 for chunk in chunks)


def test_digits_are_not_taken_for_laughter(open_jtalk: OpenJTalkModel) -> None:
    (chunk,) = open_jtalk.stream("電話は0000000です", SynthesisOptions())
    assert "0000000" in chunk.text


def test_speed_pitch_and_volume_are_honoured(open_jtalk: OpenJTalkModel) -> None:
    text = "今日はいい天気ですね"
    plain = speak(open_jtalk, text)
    for factor in (0.5, 1 / 1.5, 1.5, 2.0):
        expected = factor * (plain.seconds - BREATH) + BREATH
        scaled = speak(open_jtalk, text, length_scale=factor)
        assert scaled.seconds == pytest.approx(expected, rel=0.1)
    high = speak(open_jtalk, text, pitch_scale=1.5)
    assert pitch(high) == pytest.approx(1.5 * pitch(plain), rel=0.1)
    assert high.seconds == pytest.approx(plain.seconds, rel=0.05)
    quiet = speak(open_jtalk, text, volume=0.5)
    assert loudness(quiet.samples, 48_000) == pytest.approx(TARGET_LUFS - 6.02, abs=0.1)
    loud = speak(open_jtalk, text, volume=2)
    assert np.abs(loud.samples).max() <= CEILING
    assert not speak(open_jtalk, text, volume=0).samples.any()


def test_options_do_not_stick_to_the_next_utterance(open_jtalk: OpenJTalkModel) -> None:
    before = speak(open_jtalk, "こんにちは")
    speak(open_jtalk, "こんにちは", length_scale=3, pitch_scale=2, volume=0.1)
    assert np.array_equal(speak(open_jtalk, "こんにちは").samples, before.samples)


def test_what_time_is_it(open_jtalk: OpenJTalkModel) -> None:
    """何時 is ナンジ; with the library's own default it would be ナニジ."""
    assert any(
        "-a+N/" in label or "^a-N+j" in label for label in open_jtalk._frontend.ask("何時").labels
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=60))
def test_no_text_breaks_the_engine(open_jtalk: OpenJTalkModel, text: str) -> None:
    try:
        chunk = speak(open_jtalk, text)
    except NothingToSay:
        return
    assert np.isfinite(chunk.samples).all()
    assert np.abs(chunk.samples).max() <= CEILING


def test_the_package_that_overwrites_ours_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyopenjtalk

    monkeypatch.setattr(pyopenjtalk, "run_frontend", lambda text: [])
    with pytest.raises(EngineUnavailable, match="pip uninstall -y pyopenjtalk"):
        OpenJTalkModel()


def test_loading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    async def load() -> None:
        await asyncio.to_thread(OpenJTalkModel)

    asyncio.run(load())
    assert capfd.readouterr().out == ""
