"""How Discord's client turns what a person presses, chooses and fills in into data.

What it would not let a person do is an AssertionError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import rules
from .commands import resolve
from .message_rules import CHANNEL_SELECT, LINK_BUTTON, SELECTS, STRING_SELECT
from .messages import Message
from .support import Json
from .world import Channel, Member, Role

CHOOSABLE: dict[int, tuple[type, ...]] = {
    5: (Member,),
    6: (Role,),
    7: (Member, Role),
    CHANNEL_SELECT: (Channel,),
}
"""What the select menus other than the string select offer."""


def pressed(message: Message, label: str) -> Json:
    """The data of a press on the button with that label or custom id."""
    for component in walk(message.components):
        names = (component.get("label"), component.get("custom_id"))
        if component["type"] == rules.BUTTON and label in names:
            assert component["style"] != LINK_BUTTON, f"the button {label!r} opens a web page"
            assert not component.get("disabled"), f"the button {label!r} is disabled"
            return {"component_type": rules.BUTTON, "custom_id": component["custom_id"]}
    raise AssertionError(f"no button {label!r} in {message.components}")


def chosen(message: Message, values: Sequence[Any], menu: str | None) -> Json:
    """The data of a choice in the select menu `menu` (placeholder or custom id), or the first."""
    for component in walk(message.components):
        names = (component.get("custom_id"), component.get("placeholder"))
        if component["type"] in SELECTS and (menu is None or menu in names):
            resolved: Json = {}
            choice = _choice(component, values, resolved)
            data = {"component_type": component["type"], **choice}
            return {**data, "resolved": resolved} if resolved else data
    raise AssertionError(f"no select menu {menu or ''!r} in {message.components}")


def filled(modal: Json, fields: Mapping[str, Any]) -> tuple[list[Json], Json]:
    """A modal's components as they come back, and what its choices resolve to.

    Fields are named by custom id or label; a text input takes a str, a select menu a sequence.
    """
    inputs = [part for part in walk(modal["components"]) if "custom_id" in part]
    known = {name for part in inputs for name in (part["custom_id"], part.get("label"))}
    assert set(fields) <= known, f"the modal has the fields {known}, not {set(fields)}"
    resolved: Json = {}
    return [_filled(row, fields, resolved) for row in modal["components"]], resolved


def walk(nodes: list[Json]) -> list[Json]:
    """All components, with those inside rows, and those inside labels under their label."""
    found = []
    for node in nodes:
        inner = node.get("components") or []
        if "component" in node:
            inner = [{"label": node.get("label"), **node["component"]}]
        found += [node, *walk(inner)]
    return found


def _filled(node: Json, fields: Mapping[str, Any], resolved: Json) -> Json:
    result: Json = {"type": node["type"]}
    if "component" in node:
        labelled = {"label": node.get("label"), **node["component"]}
        return {**result, "component": _filled(labelled, fields, resolved)}
    if "components" in node:
        return {**result, "components": [_filled(n, fields, resolved) for n in node["components"]]}
    if "custom_id" not in node:
        return result  # a text that is only shown
    given = fields.get(node["custom_id"], fields.get(node.get("label") or ""))
    if node["type"] in SELECTS:
        return {**result, **_choice(node, given or (), resolved)}
    return {**result, "custom_id": node["custom_id"], "value": _text(node, given)}


def _text(node: Json, given: Any) -> str:
    """What stands in a text input when it is sent."""
    value = str(node.get("value") or "" if given is None else given)
    name = node.get("label") or node["custom_id"]
    if not value:
        assert not node.get("required", True), f"the field {name!r} must be filled in"
        return value
    low, high = node.get("min_length") or 0, node.get("max_length") or 4000
    assert low <= len(value) <= high, f"{name!r}: length {len(value)} is not in {low}..{high}"
    assert node["style"] == 2 or "\n" not in value, f"{name!r} has one line"
    return value


def _choice(menu: Json, values: Sequence[Any], resolved: Json) -> Json:
    """Values of a select menu as the client sends them."""
    assert not menu.get("disabled"), "the select menu is disabled"
    low, high = menu.get("min_values", 1), menu.get("max_values", 1)
    needed = low if menu.get("required", True) or values else 0
    assert needed <= len(values) <= high, f"{len(values)} values chosen, not {low} to {high}"
    if menu["type"] == STRING_SELECT:
        return {"custom_id": menu["custom_id"], "values": [_option(menu, v) for v in values]}
    for value in values:
        kinds = CHOOSABLE[menu["type"]]
        assert isinstance(value, kinds), f"the menu offers {kinds}, not {value!r}"
        types = menu.get("channel_types")
        shown = not isinstance(value, Channel) or not types or value.type in types
        assert shown, f"the menu offers channels of types {types}, not {value!r}"
        resolve(resolved, value)
    return {"custom_id": menu["custom_id"], "values": [str(value.id) for value in values]}


def _option(menu: Json, value: str) -> str:
    """A string option's value, given by value or label."""
    for option in menu["options"]:
        if value in (option["value"], option["label"]):
            return str(option["value"])
    raise AssertionError(f"the menu offers {[o['label'] for o in menu['options']]}, not {value!r}")
