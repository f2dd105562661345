"""The cogs in somebody else's bare bot: copied under another name, alone and together."""

from __future__ import annotations

import asyncio
import importlib
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import discord
import pytest
from discord import app_commands
from discord.ext import commands

from cafe import ROOT
from luna_tts.errors import EngineClosed

EXTENSIONS = {
    "engine": set[str](),
    "speech": {"join", "leave", "say"},
    "playback": {"skip", "stop", "pause", "resume"},
    "presence": set[str](),
    "voices": {"voice"},
    "models": {"model"},
    "dictionary": {"dict", "Add to dictionary"},
    "settings": {"settings"},
    "channels": {"channel", "autojoin"},
    "moderation": {"mute", "ngword", "Mute reading"},
    "members": {"name", "optout", "optin"},
    "menus": {"Read aloud", "Skip reading"},
    "privacy": {"privacy"},
    "reader": set[str](),
    "status": {"status", "ping", "help", "credit", "doctor"},
    "metrics": set[str](),
}
"""What each adds to the command tree."""
COMMANDS = set().union(*EXTENSIONS.values())
PLAYBACK = EXTENSIONS["playback"]


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The cogs folder as a host would have it: deeper, and under another package's name."""
    (tmp_path / "my_host").mkdir()
    (tmp_path / "my_host" / "__init__.py").touch()
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "cogs", tmp_path / "my_host" / "voices", ignore=ignored)
    monkeypatch.syspath_prepend(tmp_path)
    return "my_host.voices"


@pytest.fixture
async def host(plugins: str) -> AsyncIterator[commands.Bot]:
    """A bare bot that never goes online; afterwards nothing of Luna may be left."""
    threads, tasks = set(threading.enumerate()), asyncio.all_tasks()
    async with commands.Bot("!", intents=discord.Intents.none()) as bot:
        yield bot
    for thread in set(threading.enumerate()) - threads:
        thread.join(1)  # one that has told its end may take a moment to go
    assert set(threading.enumerate()) == threads
    assert asyncio.all_tasks() <= tasks | {asyncio.current_task()}
    for name in [name for name in sys.modules if name.split(".")[0] == "my_host"]:
        del sys.modules[name]


def names(bot: commands.Bot) -> set[str]:
    return {command.name for command in bot.tree.get_commands()}


def extensions(plugins: str) -> tuple[str, ...]:
    found: tuple[str, ...] = importlib.import_module(plugins).EXTENSIONS
    return found


async def test_the_extensions_carry_the_hosts_package_name(plugins: str, host: object) -> None:
    assert extensions(plugins) == tuple(f"my_host.voices.{name}" for name in EXTENSIONS)


@pytest.mark.parametrize("extension", EXTENSIONS)
async def test_each_extension_loads_alone(plugins: str, host: commands.Bot, extension: str) -> None:
    await host.load_extension(f"{plugins}.{extension}")
    assert host.get_cog("LunaEngine") is not None, "whoever needs the engine brings it"
    assert names(host) == EXTENSIONS[extension]
    await host.reload_extension(f"{plugins}.{extension}")
    assert names(host) == EXTENSIONS[extension]
    await host.unload_extension(f"{plugins}.{extension}")
    assert names(host) == set()


@pytest.mark.parametrize("order", [list, lambda names: list(reversed(names))])
async def test_all_together_in_any_order(
    plugins: str, host: commands.Bot, order: Callable[[tuple[str, ...]], list[str]]
) -> None:
    for extension in order(extensions(plugins)):
        if extension not in host.extensions:
            await host.load_extension(extension)
    assert names(host) == COMMANDS
    assert all(name.startswith("Luna") for name in host.cogs)


async def test_a_host_with_shards_is_as_good(plugins: str) -> None:
    intents = discord.Intents.none()
    async with commands.AutoShardedBot("!", intents=intents, shard_count=2) as host:
        for extension in extensions(plugins):
            await host.load_extension(extension)
        assert {command.name for command in host.tree.get_commands()} == COMMANDS
        metrics = host.get_cog("LunaMetrics")
        assert await metrics._unhealthy() == "gateway", "none of its shards is there yet"  # type: ignore[union-attr]
        for extension in reversed(extensions(plugins)):
            await host.unload_extension(extension)


async def test_reloading_speech_keeps_the_model(plugins: str, host: commands.Bot) -> None:
    for extension in extensions(plugins):
        await host.load_extension(extension)
    before = host.get_cog("LunaEngine").service  # type: ignore[union-attr]
    await host.reload_extension(f"{plugins}.speech")
    after = host.get_cog("LunaSpeech").service  # type: ignore[union-attr]
    assert after is before
    assert (await after.synthesize("やあ")).seconds > 0.1
    assert names(host) == COMMANDS


