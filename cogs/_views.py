"""Buttons and menus under an answer that the caller alone sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

import discord

PATIENCE_SECONDS = 300.0
"""After the last press; then the buttons answer no more."""

MAX_CONTENT = 2000
"""Characters of a message; Discord refuses more."""
MOST_OPTIONS = 25
MOST_LABEL = 100
"""Of a menu and of its options; Discord refuses more."""

OnError = Callable[[discord.Interaction, Exception], Awaitable[None]]


class LunaView(discord.ui.View):
    """A view whose errors become sentences, like those of commands."""

    def __init__(self, explain: OnError) -> None:
        super().__init__(timeout=PATIENCE_SECONDS)
        self._explain = explain

    async def on_error(
        self, interaction: discord.Interaction, error: Exception, item: discord.ui.Item[LunaView]
    ) -> None:
        """Called by discord.py for whatever a button or menu raises."""
        await self._explain(interaction, error)


class Pages(LunaView):
    """A text of one or more pages, with buttons to turn them where there are several."""

    def __init__(self, pages: Sequence[str], explain: OnError) -> None:
        super().__init__(explain)
        self._pages = pages
        self._at = 0
        if len(pages) == 1:
            self.clear_items()
        self._show()

    @property
    def content(self) -> str:
        """The page that is open."""
        return self._pages[self._at]

    @discord.ui.button(emoji="◀", custom_id="back")
    async def back(self, interaction: discord.Interaction, _: discord.ui.Button[Pages]) -> None:
        """Turns back."""
        await self._turn(interaction, -1)

    @discord.ui.button(emoji="▶", custom_id="on")
    async def on(self, interaction: discord.Interaction, _: discord.ui.Button[Pages]) -> None:
        """Turns on."""
        await self._turn(interaction, 1)

    async def _turn(self, interaction: discord.Interaction, by: int) -> None:
        self._at = min(max(self._at + by, 0), len(self._pages) - 1)
        self._show()
        await interaction.response.edit_message(content=self.content, view=self)

    def _show(self) -> None:
        self.back.disabled = self._at == 0
        self.on.disabled = self._at == len(self._pages) - 1


class Panel(LunaView):
    """Menus and buttons, added one by one; Discord gives room to five rows."""

    def menu(
        self,
        placeholder: str,
        options: Sequence[str],
        picked: Callable[[discord.Interaction, str], Awaitable[None]],
        *,
        chosen: str | None = None,
    ) -> None:
        """One of `options`, of which Discord shows 25 and none that is too long.

        `chosen` is the one that holds now.
        """
        select: discord.ui.Select[Panel] = discord.ui.Select(
            placeholder=placeholder,
            options=[
                # By number, since Discord takes no value of over 100 characters, nor one twice.
                discord.SelectOption(
                    label=option[:MOST_LABEL], value=str(number), default=option == chosen
                )
                for number, option in enumerate(options[:MOST_OPTIONS])
            ],
        )

        async def callback(interaction: discord.Interaction) -> None:
            await picked(interaction, options[int(select.values[0])])

        select.callback = callback  # type: ignore[method-assign]
        self.add_item(select)

    def switches(
        self,
        placeholder: str,
        labels: Mapping[str, str],
        on: Collection[str],
        changed: Callable[[discord.Interaction, set[str]], Awaitable[None]],
    ) -> None:
        """Any number of `labels`, by key, of which those in `on` are on now."""
        select: discord.ui.Select[Panel] = discord.ui.Select(
            placeholder=placeholder,
            min_values=0,
            max_values=len(labels),
            options=[
                discord.SelectOption(label=label[:MOST_LABEL], value=key, default=key in on)
                for key, label in labels.items()
            ],
        )

        async def callback(interaction: discord.Interaction) -> None:
            await changed(interaction, set(select.values))

        select.callback = callback  # type: ignore[method-assign]
        self.add_item(select)

    def button(self, label: str, pressed: Callable[[discord.Interaction], Awaitable[None]]) -> None:
        """Calls `pressed` each time."""
        button: discord.ui.Button[Panel] = discord.ui.Button(label=label)

        async def callback(interaction: discord.Interaction) -> None:
            await pressed(interaction)

        button.callback = callback  # type: ignore[method-assign]
        self.add_item(button)


def paginate(lines: Iterable[str], most: int = MAX_CONTENT) -> list[str]:
    """Lines as pages of at most `most` characters; a line that is longer is cut."""
    pages: list[str] = []
    for line in lines:
        line = line if len(line) <= most else line[: most - 1] + "…"
        if pages and len(pages[-1]) + 1 + len(line) <= most:
            pages[-1] += "\n" + line
        else:
            pages.append(line)
    return [page for page in pages if page.strip()]  # Discord takes no empty message
