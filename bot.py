"""Starts Luna: settings from .env, then the bot; without a token, local mode in the terminal."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import discord
from discord.ext import commands
from dotenv import load_dotenv

from cogs import EXTENSIONS
from cogs._base import ENGINE_COG, LunaCog
from cogs._gateway import GatewayBot
from cogs._shards import Shards, read_shards
from luna_tts import LunaError

HOW_TO_GET_A_TOKEN = (
    "No DISCORD_TOKEN: running in local mode. For Discord, create an application at "
    "https://discord.com/developers/applications, copy its bot token into .env and start again."
)
PERMISSIONS = discord.Permissions(
    view_channel=True, connect=True, speak=True, request_to_speak=True, send_messages=True
)
IDENTIFY_SECONDS = 5.5
"""Discord's five, and what the network may add."""
SHARDING_REQUIRED = 4011

log = logging.getLogger("luna")


class Luna(GatewayBot):
    """A plain bot with Luna's extensions."""

    syncs = True
    """Whether it registers the commands: of several processes one does."""

    def __init__(self, intents: discord.Intents, **options: Any) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            **options,
        )
        self.began = time.perf_counter()

    async def setup_hook(self) -> None:
        """Everything that could fail or take time happens before Luna is seen online."""
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        if self.syncs:
            await self.sync()

    async def sync(self) -> None:
        """Registers the commands."""
        try:
            await self.tree.sync()
        except discord.HTTPException as error:
            log.error("The commands could not be registered, older ones still work: %s", error)

    async def on_ready(self) -> None:
        """Says so, and how to invite the bot."""
        seconds = time.perf_counter() - self.began
        log.info("%s is ready after %.1f s, in %d servers", self.user, seconds, len(self.guilds))
        scopes = ("bot", "applications.commands")
        invitation = discord.utils.oauth_url(
            self.application_id or 0, permissions=PERMISSIONS, scopes=scopes
        )
        log.info("Invite: %s", invitation)

    async def close(self) -> None:
        """Unloads in reverse, so that speech says goodbye before its engine ends."""
        for extension in reversed(EXTENSIONS):
            if extension in self.extensions:
                await self.unload_extension(extension)
        await super().close()


class ShardedLuna(Luna, commands.AutoShardedBot):
    """The same with a connection for each of its shards; other processes may have others."""

    def __init__(self, intents: discord.Intents, shards: Shards) -> None:
        super().__init__(intents, shard_count=shards.count, shard_ids=shards.ids)
        self.syncs = shards.first
        self.at_once = 1
        """How many shards may identify at the same time."""

    async def setup_hook(self) -> None:
        """Also asks how quickly the shards may begin."""
        await super().setup_hook()
        self.at_once = (await self.fetch_session_start_limits()).max_concurrency

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Discord refuses shards that identify too soon after one another, from any process."""
        engine = self.get_cog(ENGINE_COG)
        assert isinstance(engine, LunaCog), "loaded before"
        try:
            turn = f"identify {(shard_id or 0) % self.at_once}"
            await engine.store.take_turn(turn, IDENTIFY_SECONDS)
        except LunaError:  # the store has told the log; Discord has the last word
            await super().before_identify_hook(shard_id)


def make_luna(intents: discord.Intents) -> Luna:
    """As LUNA_SHARDS has it. Raises what `read_shards` raises."""
    shards = read_shards(os.environ)
    return Luna(intents) if shards is None else ShardedLuna(intents, shards)


async def serve(token: str) -> None:
    """Runs the bot until SIGINT or SIGTERM."""
    intents = discord.Intents(
        guilds=True, voice_states=True, guild_messages=True, message_content=True
    )
    try:
        await _run(make_luna(intents), token)
    except discord.PrivilegedIntentsRequired:
        intents.message_content = False  # cogs/reader.py tells the operator what that means
        await _run(make_luna(intents), token)


async def _run(bot: Luna, token: str) -> None:
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform != "win32":  # there, Ctrl-C arrives as KeyboardInterrupt
            loop.add_signal_handler(signal_number, told_to_stop.set)
    async with bot:
        running = asyncio.create_task(bot.start(token), name="discord")
        stopping = asyncio.create_task(told_to_stop.wait(), name="signal")
        try:
            await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                log.info("Goodbye.")
                await bot.close()  # while the gateway is still read, which answers the goodbye
                running.cancel()
            await asyncio.gather(running, return_exceptions=stopping.done())
        finally:
            stopping.cancel()


def main() -> int:
    """Returns the exit status: 0 after a wished-for end, 1 after one sentence that says why."""
    load_dotenv(Path(__file__).with_name(".env"))
    token = os.environ.get("DISCORD_TOKEN", "").strip()
    level = os.environ.get("LUNA_LOG_LEVEL", "").strip().upper() or "INFO"
    if level not in logging.getLevelNamesMapping():
        print(f"LUNA_LOG_LEVEL is {level!r}: it must be DEBUG, INFO, WARNING or ERROR")
        return 1
    discord.utils.setup_logging(level=logging.getLevelNamesMapping()[level])
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of each of its parts
    try:
        if token:
            asyncio.run(serve(token))
        else:
            print(HOW_TO_GET_A_TOKEN)
            from cogs._local import run_local

            asyncio.run(run_local())
    except KeyboardInterrupt:
        return 0
    except (LunaError, OSError, discord.DiscordException) as error:
        log.critical("%s", _sentence(error))
        return 1
    return 0


def _sentence(error: BaseException) -> str:
    """Why Luna could not start, and the cure."""
    if isinstance(error, commands.ExtensionFailed):
        if isinstance(error.original, LunaError):
            return str(error.original)
        log.error("An extension failed", exc_info=error.original)
    if isinstance(error, discord.LoginFailure):
        return "Discord refused the token: copy it again from the Developer Portal into .env."
    if isinstance(error, discord.ConnectionClosed) and error.code == SHARDING_REQUIRED:
        return "Luna is in too many servers for one connection: set LUNA_SHARDS=auto in .env."
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
