"""What one member may speak with: real voices, a real store, no Discord."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cogs._errors import VoiceNotAllowed
from cogs._member_voice import MemberVoice
from cogs._store import MemberSettings, Store
from luna_tts import TTSService
from luna_tts.errors import UnknownSpeaker, UnknownStyle, UnknownVoice

sys.path.insert(0, str(Path(__file__).parents[1] / "luna_tts"))
from tiny_voice import tiny_voice, wide_bert

GUILD, MEMBER = 1, 2


@pytest.fixture
async def member(tmp_path: Path) -> AsyncIterator[MemberVoice]:
    """Of a bot that speaks with akane and has botan on its disk."""
    for seed, name in enumerate(("akane", "botan")):
        tiny_voice(tmp_path / "models" / name, seed=seed)
    berts = {"ja": wide_bert(tmp_path / "bert")}
    service = TTSService(tmp_path / "models", voices=("akane",), berts=berts)
    await service.start()
    store = await Store.open(tmp_path / "data")
    yield MemberVoice(service, store, GUILD, MEMBER, ())
    await store.aclose()
    await service.aclose()


async def test_what_cannot_be_taken_changes_nothing(member: MemberVoice) -> None:
    await member.store.update_guild(GUILD, disabled_voices=("open-jtalk",))
    for changes, error in (
        ({"voice": "nobody"}, UnknownVoice),
        ({"voice": "open-jtalk"}, VoiceNotAllowed),
        ({"speaker": "eve"}, UnknownSpeaker),
        ({"voice": "botan", "style": "Sad"}, UnknownStyle),
    ):
        with pytest.raises(error):
            await member.take({**changes, "length_scale": 0.5})
    assert await member.settings() == MemberSettings()


async def test_a_previewed_voice_has_no_style_of_the_one_before(member: MemberVoice) -> None:
    await member.take({"voice": "akane", "speaker": "bob", "style": "Happy", "volume": 0.5})
    await member.load("botan")
    options = (await member.choice(voice="botan")).options
    assert (options.speaker, options.style, options.volume) == (None, None, 0.5)
    assert (await member.choice(voice="botan", style="Happy")).options.style == "Happy"
    assert (await member.choice(voice="akane")).options.style == "Happy"


async def test_a_voice_that_has_left_the_memory_comes_back(member: MemberVoice) -> None:
    await member.take({"voice": "botan", "style": "Happy"})
    member.service.unload("botan")
    assert (await member.choice()).voice == "akane"
    assert (await member.in_question(None)).name == "botan"
    assert (await member.choice()).missed == "botan", "autocompletion loads nothing"
    await member.take({"speaker": "bob"})
    assert (await member.load(None)).name == "botan"
    options = (await member.choice()).options
    assert (options.speaker, options.style) == ("bob", "Happy")


async def test_a_voice_whose_folder_is_gone_is_stood_in_for(
    member: MemberVoice, tmp_path: Path
) -> None:
    await member.take({"voice": "botan"})
    member.service.unload("botan")
    shutil.rmtree(tmp_path / "models" / "botan")
    for _ in range(2):
        assert (await member.load(None)).name == "akane"
        await member.take({"length_scale": 0.5})
        await member.service.refresh()
    assert (await member.in_question(None)).name == "akane"
    assert (await member.settings()).voice == "botan", "it may come back"
