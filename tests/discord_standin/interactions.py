"""Interactions: from a person's command to the answer that they see, with Discord's time limits."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import components, message_rules, rules
from .cdn import Upload
from .commands import CommandStore, Typed, resolve, type_options
from .guild import World
from .interaction import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    DEFERRED,
    DEFERRED_UPDATE,
    MESSAGE,
    MODAL_SUBMIT,
    SUGGESTIONS,
    UPDATE,
    Interaction,
    check_kind,
    payload,
)
from .messages import EPHEMERAL, LOADING, Message
from .support import Delays, DiscordError, Json, Limits, Tasks
from .world import TEXT, Channel, Member, timestamp


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
        channel = channel or _first_text_channel(member)
        kept = {
            key: self.world.cdn.keep(channel.id, value, ephemeral=True)
            if isinstance(value, Upload)
            else value
            for key, value in values.items()
        }
        typed = type_options(command, path, kept, focused)
        kind = COMMAND if focused is None else AUTOCOMPLETE
        return self._send(member, kind, _command_data(command, typed), channel)

    def use_menu(self, member: Member, name: str, target: Member | Message) -> Interaction:
        """Send a user or message command."""
        of_member = isinstance(target, Member)
        if isinstance(target, Message):
            _assert_sees(member, target)
        kind = rules.USER_MENU if of_member else rules.MESSAGE_MENU
        typed = Typed()
        resolve(typed.resolved, target)
        command = self.commands.find(member, name, kind)
        data = {**_command_data(command, typed), "target_id": str(target.id)}
        return self._send(member, COMMAND, data, getattr(target, "channel", None))

    def press(self, member: Member, message: Message, label: str) -> Interaction:
        """Send a button's component interaction."""
        _assert_sees(member, message)
        data = components.pressed(message, label)
        return self._send(member, COMPONENT, data, message.channel, message)

    def select(
        self, member: Member, message: Message, values: Sequence[Any], menu: str | None
    ) -> Interaction:
        """Send a select menu's component interaction."""
        _assert_sees(member, message)
        data = components.chosen(message, values, menu)
        return self._send(member, COMPONENT, data, message.channel, message)

    def submit(self, member: Member, by: Interaction, fields: Mapping[str, Any]) -> Interaction:
        """Send a modal's fields, which are named by custom id or label."""
        assert by.kind == rules.MODAL, f"{by} was not answered with a modal"
        assert by.callback is not None
        assert by.member is member, "nobody fills in another person's modal"
        modal = by.callback["data"]
        rows, resolved = components.filled(modal, fields)
        data: Json = {"custom_id": modal["custom_id"], "components": rows}
        data |= {"resolved": resolved} if resolved else {}
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
        message.delete()
        found.answers = [answer for answer in found.answers if answer is not message]
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
        for needed in ("view_channel", "use_application_commands"):
            assert channel.allows(member, needed), f"{member} lacks {needed} in {channel}"
        new_id = self.world.snowflakes.next()
        sent = Interaction(new_id, secrets.token_hex(16), member, channel, {}, self.world, source)
        sent.payload = payload(sent, kind, data)
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
        message.interaction_id, message.only_for = found.id, found.member
        message.apply(body)
        return message

    def _seen(self, found: Interaction, message: Message) -> None:
        """Note when the person could read something; the bot sees its public messages, too."""
        found.seen(message, self.clock())
        if not message.ephemeral and message.id not in message.channel.messages:
            found.member.guild.add_message(message)
        self.world.changes.notify()


def _check_message(body: Json) -> None:
    rules.refuse(message_rules.check_message(body))
    if not message_rules.is_something(body):
        raise DiscordError(400, 50006, "Cannot send an empty message")


def _check_callback(found: Interaction, body: Json) -> None:
    kind, data = body.get("type"), body.get("data") or {}
    check_kind(found, kind)
    if kind == MESSAGE:
        _check_message(data)
    elif kind == UPDATE:
        rules.refuse(message_rules.check_message(data))
    elif kind == SUGGESTIONS:
        focused = _focused(found.payload["data"]["options"])
        rules.refuse(message_rules.check_autocomplete(data, focused["type"]))
    elif kind == rules.MODAL:
        rules.refuse(message_rules.check_modal(data))


def _focused(options: list[Json]) -> Json:
    """The option that is being typed."""
    for option in options:
        if option.get("focused"):
            return option
        if option.get("options"):
            return _focused(option["options"])
    raise AssertionError(f"nothing is being typed in {options}")


def _command_data(command: Json, typed: Typed) -> Json:
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return {**data, "options": typed.options, "resolved": typed.resolved}


def _assert_sees(member: Member, message: Message) -> None:
    """Nobody can use what they do not see."""
    mine = not message.ephemeral or message.only_for is member
    assert mine, f"{member} does not see {message}, which is for {message.only_for}"
    assert not message.deleted, f"{message} is deleted"
    assert message.channel.allows(member, "view_channel"), f"{member} does not see the channel"


def _first_text_channel(member: Member) -> Channel:
    channels = member.guild.channels.values()
    found = next((channel for channel in channels if channel.type == TEXT), None)
    assert found is not None, "a command is used in a channel: add_text_channel first"
    return found
