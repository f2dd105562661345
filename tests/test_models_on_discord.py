"""/model of the unmodified bot.py: what admins and the owner change, and who notices."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from cafe import length, luna, open_cafe, spoken
from cogs.models import PROGRESS_SECONDS
from discord_standin import StandIn, largest_gap, lost, similarity
from luna_tts.open_jtalk import EMBEDDED_VOICE, OpenJTalkModel
from voice_scene import STORY, Scene, ask, offers, open_scene, percentiles

sys.path.insert(0, str(Path(__file__).parent / "luna_tts"))
from tiny_voice import full_size_voice, tiny_voice

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path_factory.mktemp("voices")) as scene:
        yield scene


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
    for command in ("use", "default", "enable", "disable", "limit"):
        assert await ask(server.alice, f"model {command}", voice="botan") == refusal
    assert await ask(server.alice, "model list") == refusal


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
    scene.discord.open_command(server.cafe.guild, "model")
    for person in (server.admin, server.alice):
        assert await ask(person, "model reload") == refusal
        assert await ask(person, "model unload", voice="botan") == refusal


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
    assert similarity(heard, reference) > 0.6
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
                guest = cafe.guild.add_member("guest")  # no one of them may be as quick
                for command, times in took.items():
                    asked = await guest.command(command)
                    times.append(await asked.acknowledged() - asked.sent_at)
                    await asked.reply()
                told |= {message.content for message in switching.answers}
                await asyncio.sleep(0.05)
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
