"""/model install of the unmodified bot.py: who may, what is shown first, and what comes of it."""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from cafe import Cafe, luna, open_cafe
from discord_standin import Human, StandIn
from fake_hub import FakeHub, fake_hub
from luna_tts.downloads.curated import CURATED
from voice_scene import ask, offers

sys.path.insert(0, str(Path(__file__).parent / "luna_tts"))
from tiny_voice import tiny_voice, wide_bert

pytestmark = pytest.mark.asyncio(loop_scope="module")

BERT = CURATED["bert-ja"]
REPO = "somebody/voices"


@dataclass(eq=False)
class Scene:
    discord: StandIn
    hub: FakeHub
    cafe: Cafe
    owner: Human
    models: Path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("install")
    voice, bert = tiny_voice(folder / "origin/koharu"), wide_bert(folder / "origin/bert")
    env = {"LUNA_MODELS": str(folder / "models"), "LUNA_BERT_JA": str(folder / "bert")}
    with fake_hub() as hub:
        hub.repos[REPO] = {f"koharu/{file.name}": file.read_bytes() for file in voice.glob("[!.]*")}
        hub.repos[BERT.repo] = {file.name: file.read_bytes() for file in bert.glob("[!.]*")}
        hub.commits[BERT.repo] = BERT.revision
        async with StandIn() as discord:
            cafe = open_cafe(discord, "Install", "en-US")
            owner = cafe.guild.add_member("owner", locale="en-US", permissions=["manage_guild"])
            discord.make_owner(owner)
            async with luna(discord, {**env, "HF_ENDPOINT": hub.url}) as bot:
                yield Scene(discord, hub, cafe, owner, folder / "models")
                assert "Traceback" not in bot.log


async def test_installing_is_for_the_owner(scene: Scene) -> None:
    admin = scene.cafe.guild.add_member("admin", locale="ko", permissions=["manage_guild"])
    refusal = "모든 서버에 영향을 주므로 봇 소유자만 쓸 수 있어요."
    assert await ask(admin, "model install", source=REPO) == refusal
    assert scene.hub.requests == []


async def test_the_list_is_offered(scene: Scene) -> None:
    assert await offers(scene.owner, "model install", "source", source="jvnv-f") == [
        "jvnv-F1-jp",
        "jvnv-F2-jp",
    ]


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("en-US", "I could not download nobody/nothing: it is not there"),
        ("ja", "nobody/nothing をダウンロードできませんでした。"),
        ("ko", "nobody/nothing을(를) 내려받지 못했어요."),
    ],
)
async def test_what_is_not_there_is_one_sentence(scene: Scene, locale: str, sentence: str) -> None:
    scene.owner.locale = locale
    try:
        assert sentence in await ask(scene.owner, "model install", source="nobody/nothing")
    finally:
        scene.owner.locale = "en-US"


async def test_accepted_downloaded_and_spoken_with(scene: Scene) -> None:
    hub, owner = scene.hub, scene.owner
    hub.requests.clear()
    asked = await (await owner.command("model install", source=REPO)).reply()
    assert asked.ephemeral
    assert "**koharu** — 1 MB from <https://huggingface.co/somebody/voices> c0ffee0000" in (
        asked.content
    )
    assert "Licence: cc0-1.0" in asked.content
    assert "Licence: CC BY-SA 4.0" in asked.content, "the BERT comes along, with its own"
    assert not [path for path, _ in hub.requests if "/resolve/" in path]

    released = hub.stalls["koharu_e1_s10.safetensors"] = threading.Event()
    await owner.press(asked, "Accept the licence and download")
    changes = scene.discord.changes
    await changes.wait_for(lambda: asked.content.startswith("Downloading: "), "no progress", 20)
    second = await (await owner.command("model install", source=f"{REPO}/koharu")).reply()
    waiting = await owner.press(second, "Accept the licence and download")
    assert "has to wait for another one" in (await waiting.reply()).content
    released.set()
    await changes.wait_for(lambda: "is here" in asked.content, "not installed", 30)
    assert asked.content == "koharu is here; /model use has it speak in this server."
    assert "koharu" in await ask(owner, "model use", voice="koharu")
    assert (await ask(scene.cafe.alice, "voice show")).startswith("koharu")
    assert await ask(owner, "model install", source=REPO) == f"{REPO} is here already, and whole."


async def test_a_failure_changes_nothing_and_is_told(scene: Scene) -> None:
    hub = scene.hub
    hub.repos["somebody/else"] = {
        path.replace("koharu/", "haru/"): data for path, data in hub.repos[REPO].items()
    }
    hub.sent["config.json"] = b"{}"
    asked = await (await scene.owner.command("model install", source="somebody/else")).reply()
    pressed = await scene.owner.press(asked, "Accept the licence and download")
    told = await scene.discord.changes.wait_for(
        lambda: [message for message in pressed.answers if "could not" in message.content],
        "no sentence",
        20,
    )
    assert "I could not download config.json" in told[0].content
    assert not (scene.models / "haru").exists()


async def test_a_bot_that_is_told_to_end_does_not_wait_for_a_download(tmp_path: Path) -> None:
    voice = tiny_voice(tmp_path / "origin/koharu")
    with fake_hub() as hub:
        hub.repos[REPO] = {f"koharu/{f.name}": f.read_bytes() for f in voice.glob("[!.]*")}
        hub.repos[BERT.repo] = dict.fromkeys(("config.json", "vocab.txt", "pytorch_model.bin"), b"")
        hub.commits[BERT.repo] = BERT.revision
        hub.stalls["koharu_e1_s10.safetensors"] = threading.Event()
        env = {"LUNA_MODELS": str(tmp_path / "models"), "LUNA_BERT_JA": str(tmp_path / "bert")}
        async with StandIn() as discord:
            cafe = open_cafe(discord, "Ends", "en-US")
            discord.make_owner(cafe.alice)
            cafe.alice.permissions = ["manage_guild"]
            async with luna(discord, {**env, "HF_ENDPOINT": hub.url}) as bot:
                discord.open_command(cafe.guild, "model")
                asked = await (await cafe.alice.command("model install", source=REPO)).reply()
                await cafe.alice.press(asked, "Accept the licence and download")
                await discord.wait_for(
                    lambda: asked.content.startswith("Downloading: "), "no progress", 20
                )
                assert await bot.stop() < 5
