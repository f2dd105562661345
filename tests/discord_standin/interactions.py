"""Interactions: from a person's command to the answer that they see, with Discord's time limits."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import message_rules, rules
from .commands import CommandStore, Typed, resolve, type_options
from .guild import World
from .support import Delays, DiscordError, Json, Limits, T, Tasks
from .world import EPHEMERAL, LOADING, TEXT, Channel, Member, Message, timestamp

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
"""Interaction types."""
PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, SUGGESTIONS = 1, 4, 5, 6, 7, 8
"""Callback types."""


@dataclass(eq=False, repr=False)
class Interaction:
    """One interaction; times are `time.monotonic()` seconds."""

    id: int
    token: str
    member: Member
    channel: Channel
    payload: Json
    world: World
    source: Message | None = None
    """The message whose component was used."""
    sent_at: float = 0.0
    acknowledged_at: float | None = None
    callback: Json | None = None
    """The body of the first response."""
    original: Message | None = None
    """@original: the first response's message."""
    followups: list[Message] = field(default_factory=list)
    answered_at: float | None = None
    """When there was something to read."""

    def __repr__(self) -> str:
        return f"<Interaction {self.payload['data']}>"

    @property
    def kind(self) -> int:
        """The callback type of the acknowledgement, 0 before there is one."""
        return int(self.callback["type"]) if self.callback else 0

    @property
    def deferred(self) -> bool:
        """Whether the bot first asked for more time."""
        return self.kind in (DEFERRED, DEFERRED_UPDATE)

    async def reply(self, timeout: float = 5.0) -> Message:
        """The message that the person sees in the end: after a defer, what replaced it."""
        return await self._wait(self._visible, "no reply", timeout)

    async def acknowledged(self, timeout: float = 5.0) -> float:
        """When the bot acknowledged."""
        return await self._wait(lambda: self.acknowledged_at, "not acknowledged", timeout)

    async def suggestions(self, timeout: float = 5.0) -> list[Json]:
        """The choices offered for an autocompletion."""
        callback = await self._wait(lambda: self.callback, "no suggestions", timeout)
        choices: list[Json] = callback["data"].get("choices") or []
        return choices

    async def modal(self, timeout: float = 5.0) -> Json:
        """The modal that the bot opened."""
        callback = await self._wait(lambda: self.callback, "no modal", timeout)
        assert callback["type"] == rules.MODAL, f"answered with {callback}, not with a modal"
        data: Json = callback["data"]
        return data

    async def _wait(self, look: Callable[[], T | None], what: str, timeout: float) -> T:
        described = f"{what} to {self.payload['data'].get('name', 'a component')!r}"
        return await self.world.changes.wait_for(look, described, timeout)

    def _visible(self) -> Message | None:
        if self.answered_at is None:
            return None
        if self.original is not None and not self.original.flags & LOADING:
            return self.original
        return self.followups[0] if self.followups else None


