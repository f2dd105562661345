"""What Discord refuses in messages, modals and autocomplete answers; pure, like `rules`."""

from __future__ import annotations

from collections import Counter

from .rules import ACTION_ROW, BUTTON, INTEGER, LABEL, NUMBER, TEXT_INPUT, Form, check_choices
from .support import Json

TEXT_DISPLAY = 10
LINK_BUTTON = 5
PREMIUM_BUTTON = 6
STRING_SELECT, CHANNEL_SELECT = 3, 8
SELECTS = (STRING_SELECT, 5, 6, 7, CHANNEL_SELECT)
"""String, user, role, mentionable and channel."""
EMBED_TEXT = 6000
"""Characters of all embeds of a message together."""


def check_message(body: Json) -> Json | None:
    """Faults of a message that is sent or edited."""
    form = Form()
    content, embeds = body.get("content") or "", body.get("embeds") or []
    if len(content) > 2000:
        message = "Must be 2000 or fewer in length."
        form.fail("content", "BASE_TYPE_MAX_LENGTH", message)
    form.count("embeds", embeds, 10)
    for index, embed in enumerate(embeds):
        _check_embed(form.nested("embeds", str(index)), embed)
    if sum(map(_embed_size, embeds)) > EMBED_TEXT:
        form.fail("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds {EMBED_TEXT}")
    _check_rows(form, body.get("components") or [])
    return form.tree()


def is_something(body: Json) -> bool:
    """Whether a message has anything in it."""
    parts = ("content", "embeds", "components", "attachments", "poll", "sticker_ids")
    return any(body.get(part) for part in parts)


