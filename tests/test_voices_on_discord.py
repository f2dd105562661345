"""/voice and /model of the unmodified bot.py: what members read, and what they hear."""

from __future__ import annotations

import asyncio
import io
import re
import sys
import time
import wave
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import pytest_asyncio

from cafe import Cafe, length, luna, open_cafe, spoken
from cogs.models import PROGRESS_SECONDS
from discord_standin import Human, Interaction, StandIn, largest_gap, lost, similarity
from discord_standin.world import Message
from luna_tts import SynthesisOptions
from luna_tts.open_jtalk import EMBEDDED_VOICE, OpenJTalkModel

sys.path.insert(0, str(Path(__file__).parent / "luna_tts"))
from tiny_voice import full_size_voice, tiny_voice, wide_bert

LOCALES = ("en-US", "ja", "ko")
TEXT = "こんにちは。今日はいい天気ですね。"
STORY = "昔々あるところに、おじいさんとおばあさんが住んでいました。"
FAST = SynthesisOptions(length_scale=0.5)
STYLES = ("Neutral", *(f"Style {number:02}" for number in range(1, 60)))
TOO_LONG = "l" * 101
"""A voice whose name Discord does not take in menus."""
BROKEN = 40
"""Folders; they fill more than one page of /model list."""


@dataclass(eq=False)
class Scene:
    discord: StandIn
    env: Mapping[str, str]
    models: Path
    owner: Human
    """Of the bot; an admin of a server of their own."""

    def server(self, name: str, locale: str = "en-US") -> Server:
        """A server in which nothing has been set."""
        cafe = open_cafe(self.discord, name, locale)
        admin = cafe.guild.add_member("admin", locale=locale, permissions=["manage_guild"])
        return Server(cafe, admin)


@dataclass(eq=False)
class Server:
    cafe: Cafe
    admin: Human

    @property
    def alice(self) -> Human:
        return self.cafe.alice

    def guest(self, other: Server) -> Human:
        """The other server's alice, here."""
        guild = self.cafe.guild
        guild.members[other.alice.id] = human = Human(other.alice.user, guild)
        return human


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("voices")
    models = folder / "models"
    tiny_voice(models / "akane", seed=1)
    botan = tiny_voice(models / "botan", seed=2, styles=STYLES)
    (botan / "CREDIT.txt").write_text("Voice: Botan, by *somebody*\n", encoding="utf-8")
    (botan / "LICENSE").write_text("CC BY 4.0", encoding="utf-8")
    for number, name in enumerate(("chika", "dahlia", "erika", TOO_LONG, "fuji")):
        tiny_voice(models / name, seed=3 + number)
    weights = next((models / "fuji").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:1000])
    for number in range(BROKEN):
        (models / f"wilted-{number:02}").mkdir()
        (models / f"wilted-{number:02}" / "config.json").write_text("{")
    env = {
        "LUNA_MODELS": str(models),
        "LUNA_BERT_JA": str(wide_bert(folder / "bert")),
        "LUNA_VOICES": "akane,botan",
    }
    async with StandIn() as discord:
        home = open_cafe(discord, "Home").guild
        owner = home.add_member("owner of the bot", permissions=["manage_guild"])
        discord.make_owner(owner)
        async with luna(discord, env) as bot:
            yield Scene(discord, env, models, owner)
            assert "Traceback" not in bot.log
            assert "おじいさん" not in bot.log


async def answer(interaction: Interaction) -> str:
    """What the caller alone reads in the end, whatever progress they were told before."""
    discord = interaction.world.changes
    done = await discord.wait_for(
        lambda: [m for m in interaction.answers if not m.content.startswith("Loading ")],
        f"no answer to {interaction}",
        30,
    )
    assert all(message.ephemeral for message in interaction.answers)
    assert len(interaction.answers) == 1
    return done[0].content


async def ask(person: Human, command: str, **options: object) -> str:
    return await answer(await person.command(command, **options))


async def offers(person: Human, command: str, focused: str, **typed: object) -> list[str]:
    interaction = await person.autocomplete(command, focused, **typed)
    return [choice["value"] for choice in await interaction.suggestions()]


async def wav(message: Message) -> wave.Wave_read:
    (attachment,) = message.attachments
    async with aiohttp.ClientSession() as client, client.get(attachment["url"]) as response:
        return wave.open(io.BytesIO(await response.read()))