async def test_reloading_the_engine_gives_speech_the_new_one(
    plugins: str, host: commands.Bot
) -> None:
    for extension in extensions(plugins):
        await host.load_extension(extension)
    before = host.get_cog("LunaSpeech").service  # type: ignore[union-attr]
    await host.reload_extension(f"{plugins}.engine")
    after = host.get_cog("LunaSpeech").service  # type: ignore[union-attr]
    assert after is not before
    assert (await after.synthesize("やあ")).seconds > 0.1


async def test_the_store_is_reached_from_every_cog_and_lasts(
    plugins: str, host: commands.Bot
) -> None:
    for extension in extensions(plugins):
        await host.load_extension(extension)
    speech, engine = host.get_cog("LunaSpeech"), host.get_cog("LunaEngine")
    assert speech.store is engine.store  # type: ignore[union-attr]
    await speech.store.update_guild(1, voice="koharu")  # type: ignore[union-attr]
    await host.reload_extension(f"{plugins}.engine")
    assert (await speech.store.guild(1)).voice == "koharu"  # type: ignore[union-attr]
    await host.unload_extension(f"{plugins}.engine")
    with pytest.raises(EngineClosed):
        _ = speech.store  # type: ignore[union-attr]


async def test_a_store_that_cannot_be_opened_leaves_nothing_behind(
    plugins: str, host: commands.Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUNA_DATA", "/dev/null/data")
    with pytest.raises(commands.ExtensionFailed, match="set LUNA_DATA to another folder"):
        await host.load_extension(f"{plugins}.speech")
    assert not host.cogs


async def test_a_clash_names_the_command_and_the_cure(plugins: str, host: commands.Bot) -> None:
    @host.tree.command(description="The host's own")
    async def skip(interaction: discord.Interaction) -> None: ...

    with pytest.raises(commands.ExtensionFailed) as caught:
        await host.load_extension(f"{plugins}.playback")
    assert "has a command /skip already: set LUNA_GROUP=luna" in str(caught.value.original)
    assert host.tree.get_commands() == [skip]
    assert f"{plugins}.playback" not in host.extensions


async def test_a_group_leaves_the_hosts_commands_alone(
    plugins: str, host: commands.Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    @host.tree.command(description="The host's own")
    async def skip(interaction: discord.Interaction) -> None: ...

    monkeypatch.setenv("LUNA_GROUP", "luna")
    await host.load_extension(f"{plugins}.playback")
    assert names(host) == {"skip", "luna"}
    group = host.tree.get_command("luna")
    assert isinstance(group, app_commands.Group)
    assert {command.name for command in group.commands} == PLAYBACK
    await host.reload_extension(f"{plugins}.playback")
    await host.unload_extension(f"{plugins}.playback")
    assert host.tree.get_commands() == [skip]


async def test_a_group_of_the_hosts_own_is_not_taken_over(
    plugins: str, host: commands.Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.tree.add_command(app_commands.Group(name="luna", description="The host's own"))
    monkeypatch.setenv("LUNA_GROUP", "luna")
    with pytest.raises(commands.ExtensionFailed, match="a command /luna already"):
        await host.load_extension(f"{plugins}.speech")


async def test_menus_give_way_to_the_hosts(plugins: str, host: commands.Bot) -> None:
    async def own(interaction: discord.Interaction, message: discord.Message) -> None: ...

    names_of_host = {"Read aloud", "Save", "Pin", "Quote"}
    for name in names_of_host:
        host.tree.add_command(app_commands.ContextMenu(name=name, callback=own))
    for extension in extensions(plugins):
        await host.load_extension(extension)
    assert len(host.tree.get_commands(type=discord.AppCommandType.message)) == 5, "Discord's most"
    assert names(host) - names_of_host < COMMANDS
    for extension in extensions(plugins):
        await host.unload_extension(extension)
    assert names(host) == names_of_host


async def test_a_missing_opus_is_told_at_once(
    plugins: str, host: commands.Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.opus, "_lib", discord.utils.MISSING)
    monkeypatch.setattr(discord.opus, "is_loaded", lambda: False)

    def refuse(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(discord.opus, "load_opus", refuse)
    with pytest.raises(commands.ExtensionFailed) as caught:
        await host.load_extension(f"{plugins}.speech")
    assert "apt install libopus0" in str(caught.value.original)


async def test_a_wrong_variable_is_told_at_once(
    plugins: str, host: commands.Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUNA_QUEUE_LIMIT", "many")
    with pytest.raises(commands.ExtensionFailed, match="must be a whole number from 1 to 1000"):
        await host.load_extension(f"{plugins}.speech")