def check_modal(modal: Json) -> Json | None:
    """Faults of a modal; among them: it cannot hold buttons."""
    form = Form()
    form.length("title", modal.get("title"), 1, 45)
    form.length("custom_id", modal.get("custom_id"), 1, 100)
    rows = modal.get("components") or []
    if not 1 <= len(rows) <= 5:
        form.fail("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    found = []
    for index, row in enumerate(rows):
        if row.get("type") == TEXT_DISPLAY:
            continue
        part = form.nested("components", str(index))
        labelled = row.get("type") == LABEL
        if labelled:
            part.length("label", row.get("label"), 1, 45)
        inner = [row["component"]] if labelled else row.get("components") or []
        if len(inner) != 1:
            part.fail("components", "BASE_TYPE_BAD_LENGTH", "Must be 1 in length.")
        for place, component in enumerate(inner):
            below = part.nested("component") if labelled else part.nested("components", str(place))
            _check_modal_component(below, component, labelled=labelled)
        found += inner
    _check_custom_ids(form, found)
    return form.tree()


def check_autocomplete(answer: Json, option_type: int) -> Json | None:
    """Faults of the suggestions for an option of that type."""
    form = Form()
    choices = answer.get("choices") or []
    form.count("choices", choices, 25)
    check_choices(form, choices, integral=option_type == INTEGER)
    for index, choice in enumerate(choices):
        number = option_type in (INTEGER, NUMBER)
        if isinstance(choice.get("value"), str) == number:
            part = form.nested("choices", str(index))
            part.fail("value", "BASE_TYPE_CHOICES", "Value does not have the type of the option")
    return form.tree()


def _check_embed(form: Form, embed: Json) -> None:
    for key, most in (("title", 256), ("description", 4096)):
        if embed.get(key):
            form.length(key, embed[key], 1, most)
    fields = embed.get("fields") or []
    form.count("fields", fields, 25)
    for index, field in enumerate(fields):
        part = form.nested("fields", str(index))
        part.length("name", field.get("name"), 1, 256)
        part.length("value", field.get("value"), 1, 1024)
    if embed.get("footer"):
        form.nested("footer").length("text", embed["footer"].get("text"), 1, 2048)
    if embed.get("author"):
        form.nested("author").length("name", embed["author"].get("name"), 1, 256)


def _embed_size(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [part.get(key) for part in embed.get("fields") or [] for key in ("name", "value")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    return sum(len(text) for text in texts if text)


def _check_rows(form: Form, components: list[Json]) -> None:
    rows = [(i, c) for i, c in enumerate(components) if c.get("type") == ACTION_ROW]
    form.count("components", [row for _, row in rows], 5)
    found = []
    for index, row in rows:
        part = form.nested("components", str(index))
        inner = row.get("components") or []
        if not 1 <= len(inner) <= (5 if all(c.get("type") == BUTTON for c in inner) else 1):
            message = "A row holds 1 to 5 buttons or one select menu"
            part.fail("components", "BASE_TYPE_BAD_LENGTH", message)
        for place, component in enumerate(inner):
            _check_component(part.nested("components", str(place)), component)
        found += inner
    _check_custom_ids(form, found)


def _check_custom_ids(form: Form, components: list[Json]) -> None:
    ids = Counter(c["custom_id"] for c in components if c.get("custom_id"))
    for twice in (custom_id for custom_id, count in ids.items() if count > 1):
        message = f"Component custom id cannot be duplicated: {twice}"
        form.fail("components", "COMPONENT_CUSTOM_ID_DUPLICATED", message)


def _check_component(form: Form, component: Json) -> None:
    kind = component.get("type")
    if kind == TEXT_INPUT:
        form.fail("type", "UNION_TYPE_CHOICES", "Text inputs belong in modals")
    elif kind == BUTTON:
        _check_button(form, component)
    elif kind in SELECTS:
        _check_select(form, component)
    else:
        form.fail("type", "UNION_TYPE_CHOICES", f"There is no component of type {kind} in a row")


def _check_button(form: Form, button: Json) -> None:
    style = button.get("style")
    if style not in range(1, PREMIUM_BUTTON + 1):
        form.fail("style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5, 6).")
    if button.get("label"):
        form.length("label", button["label"], 1, 80)
    elif not button.get("emoji") and style != PREMIUM_BUTTON:
        form.fail("_errors", "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji")
    if style == LINK_BUTTON:
        form.length("url", button.get("url"), 1, 512)
        if button.get("custom_id"):
            message = "A custom id and url cannot both be specified"
            form.fail("custom_id", "BUTTON_COMPONENT_CUSTOM_ID_URL", message)
    elif style != PREMIUM_BUTTON:
        form.length("custom_id", button.get("custom_id"), 1, 100)


def _check_select(form: Form, menu: Json) -> None:
    form.length("custom_id", menu.get("custom_id"), 1, 100)
    if len(menu.get("placeholder") or "") > 150:
        form.fail("placeholder", "BASE_TYPE_MAX_LENGTH", "Must be 150 or fewer in length.")
    low, high = menu.get("min_values", 1), menu.get("max_values", 1)
    if not (0 <= low <= 25 and 1 <= high <= 25 and low <= high):
        form.fail("max_values", "NUMBER_TYPE_MAX", "min_values 0-25, max_values 1-25 and no less")
    if menu["type"] == STRING_SELECT:
        _check_select_options(form, menu.get("options") or [])


def _check_select_options(form: Form, options: list[Json]) -> None:
    if not 1 <= len(options) <= 25:
        form.fail("options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
    for index, option in enumerate(options):
        part = form.nested("options", str(index))
        part.length("label", option.get("label"), 1, 100)
        part.length("value", option.get("value"), 1, 100)
        if option.get("description"):
            part.length("description", option["description"], 1, 100)
    if len({option.get("value") for option in options}) < len(options):
        message = "The specified option value is already used"
        form.fail("options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)


def _check_modal_component(form: Form, component: Json, *, labelled: bool) -> None:
    kind = component.get("type")
    if kind != TEXT_INPUT and not (labelled and kind in SELECTS):
        form.fail("type", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (4,).')
    elif kind in SELECTS:
        _check_select(form, component)
    else:
        _check_text_input(form, component, labelled=labelled)


def _check_text_input(form: Form, field: Json, *, labelled: bool) -> None:
    form.length("custom_id", field.get("custom_id"), 1, 100)
    if not labelled:
        form.length("label", field.get("label"), 1, 45)
    if field.get("style") not in (1, 2):
        form.fail("style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2).")
    for key, most in (("placeholder", 100), ("value", field.get("max_length") or 4000)):
        if len(field.get(key) or "") > most:
            form.fail(key, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    low, high = field.get("min_length"), field.get("max_length")
    if not 0 <= (low or 0) <= 4000 or not 1 <= (4000 if high is None else high) <= 4000:
        form.fail("max_length", "NUMBER_TYPE_MAX", "min_length 0-4000, max_length 1-4000")