async def seconds_of(interaction: Interaction) -> float:
    with await wav(await interaction.reply(timeout=20)) as file:
        assert np.any(np.frombuffer(file.readframes(file.getnframes()), np.int16))
        return file.getnframes() / file.getframerate()


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        (
            "en-US",
            "{} — speaker {}, style {} × {}, speed {}, pitch {}, intonation {}, volume {}",
        ),
        ("ja", "{} — 話者 {}、スタイル {} × {}、速さ {}、高さ {}、抑揚 {}、音量 {}"),
        ("ko", "{} — 화자 {}, 스타일 {} × {}, 빠르기 {}, 높이 {}, 억양 {}, 음량 {}"),
    ],
)
async def test_voice_set_show_and_reset(scene: Scene, locale: str, shown: str) -> None:
    server = scene.server(f"Set {locale}", locale)
    plain = shown.format("akane", "alice", "Neutral", *"11111")
    assert await ask(server.alice, "voice show") == plain
    chosen = shown.format("botan", "bob", "Style 07", "2.5", "2", "1.5", "0.5", "0")
    options = {"speaker": "bob", "style": "Style 07", "style_weight": 2.5}
    manner = {"speed": 2.0, "pitch": 1.5, "intonation": 0.5, "volume": 0.0}
    assert await ask(server.alice, "voice set", voice="botan", **options, **manner) == chosen
    assert await ask(server.alice, "voice show") == chosen
    print(f"\n{locale}: {chosen}")
    other = shown.format("akane", "alice", "Neutral", "1", "2", "1.5", "0.5", "0")
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


async def test_what_is_set_is_heard(scene: Scene, open_jtalk: OpenJTalkModel) -> None:
    cafe = scene.server("Heard").cafe
    await cafe.alice.join(cafe.lounge)
    await ask(cafe.alice, "voice set", voice=EMBEDDED_VOICE)
    normal, fast = spoken(open_jtalk, STORY), spoken(open_jtalk, STORY, FAST)
    assert similarity(await cafe.hears(STORY), normal) > 0.7
    await ask(cafe.alice, "voice set", speed=2.0)
    heard = await cafe.hears(STORY)
    assert similarity(heard, fast) > 0.7
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
    assert fast == pytest.approx(len(spoken(open_jtalk, STORY, FAST)) / 48_000)
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


@pytest.mark.parametrize(
    ("locale", "refusal"),
    [
        (
            "en-US",
            "You need the permission Manage Server in this server for this; ask an admin.",
        ),
        ("ja", "このサーバーで サーバー管理 の権限が必要です。サーバーの管理者に頼んでください。"),
        ("ko", "이 서버에서 서버 관리하기 권한이 필요해요. 서버 관리자에게 부탁해 주세요."),
    ],
)
async def test_model_is_for_admins_whatever_a_server_overrides(
    scene: Scene, locale: str, refusal: str
) -> None:
    server = scene.server(f"Refused {locale}", locale)
    with pytest.raises(AssertionError, match="does not see /model"):
        await server.alice.command("model list")
    scene.discord.open_command(server.cafe.guild, "model")
    for command in ("use", "default", "enable", "disable", "limit", "unload"):
        assert await ask(server.alice, f"model {command}", voice="botan") == refusal
    for command in ("list", "reload"):
        assert await ask(server.alice, f"model {command}") == refusal


@pytest.mark.parametrize(
    ("locale", "refusal"),
    [
        (
            "en-US",
            "This concerns all servers at once, so only the owner of this bot may do it.",
        ),
        ("ja", "すべてのサーバーに関わるので、ボットの所有者だけが使えます。"),
        ("ko", "모든 서버에 영향을 주므로 봇 소유자만 쓸 수 있어요."),
    ],
)
async def test_what_concerns_all_servers_is_for_the_owner(
    scene: Scene, locale: str, refusal: str
) -> None:
    server = scene.server(f"Owner {locale}", locale)
    assert await ask(server.admin, "model reload") == refusal
    assert await ask(server.admin, "model unload", voice="botan") == refusal


@pytest.mark.parametrize(
    ("locale", "used", "credit"),
    [
        ("en-US", "the voice of this server", "Voice: Botan, by \\*somebody\\*"),
        ("ja", "このサーバーの声", "CC BY 4.0"),
        ("ko", "이 서버의 목소리", "CC BY 4.0"),
    ],
)
async def test_model_list(scene: Scene, locale: str, used: str, credit: str) -> None:
    server = scene.server(f"List {locale}", locale)
    await ask(server.admin, "model use", voice="botan")
    message = await (await server.admin.command("model list")).reply()
    first = message.content
    print(f"\n{first}")
    assert message.ephemeral
    assert re.search(r"🟢 open-jtalk .*1.*1.*\d+ MB", first)
    assert re.search(r"🟢 botan .*60.*2.*\d+ MB", first)
    assert re.search(r"⚪ fuji .*2.*2", first)
    after = first.split("🟢 botan")[1].splitlines()
    assert after[1].strip("　") == used
    assert credit in "\n".join(after[2:4])
    assert "wilted-39" not in first
    with pytest.raises(AssertionError, match="is disabled"):
        await server.admin.press(message, "back")
    pages = 1
    while "wilted-39" not in message.content:
        await (await server.admin.press(message, "on")).acknowledged()
        pages += 1
    assert pages > 1
    with pytest.raises(AssertionError, match="is disabled"):
        await server.admin.press(message, "on")
    for _ in range(pages - 1):
        await (await server.admin.press(message, "back")).acknowledged()
    assert message.content == first


