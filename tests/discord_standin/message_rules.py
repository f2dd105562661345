"""What Discord refuses in messages, modals and autocomplete answers; pure, like `rules`."""

from __future__ import annotations

from .rules import ACTION_ROW, BUTTON, LABEL, TEXT_INPUT, Form, check_choices
from .support import Json

LINK_BUTTON = 5
STRING_SELECT = 3
SELECTS = (3, 5, 6, 7, 8)
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
    for index, row in enumerate(rows):
        part = form.nested("components", str(index))
        inner = [row["component"]] if row.get("type") == LABEL else row.get("components") or []
        for place, component in enumerate(inner):
            _check_modal_component(part.nested("components", str(place)), component)
    return form.tree()


def check_autocomplete(answer: Json) -> Json | None:
    """Faults of the suggestions for an option."""
    form = Form()
    choices = answer.get("choices") or []
    form.count("choices", choices, 25)
    check_choices(form, choices)
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
    for index, row in rows:
        part = form.nested("components", str(index))
        inner = row.get("components") or []
        if not 1 <= len(inner) <= (5 if all(c.get("type") == BUTTON for c in inner) else 1):
            message = "A row holds 1 to 5 buttons or one select menu"
            part.fail("components", "BASE_TYPE_BAD_LENGTH", message)
        for place, component in enumerate(inner):
            _check_component(part.nested("components", str(place)), component)


def _check_component(form: Form, component: Json) -> None:
    kind = component.get("type")
    if kind == TEXT_INPUT:
        form.fail("type", "UNION_TYPE_CHOICES", "Text inputs belong in modals")
    if kind == BUTTON and component.get("label"):
        form.length("label", component["label"], 1, 80)
    if kind in SELECTS or (kind == BUTTON and component.get("style") != LINK_BUTTON):
        form.length("custom_id", component.get("custom_id"), 1, 100)
    if kind == STRING_SELECT:
        _check_select(form, component.get("options") or [])


def _check_select(form: Form, options: list[Json]) -> None:
    form.count("options", options, 25)
    for index, option in enumerate(options):
        part = form.nested("options", str(index))
        part.length("label", option.get("label"), 1, 100)
        part.length("value", option.get("value"), 1, 100)


def _check_modal_component(form: Form, component: Json) -> None:
    kind = component.get("type")
    if kind == BUTTON:
        form.fail("type", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (4,).')
        return
    form.length("custom_id", component.get("custom_id"), 1, 100)
    if kind == TEXT_INPUT:
        if component.get("label") is not None:
            form.length("label", component["label"], 1, 45)
        if len(component.get("placeholder") or "") > 100:
            form.fail("placeholder", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
