"""Lines in several languages, said by voices with tiny networks and tiny BERTs."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from safetensors.torch import load_file, save_file

from foreign_berts import chinese_bert, english_bert
from luna_tts import AudioChunk, DictionaryWord, SynthesisOptions, TTSService, UserDictionary
from luna_tts.audio import AUDIBLE
from luna_tts.errors import GivenPhonesMismatch, NothingToSay
from luna_tts.loudness import loudness
from tiny_voice import tiny_voice, wide_bert

pytestmark = pytest.mark.asyncio(loop_scope="module")
MIXED = "今日はlet's go to the beachに行こう"


@pytest.fixture(scope="module")
def berts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("berts")
    return {
        "ja": wide_bert(root / "ja"),
        "en": english_bert(root / "en"),
        "zh": chinese_bert(root / "zh"),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    tmp_path_factory: pytest.TempPathFactory, berts: dict[str, Path]
) -> AsyncIterator[TTSService]:
    """ "akari" is JP-Extra and speaks where none is named; "emma" speaks three languages."""
    root = tmp_path_factory.mktemp("voices")
    tiny_voice(root / "akari")
    tiny_voice(root / "emma", jp_extra=False, seed=1)
    service = TTSService(root, berts=berts)
    await service.start()
    yield service
    await service.aclose()


async def said(service: TTSService, text: str, **asked: object) -> list[AudioChunk]:
    stream = service.stream(text, **asked)  # type: ignore[arg-type]
    async with aclosing(stream):
        return [chunk async for chunk in stream]


def options(**given: object) -> SynthesisOptions:
    return SynthesisOptions(seed=3, **given)  # type: ignore[arg-type]


def silences(chunks: list[AudioChunk]) -> list[float]:
    """Seconds of each silence between sounds."""
    rate = chunks[0].sample_rate
    sounding = np.flatnonzero(np.abs(np.concatenate([c.samples for c in chunks])) > AUDIBLE)
    return [float(gap) / rate for gap in np.diff(sounding) if gap > 0.01 * rate]


async def test_voices_say_which_languages_they_speak(service: TTSService) -> None:
    spoken = {voice.name: voice.languages for voice in service.voices()}
    assert spoken == {"open-jtalk": ("ja",), "akari": ("ja",), "emma": ("ja", "en", "zh")}


async def test_a_voice_of_many_languages_says_each_in_its_own_way(service: TTSService) -> None:
    english = await service.synthesize("let's go home now", voice="emma", options=options())
    kana = await service.synthesize("let's go home now", voice="akari", options=options())
    chinese = await service.synthesize("你好，我们一起玩吧", voice="emma", options=options())
    assert min(english.seconds, kana.seconds, chinese.seconds) > 0.2
    chunks = await said(service, MIXED, voice="emma", options=options())
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert list(dict.fromkeys(chunk.text for chunk in chunks)) == [
        "今日は",
        "let's go to the beach",
        "に行こう",
    ]
    assert all(seconds < 0.06 for seconds in silences(chunks))


async def test_a_line_in_one_language_is_one_part(service: TTSService) -> None:
    for text in ("Discordで話そう", "今日はいい天気ですね。", "東京"):
        chunks = await said(service, text, voice="emma", options=options())
        assert "".join(dict.fromkeys(chunk.text for chunk in chunks)) == text


async def test_another_voice_says_what_one_does_not_speak(service: TTSService) -> None:
    alone = await said(service, MIXED, options=options())
    assert {chunk.text for chunk in alone} == {MIXED}, "in kana, as one piece"
    helped = await said(
        service, MIXED, options=options(other_voices=("nobody", "emma"), speaker="bob")
    )
    assert len({chunk.text for chunk in helped}) == 3
    again = await said(service, MIXED, options=options(other_voices=("emma",), speaker="bob"))
    assert all(
        np.array_equal(one.samples, other.samples) for one, other in zip(helped, again, strict=True)
    )


async def test_a_japanese_voice_asked_for_another_language_says_it_in_kana(
    service: TTSService,
) -> None:
    for language in ("en", "zh", "ko", "fr", ""):
        for voice in ("akari", "open-jtalk"):
            asked = options(language=language)
            chunk = await service.synthesize("Hello, 你好, 안녕", voice=voice, options=asked)
            assert chunk.seconds > 0.3


async def test_what_is_open_is_meant_as_the_default_says(service: TTSService) -> None:
    japanese = await service.synthesize("大丈夫", voice="emma", options=options())
    chinese = await service.synthesize("大丈夫", voice="emma", options=options(language="zh"))
    assert not np.array_equal(japanese.samples, chinese.samples)


async def test_a_number_alone_is_korean_in_a_korean_server(service: TTSService) -> None:
    for voice in ("akari", "emma"):
        said = await service.synthesize("100", voice=voice, options=options(language="ko"))
        kana = await service.synthesize("ペク", voice=voice, options=options())
        assert np.array_equal(said.samples, kana.samples)


async def test_words_of_the_dictionary_are_heard_in_any_language(service: TTSService) -> None:
    words = UserDictionary([DictionaryWord("Luna", "ルナ")])
    chunks = await said(
        service, "please tell Luna about it", voice="emma", words=words, options=options()
    )
    assert list(dict.fromkeys(chunk.text for chunk in chunks)) == [
        "please tell",
        "Luna",
        "about it",
    ]


async def test_speed_and_volume_hold_across_the_borders(service: TTSService) -> None:
    plain = await service.synthesize(MIXED, voice="emma", options=options())
    slow = await service.synthesize(MIXED, voice="emma", options=options(length_scale=2.0))
    silent = await service.synthesize(MIXED, voice="emma", options=options(volume=0.0))
    assert 1.5 < slow.seconds / plain.seconds < 2.5
    assert not silent.samples.any()


async def test_the_loudness_does_not_jump_where_language_or_voice_change(
    tmp_path: Path, berts: dict[str, Path]
) -> None:
    for name, loud, jp_extra in (("akari", 30, True), ("emma", 60, False)):
        louder(tiny_voice(tmp_path / name, jp_extra=jp_extra, seed=loud), loud)
    service = TTSService(tmp_path, berts=berts)
    await service.start()
    try:
        line = (
            "今日はいい天気だからlet's go to the beach togetherと言ったら我们一起玩吧谢谢と答えた"
        )
        for voice in ("akari", "emma", "open-jtalk"):
            asked = options(other_voices=("emma",))
            chunks = await said(service, line, voice=voice, options=asked)
            runs: dict[str, list[AudioChunk]] = {}
            for chunk in chunks:
                runs.setdefault(chunk.text, []).append(chunk)
            levels = [
                loudness(np.concatenate([c.samples for c in run]), run[0].sample_rate)
                for run in runs.values()
            ]
            print(f"\n{voice}: {', '.join(f'{level:.1f}' for level in levels)} LUFS")
            assert len(levels) == 5
            assert max(levels) - min(levels) < 3
    finally:
        await service.aclose()


def louder(voice: Path, factor: float) -> None:
    """Random voices whisper; real ones do not."""
    (file,) = voice.glob("*.safetensors")
    weights = load_file(file)
    weights["dec.conv_post.weight"] *= factor
    save_file(weights, file)


async def test_where_nothing_can_be_said_that_is_said(service: TTSService) -> None:
    await service.check(MIXED, voice="emma")
    with pytest.raises(NothingToSay):
        await service.check("……🎉", voice="emma")
    with pytest.raises(NothingToSay):
        await said(service, "……🎉", voice="emma")
    given = options(language="en", given_phone=("_", "a", "_"))
    with pytest.raises(GivenPhonesMismatch):
        await said(service, "hello everyone", voice="emma", options=given)


async def test_a_bert_that_comes_later_is_told_of_and_found(
    tmp_path: Path, berts: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    tiny_voice(tmp_path / "models/emma", jp_extra=False)
    caplog.set_level("INFO")
    service = TTSService(tmp_path / "models", berts={**berts, "zh": tmp_path / "zh"})
    await service.start()
    try:
        assert "will speak more with `python -m luna_tts download bert-zh`" in caplog.text
        assert next(v for v in service.voices() if v.name == "emma").languages == ("ja", "en")
        kana = await service.synthesize("你好，我们一起玩吧", options=options())
        chinese_bert(tmp_path / "zh")
        await service.refresh()
        assert next(v for v in service.voices() if v.name == "emma").languages == ("ja", "en", "zh")
        chinese = await service.synthesize("你好，我们一起玩吧", options=options())
        assert not np.array_equal(kana.samples, chinese.samples)
    finally:
        await service.aclose()


async def test_a_voice_that_speaks_japanese_alone_loads_no_bert_but_its_own(
    tmp_path: Path, berts: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    tiny_voice(tmp_path / "akari")
    broken = english_bert(tmp_path / "bert")
    (broken / "spm.model").write_bytes(b"")
    service = TTSService(tmp_path, voices=("akari",), berts={"ja": berts["ja"], "en": broken})
    await service.start()
    try:
        for language in (None, "en", "zh"):
            asked = options(language=language)
            assert (await service.synthesize("hello everyone, 你好", options=asked)).seconds > 0.2
        assert "read in kana" not in caplog.text, "the broken one was not even opened"
    finally:
        await service.aclose()


async def test_without_its_bert_a_language_is_read_in_kana(
    tmp_path: Path, berts: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    tiny_voice(tmp_path / "emma", jp_extra=False)
    broken = english_bert(tmp_path / "bert")
    (broken / "spm.model").write_bytes(b"")
    service = TTSService(tmp_path, voices=("emma",), berts={"ja": berts["ja"], "en": broken})
    await service.start()
    try:
        for _ in range(2):
            assert (await service.synthesize("hello everyone")).seconds > 0.2
        assert caplog.text.count("en is read in kana: ") == 1
        assert next(v for v in service.voices() if v.name == "emma").languages == ("ja", "en")
    finally:
        await service.aclose()
