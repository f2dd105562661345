"""The panel of what is read of a chat, and how: switches, a time zone, and a form for texts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import discord

from ._base import LunaCog
from ._checks import may_manage_guild
from ._errors import InvalidTemplate, UnknownTimeZone
from ._forms import Field, Form
from ._readable import SKIP_PREFIX
from ._store import GuildSettings
from ._views import MOST_OPTIONS, Panel

SWITCHES: Final = (
    "auto_leave",
    "listeners_only",
    "read_bots",
    "read_embeds",
    "ng_beep",
    "distinct_voices",
    "read_names",
    "announce_joins",
    "announce_leaves",
    "announce_moves",
)
TEXTS: Final = {"skip_prefix": 10, "name_template": 100, "time_zone": 50}
"""What is typed, each with the most characters that it may have."""
ZONES: Final = (
    *("Asia/Tokyo", "Asia/Seoul", "UTC", "America/Los_Angeles", "America/Denver"),
    *("America/Chicago", "America/New_York", "America/Sao_Paulo", "Europe/London"),
    *("Europe/Paris", "Europe/Berlin", "Europe/Moscow", "Asia/Dubai", "Asia/Kolkata"),
    *("Asia/Bangkok", "Asia/Jakarta", "Asia/Ho_Chi_Minh", "Asia/Singapore", "Asia/Hong_Kong"),
    *("Asia/Taipei", "Asia/Shanghai", "Australia/Sydney", "Pacific/Auckland"),
)

Drawn = tuple[str, Panel]


def check_texts(name_template: str | None, time_zone: str | None) -> None:
    """Raises `InvalidTemplate` or `UnknownTimeZone`; None is as nobody chose."""
    if name_template is not None:
        before, found, after = name_template.partition("{name}")
        if not found or set("{}") & set(before + after):
            raise InvalidTemplate(name_template)
    if time_zone is not None:
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise UnknownTimeZone(time_zone) from error


async def reading_panel(
    cog: LunaCog,
    interaction: discord.Interaction,
    back: Callable[[discord.Interaction], Awaitable[Drawn]],
) -> Drawn:
    """What stands in it, and its menus and buttons; `back` draws the panel that it came from."""
    guild = await cog.store.guild(interaction.guild_id or 0)

    def text(key: str, **data: object) -> str:
        return cog.text(interaction, "reading", key, **data)

    async def redraw(pressed: discord.Interaction, drawn: Drawn) -> None:
        content, panel = drawn
        await pressed.edit_original_response(content=content, view=panel)

    async def take(pressed: discord.Interaction, **changes: Any) -> None:
        await may_manage_guild(pressed)  # it may be some time since the panel was opened
        check_texts(changes.get("name_template"), changes.get("time_zone"))
        await pressed.response.defer()
        await cog.store.update_guild(pressed.guild_id or 0, **changes)
        await redraw(pressed, await reading_panel(cog, pressed, back))

    async def switched(pressed: discord.Interaction, on: set[str]) -> None:
        changed = on ^ {key for key in SWITCHES if getattr(guild, key)}
        await take(pressed, **{key: key in on for key in changed})

    async def pick_zone(pressed: discord.Interaction, name: str) -> None:
        await take(pressed, time_zone=None if name == text("home") else name)

    async def fill(pressed: discord.Interaction) -> None:
        async def submitted(sent: discord.Interaction, filled: Mapping[str, str]) -> None:
            await take(sent, **{key: value or None for key, value in filled.items()})

        fields = [
            Field(key, text(key), most, required=False, value=getattr(guild, key) or "")
            for key, most in TEXTS.items()
        ]
        await pressed.response.send_modal(Form(cog, text("texts"), fields, submitted))

    async def go_back(pressed: discord.Interaction) -> None:
        await may_manage_guild(pressed)
        await pressed.response.defer()
        await redraw(pressed, await back(pressed))

    panel = Panel(cog.explain)
    labels = {key: text(key) for key in SWITCHES}
    panel.switches(
        text("switches"), labels, {key for key in labels if getattr(guild, key)}, switched
    )
    zone = guild.time_zone or text("home")
    zones = dict.fromkeys((zone, text("home"), *ZONES))
    panel.menu(text("zones"), list(zones)[:MOST_OPTIONS], pick_zone, chosen=zone)
    panel.button(text("texts"), fill)
    panel.button(text("back"), go_back)
    return "\n".join(_lines(guild, labels, text)), panel


def _lines(guild: GuildSettings, labels: Mapping[str, str], text: Callable[..., str]) -> list[str]:
    shown = discord.utils.escape_markdown
    return [
        *(f"{'✅' if getattr(guild, key) else '⬜'} {label}" for key, label in labels.items()),
        text("prefix_now", prefix=shown(guild.skip_prefix or SKIP_PREFIX)),
        text("template_now", template=shown(guild.name_template or text("home"))),
        text("zone_now", zone=guild.time_zone or text("home")),
    ]
