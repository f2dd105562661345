"""A guild and the world of guilds; whatever changes in them is told to the bot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import permissions
from .messages import Message
from .people import Human, Writer
from .support import Changes, Json, Snowflakes
from .world import PUBLIC_THREAD, STAGE, TEXT, VOICE, Channel, Member, Role, User

if TYPE_CHECKING:
    from .cdn import Cdn
    from .interactions import Interactions

Emit = Callable[["Guild", str, Json], None]


@dataclass(eq=False, repr=False)
class World:
    """Everything that exists: the bot's account and its guilds."""

    bot: User
    snowflakes: Snowflakes
    changes: Changes
    emit: Emit
    """Sends a gateway event to the bot if its intents ask for it."""
    cdn: Cdn
    developer: User
    """Who owns the application."""
    team: list[User] = field(default_factory=list)
    """Its members with the role "developer", if the application is a team's."""
    guilds: dict[int, Guild] = field(default_factory=dict)
    interactions: Interactions = field(init=False)

    def add_guild(self, name: str, locale: str, bot_permissions: Iterable[str]) -> Guild:
        """A new guild that the bot is in."""
        guild = Guild(self, self.snowflakes.next(), name, locale)
        guild.bot_role.permissions = permissions.bits(bot_permissions)
        self.guilds[guild.id] = guild
        self.emit(guild, "GUILD_CREATE", guild.payload(everyone=False))
        return guild

    def channel(self, channel_id: int) -> Channel | None:
        """A channel of any guild."""
        found = (guild.channels.get(channel_id) for guild in self.guilds.values())
        return next((channel for channel in found if channel is not None), None)


