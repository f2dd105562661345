import re
import string
import tomllib
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.ext import commands

import cogs
from cogs import _errors, _store
from cogs._doctor import STAGE_PERMISSIONS, TEXT_PERMISSIONS, THREAD_PERMISSIONS
from cogs._errors import ChannelFull, MissingPermissions, NotAllowed
from cogs._locale import LANGUAGES, Phrases
from luna_tts import LunaError, doctor, errors

FOLDER = Path(cogs.__file__).with_name("locale")


def table(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("language", ["ja", "ko"])
def test_every_language_says_the_same_things(language: str) -> None:
    english, other = table("en"), table(language)
    for section, phrases in english.items():
        assert other[section].keys() == phrases.keys()
        for key, phrase in phrases.items():
            assert fields(other[section][key]) == fields(phrase), (section, key)
    assert other.keys() - english.keys() == {"commands"}


def test_every_error_has_its_sentence() -> None:
    kinds = [
        kind
        for module in (errors, _errors, _store)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, LunaError) and kind is not LunaError
    ]
    sentences = table("en")["errors"]
    start_only = {
        "VoiceLibraryMissing",
        "OpusMissing",
        "CommandClash",
    }  # told to the operator, in the log
    for kind in kinds:
        parents = {parent.__name__ for parent in kind.__mro__}
        assert parents & (sentences.keys() | start_only), kind
    assert sentences.keys() - {"Unexpected"} <= {kind.__name__ for kind in kinds}


def test_permissions_are_named_as_the_members_client_names_them() -> None:
    members = {"manage_guild", "manage_messages"}
    asked_for = {*TEXT_PERMISSIONS, *THREAD_PERMISSIONS, *STAGE_PERMISSIONS, *members}
    assert table("en")["permissions"].keys() == asked_for
    assert "Manage Server" in Phrases().sentence(NotAllowed("manage_guild"), discord.Locale.german)
    error = MissingPermissions(("connect", "speak"), "ラウンジ")
    phrases = Phrases()
    assert "Connect, Speak" in phrases.sentence(error, discord.Locale.german)
    assert "接続, 発言" in phrases.sentence(error, discord.Locale.japanese)
    assert "연결, 말하기" in phrases.sentence(error, discord.Locale.korean)


def test_every_phrase_is_used() -> None:
    code = "".join(path.read_text() for path in Path(cogs.__file__).parent.glob("*.py"))
    code += Path(doctor.__file__).read_text()  # some findings are the engine's
    for section in ("replies", "status", "help", "credit", "doctor"):
        for key in table("en")[section]:
            latency = re.fullmatch(r"(gateway|voice)_(ok|slow|unknown)", key)
            assert latency or f'"{key}"' in code, (section, key)


def test_names_are_not_templates() -> None:
    sentence = Phrases().sentence(ChannelFull("{0.__class__}{limit}", 3), discord.Locale.japanese)
    assert "{0.__class__}{limit}" in sentence


def test_what_nobody_foresaw_tells_members_nothing_of_the_inside() -> None:
    sentence = Phrases().sentence(ValueError("/secret/path"), discord.Locale.american_english)
    assert "secret" not in sentence
    assert "logged" in sentence


def test_every_description_is_translated() -> None:
    used = set()
    for path in Path(cogs.__file__).parent.glob("*.py"):
        used |= set(re.findall(r'luna="(\w+)"', path.read_text()))
    for language in ("ja", "ko"):
        phrases = table(language)["commands"]
        assert phrases.keys() == used
        assert all(1 <= len(phrase) <= 100 for phrase in phrases.values())
    assert set(LANGUAGES) == {path.stem for path in FOLDER.glob("*.toml")}


async def test_the_translator_yields_to_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    class HostTranslator(discord.app_commands.Translator):
        async def translate(self, string: Any, locale: Any, context: Any) -> str | None:
            return None

    async with commands.Bot("!", intents=discord.Intents.none()) as bot:
        host = HostTranslator()
        await bot.tree.set_translator(host)
        await bot.load_extension("cogs.engine")
        assert bot.tree.translator is host
        await bot.unload_extension("cogs.engine")
        assert bot.tree.translator is host
        await bot.tree.set_translator(None)
        await bot.load_extension("cogs.engine")
        assert bot.tree.translator is not None
        await bot.unload_extension("cogs.engine")
        assert bot.tree.translator is None