@dataclass(eq=False, repr=False)
class Interactions:
    """All interactions, and the rules by which the bot may answer them."""

    world: World
    commands: CommandStore
    delays: Delays
    limits: Limits
    tasks: Tasks
    clock: Callable[[], float] = time.monotonic
    """For tests of the time limits."""
    by_token: dict[str, Interaction] = field(default_factory=dict)

    def use(
        self,
        member: Member,
        name: str,
        values: Mapping[str, Any],
        channel: Channel | None = None,
        focused: str | None = None,
    ) -> Interaction:
        """Send a chat-input command, or its autocompletion while `focused` is being typed."""
        first, *path = name.split()
        command = self.commands.find(member, first, rules.CHAT_INPUT)
        typed = type_options(command, path, values, focused)
        kind = COMMAND if focused is None else AUTOCOMPLETE
        return self._send(member, kind, _command_data(command, typed), channel)

    def use_menu(self, member: Member, name: str, target: Member | Message) -> Interaction:
        """Send a user or message command."""
        of_member = isinstance(target, Member)
        kind = rules.USER_MENU if of_member else rules.MESSAGE_MENU
        typed = Typed()
        resolve(typed.resolved, target)
        command = self.commands.find(member, name, kind)
        data = {**_command_data(command, typed), "target_id": str(target.id)}
        return self._send(member, COMMAND, data, getattr(target, "channel", None))

    def press(self, member: Member, message: Message, label: str) -> Interaction:
        """Send a button's component interaction."""
        for component in _components(message.components):
            names = (component.get("label"), component.get("custom_id"))
            if component["type"] == rules.BUTTON and label in names:
                assert not component.get("disabled"), f"the button {label!r} is disabled"
                data = {"component_type": rules.BUTTON, "custom_id": component["custom_id"]}
                return self._send(member, COMPONENT, data, message.channel, message)
        raise AssertionError(f"no button {label!r} in {message.components}")

    def select(self, member: Member, message: Message, values: list[str]) -> Interaction:
        """Send the first select menu's component interaction."""
        for component in _components(message.components):
            if component["type"] in message_rules.SELECTS:
                data = {"component_type": component["type"], "custom_id": component["custom_id"]}
                return self._send(
                    member, COMPONENT, {**data, "values": values}, message.channel, message
                )
        raise AssertionError(f"no select menu in {message.components}")

    def submit(self, member: Member, by: Interaction, fields: Mapping[str, str]) -> Interaction:
        """Send a modal's fields, which are named by custom id or label."""
        assert by.callback is not None, "no modal was opened"
        modal = by.callback["data"]
        rows = [_filled(row, fields) for row in modal["components"]]
        data = {"custom_id": modal["custom_id"], "components": rows}
        return self._send(member, MODAL_SUBMIT, data, by.channel, by.source)

    def acknowledge(self, interaction_id: int, token: str, body: Json) -> Interaction:
        """The first response; a second one is 40060, one after 3 s is 10062."""
        found = self.by_token.get(token)
        if found is None or found.id != interaction_id:
            raise DiscordError(404, 10062, "Unknown interaction")
        if found.callback is not None:
            raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
        if self.clock() - found.sent_at > self.limits.acknowledge:
            raise DiscordError(404, 10062, "Unknown interaction")
        _check_callback(found, body)
        found.callback = body
        found.acknowledged_at = self.clock()
        self._take_response(found, body.get("data") or {})
        self.world.changes.notify()
        return found

    def with_token(self, token: str) -> Interaction:
        """The acknowledged interaction that a webhook request is about."""
        found = self.by_token.get(token)
        if found is None or found.callback is None:
            raise DiscordError(404, 10015, "Unknown Webhook")
        if self.clock() - found.sent_at > self.limits.token:
            raise DiscordError(401, 50027, "Invalid Webhook Token")
        return found

    def follow_up(self, token: str, body: Json) -> Message:
        """A further message; the first one after a defer takes the place of "thinking"."""
        found = self.with_token(token)
        _check_message(body)
        if found.original is not None and found.original.flags & LOADING:
            return self._edited(found, found.original, body)
        message = self._message(found, body)
        found.followups.append(message)
        self._seen(found, message)
        return message

    def edit(self, token: str, message_id: str, body: Json) -> Message:
        """Change @original or a follow-up."""
        rules.refuse(message_rules.check_message(body))
        return self._edited(self.with_token(token), self.message(token, message_id), body)

    def message(self, token: str, message_id: str) -> Message:
        """@original or a follow-up."""
        found = self.with_token(token)
        candidates = [found.original] if message_id == "@original" else found.followups
        if message_id != "@original" and found.original is not None:
            candidates = [found.original, *found.followups]
        for message in candidates:
            if message is not None and message_id in ("@original", str(message.id)):
                return message
        raise DiscordError(404, 10008, "Unknown Message")

    def delete(self, token: str, message_id: str) -> None:
        """Remove @original or a follow-up."""
        found, message = self.with_token(token), self.message(token, message_id)
        message.channel.messages.pop(message.id, None)
        if message is found.original:
            found.original = None
        else:
            found.followups.remove(message)

    def _send(
        self,
        member: Member,
        kind: int,
        data: Json,
        channel: Channel | None,
        source: Message | None = None,
    ) -> Interaction:
        channel = channel or _first_text_channel(member)
        new_id = self.world.snowflakes.next()
        sent = Interaction(new_id, secrets.token_hex(16), member, channel, {}, self.world, source)
        sent.payload = _payload(sent, kind, data)
        sent.sent_at = self.clock()
        self.by_token[sent.token] = sent
        guild, event = member.guild, "INTERACTION_CREATE"
        self.tasks.later(self.delays.interaction, lambda: guild.emit(event, sent.payload))
        return sent

    def _take_response(self, found: Interaction, data: Json) -> None:
        if found.kind in (MESSAGE, DEFERRED):
            found.original = self._message(found, data)
            if found.kind == DEFERRED:
                found.original.flags |= LOADING
            self._seen(found, found.original)
        elif found.kind in (DEFERRED_UPDATE, UPDATE):
            found.original = found.source
            if found.source is not None and found.kind == UPDATE:
                self._edited(found, found.source, data)

    def _edited(self, found: Interaction, message: Message, body: Json) -> Message:
        message.apply(body)
        message.flags &= ~LOADING
        message.edited_at = timestamp()
        self._seen(found, message)
        return message

    def _message(self, found: Interaction, body: Json) -> Message:
        bot = found.member.guild.me
        message = Message(self.world.snowflakes.next(), found.channel, bot)
        message.flags = int(body.get("flags") or 0) & (EPHEMERAL | 1 << 2 | 1 << 12 | 1 << 15)
        message.interaction_id = found.id
        message.apply(body)
        return message

    def _seen(self, found: Interaction, message: Message) -> None:
        """Note when the person could read something; the bot sees its public messages, too."""
        if not message.flags & LOADING:
            found.answered_at = found.answered_at or self.clock()
        if not message.ephemeral and message.id not in message.channel.messages:
            found.member.guild.add_message(message)
        self.world.changes.notify()


