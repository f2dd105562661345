"""Where the bot is in voice: what op 4, moderators and lost connections do to it.

Discord answers a join that is not permitted, or into a full channel, with silence; so does this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .guild import Guild
from .support import Delays, DiscordError, Json, Tasks
from .voice_gateway import VoiceServer
from .world import STAGE, Channel, VoiceState


@dataclass
class BotVoice:
    """The bot's voice states in all guilds."""

    server: VoiceServer
    delays: Delays
    tasks: Tasks
    endpoint: Callable[[], str]
    ignored: list[str] = field(default_factory=list)
    """Joins that Discord ignored, and why, as sentences."""

    def asked(self, guild: Guild, session_id: str, data: Json) -> None:
        """Op 4: join, move, change mute or deafen, or leave."""
        if data["channel_id"] is None:
            if guild.me.voice is not None:
                self.dropped(guild)
            return
        channel = guild.channels.get(int(data["channel_id"]))
        refusal = self._refusal(guild, channel)
        if channel is None or refusal is not None:
            self.ignored.append(f"join of {channel.name if channel else '?'}: {refusal}")
            return
        state = VoiceState(channel, session_id, audience=channel.type == STAGE)
        state.self_mute, state.self_deaf = bool(data["self_mute"]), bool(data["self_deaf"])
        if guild.me.voice is not None:
            state.mute, state.deaf = guild.me.voice.mute, guild.me.voice.deaf
        guild.me.voice = state
        self._announce(guild)

    def dropped(self, guild: Guild) -> None:
        """The bot is out: by its own wish, or because its connection is gone."""
        guild.me.voice = None
        guild.emit("VOICE_STATE_UPDATE", guild.me.voice_payload())
        self.server.end(guild.id)

    def kick(self, guild: Guild) -> None:
        """A moderator disconnects the bot: its voice state is null, its websocket gets 4014."""
        assert guild.me.voice is not None, "the bot is in no voice channel"
        guild.me.voice = None
        guild.emit("VOICE_STATE_UPDATE", guild.me.voice_payload())
        self.server.end(guild.id)

    def drag(self, guild: Guild, channel: Channel) -> None:
        """A moderator moves the bot: its state changes, 4014, then another voice server."""
        assert guild.me.voice is not None, "the bot is in no voice channel"
        guild.me.voice.channel = channel
        guild.me.voice.audience = channel.type == STAGE
        guild.me.voice.asked_to_speak_at = None
        guild.emit("VOICE_STATE_UPDATE", guild.me.voice_payload())
        self.server.end(guild.id)
        self.tasks.later(self.delays.voice_move, lambda: self.invite(guild))

    def mute(self, guild: Guild, *, muted: bool) -> None:
        """A moderator mutes the bot."""
        assert guild.me.voice is not None, "the bot is in no voice channel"
        guild.me.voice.mute = muted
        guild.emit("VOICE_STATE_UPDATE", guild.me.voice_payload())

    def invite(self, guild: Guild) -> None:
        """VOICE_SERVER_UPDATE with a new token, if the bot is still in voice."""
        state = guild.me.voice
        if state is None:
            return
        session = self.server.expect(guild.id, state.channel.id, state.session_id)
        server = {"token": session.token, "guild_id": str(guild.id), "endpoint": self.endpoint()}
        guild.emit("VOICE_SERVER_UPDATE", server)

    def without_server(self, guild: Guild) -> None:
        """VOICE_SERVER_UPDATE without an endpoint: the voice server is gone, wait for another."""
        server = {"token": "none", "guild_id": str(guild.id), "endpoint": None}
        guild.emit("VOICE_SERVER_UPDATE", server)
        self.server.end(guild.id)

    def silenced(self, guild: Guild) -> Callable[[], str | None]:
        """Why nobody hears the bot in a guild, asked anew for each packet."""

        def reason() -> str | None:
            state = guild.me.voice
            if state is None:
                return "it is in no voice channel"
            if state.mute or state.self_mute:
                return "it is muted"
            return guild.me.suppressed

        return reason

    def let_speak(self, guild: Guild, *, allowed: bool) -> None:
        """A moderator invites the bot to speak on a stage, or sends it into the audience."""
        assert guild.me.voice is not None, "the bot is in no voice channel"
        guild.me.voice.audience, guild.me.voice.asked_to_speak_at = not allowed, None
        guild.emit("VOICE_STATE_UPDATE", guild.me.voice_payload())

    def _announce(self, guild: Guild) -> None:
        """VOICE_STATE_UPDATE and VOICE_SERVER_UPDATE in their order, with their delays."""

        def state() -> None:
            if guild.me.voice is not None:
                guild.emit("VOICE_STATE_UPDATE", guild.me.voice_payload())

        steps: list[tuple[float | None, Callable[[], None]]] = [
            (self.delays.voice_state_update, state),
            (self.delays.voice_server_update, lambda: self.invite(guild)),
        ]
        passed = 0.0
        for delay, act in reversed(steps) if self.delays.voice_server_first else steps:
            if delay is not None:
                passed += delay
                self.tasks.later(passed, act)

    def _refusal(self, guild: Guild, channel: Channel | None) -> str | None:
        """Why a join is ignored."""
        if channel is None:
            return "there is no such channel"
        for permission in ("view_channel", "connect"):
            if not channel.allows(guild.me, permission):
                return f"the bot lacks {permission.upper()}"
        return None if channel.has_room_for(guild.me) else "the channel is full"


def edit_own(guild: Guild, body: Json) -> None:
    """What the bot asks of its own voice state, which Discord grants on a stage only."""
    state = guild.me.voice
    if state is None or state.channel.type != STAGE:
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    if str(body.get("channel_id", state.channel.id)) != str(state.channel.id):
        raise DiscordError(400, 40032, "Target user is not connected to voice.")
    may_let = state.channel.allows(guild.me, "mute_members")
    if not body.get("suppress", True) and not may_let:
        raise DiscordError(403, 50013, "Missing Permissions")
    wants = body.get("request_to_speak_timestamp")
    if wants and not (may_let or state.channel.allows(guild.me, "request_to_speak")):
        raise DiscordError(403, 50013, "Missing Permissions")
    state.audience = bool(body.get("suppress", state.audience))
    state.asked_to_speak_at = wants if state.audience else None
    guild.emit("VOICE_STATE_UPDATE", guild.me.voice_payload())
