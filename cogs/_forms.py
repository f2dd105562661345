"""Forms: Discord's modals, of which nothing that was filled in is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import discord

from luna_tts import LunaError

from ._base import LunaCog
from ._views import Panel

Submitted = Callable[[discord.Interaction, Mapping[str, str]], Awaitable[None]]

_PATIENCE_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form."""

    key: str
    label: str
    """At most 45 characters; Discord refuses more."""
    max_length: int
    required: bool = True
    value: str = ""


class Form(discord.ui.Modal):
    """A form; `submitted` gets what was filled in, by key.

    What `submitted` raises is explained beside a button that opens the form as it was filled in.
    """

    def __init__(
        self, cog: LunaCog, title: str, fields: Sequence[Field], submitted: Submitted
    ) -> None:
        super().__init__(title=title, timeout=_PATIENCE_SECONDS)
        self._cog = cog
        self._fields = fields
        self._submitted = submitted
        self._inputs: dict[str, discord.ui.TextInput[Form]] = {
            field.key: discord.ui.TextInput(
                label=field.label,
                custom_id=field.key,
                max_length=field.max_length,
                required=field.required,
                default=field.value or None,
            )
            for field in fields
        }
        for line in self._inputs.values():
            self.add_item(line)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Called by discord.py."""
        await self._submitted(interaction, self._filled())

    async def on_error(  # type: ignore[override]  # as discord.py's own Modal has it
        self, interaction: discord.Interaction, error: Exception
    ) -> None:
        """Called by discord.py for whatever `on_submit` raises."""
        if not isinstance(error, LunaError):
            await self._cog.explain(interaction, error)
            return
        panel = Panel(self._cog.explain)
        panel.button(self._cog.text(interaction, "panels", "again"), self._open_again)
        sentence = self._cog.phrases.sentence(error, interaction.locale)
        await self._cog.show_view(interaction, sentence, panel)

    async def _open_again(self, interaction: discord.Interaction) -> None:
        filled = self._filled()
        fields = [replace(field, value=filled[field.key]) for field in self._fields]
        await interaction.response.send_modal(Form(self._cog, self.title, fields, self._submitted))

    def _filled(self) -> dict[str, str]:
        return {key: line.value.strip() for key, line in self._inputs.items()}
