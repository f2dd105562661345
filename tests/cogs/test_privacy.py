"""What is kept of a server that sent Luna away: nothing, where the operator wants it so."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import discord
import pytest
from discord.ext import commands

from cogs._store import GuildSettings, MemberSettings, Store
from cogs.privacy import Privacy
from luna_tts.nlp.dictionary_word import DictionaryWord

GUILD, MEMBER = 7, 8


@pytest.mark.parametrize("forget", [False, True])
async def test_a_server_that_is_left_is_forgotten_by_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: bool
) -> None:
    monkeypatch.setenv("LUNA_FORGET_LEFT", str(int(forget)))
    store = await Store.open(tmp_path)
    await store.update_guild(GUILD, language="ko")
    await store.update_member(GUILD, MEMBER, opted_out=True)
    await store.put_words((GUILD, 0), [DictionaryWord("碧", "アオ")])
    monkeypatch.setattr(Privacy, "store", store)
    cog = Privacy(commands.Bot("!", intents=discord.Intents.none()))
    await cog.on_guild_remove(cast(Any, discord.Object(GUILD)))
    await store.aclose()
    again = await Store.open(tmp_path)
    assert (await again.guild(GUILD) == GuildSettings()) is forget
    assert (await again.member(GUILD, MEMBER) == MemberSettings()) is forget
    assert (await again.words(GUILD, 0) == ()) is forget
    await again.aclose()
