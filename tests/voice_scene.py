"""The scene of /voice and /model: voice folders, some loaded, some broken, and Luna online."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cafe import Cafe, luna, open_cafe
from discord_standin import Human, Interaction, StandIn

sys.path.insert(0, str(Path(__file__).parent / "luna_tts"))
from tiny_voice import tiny_voice, wide_bert

TEXT = "こんにちは。今日はいい天気ですね。"
STORY = "昔々あるところに、おじいさんとおばあさんが住んでいました。"
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


@asynccontextmanager
async def open_scene(folder: Path) -> AsyncIterator[Scene]:
    """The unmodified bot.py, with voices of its own in `folder`."""
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


def percentiles(seconds: list[float]) -> str:
    p50, p95 = np.percentile(seconds, (50, 95)) * 1000
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, of {len(seconds)}"
