"""Voice folders through the service and through bot.py: found, loaded, switched, left out."""

import asyncio
import logging
import shutil
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from luna_tts import SynthesisOptions, TTSService
from luna_tts.errors import InvalidVoice, UnknownVoice, VoiceNeeded, VoiceNotLoaded
from luna_tts.open_jtalk import EMBEDDED_VOICE
from tiny_voice import tiny_voice, wide_bert

ROOT = Path(__file__).parents[2]
TEXT = "こんにちは。今日はいい天気ですね。"


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wide_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for number, name in enumerate(("akane", "botan")):
        tiny_voice(tmp_path / name, seed=number)
    return tmp_path


async def test_every_folder_is_loaded_at_the_start_and_the_first_speaks(
    models: Path, bert: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (models / "broken").mkdir()
    (models / "broken" / "config.json").write_text("[]")
    service = TTSService(models, berts={"ja": bert})
    await service.start()
    assert service.voice == "akane"
    assert [info.name for info in service.voices()] == [EMBEDDED_VOICE, "akane", "botan"]
    assert "voice broken is left out: 'broken/config.json'" in caplog.text
    assert "with 3 voice(s), speaking with akane" in caplog.text
    chunk = await service.synthesize(TEXT)
    assert chunk.sample_rate == 44_100
    await service.aclose()


async def test_chosen_voices_only(models: Path, bert: Path) -> None:
    service = TTSService(models, voices=("botan", "nobody"), berts={"ja": bert})
    await service.start()
    assert service.voice == "botan"
    assert [info.name for info in service.voices()] == [EMBEDDED_VOICE, "botan"]
    with pytest.raises(UnknownVoice):
        await service.synthesize(TEXT, voice="akane")
    await service.load("akane")
    assert (await service.synthesize(TEXT, voice="akane")).seconds > 0.1
    await service.aclose()


async def test_without_bert_the_embedded_voice_speaks_and_the_log_says_why(
    models: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service = TTSService(models, berts={"ja": tmp_path / "nowhere"})
    await service.start()
    assert service.voice == EMBEDDED_VOICE
    assert caplog.text.count("there is no BERT model in") == 2
    assert service.problems().keys() == {"akane", "botan"}
    assert (await service.synthesize(TEXT)).sample_rate == 48_000
    await service.aclose()


async def test_a_problem_is_over_when_the_voice_is_loaded(models: Path, bert: Path) -> None:
    late = models / "late"
    service = TTSService(models, voices=("botan",), berts={"ja": late})
    await service.start()
    alone = service.stats().nbytes
    assert "there is no BERT model in" in str(service.problems()["botan"])
    shutil.copytree(bert, late)
    await service.load("botan")
    assert service.problems() == {}
    assert service.stats().nbytes > alone
    await service.aclose()


async def test_what_was_missing_at_the_start_speaks_once_it_is_there(
    models: Path, bert: Path
) -> None:
    late = models / ".late"  # hidden: no voice
    service = TTSService(models, berts={"ja": late})
    await service.start()
    assert (await service.synthesize(TEXT)).sample_rate == 48_000
    await service.refresh()
    assert service.voice == EMBEDDED_VOICE
    shutil.copytree(bert, late)
    await service.refresh()
    assert service.voice == "akane"
    assert service.problems() == {}
    assert (await service.synthesize(TEXT)).sample_rate == 44_100
    await service.aclose()


async def test_who_wishes_for_the_embedded_voice_keeps_it(models: Path, bert: Path) -> None:
    for wished in ((), (EMBEDDED_VOICE,)):
        service = TTSService(models, voices=wished, berts={"ja": bert})
        await service.start()
        await service.refresh()
        assert service.voice == EMBEDDED_VOICE
        await service.aclose()


async def test_a_failed_load_changes_nothing(models: Path, bert: Path) -> None:
    service = TTSService(models, voices=("akane",), berts={"ja": bert})
    await service.start()
    weights = next((models / "botan").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(Exception, match="botan_e1_s10"):
        await service.load("botan")
    assert service.voice == "akane"
    assert [info.name for info in service.voices()] == [EMBEDDED_VOICE, "akane"]
    await service.aclose()


async def test_a_machine_that_cannot_hold_the_voice_says_so(
    models: Path, bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = TTSService(models, voices=(), berts={"ja": bert})
    await service.start()

    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("luna_tts.model.load_synthesizer", full)
    with pytest.raises(VoiceNotLoaded, match="free memory"):
        await service.load("akane")
    await service.aclose()


async def test_an_utterance_keeps_its_voice_while_another_takes_over(
    models: Path, bert: Path
) -> None:
    service = TTSService(models, voices=("akane",), berts={"ja": bert})
    await service.start()
    options = SynthesisOptions(seed=3)
    before = await service.synthesize(TEXT, options=options)
    heard = []
    async with aclosing(service.stream(TEXT, options=options)) as stream:
        async for chunk in stream:
            heard.append(chunk.samples)
            shutil.rmtree(models / "akane", ignore_errors=True)
            await service.load("botan")
            service.voice = "botan"
    assert np.array_equal(np.concatenate(heard), before.samples)
    after = await service.synthesize(TEXT, options=options)
    assert not np.array_equal(after.samples[:1000], before.samples[:1000])
    await service.aclose()


async def test_two_voices_speak_at_once_and_do_not_mix(models: Path, bert: Path) -> None:
    service = TTSService(models, berts={"ja": bert})
    await service.start()
    options = SynthesisOptions(seed=1)
    alone = [await service.synthesize(TEXT, voice=v, options=options) for v in ("akane", "botan")]
    together = await asyncio.gather(
        *(service.synthesize(TEXT, voice=v, options=options) for v in ("akane", "botan"))
    )
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.samples, other.samples)
    await service.aclose()


def test_the_command_line_speaks_with_a_voice_folder(models: Path, bert: Path) -> None:
    (models / "bert").mkdir()
    shutil.copytree(bert, models / "bert/deberta-v2-large-japanese-char-wwm")
    command = [sys.executable, "-m", "luna_tts", "--models", str(models)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    arguments = {"capture_output": True, "text": True, "cwd": models, "env": environment}
    said = subprocess.run([*command, "say", "やあ", "--voice", "akane"], **arguments)  # type: ignore[call-overload]
    assert said.returncode == 0, said.stderr
    assert (models / "luna.wav").stat().st_size > 10_000
    listed = subprocess.run([*command, "voices"], **arguments)  # type: ignore[call-overload]
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [
        EMBEDDED_VOICE,
        "akane",
        "botan",
    ]


async def test_a_folder_dropped_in_while_running_is_found(models: Path, bert: Path) -> None:
    service = TTSService(models, berts={"ja": bert})
    await service.start()
    new = tiny_voice(models / "chika", seed=3)
    (new / "CREDIT.txt").write_text("Voice: Chika, by somebody\n", encoding="utf-8")
    (new / "LICENSE").write_bytes(b"CC BY 4.0\xff")
    (models / "broken").mkdir()
    (models / "broken" / "config.json").write_text("[]")
    catalogue = {voice.name: voice for voice in await service.refresh()}
    assert list(catalogue) == [EMBEDDED_VOICE, "akane", "botan", "broken", "chika"]
    assert [voice.loaded for voice in catalogue.values()] == [True, True, True, False, False]
    assert "broken/config.json" in str(catalogue["broken"].problem)
    info = catalogue["chika"].info
    assert info
    assert (info.credit, info.licence) == ("Voice: Chika, by somebody", "CC BY 4.0\ufffd")
    await service.load("chika")
    assert (await service.synthesize(TEXT, voice="chika")).seconds > 0.1
    assert service.catalogue()[-1].nbytes > 1000
    await service.aclose()


async def test_a_changed_folder_is_read_again(models: Path, bert: Path) -> None:
    service = TTSService(models, berts={"ja": bert})
    await service.start()
    options = SynthesisOptions(seed=1)
    before = await service.synthesize(TEXT, voice="botan", options=options)
    assert await service.refresh() == service.catalogue()
    assert np.array_equal(
        (await service.synthesize(TEXT, voice="botan", options=options)).samples, before.samples
    )
    shutil.rmtree(models / "botan")
    tiny_voice(models / "botan", seed=5)
    await service.refresh()
    after = await service.synthesize(TEXT, voice="botan", options=options)
    assert not np.array_equal(after.samples, before.samples)
    (models / "botan" / "config.json").write_text("[]")
    with pytest.raises(InvalidVoice):
        await service.refresh()
    kept = await service.synthesize(TEXT, voice="botan", options=options)
    assert np.array_equal(kept.samples, after.samples)
    await service.aclose()


async def test_a_loaded_voice_speaks_on_without_its_folder(models: Path, bert: Path) -> None:
    service = TTSService(models, berts={"ja": bert})
    await service.start()
    shutil.rmtree(models / "botan")
    assert [voice.name for voice in await service.refresh()] == [EMBEDDED_VOICE, "akane", "botan"]
    assert (await service.synthesize(TEXT, voice="botan")).seconds > 0.1
    await service.aclose()


async def test_the_voice_that_speaks_by_default_is_never_evicted(models: Path, bert: Path) -> None:
    tiny_voice(models / "chika", seed=3)
    service = TTSService(models, berts={"ja": bert}, memory=1)
    await service.start()
    assert service.voice == "akane"
    for name in ("botan", "chika"):
        await service.load(name)
    assert [voice.name for voice in service.voices()] == [EMBEDDED_VOICE, "akane", "chika"]
    assert (await service.synthesize(TEXT)).sample_rate == 44_100
    await service.aclose()


async def test_an_unloaded_voice_is_free_to_come_back(models: Path, bert: Path) -> None:
    service = TTSService(models, berts={"ja": bert})
    await service.start()
    stream = service.stream(TEXT, voice="botan")
    async with aclosing(stream):
        await anext(stream)
        service.unload("botan")
        assert [voice.name for voice in service.voices()] == [EMBEDDED_VOICE, "akane"]
        assert sum([chunk.seconds async for chunk in stream]) > 0.5  # it is spoken to its end
    with pytest.raises(UnknownVoice):
        service.unload("botan")
    for needed in ("akane", EMBEDDED_VOICE):
        with pytest.raises(VoiceNeeded):
            service.unload(needed)
    await service.load("botan")
    assert (await service.synthesize(TEXT, voice="botan")).seconds > 0.1
    await service.aclose()
