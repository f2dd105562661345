"""espeak-ng beside the other voices: the real program, and others in its place."""

import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luna_tts import AudioChunk, SynthesisOptions, TTSService
from luna_tts.audio import AUDIBLE
from luna_tts.casting import going_on
from luna_tts.errors import EngineUnavailable, NothingToSay
from luna_tts.espeak import EspeakModel
from luna_tts.loudness import TARGET_LUFS, loudness
from luna_tts.nlp.japanese.g2p import phonemize

MIXED = "韓国語で안녕하세요と言いました"


def program(folder: Path, code: str) -> Path:
    """A program that does `code` instead of speaking."""
    file = folder / "espeak-ng"
    file.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[TTSService]:
    service = TTSService(tmp_path, espeak="espeak-ng")
    await service.start()
    yield service
    await service.aclose()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ko", "안녕하세요, 반갑습니다."),
        ("en", "Hello, how are you?"),
        ("zh", "你好，我们一起玩吧。"),
    ],
)
def test_it_speaks_three_languages_as_loud_as_every_voice(language: str, text: str) -> None:
    model = EspeakModel("espeak-ng")
    (chunk,) = [c for c in model.stream(text, SynthesisOptions(language=language)) if c]
    assert chunk.last
    assert chunk.seconds > 0.5
    assert loudness(chunk.samples, chunk.sample_rate) == pytest.approx(TARGET_LUFS, abs=1)
    slow = SynthesisOptions(language=language, length_scale=1.5, volume=0.5)
    (slower,) = [c for c in model.stream(text, slow) if c]
    assert 1.3 < slower.seconds / chunk.seconds < 1.7
    assert np.abs(slower.samples).max() < np.abs(chunk.samples).max()


def test_what_has_no_letters_is_nothing_to_say() -> None:
    model = EspeakModel("espeak-ng")
    for text in ("", "…！", "🎉"):
        with pytest.raises(NothingToSay):
            model.check(text, SynthesisOptions(language="ko"))
        with pytest.raises(NothingToSay):
            list(model.stream(text, SynthesisOptions(language="ko")))


@settings(max_examples=30, deadline=None)
@given(
    st.text(max_size=40) | st.sampled_from(["[[h@l'oU]]", "-v", "<speak>", "a\x00b", "\ud800가"])
)
def test_whatever_is_written_makes_sane_sound_or_none(text: str) -> None:
    try:
        chunks = list(EspeakModel("espeak-ng").stream(text, SynthesisOptions(language="ko")))
    except NothingToSay:
        return
    assert all(np.abs(chunk.samples).max() <= 1 for chunk in chunks if chunk)


async def test_korean_in_a_japanese_line_is_said_in_korean(service: TTSService) -> None:
    assert service.voice == "open-jtalk", "a robot never speaks for everybody"
    async with aclosing(service.stream(MIXED)) as stream:
        chunks = [chunk async for chunk in stream]
    assert next(chunk.text for chunk in chunks if len(chunk.samples)) == "韓国語で"
    assert "안녕하세요" in {chunk.text for chunk in chunks if chunk.sample_rate == 22_050}
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    gap = 0.0
    for chunk in chunks:
        sounding = np.flatnonzero(np.abs(chunk.samples) > AUDIBLE)
        if len(sounding):
            assert gap + sounding[0] / chunk.sample_rate < 0.06
            gap = 0.0
        gap += (
            len(chunk.samples) - 1 - (sounding[-1] if len(sounding) else -1)
        ) / chunk.sample_rate


async def test_a_particle_after_another_language_is_one(service: TTSService) -> None:
    async def heard(text: str) -> list[AudioChunk]:
        async with aclosing(service.stream(text)) as stream:
            return [c async for c in stream if c.sample_rate == 48_000 and len(c.samples)]

    particle = await heard("안녕は愛の言葉")
    assert "".join(dict.fromkeys(chunk.text for chunk in particle)) == "は愛の言葉"
    assert [await first_phone(service, text) for text in (going_on("は愛"), "は愛")] == ["w", "h"]
    assert [await first_phone(service, going_on(t)) for t in ("はい、", "へ行く")] == ["h", "e"]


async def first_phone(service: TTSService, text: str) -> str:
    (sentence,) = await service.read(text)
    return next(phone for phone in phonemize(sentence.answer).phones if phone.isalpha())


async def test_the_loudness_does_not_jump(service: TTSService) -> None:
    async with aclosing(service.stream("今日はとても、안녕하세요 여러분、と言いました")) as stream:
        chunks = [chunk async for chunk in stream if len(chunk.samples) > 8000]
    levels = [loudness(chunk.samples, chunk.sample_rate) for chunk in chunks]
    assert len(levels) > 2
    assert max(levels) - min(levels) < 3


async def test_a_program_that_fails_costs_no_word(tmp_path: Path) -> None:
    code = "text = sys.stdin.read()\nsys.exit('안녕' in text)"
    file = program(tmp_path, code)
    service = TTSService(tmp_path / "models", espeak=str(file))
    await service.start()
    try:
        chunk = await service.synthesize(MIXED)
        kana = await service.synthesize("韓国語でアンニョンハセヨと言いました")
        assert chunk.seconds == pytest.approx(kana.seconds, rel=0.2)
    finally:
        await service.aclose()


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="install espeak-ng"):
        EspeakModel(str(tmp_path / "nothing"))
    service = TTSService(tmp_path / "models", espeak=str(tmp_path / "nothing"))
    await service.start()
    try:
        assert "espeak-ng" in service.problems()
        assert (await service.synthesize(MIXED)).seconds > 1
    finally:
        await service.aclose()
