"""The registered commands, and how Discord's client turns what a person types into data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import rules
from .messages import Message
from .permissions import bits
from .support import DiscordError, Json, Snowflakes
from .world import Channel, Member, Role

PYTHON_TYPES: dict[int, tuple[type, ...]] = {
    rules.STRING: (str,),
    rules.INTEGER: (int,),
    rules.BOOLEAN: (bool,),
    rules.USER: (Member,),
    rules.CHANNEL: (Channel,),
    rules.ROLE: (Role,),
    rules.MENTIONABLE: (Member, Role),
    rules.NUMBER: (float, int),
    rules.ATTACHMENT: (dict,),
}


@dataclass
class CommandStore:
    """Application commands by scope: None is global, else a guild's id."""

    application_id: int
    snowflakes: Snowflakes
    scopes: dict[int | None, list[Json]] = field(default_factory=dict)
    synced: int = 0
    """How many times the global commands were overwritten in bulk."""
    opened: set[tuple[int, str]] = field(default_factory=set)
    """Guild and command that its admins let everybody use (Integrations), whatever the default."""

    def overwrite(self, scope: int | None, commands: list[Json]) -> list[Json]:
        """Replace all commands of a scope; unchanged names keep their ids."""
        rules.refuse(rules.check_commands(commands))
        ids = {(c["type"], c["name"]): c["id"] for c in self.scopes.get(scope, [])}
        self.scopes[scope] = [self._stored(scope, command, ids) for command in commands]
        self.synced += scope is None
        return self.scopes[scope]

    def add(self, scope: int | None, command: Json) -> Json:
        """Create one command; one of the same name and type is replaced."""
        rules.refuse(rules.check_command(command))
        key = (command.get("type", rules.CHAT_INPUT), command["name"])
        kept = [c for c in self.scopes.get(scope, []) if (c["type"], c["name"]) != key]
        rules.refuse(rules.check_commands([*kept, command]))
        self.scopes[scope] = [*kept, self._stored(scope, command, {})]
        return self.scopes[scope][-1]

    def edit(self, scope: int | None, command_id: str, changes: Json) -> Json:
        """Change one command."""
        old = self.get(scope, command_id)
        new = {**old, **changes}
        rules.refuse(rules.check_command(new))
        old.update(rules.accepted(new))
        return old

    def get(self, scope: int | None, command_id: str) -> Json:
        """One command by its id."""
        for command in self.scopes.get(scope, []):
            if command["id"] == command_id:
                return command
        raise DiscordError(404, 10063, "Unknown application command")

    def remove(self, scope: int | None, command_id: str) -> None:
        """Delete one command."""
        self.scopes[scope].remove(self.get(scope, command_id))

    def find(self, member: Member, name: str, kind: int) -> Json:
        """The command that a member sees under a name; the guild's own before the global one."""
        seen = [*self.scopes.get(member.guild.id, []), *self.scopes.get(None, [])]
        for command in seen:
            if command["name"] == name and command["type"] == kind:
                if (member.guild.id, name) not in self.opened:
                    _assert_permitted(member, command)
                return command
        known = ", ".join(sorted(c["name"] for c in seen if c["type"] == kind))
        raise AssertionError(f"no command {name!r} is registered; there are: {known or 'none'}")

    def _stored(self, scope: int | None, command: Json, ids: Mapping[Any, str]) -> Json:
        kept = rules.accepted(command)
        key = (kept["type"], kept["name"])
        needed = kept.get("default_member_permissions")
        mine = {
            "id": ids.get(key) or str(self.snowflakes.next()),
            "application_id": str(self.application_id),
            "version": str(self.snowflakes.next()),
            "default_member_permissions": None if needed is None else str(needed),
            "description": kept.get("description") or "",
        }
        guild = {} if scope is None else {"guild_id": str(scope)}
        return {**kept, **mine, **guild}


def _assert_permitted(member: Member, command: Json) -> None:
    """Discord hides a command from members without its default permissions."""
    needed = int(command.get("default_member_permissions") or 0)
    hidden = bits(["administrator"]) if command.get("default_member_permissions") == "0" else needed
    if member.guild_permissions & hidden != hidden:
        raise AssertionError(f"{member.user.name} does not see /{command['name']}: no permission")


@dataclass
class Typed:
    """What a person typed, ready for the interaction's `data`."""

    options: list[Json] = field(default_factory=list)
    resolved: dict[str, Json] = field(default_factory=dict)