@pytest.mark.realtime
async def test_a_voice_takes_over_while_luna_speaks(
    scene: Scene, open_jtalk: OpenJTalkModel
) -> None:
    server = scene.server("Take over")
    cafe = server.cafe
    await cafe.alice.join(cafe.lounge)
    await ask(server.admin, "model use", voice=EMBEDDED_VOICE)
    said = await cafe.say(STORY)
    await cafe.ear.speech(since=said.sent_at, timeout=10)
    assert await ask(server.admin, "model use", voice="chika") == (
        "This server's voice is chika now."
    )
    await cafe.quiet()
    heard, reference = cafe.ear.pcm(since=said.sent_at), spoken(open_jtalk, STORY)
    gap = largest_gap(heard, reference)
    print(f"\nlargest gap while a tiny voice was loaded: {gap * 1000:.0f} ms")
    assert similarity(heard, reference) > 0.7
    assert lost(heard, reference) < 0.1
    assert gap < 0.2
    assert similarity(await cafe.hears(STORY), reference) < 0.5


@pytest.mark.parametrize("voice", ["fuji", "wilted-03"])
async def test_a_broken_voice_changes_nothing(scene: Scene, voice: str) -> None:
    server = scene.server(f"Broken {voice}")
    await ask(server.admin, "model use", voice="botan")
    sentence = await ask(server.admin, "model use", voice=voice)
    assert sentence.startswith("The files of this voice are broken; please tell the operator")
    assert sentence == await ask(server.admin, "model default", voice=voice)
    assert (await ask(server.alice, "voice show")).startswith("botan")
    cafe = server.cafe
    await cafe.alice.join(cafe.lounge)
    assert length(await cafe.hears("はい。")) > 0


async def test_disable_and_enable(scene: Scene) -> None:
    server = scene.server("Disable")
    await ask(server.alice, "voice set", voice="botan", style="Style 01")
    await ask(server.alice, "voice favourite", voice="botan")
    assert "can no longer choose botan" in await ask(server.admin, "model disable", voice="botan")
    assert (await ask(server.alice, "voice show")).startswith("akane")
    refusal = "You may not use the voice botan here"
    assert refusal in await ask(server.alice, "voice set", voice="botan")
    assert refusal in await ask(server.alice, "voice preview", voice="botan")
    assert "no favourite voices here" in await ask(server.alice, "voice favourites")
    assert "members cannot choose it" in await ask(server.admin, "model list")
    assert "can choose botan" in await ask(server.admin, "model enable", voice="botan")
    assert "style Style 01" in await ask(server.alice, "voice show"), "nothing was lost"
    needed = await ask(server.admin, "model disable", voice="akane")
    assert needed == "The voice akane speaks where no other does, so it cannot be taken away."
    assert "members cannot choose it" not in await ask(server.admin, "model list")


async def test_a_style_does_not_wander_to_the_voice_that_stands_in(scene: Scene) -> None:
    server = scene.server("Stand-in")
    await ask(server.alice, "voice set", voice="botan", speaker="bob", style_weight=3.0)
    await ask(server.admin, "model disable", voice="botan")
    shown = await ask(server.alice, "voice set", style="Happy")
    assert shown.startswith("akane — speaker alice, style Happy × 1,")


async def test_limit_to_a_role(scene: Scene) -> None:
    server = scene.server("Limit")
    guild = server.cafe.guild
    role, other = guild.add_role("Singers", []), guild.add_role("Poets", [])
    singer = guild.add_member("singer")
    singer.roles.append(role)
    limited = await ask(server.admin, "model limit", voice="botan", role=role)
    assert limited == f"botan is for <@&{role.id}> only now."
    assert "may not use" in await ask(server.alice, "voice set", voice="botan")
    assert (await ask(singer, "voice set", voice="botan")).startswith("botan")
    assert f"only for <@&{role.id}>" in await ask(server.admin, "model list")
    both = await ask(server.admin, "model limit", voice="botan", role=other)
    assert both == f"botan is for <@&{role.id}> <@&{other.id}> only now."
    await ask(server.admin, "model limit", voice="botan", role=role)
    assert (await ask(singer, "voice show")).startswith("akane")
    assert "for everybody" in await ask(server.admin, "model limit", voice="botan")
    assert (await ask(singer, "voice show")).startswith("botan")


