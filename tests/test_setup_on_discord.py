"""/settings export and import of the unmodified bot.py: a server's set-up moves, or stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cafe import Cafe, luna, open_cafe
from cogs._setup_file import LONGEST_FILE
from cogs._store import Store
from discord_standin import Human, StandIn
from panels import DEFAULTS, ask, setup_of, take_setup

FAULTY = "このファイルは設定として取り込めません（誤り: {}）。何も変えていません。"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[tuple[Cafe, Human, Cafe, Human]]:
    """Two servers of one bot, each with an admin."""
    async with StandIn() as discord:
        cafe, bar = open_cafe(discord), open_cafe(discord, "Bar")
        admin, owner = (
            place.guild.add_member("admin", locale="ja", permissions=["manage_guild"])
            for place in (cafe, bar)
        )
        async with luna(discord) as bot:
            yield cafe, admin, bar, owner
            assert "Traceback" not in bot.log, bot.log_tail


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_setup_goes_to_another_server_whole(scene: tuple[Cafe, Human, Cafe, Human]) -> None:
    cafe, admin, bar, owner = scene
    role = cafe.guild.add_role("Regulars", [])
    content: dict[str, Any] = {
        "luna_setup": 1,
        "settings": {
            "voice": "小春",
            "newcomer_voice": "open-jtalk",
            "language": "en",
            "max_characters": 77,
            "disabled_voices": ["あみ"],
            "voice_roles": {"小春": [role.id, 1], "open-jtalk": [2]},
            "members_edit_dictionary": False,
        },
        "dictionary": [
            {"surface": "月", "reading": "ツキ", "accent": 2, "priority": 5},
            {"surface": "🦊", "reading": "コンコン", "accent": None, "priority": 9},
        ],
    }
    told = "設定を取り込みました（単語 2 件）。"
    assert (await take_setup(admin, content)).splitlines() == [
        told,
        "このサーバーにないチャンネル・ロール・メンバーは除きました（2 件）。",
    ]
    here = await setup_of(admin)
    known = {**DEFAULTS, **content["settings"], "voice_roles": {"小春": [role.id]}}
    assert here == {**content, "settings": known}
    await ask(owner, "settings server", language="ko")
    assert (await take_setup(owner, here)).startswith(told)
    there = {**known, "voice_roles": {}}
    assert await setup_of(owner) == {**content, "settings": there}
    shown = await ask(owner, "settings server")
    assert "声: 小春\n言語: English\n読み上げる文字数: 77" in shown
    assert "単語: 2 件" in await ask(bar.alice, "dict list")


async def test_what_the_other_server_does_not_have_is_left_out_and_counted(
    scene: tuple[Cafe, Human, Cafe, Human],
) -> None:
    cafe, admin, bar, owner = scene
    role = cafe.guild.add_role("Loud", [])
    mine = {
        "read_channels": [cafe.chat.id, cafe.lounge.id],
        "auto_join_channels": [cafe.lounge.id],
        "ignored_members": [cafe.alice.id],
        "ignored_roles": [role.id],
        "voice_roles": {"小春": [role.id]},
    }
    plain = {
        "read_bots": True,
        "listeners_only": True,
        "skip_prefix": "!",
        "ng_words": ["あれ", "それ"],
        "ng_beep": True,
        "read_names": True,
        "name_template": "{name}さん",
        "announce_joins": False,
        "distinct_voices": False,
        "read_embeds": True,
        "auto_leave": False,
        "time_zone": "Europe/Berlin",
    }
    content = {"luna_setup": 1, "settings": {**mine, **plain}}
    assert await take_setup(admin, content) == "設定を取り込みました（単語 0 件）。"
    here = await setup_of(admin)
    assert here["settings"] == {**DEFAULTS, **mine, **plain}
    assert (await take_setup(owner, here)).splitlines() == [
        "設定を取り込みました（単語 0 件）。",
        "このサーバーにないチャンネル・ロール・メンバーは除きました（6 件）。",
    ]
    assert (await setup_of(owner))["settings"] == {**DEFAULTS, **plain}
    wrong = {"auto_join_channels": [bar.chat.id, bar.lounge.id], "ignored_members": [1, owner.id]}
    told = await take_setup(owner, {"luna_setup": 1, "settings": wrong})
    assert told.endswith("（2 件）。"), "a chat is no voice channel"
    kept = {"auto_join_channels": [bar.lounge.id], "ignored_members": [owner.id]}
    assert (await setup_of(owner))["settings"] == {**DEFAULTS, **kept}


async def test_where_luna_is_belongs_to_no_setup(tmp_path: Path) -> None:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        admin = cafe.guild.add_member("admin", locale="ja", permissions=["manage_guild"])
        async with luna(discord, {"LUNA_DATA": str(tmp_path)}):
            await cafe.alice.join(cafe.lounge)
            await ask(cafe.alice, "join")
            setup = await setup_of(admin)
            assert not {"voice_channel", "text_channel"} & setup["settings"].keys()
            assert "取り込みました" in await take_setup(admin, setup)
            setup["settings"]["voice_channel"] = 1
            assert FAULTY.format("settings") in await take_setup(admin, setup)
    store = await Store.open(tmp_path)
    remembered = await store.guild(cafe.guild.id)
    await store.aclose()
    assert (remembered.voice_channel, remembered.text_channel) == (cafe.lounge.id, cafe.chat.id)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", FAULTY.format("JSON")),
        (b"surface,reading", FAULTY.format("JSON")),
        (bytes(LONGEST_FILE + 1), FAULTY.format("size")),
        ({"luna_setup": 2}, FAULTY.format("luna_setup")),
        ({"luna_setup": 1, "settings": {"voice": 3}}, FAULTY.format("settings")),
        ({"luna_setup": 1, "settings": {"language": "tlh"}}, "tlh という言語はありません。"),
        ({"luna_setup": 1, "dictionary": [{"surface": "月"}]}, FAULTY.format("dictionary")),
        ({"luna_setup": 1, "settings": {"time_zone": "tlh"}}, "tlh というタイムゾーンは"),
        ({"luna_setup": 1, "settings": {"name_template": "x"}}, "{name} を一度だけ入れて"),
        ({"luna_setup": 1, "settings": {"ng_words": ["x"] * 101}}, "100 件までです"),
        (
            {"luna_setup": 1, "dictionary": [{"surface": "月", "reading": "moon"}]},
            "読み「moon」はかなではありません。",
        ),
        (
            {
                "luna_setup": 1,
                "dictionary": [{"surface": str(n), "reading": "あ"} for n in range(2001)],
            },
            "登録できるのは 2000 語までです",
        ),
    ],
)
async def test_a_faulty_file_changes_nothing(
    scene: tuple[Cafe, Human, Cafe, Human], content: Any, told: str
) -> None:
    _, admin, _, _ = scene
    mine = {"luna_setup": 1, "settings": {"language": "ko", "max_characters": 33}}
    await take_setup(admin, {**mine, "dictionary": [{"surface": "月", "reading": "ツキ"}]})
    before = await setup_of(admin)
    assert told in await take_setup(admin, content)
    assert await setup_of(admin) == before
