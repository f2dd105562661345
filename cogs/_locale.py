"""What members read, from locale/*.toml, in the language of who reads it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import discord
from discord import app_commands
from discord.app_commands import locale_str

from luna_tts import LunaError

LANGUAGES = ("en", "ja", "ko")


class Phrases:
    """All sentences in all languages; English where a language is not spoken."""

    def __init__(self) -> None:
        folder = Path(__file__).with_name("locale")
        self._tables: dict[str, Mapping[str, Mapping[str, str]]] = {
            language: tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
            for language in LANGUAGES
        }

    def text(self, section: str, key: str, locale: discord.Locale, **data: object) -> str:
        """The phrase `key` of `section` with `data` filled in. Raises `KeyError`."""
        return self._filled(section, key, locale, data)

    def sentence(self, error: Exception, locale: discord.Locale) -> str:
        """The ONE table from error to sentence: [errors], by the name of its class or a parent."""
        table = self._table(locale)
        if not isinstance(error, LunaError):
            return table["errors"]["Unexpected"]
        kinds = (kind.__name__ for kind in type(error).__mro__)
        key = next((name for name in kinds if name in table["errors"]), "Unexpected")
        return self._filled("errors", key, locale, error.data)

    def _filled(
        self, section: str, key: str, locale: discord.Locale, data: Mapping[str, object]
    ) -> str:
        """A phrase; of lists every element is named, permissions as the member's client does."""
        table = self._table(locale)
        shown = {
            name: ", ".join(table["permissions"].get(item, str(item)) for item in value)
            if isinstance(value, (tuple, list))
            else value
            for name, value in data.items()
        }
        return table[section][key].format_map(shown)

    def _table(self, locale: discord.Locale) -> Mapping[str, Mapping[str, str]]:
        return self._tables.get(locale.value, self._tables["en"])


class LunaTranslator(app_commands.Translator):
    """Gives Discord the descriptions of Luna's commands in Japanese and Korean.

    English stands in the code, as `locale_str("...", luna=KEY)`; KEY is looked up in [commands].
    """

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases

    async def translate(
        self,
        string: locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The description in `locale`; None for what is not Luna's or not translated."""
        key = string.extras.get("luna")
        if key is None or locale.value not in ("ja", "ko"):
            return None
        return self._phrases.text("commands", key, locale)