def _check_message(body: Json) -> None:
    rules.refuse(message_rules.check_message(body))
    if not message_rules.is_something(body):
        raise DiscordError(400, 50006, "Cannot send an empty message")


def _check_callback(found: Interaction, body: Json) -> None:
    kind, data = body.get("type"), body.get("data") or {}
    if kind == MESSAGE:
        _check_message(data)
    elif kind == UPDATE:
        rules.refuse(message_rules.check_message(data))
    elif kind == SUGGESTIONS:
        rules.refuse(message_rules.check_autocomplete(data))
    elif kind == rules.MODAL:
        rules.refuse(message_rules.check_modal(data))
    typing = found.payload["type"] == AUTOCOMPLETE
    if typing != (kind == SUGGESTIONS):
        form = rules.Form()
        form.fail("type", "INTERACTION_TYPE", f"Callback {kind} does not answer this interaction")
        rules.refuse(form.tree())


def _command_data(command: Json, typed: Typed) -> Json:
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return {**data, "options": typed.options, "resolved": typed.resolved}


def _components(nodes: list[Json]) -> list[Json]:
    """All components of a message, with those inside rows."""
    inner = [part for node in nodes for part in _components(node.get("components") or [])]
    return [*nodes, *inner]


def _filled(node: Json, fields: Mapping[str, str]) -> Json:
    """A modal's component as it comes back: values instead of looks."""
    filled: Json = {"type": node["type"]}
    if "component" in node:
        label = {"label": node.get("label"), **node["component"]}
        return {**filled, "component": _filled(label, fields)}
    if "components" in node:
        return {**filled, "components": [_filled(inner, fields) for inner in node["components"]]}
    given = fields.get(node["custom_id"], fields.get(node.get("label") or "", ""))
    return {**filled, "custom_id": node["custom_id"], "value": given or node.get("value") or ""}


def _first_text_channel(member: Member) -> Channel:
    channels = member.guild.channels.values()
    found = next((channel for channel in channels if channel.type == TEXT), None)
    assert found is not None, "a command is used in a channel: add_text_channel first"
    return found


def _payload(sent: Interaction, kind: int, data: Json) -> Json:
    """The interaction object as INTERACTION_CREATE carries it."""
    member, guild, channel = sent.member, sent.member.guild, sent.channel
    payload: Json = {
        "id": str(sent.id),
        "application_id": str(guild.me.id),
        "type": kind,
        "data": data,
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "channel_id": str(channel.id),
        "channel": {**channel.payload(), "permissions": str(channel.permissions_for(member))},
        "member": {**member.payload(), "permissions": str(channel.permissions_for(member))},
        "token": sent.token,
        "version": 1,
        "app_permissions": str(channel.permissions_for(guild.me)),
        "locale": member.locale,
        "guild_locale": guild.locale,
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(guild.id)},
        "context": 0,
        "attachment_size_limit": 10_485_760,
    }
    return {**payload, "message": sent.source.payload()} if sent.source else payload
