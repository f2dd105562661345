"""Every rule by which Discord refuses commands, messages, modals and suggestions."""

from __future__ import annotations

import pytest

from . import message_rules, rules


def command(name: str = "say", **more: object) -> dict[str, object]:
    return {"name": name, "description": "Say it", **more}


def option(name: str = "text", kind: int = rules.STRING, **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, "description": "What", **more}


SUB = option("sub", rules.SUB_COMMAND)
DEEP = option("a", 2, options=[option("b", 2, options=[SUB])])
CHOICE = {"name": "a", "value": "a"}


@pytest.mark.parametrize(
    "bad",
    [
        command("Say"),
        command("with space"),
        command("x" * 33),
        command(""),
        command(name_localizations={"ja": "Ｘ Ｙ"}),
        command(description=""),
        command(description="x" * 101),
        command(description_localizations={"ja": "あ" * 101}),
        command(options=[option(f"o{i}") for i in range(26)]),
        command(options=[option(), option("need", required=True)]),
        command(options=[option(), option()]),
        command(options=[option(description="x" * 101)]),
        command(options=[option("Upper")]),
        command(options=[option(choices=[{"name": str(i), "value": "v"} for i in range(26)])]),
        command(options=[option(choices=[{"name": "x" * 101, "value": "v"}])]),
        command(options=[option(choices=[{"name": "x", "value": "v" * 101}])]),
        command(options=[option(choices=[CHOICE, CHOICE])]),
        command(options=[option(choices=[CHOICE], autocomplete=True)]),
        command(options=[option(kind=rules.INTEGER, choices=[CHOICE])]),
        command(options=[SUB, option()]),
        command(options=[DEEP]),
        command(options=[option(f"o{i}", description="x" * 100, choices=[
            {"name": f"{j}" + "y" * 97, "value": "z" * 100} for j in range(20)
        ]) for i in range(3)]),
        {"name": "Menu", "type": rules.USER_MENU, "description": "not allowed"},
        {"name": "x" * 33, "type": rules.MESSAGE_MENU},
    ],
)  # fmt: skip
def test_discord_refuses_a_command(bad: dict[str, object]) -> None:
    assert rules.check_command(bad)


@pytest.mark.parametrize(
    "good",
    [
        command("読み上げ", description="あ" * 100),
        command("a-b_c'1"),
        command(options=[option(required=True), option("optional")]),
        command(options=[option("group", 2, options=[SUB])]),
        command(options=[option(choices=[{"name": str(i), "value": "v"} for i in range(25)])]),
        {"name": "Read Aloud", "type": rules.MESSAGE_MENU},
    ],
)
def test_discord_takes_a_command(good: dict[str, object]) -> None:
    assert rules.check_command(good) is None


def test_an_error_names_its_path() -> None:
    errors = rules.check_commands([command(), command("b", options=[option(description="")])])
    assert errors is not None
    assert list(errors) == ["1"]
    assert errors["1"]["options"]["0"]["description"]["_errors"][0]["code"] == "BASE_TYPE_REQUIRED"


def test_numbers_of_commands_are_limited() -> None:
    assert rules.check_commands([command(f"c{i}") for i in range(100)]) is None
    assert rules.check_commands([command(f"c{i}") for i in range(101)])
    menus = [{"name": f"M{i}", "type": rules.USER_MENU} for i in range(6)]
    assert rules.check_commands(menus[:5]) is None
    assert rules.check_commands(menus)
    assert rules.check_commands([command(), command()])


def test_permissions_of_subcommands_are_dropped_in_silence() -> None:
    sub = {**SUB, "default_member_permissions": "8"}
    kept = rules.accepted(command(options=[sub], default_member_permissions="32"))
    assert "default_member_permissions" not in kept["options"][0]
    assert kept["default_member_permissions"] == "32"


BUTTON = {"type": rules.BUTTON, "style": 1, "label": "x", "custom_id": "x"}
TEXT_INPUT = {"type": rules.TEXT_INPUT, "style": 1, "label": "x", "custom_id": "x"}


def modal(*components: dict[str, object]) -> dict[str, object]:
    rows = [{"type": rules.ACTION_ROW, "components": [c]} for c in components]
    return {"title": "Form", "custom_id": "form", "components": rows}


@pytest.mark.parametrize(
    "bad",
    [
        {"content": "x" * 2001},
        {"embeds": [{"title": "x"}] * 11},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4000}] * 2},
        {"embeds": [{"fields": [{"name": "", "value": "x"}]}]},
        {"components": [{"type": rules.ACTION_ROW, "components": [BUTTON] * 6}]},
        {"components": [{"type": rules.ACTION_ROW, "components": [BUTTON]}] * 6},
        {"components": [{"type": rules.ACTION_ROW, "components": [TEXT_INPUT]}]},
        {"components": [{"type": 1, "components": [{**BUTTON, "label": "x" * 81}]}]},
        {"components": [{"type": 1, "components": [{**BUTTON, "custom_id": "x" * 101}]}]},
    ],
)
def test_discord_refuses_a_message(bad: dict[str, object]) -> None:
    assert message_rules.check_message(bad)


def test_modals_hold_text_inputs_and_no_buttons() -> None:
    assert message_rules.check_modal(modal(TEXT_INPUT)) is None
    assert message_rules.check_modal(modal(BUTTON))
    assert message_rules.check_modal({**modal(TEXT_INPUT), "title": "x" * 46})


def test_at_most_25_suggestions() -> None:
    choices = [{"name": str(i), "value": str(i)} for i in range(26)]
    assert message_rules.check_autocomplete({"choices": choices[:25]}) is None
    assert message_rules.check_autocomplete({"choices": choices})
