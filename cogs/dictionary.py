"""/dict: how words are read, for oneself, for the server, and for everybody."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from luna_tts import DictionaryWord, UserDictionary
from luna_tts.errors import InvalidDictionary
from luna_tts.nlp.dictionary_files import LONGEST_FILE, read_words, write_words
from luna_tts.nlp.dictionary_word import LONGEST_READING, LONGEST_SURFACE, PRIORITY
from luna_tts.nlp.japanese.mora import to_katakana
from luna_tts.nlp.user_dictionary import fold

from ._base import LunaCog, add_cog
from ._checks import may_manage_guild, may_manage_process
from ._choices import likely_word, matching
from ._errors import UnknownWord
from ._forms import Field, Form
from ._rate_limits import unless_hasty
from ._store import EVERYWHERE, Scope
from ._views import Panel

MINE, SERVER, ALL = "mine", "server", "everywhere"
WHOSE: Final = (
    app_commands.Choice(name=locale_str("mine, in every server", luna="dict_mine"), value=MINE),
    app_commands.Choice(name=locale_str("this server's", luna="dict_server"), value=SERVER),
    app_commands.Choice(
        name=locale_str("everywhere (bot's owner)", luna="dict_everywhere"), value=ALL
    ),
)
_MOST_REFUSED_SHOWN: Final = 5


class Dictionary(LunaCog, name="LunaDictionary"):
    """The words of members, servers and the whole bot."""

    def __init__(self, bot: commands.Bot) -> None:
        super().__init__(bot)
        self.menu(locale_str("Add to dictionary", luna="menu_dict"), self.add_of)

    dict_ = app_commands.Group(
        name="dict", description=locale_str("How words are read", luna="dict"), guild_only=True
    )

    @dict_.command(description=locale_str("Set how a word is read", luna="dict_add"))
    @app_commands.describe(whose=locale_str("Whose dictionary", luna="dict_whose"))
    @app_commands.choices(whose=list(WHOSE))
    async def add(self, interaction: discord.Interaction, whose: str = SERVER) -> None:
        """Opens a form; its answer has a button to listen to the word."""
        await self._open_form(interaction, whose)

    async def add_of(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """The same form, with a word of the message in it."""
        guild = await self.store.guild(interaction.guild_id or 0)
        known = [word.surface for word in await self.store.words(interaction.guild_id or 0, 0)]
        whose = SERVER if guild.members_edit_dictionary or _manages(interaction) else MINE
        await self._open_form(interaction, whose, likely_word(message.content, known))

    @dict_.command(description=locale_str("Remove a word", luna="dict_remove"))
    @app_commands.describe(
        word=locale_str("The word as it is written", luna="dict_word"),
        whose=locale_str("Whose dictionary", luna="dict_whose"),
    )
    @app_commands.choices(whose=list(WHOSE))
    async def remove(
        self, interaction: discord.Interaction, word: str, whose: str = SERVER
    ) -> None:
        """Forgets how `word` is read."""
        scope = await self._scope(interaction, whose, change=True)
        removed = await self.store.remove_word(scope, word)
        if removed is None:
            raise UnknownWord(word)
        await self.show(interaction, self._text(interaction, "dict_removed", removed))

    @dict_.command(name="list", description=locale_str("All words", luna="dict_list"))
    @app_commands.describe(
        whose=locale_str("Whose dictionary", luna="dict_whose"),
        search=locale_str("Part of a word or reading", luna="dict_search"),
    )
    @app_commands.choices(whose=list(WHOSE))
    async def list_words(
        self, interaction: discord.Interaction, whose: str = SERVER, search: str = ""
    ) -> None:
        """Pages of words, readings, accents and priorities."""
        scope = await self._scope(interaction, whose, change=False)
        words = await self.store.words(*scope)
        lines = [_line(word) for word in words if _holds(word, search)]
        title = self.text(interaction, "dict", "title", count=len(lines))
        await self.show_pages(interaction, [title, *lines])

    @dict_.command(
        name="import", description=locale_str("Add words from a file", luna="dict_import")
    )
    @app_commands.describe(
        file=locale_str("CSV (word,reading,accent,priority) or VOICEVOX JSON", luna="dict_file"),
        whose=locale_str("Whose dictionary", luna="dict_whose"),
    )
    @app_commands.choices(whose=list(WHOSE))
    async def import_words(
        self, interaction: discord.Interaction, file: discord.Attachment, whose: str = SERVER
    ) -> None:
        """All words that can be used, in one step; the others are told with their reason."""
        scope = await self._scope(interaction, whose, change=True)
        if file.size > LONGEST_FILE:
            raise InvalidDictionary(f"is larger than {LONGEST_FILE // 1_000_000} MB")
        self.limits.expensive(interaction)
        async with self.acknowledged(interaction):
            # Megabytes take seconds, during which others are being spoken to.
            read = await asyncio.to_thread(read_words, await file.read())
            await self.store.put_words(scope, read.words)
        text = self.text(
            interaction,
            "replies",
            "dict_imported",
            count=len(read.words),
            refused=len(read.refused),
        )
        reasons = [
            f"{number}: {self.phrases.sentence(error, interaction.locale)}"
            for number, error in read.refused[:_MOST_REFUSED_SHOWN]
        ]
        await self.show(interaction, "\n".join([text, *reasons]))

    @dict_.command(name="export", description=locale_str("All words as a file", luna="dict_export"))
    @app_commands.describe(whose=locale_str("Whose dictionary", luna="dict_whose"))
    @app_commands.choices(whose=list(WHOSE))
    async def export_words(self, interaction: discord.Interaction, whose: str = SERVER) -> None:
        """CSV, for a spreadsheet or for another server."""
        scope = await self._scope(interaction, whose, change=False)
        words = await self.store.words(*scope)
        file = discord.File(io.BytesIO(write_words(words)), f"luna-dictionary-{whose}.csv")
        await interaction.response.send_message(file=file, ephemeral=True)

    @remove.autocomplete("word")
    @unless_hasty
    async def _offer_words(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        scope = await self._scope(interaction, interaction.namespace.whose or SERVER, change=False)
        surfaces = [word.surface for word in await self.store.words(*scope)]
        return [app_commands.Choice(name=name, value=name) for name in matching(typed, surfaces)]

    async def _open_form(
        self, interaction: discord.Interaction, whose: str, surface: str = ""
    ) -> None:
        await self._scope(interaction, whose, change=True)

        async def submitted(sent: discord.Interaction, filled: Mapping[str, str]) -> None:
            scope = await self._scope(sent, whose, change=True)  # the form may be a while old
            await self._add(sent, scope, _word(filled))

        def text(key: str) -> str:
            return self.text(interaction, "dict", key)

        fields = (
            Field("surface", text("surface"), LONGEST_SURFACE, value=surface[:LONGEST_SURFACE]),
            Field("reading", text("reading"), LONGEST_READING),
            Field("accent", text("accent"), 3, required=False),
            Field("priority", text("priority"), 2, required=False),
        )
        await interaction.response.send_modal(Form(self, text("form"), fields, submitted))

    async def _scope(self, interaction: discord.Interaction, whose: str, *, change: bool) -> Scope:
        """The dictionary in question. Raises `NotAllowed` or `OwnerOnly` for a forbidden change."""
        if whose == MINE:
            return 0, interaction.user.id
        if whose == ALL:
            if change:
                await may_manage_process(interaction)
            return EVERYWHERE
        guild = await self.store.guild(interaction.guild_id or 0)
        if change and not guild.members_edit_dictionary:
            await may_manage_guild(interaction)
        return interaction.guild_id or 0, 0

    async def _add(
        self, interaction: discord.Interaction, scope: Scope, word: DictionaryWord
    ) -> None:
        """Writes the word and tells what it replaces, and which other reading is in its way."""
        before = _find(await self.store.words(*scope), word.surface)
        await self.store.put_words(scope, [word])
        lines = [self._text(interaction, "dict_added", word)]
        if before and before != word:
            lines.append(self._text(interaction, "dict_replaced", before))
        own = 0, interaction.user.id
        if scope != own and (other := _find(await self.store.words(*own), word.surface)):
            lines.append(self._text(interaction, "dict_own_first", other))
        panel = Panel(self.explain)
        label = self.text(interaction, "panels", "try")
        words = UserDictionary([word])
        panel.button(label, lambda pressed: self.let_hear(pressed, word.surface, words))
        await self.show_view(interaction, "\n".join(lines), panel)

    def _text(self, interaction: discord.Interaction, key: str, word: DictionaryWord) -> str:
        surface = discord.utils.escape_markdown(word.surface)
        return self.text(interaction, "replies", key, surface=surface, reading=word.reading)


def _word(filled: Mapping[str, str]) -> DictionaryWord:
    """Raises what `DictionaryWord` raises."""
    accent, priority = filled["accent"], filled["priority"]
    return DictionaryWord(
        filled["surface"],
        filled["reading"],
        _number(accent) if accent else None,
        _number(priority) if priority else PRIORITY,
    )


def _manages(interaction: discord.Interaction) -> bool:
    return interaction.permissions.manage_guild


def _number(text: str) -> int:
    """What is no number becomes one that `DictionaryWord` refuses."""
    return int(text) if text.isdecimal() else -1


def _find(words: Sequence[DictionaryWord], surface: str) -> DictionaryWord | None:
    return next((word for word in words if fold(word.surface) == fold(surface)), None)


def _holds(word: DictionaryWord, search: str) -> bool:
    """Readings are kept as katakana, but searched for as anybody types them."""
    return to_katakana(fold(search)) in to_katakana(fold(f"{word.surface} {word.reading}"))


def _line(word: DictionaryWord) -> str:
    accent = "" if word.accent is None else f" [{word.accent}]"
    priority = "" if word.priority == PRIORITY else f" ({word.priority})"
    surface = discord.utils.escape_markdown(word.surface)
    return f"{surface} → {word.reading}{accent}{priority}"


async def setup(bot: commands.Bot) -> None:
    """Called by `bot.load_extension`."""
    await add_cog(bot, Dictionary(bot))
