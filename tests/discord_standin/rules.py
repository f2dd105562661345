"""What Discord refuses, as pure functions: a payload in, an error tree (code 50035) out.

Only rules that Discord documents are here. Each check adds to a `Form`, so that an answer names
every fault at once, with its path, as Discord's does.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .support import DiscordError, Json

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
"""Command types."""
SUB_COMMAND, SUB_COMMAND_GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 6, 7, 8, 9, 10, 11
"""Option types."""
MODAL = 9
"""The interaction callback that opens a modal."""
ACTION_ROW, BUTTON, TEXT_INPUT, LABEL = 1, 2, 4, 18
"""Component types."""

NAME = re.compile(r"[-_'\w\u0900-\u097F\u0E00-\u0E7F]{1,32}")
"""Discord's pattern for chat-input names; Devanagari and Thai marks are not in Python's \\w."""
MAXIMUM_COMMANDS = {CHAT_INPUT: 100, USER_MENU: 5, MESSAGE_MENU: 5}
COMMAND_SIZE = 8000
"""Characters of all names, descriptions and values of one command together."""


@dataclass
class Form:
    """Collects faults by path; `nested` gives a form for a part of the payload."""

    errors: Json = field(default_factory=dict)

    def fail(self, key: str, code: str, message: str) -> None:
        """Note a fault of one field."""
        faults = self.errors.setdefault(key, {}).setdefault("_errors", [])
        faults.append({"code": code, "message": message})

    def nested(self, *keys: str) -> Form:
        """A form for what lies below; empty branches are dropped by `tree`."""
        errors = self.errors
        for key in keys:
            errors = errors.setdefault(key, {})
        return Form(errors)

    def length(self, key: str, value: Any, low: int, high: int) -> None:
        """A string's length in characters must lie within bounds."""
        if not isinstance(value, str) or (not value and low > 0):
            self.fail(key, "BASE_TYPE_REQUIRED", "This field is required")
        elif not low <= len(value) <= high:
            message = f"Must be between {low} and {high} in length."
            self.fail(key, "BASE_TYPE_BAD_LENGTH", message)

    def count(self, key: str, values: list[Any], high: int) -> None:
        """A list may have at most so many elements."""
        if len(values) > high:
            self.fail(key, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")

    def tree(self) -> Json | None:
        """The error tree without empty branches, or None if all is well."""
        return _pruned(self.errors) or None


def _pruned(tree: Json) -> Json:
    """A copy without branches that hold nothing."""
    parts = {k: _pruned(v) if isinstance(v, dict) else v for k, v in tree.items()}
    return {key: value for key, value in parts.items() if value}


def refuse(errors: Json | None) -> None:
    """Raise Discord's "Invalid Form Body" if there are errors."""
    if errors:
        raise DiscordError(400, 50035, "Invalid Form Body", errors)


def check_commands(commands: list[Json]) -> Json | None:
    """Faults of a whole set of commands, as a bulk overwrite sends it."""
    form = Form()
    for index, command in enumerate(commands):
        _check_command(form.nested(str(index)), command)
    for kind, count in Counter(c.get("type", CHAT_INPUT) for c in commands).items():
        if count > MAXIMUM_COMMANDS.get(kind, 0):
            most = MAXIMUM_COMMANDS.get(kind, 0)
            message = f"Maximum number of application commands of type {kind} reached ({most})."
            form.fail("_commands", "APPLICATION_COMMANDS_EXCEEDED", message)
    names = Counter((c.get("type", CHAT_INPUT), c.get("name")) for c in commands)
    for (_, name), count in names.items():
        if count > 1:
            message = f"Application command names must be unique: {name}"
            form.fail("_commands", "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
    return form.tree()


def check_command(command: Json) -> Json | None:
    """Faults of one command."""
    form = Form()
    _check_command(form, command)
    return form.tree()


def _check_command(form: Form, command: Json) -> None:
    kind = command.get("type", CHAT_INPUT)
    if kind == CHAT_INPUT:
        _check_name(form, command)
        _check_description(form, command)
        _check_options(form, command.get("options") or [], depth=0)
    else:
        form.length("name", command.get("name"), 1, 32)
        if command.get("description"):
            form.fail("description", "APPLICATION_COMMAND_DESCRIPTION", "Must be empty.")
    if _size(command) > COMMAND_SIZE:
        message = f"Command exceeds maximum size ({COMMAND_SIZE})"
        form.fail("_size", "APPLICATION_COMMAND_TOO_LARGE", message)


def _check_name(form: Form, named: Json) -> None:
    """A name and its localizations: Discord's pattern, lower case where letters have case."""
    _check_one_name(form, "name", named.get("name"))
    for locale, name in (named.get("name_localizations") or {}).items():
        _check_one_name(form.nested("name_localizations"), locale, name)


def _check_one_name(form: Form, key: str, name: Any) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name) or name != name.lower():
        message = "Command name is invalid"
        form.fail(key, "APPLICATION_COMMAND_INVALID_NAME", message)


def _check_description(form: Form, described: Json) -> None:
    form.length("description", described.get("description"), 1, 100)
    for locale, text in (described.get("description_localizations") or {}).items():
        form.nested("description_localizations").length(locale, text, 1, 100)


def _check_options(form: Form, options: list[Json], depth: int) -> None:
    """Options of a command (depth 0), of a group or subcommand (1) or in a group's (2)."""
    form.count("options", options, 25)
    for index, option in enumerate(options):
        _check_option(form.nested("options", str(index)), option, depth)
    _check_order(form, options)
    _check_uniqueness(form, options)
    kinds = {option.get("type") in (SUB_COMMAND, SUB_COMMAND_GROUP) for option in options}
    if len(kinds) > 1:
        message = "Sub-command and sub-command group option types are mutually exclusive"
        form.fail("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)


def _check_option(form: Form, option: Json, depth: int) -> None:
    kind = option.get("type")
    _check_name(form, option)
    _check_description(form, option)
    if kind in (SUB_COMMAND, SUB_COMMAND_GROUP):
        _check_nesting(form, option, depth)
    else:
        _check_choices(form, option)


def _check_nesting(form: Form, option: Json, depth: int) -> None:
    """Command > group > subcommand is as deep as it goes."""
    inner = option.get("options") or []
    if depth > (0 if option["type"] == SUB_COMMAND_GROUP else 1):
        message = "Sub-commands may be nested one group deep"
        form.fail("type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    elif option["type"] == SUB_COMMAND_GROUP and any(o.get("type") != SUB_COMMAND for o in inner):
        message = "A group holds only sub-commands"
        form.fail("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    _check_options(form, inner, depth + 1)


def _check_choices(form: Form, option: Json) -> None:
    choices = option.get("choices") or []
    form.count("choices", choices, 25)
    if choices and option.get("autocomplete"):
        message = "Choices and autocomplete are mutually exclusive"
        form.fail("autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", message)
    check_choices(form, choices, integral=option.get("type") == INTEGER)


def check_choices(form: Form, choices: list[Json], *, integral: bool = False) -> None:
    """Names of 1-100 characters and values of at most 100, each name once."""
    for index, choice in enumerate(choices):
        part = form.nested("choices", str(index))
        part.length("name", choice.get("name"), 1, 100)
        if isinstance(choice.get("value"), str):
            part.length("value", choice["value"], 0, 100)
        if integral and not isinstance(choice.get("value"), int):
            part.fail("value", "NUMBER_TYPE_COERCE", "Value is not an integer")
    if len({choice.get("name") for choice in choices}) < len(choices):
        message = "Choice names must be unique"
        form.fail("choices", "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", message)


def _check_order(form: Form, options: list[Json]) -> None:
    seen_optional = False
    for index, option in enumerate(options):
        if option.get("required") and seen_optional:
            message = "Required options must be placed before non-required options"
            part = form.nested("options")
            part.fail(str(index), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        kind = option.get("type")
        seen_optional |= not option.get("required") and kind not in (SUB_COMMAND, SUB_COMMAND_GROUP)


def _check_uniqueness(form: Form, options: list[Json]) -> None:
    if len({option.get("name") for option in options}) < len(options):
        message = "Option names must be unique"
        form.fail("options", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", message)


def _size(node: Json) -> int:
    """Characters that count towards a command's size: the longest localization of each text."""
    total = len(str(node.get("value", ""))) if "value" in node else 0
    for key in ("name", "description"):
        texts = [node.get(key) or "", *(node.get(f"{key}_localizations") or {}).values()]
        total += max(map(len, texts))
    parts = [*(node.get("options") or []), *(node.get("choices") or [])]
    return total + sum(map(_size, parts))


def accepted(command: Json) -> Json:
    """The command as Discord keeps it: permissions on subcommands are dropped in silence."""
    options = [_without_permissions(option) for option in command.get("options") or []]
    return {**command, "options": options, "type": command.get("type", CHAT_INPUT)}


def _without_permissions(option: Json) -> Json:
    kept = {k: v for k, v in option.items() if k != "default_member_permissions"}
    if "options" in kept:
        kept["options"] = [_without_permissions(inner) for inner in kept["options"] or []]
    return kept
