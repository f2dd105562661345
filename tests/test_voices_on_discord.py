"""/voice of the unmodified bot.py: what members read, and what they hear."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import pytest_asyncio

from cafe import length, luna, open_cafe, spoken
from discord_standin import Interaction, Message, StandIn, similarity
from luna_tts import SynthesisOptions
from luna_tts.open_jtalk import EMBEDDED_VOICE, OpenJTalkModel
from voice_scene import STORY, TEXT, TOO_LONG, Scene, answer, ask, offers, open_scene, percentiles

FAST = SynthesisOptions(length_scale=0.5)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path_factory.mktemp("voices")) as scene:
        yield scene


async def wav(message: Message) -> wave.Wave_read:
    (attachment,) = message.attachments
    async with aiohttp.ClientSession() as client, client.get(attachment["url"]) as response:
        return wave.open(io.BytesIO(await response.read()))


async def seconds_of(interaction: Interaction) -> float:
    with await wav(await interaction.reply(timeout=20)) as file:
        assert np.any(np.frombuffer(file.readframes(file.getnframes()), np.int16))
        return file.getnframes() / file.getframerate()


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        (
            "en-US",
            "{} — speaker {}, style {} × {}, speed {}, pitch {}, intonation {}, volume {}, "
            "language {}",
        ),
        ("ja", "{} — 話者 {}、スタイル {} × {}、速さ {}、高さ {}、抑揚 {}、音量 {}、言語 {}"),
        ("ko", "{} — 화자 {}, 스타일 {} × {}, 빠르기 {}, 높이 {}, 억양 {}, 음량 {}, 언어 {}"),
    ],
)
async def test_voice_set_show_and_reset(scene: Scene, locale: str, shown: str) -> None:
    server = scene.server(f"Set {locale}", locale)
    plain = shown.format("akane", "alice", "Neutral", *"11111", "auto")
    assert await ask(server.alice, "voice show") == plain
    chosen = shown.format("botan", "bob", "Style 07", "2.5", "2", "1.5", "0.5", "0", "中文")
    options = {"speaker": "bob", "style": "Style 07", "style_weight": 2.5}
    manner = {"speed": 2.0, "pitch": 1.5, "intonation": 0.5, "volume": 0.0, "language": "zh"}
    assert await ask(server.alice, "voice set", voice="botan", **options, **manner) == chosen
    assert await ask(server.alice, "voice show") == chosen
    print(f"\n{locale}: {chosen}")
    other = shown.format("akane", "alice", "Neutral", "1", "2", "1.5", "0.5", "0", "中文")
    assert await ask(server.alice, "voice set", voice="akane") == other, "styles stay behind"
    assert await ask(server.alice, "voice reset") == plain


@pytest.mark.parametrize(
    ("locale", "voice", "style", "speaker"),
    [
        (
            "en-US",
            "There is no voice called mimi; choose one of open-jtalk, akane, botan,",
            "This voice has no style called Sad; choose one of Neutral, Happy.",
            "This voice has no speaker called eve; choose one of alice, bob.",
        ),
        ("ja", "mimi という声はありません", "Sad というスタイル", "eve という話者"),
        ("ko", "mimi 목소리는 없어요", "Sad 스타일", "eve 화자"),
    ],
)
async def test_bad_input_gets_a_sentence_and_changes_nothing(
    scene: Scene, locale: str, voice: str, style: str, speaker: str
) -> None:
    server = scene.server(f"Bad {locale}", locale)
    before = await ask(server.alice, "voice set", voice="akane", style="Happy")
    assert voice in await ask(server.alice, "voice set", voice="mimi", speed=2.0)
    assert style in await ask(server.alice, "voice set", style="Sad", speed=2.0)
    assert speaker in await ask(server.alice, "voice set", speaker="eve", speed=2.0)
    assert voice in await ask(server.alice, "voice preview", voice="mimi")
    assert style in await ask(server.alice, "voice preview", voice="akane", style="Sad")
    assert voice in await ask(server.alice, "voice favourite", voice="mimi")
    for command in ("use", "default", "enable", "disable", "limit"):
        assert voice in await ask(server.admin, f"model {command}", voice="mimi")
    assert await ask(server.alice, "voice show") == before


@pytest.mark.parametrize(
    "given",
    [
        {"speed": 2.1},
        {"speed": 0.4},
        {"pitch": 2.1},
        {"intonation": 2.1},
        {"volume": -0.1},
        {"style_weight": 21.0},
    ],
)
async def test_the_client_refuses_what_is_out_of_range(
    scene: Scene, given: dict[str, float]
) -> None:
    with pytest.raises(AssertionError, match="is not in"):
        await scene.owner.command("voice set", **given)


async def test_a_style_alone_belongs_to_the_voice_that_one_has(scene: Scene) -> None:
    server = scene.server("Pinned")
    assert "style Happy" in await ask(server.alice, "voice set", style="Happy")
    await ask(server.admin, "model use", voice="botan")
    assert (await ask(server.alice, "voice show")).startswith("akane")


@pytest.mark.realtime
async def test_what_is_set_is_heard(scene: Scene, open_jtalk: OpenJTalkModel) -> None:
    cafe = scene.server("Heard").cafe
    await cafe.alice.join(cafe.lounge)
    await ask(cafe.alice, "voice set", voice=EMBEDDED_VOICE)
    normal, fast = spoken(open_jtalk, STORY), spoken(open_jtalk, STORY, options=FAST)
    assert similarity(await cafe.hears(STORY), normal) > 0.6
    await ask(cafe.alice, "voice set", speed=2.0)
    heard = await cafe.hears(STORY)
    assert similarity(heard, fast) > 0.6
    assert similarity(heard, normal) < 0.5
    assert length(heard) < 0.65 * length(normal), "Open JTalk shortens pauses less"
    await ask(cafe.alice, "voice set", voice="akane")
    assert similarity(await cafe.hears(STORY), fast) < 0.5
    assert cafe.ear.faults == []


async def test_nothing_of_one_server_is_seen_in_another(scene: Scene) -> None:
    here, there = scene.server("Here"), scene.server("There")
    await ask(here.alice, "voice set", voice="botan", speed=2.0)
    await ask(here.alice, "voice favourite", voice="botan")
    await ask(here.admin, "model use", voice="botan")
    await ask(here.admin, "model disable", voice="akane")
    guest = there.guest(here)
    assert (await ask(guest, "voice show")).startswith("akane")
    assert "speed 1," in await ask(guest, "voice show")
    assert "no favourite voices here" in await ask(guest, "voice favourites")
    assert "akane" in await offers(guest, "voice set", "voice", voice="")
    assert "cannot choose" not in await ask(there.admin, "model list")


async def test_preview_is_a_file_for_the_caller_alone(
    scene: Scene, open_jtalk: OpenJTalkModel
) -> None:
    server = scene.server("Preview")
    given = {"voice": EMBEDDED_VOICE, "text": STORY}
    plain = await seconds_of(await server.alice.command("voice preview", **given))
    assert plain == pytest.approx(len(spoken(open_jtalk, STORY)) / 48_000)
    await ask(server.alice, "voice set", voice="botan", style="Style 01", speed=2.0)
    fast = await seconds_of(await server.alice.command("voice preview", **given))
    assert fast == pytest.approx(len(spoken(open_jtalk, STORY, options=FAST)) / 48_000)
    assert await seconds_of(await server.alice.command("voice preview")) > 0.1
    styled = await server.alice.command("voice preview", voice="akane", style="Happy", text=TEXT)
    assert await seconds_of(styled) > 0.1
    (message,) = styled.answers
    assert message.ephemeral
    assert message.attachments[0]["filename"] == "akane.wav"
    assert (await ask(server.alice, "voice show")).startswith("botan"), "nothing was chosen"
    assert "nothing in this text" in await ask(server.alice, "voice preview", text="。。。")
    with pytest.raises(AssertionError, match="length 101"):
        await server.alice.command("voice preview", text="あ" * 101)


async def test_favourites_are_a_menu(scene: Scene) -> None:
    alice = scene.server("Favourites").alice
    assert "add one with /voice favourite" in await ask(alice, "voice favourites")
    await ask(alice, "voice favourite", voice=TOO_LONG)
    assert "add one with /voice favourite" in await ask(alice, "voice favourites")
    for voice in (EMBEDDED_VOICE, "botan"):
        assert f"★ {voice}" in await ask(alice, "voice favourite", voice=voice)
    assert (await offers(alice, "voice set", "voice", voice=""))[:2] == [EMBEDDED_VOICE, "botan"], (
        "in the order of the catalogue"
    )
    message = await (await alice.command("voice favourites")).reply()
    assert message.ephemeral
    for voice in ("botan", EMBEDDED_VOICE):
        shown = await answer(await alice.select(message, voice))
        assert shown.startswith(voice)
        assert shown == await ask(alice, "voice show")
    assert "no longer" in await ask(alice, "voice favourite", voice="botan")
    message = await (await alice.command("voice favourites")).reply()
    with pytest.raises(AssertionError, match="the menu offers"):
        await alice.select(message, "botan")


async def test_autocompletion_offers_what_one_may_use(scene: Scene) -> None:
    server = scene.server("Offers")
    usable = [EMBEDDED_VOICE, "akane", "botan"]
    assert (await offers(server.alice, "voice set", "voice", voice=""))[:3] == usable
    assert await offers(server.alice, "voice preview", "voice", voice="ＢＯＴ") == ["botan"]
    assert await offers(server.alice, "voice set", "style", style="") == ["Neutral", "Happy"]
    styles = await offers(server.alice, "voice set", "style", voice="botan", style="style 5")
    assert styles == [f"Style 5{digit}" for digit in range(10)]
    assert len(await offers(server.alice, "voice set", "style", voice="botan", style="")) == 25
    speakers = await offers(server.alice, "voice set", "speaker", voice="botan", speaker="b")
    assert speakers == ["bob"]
    await ask(server.admin, "model disable", voice="botan")
    assert "botan" not in await offers(server.alice, "voice set", "voice", voice="")
    assert "botan" in await offers(server.admin, "model enable", "voice", voice="")
    assert not [name for name in await offers(server.admin, "model use", "voice", voice="wil")]


@pytest.mark.realtime
async def test_autocompletion_answers_within_100_ms(scene: Scene) -> None:
    alice, took = scene.server("Quick").alice, []
    for number in range(20):
        typed = {"voice": "botan", "style": f"{number}"}
        interaction = await alice.autocomplete("voice set", "style", **typed)
        took.append(await interaction.acknowledged() - interaction.sent_at)
    print(f"\nautocompletion: {percentiles(took)}")
    assert float(np.median(took)) < 0.1


async def test_a_style_does_not_wander_to_the_voice_that_stands_in(scene: Scene) -> None:
    server = scene.server("Stand-in")
    await ask(server.alice, "voice set", voice="botan", speaker="bob", style_weight=3.0)
    await ask(server.admin, "model disable", voice="botan")
    shown = await ask(server.alice, "voice set", style="Happy")
    assert shown.startswith("akane — speaker alice, style Happy × 1,")


async def test_choices_survive_a_restart(scene: Scene, tmp_path: Path) -> None:
    env = {**scene.env, "LUNA_VOICES": "akane", "LUNA_DATA": str(tmp_path)}
    async with StandIn() as discord:
        cafe = open_cafe(discord, locale="en-US")
        admin = cafe.guild.add_member("admin", permissions=["manage_guild"])
        newcomer = cafe.guild.add_member("newcomer")
        async with luna(discord, env) as bot:
            await ask(admin, "model use", voice="dahlia")
            chosen = {"voice": "botan", "style": "Style 03", "speed": 2.0}
            shown = await ask(cafe.alice, "voice set", **chosen)
            await bot.stop()
        async with luna(discord, env) as bot:
            assert "voice dahlia loaded" not in bot.log
            await newcomer.join(cafe.lounge)
            said = await newcomer.command("say", text="はい。")
            await cafe.ear.speech(since=said.sent_at, timeout=20)
            await bot.wait_for_log("voice dahlia loaded")
            assert await ask(cafe.alice, "voice show") == shown
            assert "Style 03" in shown