@dataclass(eq=False, repr=False)
class Guild:
    """A guild; `me` is the bot's member."""

    world: World
    id: int
    name: str
    locale: str
    channels: dict[int, Channel] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    roles: list[Role] = field(default_factory=list)
    """Every role beside @everyone and the bot's own."""
    afk_channel: Channel | None = None
    """To be set before the bot starts."""
    down: bool = False
    """An outage of Discord's; to be set before the bot starts, and ended with `StandIn.restore`."""
    everyone: Role = field(init=False)
    bot_role: Role = field(init=False)
    me: Member = field(init=False)
    owner_id: int = field(init=False)

    def __post_init__(self) -> None:
        """Every guild has @everyone, an owner and, here, the bot."""
        self.everyone = Role(self.id, "@everyone", permissions.bits(permissions.EVERYONE))
        self.bot_role = Role(self.world.snowflakes.next(), self.world.bot.name)
        self.me = Member(self.world.bot, self, [self.bot_role])
        self.members[self.me.id] = self.me
        self.owner_id = self.add_member("owner").id

    def __repr__(self) -> str:
        return f"<Guild {self.name}>"

    def emit(self, event: str, payload: Json) -> None:
        """Tell the bot, if the guild is part of its world already."""
        if self.id in self.world.guilds:
            self.world.emit(self, event, payload)

    def add_text_channel(self, name: str) -> Channel:
        """A new text channel."""
        return self._add_channel(Channel(self.world.snowflakes.next(), self, name, TEXT))

    def add_voice_channel(self, name: str, user_limit: int = 0) -> Channel:
        """A new voice channel; user_limit 0 means no limit."""
        return self._add_channel(Channel(self._id(), self, name, VOICE, user_limit))

    def add_stage_channel(self, name: str) -> Channel:
        """A new stage channel."""
        return self._add_channel(Channel(self._id(), self, name, STAGE))

    def add_thread(self, parent: Channel, name: str) -> Channel:
        """A new public thread under a text channel."""
        thread = Channel(self._id(), self, name, PUBLIC_THREAD, parent=parent)
        self.channels[thread.id] = thread
        self.emit("THREAD_CREATE", {**thread.payload(), "newly_created": True})
        return thread

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel; its people leave voice first."""
        for member in channel.members:
            member.voice = None
            self.emit("VOICE_STATE_UPDATE", member.voice_payload())
        del self.channels[channel.id]
        self.emit("CHANNEL_DELETE", channel.payload())

    def add_member(
        self,
        name: str,
        *,
        locale: str = "en-US",
        permissions: Iterable[str] = (),
        bot: bool = False,
    ) -> Human:
        """A new human, or another bot; `permissions`, by name, come through a role of their own."""
        human = Human(User(self._id(), name, bot), self, locale=locale)
        if names := list(permissions):
            human.roles.append(self.add_role(f"{name}'s role", names))
        self.members[human.id] = human
        self.emit("GUILD_MEMBER_ADD", {**human.payload(), "guild_id": str(self.id)})
        return human

    def welcome(self, stranger: Member, locale: str = "en-US") -> Human:
        """Somebody who is in another guild comes into this one, too."""
        human = Human(stranger.user, self, locale=locale)
        self.members[human.id] = human
        self.emit("GUILD_MEMBER_ADD", {**human.payload(), "guild_id": str(self.id)})
        return human

    def remove_member(self, member: Member) -> None:
        """Somebody leaves the guild, and voice with it."""
        if member.voice is not None:
            member.voice = None
            self.emit("VOICE_STATE_UPDATE", member.voice_payload())
        del self.members[member.id]
        payload = {"guild_id": str(self.id), "user": member.user.payload()}
        self.emit("GUILD_MEMBER_REMOVE", payload)

    def remove_role(self, role: Role) -> None:
        """Delete a role; its members lose it."""
        self.roles.remove(role)
        for member in self.members.values():
            member.roles = [kept for kept in member.roles if kept is not role]
        payload = {"guild_id": str(self.id), "role_id": str(role.id)}
        self.emit("GUILD_ROLE_DELETE", payload)

    def add_webhook(self, name: str) -> Writer:
        """A link through which something outside of Discord writes."""
        return Writer(User(self._id(), name, bot=True), self, webhook=True)

    def unfurl(self, message: Message, title: str) -> None:
        """Discord has looked at the page that a message links to: an edit that nobody made."""
        url = "https://example.com/page"
        message.embeds = [*message.embeds, {"type": "link", "url": url, "title": title}]
        self.emit("MESSAGE_UPDATE", message.payload())

    def add_role(self, name: str, names: Iterable[str]) -> Role:
        """A new role with permissions by name."""
        role = Role(self._id(), name, permissions.bits(names))
        self.roles.append(role)
        self.emit("GUILD_ROLE_CREATE", {"guild_id": str(self.id), "role": role.payload()})
        return role

    def _id(self) -> int:
        return self.world.snowflakes.next()

    def _add_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        self.emit("CHANNEL_CREATE", channel.payload())
        return channel

    def add_message(self, message: Message) -> Message:
        """Keep a message and announce it."""
        message.channel.messages[message.id] = message
        self.emit("MESSAGE_CREATE", message.payload())
        return message

    def payload(self, *, everyone: bool) -> Json:
        """GUILD_CREATE: all members with the members intent, else the bot and those in voice."""
        members = [m for m in self.members.values() if everyone or m.voice or m is self.me]
        in_voice = [m for m in self.members.values() if m.voice]
        roles = [self.everyone, self.bot_role, *self.roles]
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner_id),
            "preferred_locale": self.locale,
            "member_count": len(self.members),
            "roles": [role.payload() for role in roles],
            "channels": [c.payload() for c in self.channels.values() if c.parent is None],
            "threads": [c.payload() for c in self.channels.values() if c.parent is not None],
            "members": [member.payload() for member in members],
            "voice_states": [member.voice_payload() for member in in_voice],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "features": [],
            "large": False,
            "unavailable": False,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "afk_timeout": 300,
            "afk_channel_id": str(self.afk_channel.id) if self.afk_channel else None,
            **{key: [] for key in ("presences", "emojis", "stickers")},
            **{key: [] for key in ("stage_instances", "guild_scheduled_events")},
            "soundboard_sounds": [],
        }
