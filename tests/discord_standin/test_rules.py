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
OPTION = {"label": "x", "value": "x"}
OPTIONS = [{"label": "x", "value": str(i)} for i in range(26)]
SELECT = {"type": 3, "custom_id": "y", "options": OPTIONS[:25]}
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
        {"components": [{"type": 1, "components": [BUTTON, BUTTON]}]},
        {"components": [{"type": 1, "components": [{**BUTTON, "label": None}]}]},
        {"components": [{"type": 1, "components": [{**BUTTON, "style": 5}]}]},
        {"components": [{"type": 1, "components": [{**BUTTON, "style": 5, "url": "https://x"}]}]},
        {"components": [{"type": 1, "components": [SELECT, BUTTON]}]},
        {"components": [{"type": 1, "components": [{**SELECT, "options": []}]}]},
        {"components": [{"type": 1, "components": [{**SELECT, "options": [OPTION] * 2}]}]},
        {"components": [{"type": 1, "components": [{**SELECT, "options": OPTIONS}]}]},
        {"components": [{"type": 1, "components": [{**SELECT, "placeholder": "x" * 151}]}]},
        {"components": [{"type": 1, "components": [{**SELECT, "max_values": 26}]}]},
        {"components": [{"type": 1, "components": [{"type": 6, "custom_id": ""}]}]},
        {"components": [{"type": 1, "components": [{"type": 18}]}]},
    ],
)
def test_discord_refuses_a_message(bad: dict[str, object]) -> None:
    assert message_rules.check_message(bad)


def test_discord_takes_a_row_of_each_kind() -> None:
    link = {"type": rules.BUTTON, "style": 5, "label": "x", "url": "https://example.org"}
    rows = [[BUTTON, link], [SELECT], [{"type": 8, "custom_id": "z", "channel_types": [2]}]]
    body = {"components": [{"type": rules.ACTION_ROW, "components": row} for row in rows]}
    assert message_rules.check_message(body) is None


@pytest.mark.parametrize(
    "bad",
    [
        modal(BUTTON),
        modal(SELECT),
        modal(),
        modal(*[{**TEXT_INPUT, "custom_id": str(i)} for i in range(6)]),
        modal(TEXT_INPUT, TEXT_INPUT),
        modal({**TEXT_INPUT, "label": "x" * 46}),
        modal({**TEXT_INPUT, "label": None}),
        modal({**TEXT_INPUT, "placeholder": "x" * 101}),
        modal({**TEXT_INPUT, "value": "xxx", "max_length": 2}),
        modal({**TEXT_INPUT, "max_length": 4001}),
        modal({**TEXT_INPUT, "style": 3}),
        {**modal(TEXT_INPUT), "title": "x" * 46},
        {**modal(TEXT_INPUT), "title": ""},
        {**modal(), "components": [{"type": 18, "label": "x", "component": BUTTON}]},
    ],
)
def test_discord_refuses_a_modal(bad: dict[str, object]) -> None:
    assert message_rules.check_modal(bad)


def test_modals_hold_text_inputs_and_labelled_menus() -> None:
    assert message_rules.check_modal({**modal(TEXT_INPUT), "title": "x" * 45}) is None
    unlabelled = {"type": rules.TEXT_INPUT, "style": 2, "custom_id": "x"}
    rows = [{"type": rules.LABEL, "label": "x", "component": c} for c in (SELECT, unlabelled)]
    assert message_rules.check_modal({**modal(), "components": rows}) is None


def test_at_most_25_suggestions_each_of_the_options_type() -> None:
    choices = [{"name": str(i), "value": str(i)} for i in range(26)]
    check = message_rules.check_autocomplete
    assert check({"choices": choices[:25]}, rules.STRING) is None
    assert check({"choices": choices}, rules.STRING)
    assert check({"choices": [{"name": "x" * 101, "value": "x"}]}, rules.STRING)
    assert check({"choices": [{"name": "x", "value": "x" * 101}]}, rules.STRING)
    assert check({"choices": choices[:1]}, rules.INTEGER)
    assert check({"choices": [{"name": "x", "value": 1}]}, rules.INTEGER) is None
    assert check({"choices": [{"name": "x", "value": 1}]}, rules.STRING)