def descend(command: Json, path: list[str]) -> tuple[list[Json], list[str]]:
    """The options that lie at the end of a subcommand path, and the path's rest."""
    options: list[Json] = command.get("options") or []
    while path and (sub := _subcommand(options, path[0])):
        options, path = sub.get("options") or [], path[1:]
    if path or any(o["type"] in (rules.SUB_COMMAND, rules.SUB_COMMAND_GROUP) for o in options):
        subs = [o["name"] for o in options if o["type"] <= rules.SUB_COMMAND_GROUP]
        raise AssertionError(f"/{command['name']} has the subcommands {subs}, not {path}")
    return options, path


def type_options(
    command: Json, path: list[str], values: Mapping[str, Any], focused: str | None
) -> Typed:
    """Fill in a command as Discord's client does, with all that it checks."""
    known, _ = descend(command, path)
    typed = Typed()
    unknown = set(values) - {option["name"] for option in known}
    if unknown:
        names = [option["name"] for option in known]
        raise AssertionError(f"/{command['name']} has no options {unknown}; it has {names}")
    for option in known:
        if option["name"] in values:
            typed.options.append(_typed(option, values[option["name"]], typed, focused))
        elif option.get("required") and focused is None:
            raise AssertionError(f"/{command['name']} needs the option {option['name']!r}")
    for name in reversed(path):
        kind = rules.SUB_COMMAND if name == path[-1] else rules.SUB_COMMAND_GROUP
        typed.options = [{"name": name, "type": kind, "options": typed.options}]
    return typed


def _subcommand(options: list[Json], name: str) -> Json | None:
    kinds = (rules.SUB_COMMAND, rules.SUB_COMMAND_GROUP)
    return next((o for o in options if o["type"] in kinds and o["name"] == name), None)


def _typed(option: Json, value: Any, typed: Typed, focused: str | None) -> Json:
    """One option's data; its value is checked unless it is still being typed."""
    entry: Json = {"name": option["name"], "type": option["type"]}
    if focused == option["name"]:
        if not option.get("autocomplete"):
            raise AssertionError(f"option {focused!r} has no autocompletion")
        return {**entry, "value": value, "focused": True}
    value = _chosen(option, value)
    expected = PYTHON_TYPES.get(option["type"], (object,))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        raise AssertionError(f"option {option['name']!r} takes {expected}, not {value!r}")
    _assert_bounds(option, value)
    if isinstance(value, (Member, Channel, Role)):
        resolve(typed.resolved, value)
        value = str(value.id)
    elif isinstance(value, dict):
        typed.resolved.setdefault("attachments", {})[value["id"]] = value
        value = value["id"]
    return {**entry, "value": value}


def _chosen(option: Json, value: Any) -> Any:
    """A choice's value, given by name or value."""
    choices = option.get("choices") or []
    if not choices:
        return value
    for choice in choices:
        if value in (choice["name"], choice["value"]):
            return choice["value"]
    names = [choice["name"] for choice in choices]
    raise AssertionError(f"option {option['name']!r} offers {names}, not {value!r}")


def _assert_bounds(option: Json, value: Any) -> None:
    size = len(value) if isinstance(value, str) else value
    unit = "length" if isinstance(value, str) else "value"
    low, high = option.get(f"min_{unit}"), option.get(f"max_{unit}")
    if (low is not None and size < low) or (high is not None and size > high):
        raise AssertionError(f"option {option['name']!r}: {unit} {size} is not in {low}..{high}")
    types = option.get("channel_types")
    if isinstance(value, Channel) and types and value.type not in types:
        raise AssertionError(f"option {option['name']!r} takes channels of types {types}")


def resolve(resolved: dict[str, Json], thing: Member | Channel | Role | Message) -> None:
    """Add a thing to an interaction's resolved data."""
    key = str(thing.id)
    if isinstance(thing, Member):
        partial = {k: v for k, v in thing.payload().items() if k not in ("user", "deaf", "mute")}
        partial["permissions"] = str(thing.guild_permissions)
        resolved.setdefault("users", {})[key] = thing.user.payload()
        resolved.setdefault("members", {})[key] = partial
    elif isinstance(thing, Channel):
        permissions = str(thing.permissions_for(thing.guild.me))
        resolved.setdefault("channels", {})[key] = {**thing.payload(), "permissions": permissions}
    elif isinstance(thing, Role):
        resolved.setdefault("roles", {})[key] = thing.payload()
    else:
        resolved.setdefault("messages", {})[key] = thing.payload()