async def test_what_newcomers_get(scene: Scene) -> None:
    server = scene.server("Newcomers")
    await ask(server.admin, "model disable", voice="dahlia")
    told = await ask(server.admin, "model default", voice="dahlia")
    assert told == "Members who have chosen no voice get dahlia now."
    assert (await ask(server.alice, "voice show")).startswith("dahlia")
    assert "what newcomers get" in await ask(server.admin, "model list")
    assert "this server's voice" in await ask(server.admin, "model default")
    assert (await ask(server.alice, "voice show")).startswith("akane")


async def test_reload_finds_a_folder_that_came_while_running(scene: Scene) -> None:
    server, owner = scene.server("Reload"), scene.owner
    tiny_voice(scene.models / "ginko", seed=9)
    assert "no voice called ginko" in await ask(server.admin, "model use", voice="ginko")
    told = await ask(owner, "model reload")
    assert "ginko" in told.splitlines()[0]
    assert "wilted-00" in told.splitlines()[1]
    assert "ginko" in await offers(server.admin, "model use", "voice", voice="")
    assert "ginko" in await ask(server.admin, "model use", voice="ginko")


async def test_unload(scene: Scene) -> None:
    server, owner = scene.server("Unload"), scene.owner
    await ask(server.alice, "voice set", voice="erika")
    assert "erika has left the memory" in await ask(owner, "model unload", voice="erika")
    assert "no voice called erika" in await ask(owner, "model unload", voice="erika")
    assert re.search(r"⚪ erika", await ask(server.admin, "model list"))
    for needed in ("akane", EMBEDDED_VOICE):
        assert "cannot be taken away" in await ask(owner, "model unload", voice=needed)
    assert (await ask(server.alice, "voice show")).startswith("erika"), "it comes back"


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


async def test_in_a_group_the_check_decides(scene: Scene) -> None:
    async with StandIn() as discord:
        cafe = open_cafe(discord, locale="en-US")
        admin = cafe.guild.add_member("admin", permissions=["manage_guild"])
        async with luna(discord, {"LUNA_GROUP": "luna"}):
            assert (await ask(cafe.alice, "luna voice show")).startswith(EMBEDDED_VOICE)
            assert await offers(cafe.alice, "luna voice set", "style", style="")
            assert "Manage Server" in await ask(cafe.alice, "luna model list")
            assert EMBEDDED_VOICE in await ask(admin, "luna model list")


@pytest.mark.realtime
async def test_commands_are_answered_while_a_full_size_voice_is_loading(
    scene: Scene, tmp_path: Path
) -> None:
    full_size_voice(tmp_path / "big")
    env = {**scene.env, "LUNA_MODELS": str(tmp_path), "LUNA_VOICES": EMBEDDED_VOICE}
    async with StandIn() as discord:
        cafe = open_cafe(discord, locale="en-US")
        admin = cafe.guild.add_member("admin", permissions=["manage_guild"])
        async with luna(discord, {**env, "LUNA_DATA": str(tmp_path / "data")}):
            switching = await admin.command("model use", voice="big")
            took: dict[str, list[float]] = {"voice show": [], "ping": []}
            told = set()
            while not switching.answers or switching.answers[0].content.startswith("Loading "):
                for command, times in took.items():
                    asked = await cafe.alice.command(command)
                    times.append(await asked.acknowledged() - asked.sent_at)
                    await asked.reply()
                told |= {message.content for message in switching.answers}
                await asyncio.sleep(0.02)
            loaded = time.monotonic() - switching.sent_at
            assert switching.answers[0].content == "This server's voice is big now."
            assert (await ask(cafe.alice, "voice show")).startswith("big")
    told -= {"This server's voice is big now."}
    print(f"\na full-size voice was loaded in {loaded:.1f} s; told meanwhile: {sorted(told)}")
    assert told or loaded < PROGRESS_SECONDS + 1, "who waits is told so"
    for command, times in took.items():
        print(f"/{command} meanwhile: {percentiles(times)}, at most {max(times):.3f} s")
        assert len(times) > 5
        assert float(np.percentile(times, 95)) < 1


def percentiles(seconds: list[float]) -> str:
    p50, p95 = np.percentile(seconds, (50, 95)) * 1000
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, of {len(seconds)}"
