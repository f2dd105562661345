"""Writes docs/reference*.md from the code: `python -m docs.reference`. A test compares them.

Commands and their descriptions are what the cogs and cogs/locale hold, variables are .env.example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import discord
from discord import app_commands
from discord.ext import commands

from cogs import EXTENSIONS
from cogs._checks import may_manage_guild, may_manage_process
from cogs._locale import LANGUAGES, Phrases

ROOT = Path(__file__).parents[1]
TITLES = {
    "en": ("Commands", "command", "what it does", "options", "for"),
    "ja": ("コマンド", "コマンド", "はたらき", "オプション", "使える人"),
    "ko": ("명령어", "명령어", "하는 일", "옵션", "쓸 수 있는 사람"),
}
PEOPLE = {
    "en": ("everybody", "admins (*Manage Server*)", "the bot's owner"),
    "ja": ("全員", "管理者（*サーバー管理*）", "ボットの所有者"),
    "ko": ("모두", "관리자(*서버 관리하기*)", "봇 소유자"),
}
LOCALES = {"en": "en-US", "ja": "ja", "ko": "ko"}

Leaf = app_commands.Command[commands.Cog, ..., None]


def pages() -> dict[Path, str]:
    """Every page with its content."""
    phrases, leaves = Phrases(), sorted(all_commands(), key=lambda leaf: leaf.qualified_name)
    found = {}
    for language in LANGUAGES:
        suffix = "" if language == "en" else f".{language}"
        lines = list(command_lines(phrases, language, leaves))
        if language == "en":
            lines += ["", *variable_lines((ROOT / ".env.example").read_text("utf-8"))]
        found[ROOT / f"docs/reference{suffix}.md"] = "\n".join(lines) + "\n"
    return found


def all_commands() -> Iterator[Leaf]:
    """Every slash command of every extension."""
    bot = commands.Bot("!", intents=discord.Intents.none())
    for extension in EXTENSIONS:
        for kind in vars(import_module(extension)).values():
            if not isinstance(kind, type) or not issubclass(kind, commands.Cog):
                continue
            if kind.__module__ == extension:  # and not its parent
                walk = kind(bot).walk_app_commands()
                yield from (leaf for leaf in walk if isinstance(leaf, app_commands.Command))


def command_lines(phrases: Phrases, language: str, leaves: list[Leaf]) -> Iterator[str]:
    """One line for each command, in the words that Discord shows."""
    title, *heads = TITLES[language]
    yield from (f"# {title}", "", "<!-- python -m docs.reference writes this page -->", "")
    yield from (f"| {' | '.join(heads)} |", "| --- | --- | --- | --- |")
    for leaf in leaves:
        options = ", ".join(
            f"`{option.name}`{'' if option.required else '?'}" for option in leaf.parameters
        )
        cells = (
            f"`/{leaf.qualified_name}`",
            described(phrases, language, leaf),
            options,
            PEOPLE[language][rank(leaf)],
        )
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def described(phrases: Phrases, language: str, leaf: Leaf) -> str:
    """Its description; English stands in the code."""
    text = leaf._locale_description
    key = text.extras.get("luna") if text else None
    if language == "en" or key is None:
        return leaf.description
    return phrases.text("commands", key, discord.Locale(LOCALES[language]))


def rank(leaf: Leaf) -> int:
    """0 = everybody, 1 = admins, 2 = the bot's owner."""
    if may_manage_process in leaf.checks:
        return 2
    return 1 if may_manage_guild in leaf.checks else 0


def variable_lines(example: str) -> Iterator[str]:
    """One line for each variable; those that share a comment share its sentence."""
    yield from (
        "# Variables",
        "",
        "In `.env`, or in the environment; all of them may be left out.",
        "",
    )
    yield from ("| variable | if empty | what it sets |", "| --- | --- | --- |")
    comment: list[str] = []
    explained = False
    for line in example.splitlines():
        if line.startswith("#"):
            comment = [*([] if explained else comment), line.removeprefix("#").strip()]
            explained = False
        elif match := re.fullmatch(r"([A-Z_]+)=(.*)", line):
            default = f"`{match[2]}`" if match[2] else ""
            yield f"| `{match[1]}` | {default} | {' '.join(comment).replace('|', '&#124;')} |"
            explained = True
        elif not line.strip():
            comment, explained = [], False


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
