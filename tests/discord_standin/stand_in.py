"""The small Discord itself: owns REST, gateway and voice on loopback, and is what tests talk to."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from aiohttp import ClientSession, web

from .bot_process import BotProcess, environment, python_command
from .cdn import Cdn
from .certificate import make_certificate
from .commands import CommandStore
from .gateway import Gateway, Session
from .guild import Guild, World
from .interactions import Interactions
from .listener import Listener
from .messages import Message
from .opus import load_libopus
from .people import Human
from .rest import Request, Rest, Scripted
from .support import Changes, Delays, Json, Limits, Snowflakes, Tasks
from .voice_gateway import VoiceServer, VoiceSession
from .voice_states import BotVoice
from .world import Channel, User


class StandIn:
    """A Discord for one bot; `async with StandIn() as discord:`."""

    def __init__(self, bot_name: str = "Luna") -> None:
        self.delays = Delays()
        self.limits = Limits()
        self.changes = Changes(self._last_words)
        self.changes.lost = self._lost
        self.token = f"standin.{secrets.token_hex(8)}"
        self._snowflakes = Snowflakes()
        self._tasks = Tasks()
        self._stack = AsyncExitStack()
        self._processes: list[BotProcess] = []
        self._listeners: dict[int, Listener] = {}
        self._library = load_libopus()
        self._ports: dict[str, int] = {}
        self._certificate = Path()
        self._synced_before = 0
        self._build(User(self._snowflakes.next(), bot_name, bot=True))

    def _build(self, bot: User) -> None:
        """Make the parts and tell them of each other."""
        cdn = Cdn(self._snowflakes, lambda: f"http://127.0.0.1:{self._ports['api']}")
        developer = User(self._snowflakes.next(), "developer")
        self.world = World(bot, self._snowflakes, self.changes, self._emit, cdn, developer)
        self.commands = CommandStore(bot.id, self._snowflakes)
        self.world.interactions = Interactions(
            self.world, self.commands, self.delays, self.limits, self._tasks
        )
        self.voice = VoiceServer(
            bot.id,
            self._snowflakes.next(),
            self.changes,
            self.delays,
            self._tasks,
            lambda guild_id: self.listener(self.world.guilds[guild_id]),
            lambda guild_id: self.bot_voice.dropped(self.world.guilds[guild_id]),
        )
        self.bot_voice = BotVoice(self.voice, self.delays, self._tasks, self._voice_endpoint)
        self.gateway = Gateway(
            self.world,
            self.token,
            self.changes,
            self._tasks,
            self._gateway_url,
            self._voice_state_asked,
            self._session_ended,
        )
        self.rest = Rest(
            self.world,
            self.token,
            self.commands,
            self.world.interactions,
            self.delays,
            self.gateway.about,
        )

    async def __aenter__(self) -> StandIn:
        """Listen on two ephemeral ports of loopback."""
        folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="standin-")))
        self._certificate, tls = make_certificate(folder)
        api = web.Application(middlewares=[self.rest.middleware], client_max_size=1 << 26)
        api.add_routes([web.get("/gateway", self.gateway.handle), *self.rest.routes()])
        api.add_routes([web.get("/gateway/", self.gateway.handle)])
        api.add_routes([web.get("/attachments/{tail:.*}", self.world.cdn.serve)])
        voice = web.Application()
        voice.add_routes([web.get("/", self.voice.handle)])
        for name, app, context in (("api", api, None), ("voice", voice, tls)):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            self._stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
            self._ports[name] = runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close everything; a failure of the stand-in's own tasks is raised."""
        async with self._stack:
            self.voice.aclose()
            for listener in self._listeners.values():
                listener.close()
            await self._tasks.aclose()

    # The world

    def add_guild(
        self, name: str, locale: str = "en-US", bot_permissions: Iterable[str] = ()
    ) -> Guild:
        """A guild with the bot in it; @everyone's permissions already let it speak."""
        return self.world.add_guild(name, locale, bot_permissions)

    def restore(self, guild: Guild) -> None:
        """A guild that was down is back."""
        guild.down = False
        self._emit(guild, "GUILD_CREATE", guild.payload(everyone=False))

    def make_owner(self, human: Human) -> None:
        """The application belongs to this person from now on."""
        self.world.developer = human.user

    def open_command(self, guild: Guild, name: str) -> None:
        """The guild's admins let everybody use a command, whatever its default permissions."""
        self.commands.opened.add((guild.id, name))

    async def download(self, attachment: Json) -> bytes:
        """The file of an attachment, over HTTP as anybody gets it."""
        async with ClientSession() as session, session.get(attachment["url"]) as response:
            assert response.status == 200, await response.text()
            return await response.read()

    @property
    def granted_intents(self) -> set[str]:
        """Privileged intents switched on in the portal; change the set to take one away."""
        return self.gateway.granted_intents

    @property
    def requests(self) -> list[Request]:
        """Every REST request with its answer."""
        return self.rest.requests

    def messages(self, channel: Channel) -> list[Message]:
        """The public messages in a channel, oldest first."""
        return [channel.messages[key] for key in sorted(channel.messages)]

    def answer_next(self, method: str, path: str, status: int, body: Json | None = None) -> None:
        """Answer the next REST request whose path matches a pattern with this instead."""
        fallback: Json = {"message": "scripted", "code": 0, "retry_after": 0.3, "global": False}
        self.rest.scripted.append(Scripted(method, re.compile(path), status, body or fallback))

    # The bot

    def bot_process(
        self,
        script: Path = Path("bot.py"),
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        arguments: Iterable[str] = (),
        python: str | None = None,
    ) -> BotProcess:
        """A bot's script against this Discord: `async with discord.bot_process() as bot:`."""
        own = {
            "DISCORD_TOKEN": self.token,
            "SSL_CERT_FILE": str(self._certificate),
            "STANDIN_API": f"http://127.0.0.1:{self._ports['api']}/api/v10",
            "STANDIN_GATEWAY": self._gateway_url(),
        }
        command = python_command(script, list(arguments), python)
        process = BotProcess(command, environment(own, env or {}), cwd, self.changes)
        self._processes.append(process)
        self._synced_before = self.commands.synced
        return process

    async def ready(self, timeout: float = 60.0, *, synced: bool = True) -> None:
        """Wait until the newest bot is identified and has synced its global commands."""
        process = self._processes[-1] if self._processes else None
        started = process.started_at if process else 0.0
        await self.changes.wait_for(
            lambda: self._identified_since(started), "the bot is not logged in", timeout
        )
        if synced:
            await self.changes.wait_for(
                lambda: self.commands.synced > self._synced_before,
                "the bot has not synced its commands",
                timeout,
            )

    def _identified_since(self, started: float) -> bool:
        """Whether a session began after `started` and all that it begins with was sent."""
        for session in self.gateway.current.values():
            guilds = self.world.guilds.values()
            up = sum(not guild.down for guild in guilds if session.is_for(guild))
            if session.began >= started and session.alive and session.sent > up:
                return True
        return False

    # Voice

    def listener(self, guild: Guild) -> Listener:
        """The ears in a guild's voice, for as long as this Discord exists."""
        if guild.id not in self._listeners:
            silenced = self.bot_voice.silenced(guild)
            self._listeners[guild.id] = Listener(self.changes, self._library, silenced)
        return self._listeners[guild.id]

    def voice_channel_of_bot(self, guild: Guild) -> Channel | None:
        """Where Discord shows the bot."""
        return guild.me.voice.channel if guild.me.voice else None

    def voice_session(self, guild: Guild) -> VoiceSession | None:
        """The bot's present voice connection."""
        return self.voice.sessions.get(guild.id)

    async def bot_in(self, channel: Channel, timeout: float = 10.0) -> None:
        """Wait until the bot is in a channel and its call stands, end-to-end encrypted.

        A voice websocket that closes earlier may hit discord.py while it sends a step of DAVE: its
        poller ends in silence then, and the bot stays in the channel, unheard.
        """

        def connected() -> bool:
            session = self.voice.sessions.get(channel.guild.id)
            here = self.voice_channel_of_bot(channel.guild) is channel
            return here and session is not None and session.connected

        await self.changes.wait_for(connected, f"the bot is not in {channel.name!r}", timeout)

    async def bot_out(self, guild: Guild, timeout: float = 10.0) -> None:
        """Wait until Discord shows the bot in no voice channel of a guild."""
        await self.changes.wait_for(
            lambda: guild.me.voice is None, "the bot is still in voice", timeout, needs_bot=False
        )

    async def kick_from_voice(self, guild: Guild) -> None:
        """A moderator's Disconnect."""
        self.bot_voice.kick(guild)

    async def drag(self, guild: Guild, channel: Channel) -> None:
        """A moderator's move."""
        self.bot_voice.drag(guild, channel)

    async def change_region(self, guild: Guild) -> None:
        """The channel goes to another voice server: a new VOICE_SERVER_UPDATE alone."""
        self.bot_voice.invite(guild)

    async def mute(self, guild: Guild, *, muted: bool = True) -> None:
        """A moderator's server mute of the bot."""
        self.bot_voice.mute(guild, muted=muted)

    async def let_speak(self, guild: Guild, *, allowed: bool = True) -> None:
        """A moderator invites the bot to speak on a stage, or sends it into the audience."""
        self.bot_voice.let_speak(guild, allowed=allowed)

    async def voice_server_dies(self, guild: Guild, seconds: float) -> None:
        """The voice server is gone, and another one allocated after some seconds."""
        self.bot_voice.without_server(guild)
        self._tasks.later(seconds, lambda: self.bot_voice.invite(guild))

    async def empty_call(self, guild: Guild) -> None:
        """Nobody is left in the bot's call, which is no longer end-to-end encrypted then."""
        await self.voice.downgrade(guild.id)

    async def fill_call(self, guild: Guild) -> None:
        """Somebody is back in it."""
        await self.voice.upgrade(guild.id)

    async def voice_outage(self, guild: Guild) -> None:
        """The bot's network fails; when it is back, Discord has given its voice up."""
        self.voice.freeze(guild.id)
        self.bot_voice.kick(guild)

    async def voice_close(self, guild: Guild, code: int | None) -> None:
        """Close the voice websocket with a code; None cuts the TCP connection."""
        await self.voice.close(guild.id, code)

    # The gateway

    async def gateway_close(self, code: int | None) -> None:
        """Close the main websocket with a code; None cuts the TCP connection."""
        await (self.gateway.cut() if code is None else self.gateway.close(code))

    async def gateway_reconnect(self) -> None:
        """Ask the bot to reconnect and resume (op 7)."""
        await self.gateway.reconnect()

    async def invalidate_session(self, shard: int = 0, *, resumable: bool) -> None:
        """Send INVALID_SESSION."""
        await self.gateway.invalidate(shard, resumable=resumable)

    async def wait_for(
        self, look: Callable[[], object], what: str = "not so", timeout: float = 10.0
    ) -> None:
        """Wait until `look()` is true of this Discord; looks again at every change."""
        await self.changes.wait_for(look, what, timeout)

    def _emit(self, guild: Guild, event: str, payload: Json) -> None:
        self.gateway.emit(guild, event, payload)

    def _voice_state_asked(self, session: Session, data: Json) -> None:
        guild = self.world.guilds.get(int(data["guild_id"]))
        if guild is not None and session.is_for(guild):
            self.bot_voice.asked(guild, session.voice_id, data)

    def _session_ended(self, session: Session) -> None:
        for guild in self.world.guilds.values():
            if guild.me.voice is not None and guild.me.voice.session_id == session.voice_id:
                self.bot_voice.dropped(guild)

    def _gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self._ports['api']}/gateway"

    def _voice_endpoint(self) -> str:
        return f"127.0.0.1:{self._ports['voice']}"

    def _last_words(self) -> str:
        return self._processes[-1].log_tail if self._processes else ""

    def _lost(self) -> str | None:
        code = self._processes[-1].returncode if self._processes else None
        return None if code is None else f"the bot exited with {code}"
