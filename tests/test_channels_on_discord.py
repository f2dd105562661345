"""/channel and /autojoin of the unmodified bot.py: lists that admins fill, see and mend."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from admins import Scene, open_scene
from discord_standin import Channel
from panels import REFUSED, answer, ask, take_setup


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_scene() -> AsyncIterator[Scene]:
    async with open_scene() as scene:
        yield scene


@pytest_asyncio.fixture(loop_scope="module")
async def scene(whole_scene: Scene) -> Scene:
    return await whole_scene.afresh()


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        (
            "en-US",
            [
                "I read {} whenever I am in a voice channel.",
                "Channels that I read: 1",
                "I no longer read {}.",
                "I come to {} as soon as somebody enters it.",
                "Voice channels that I enter by myself: 1",
                "I no longer come to {} by myself.",
            ],
        ),
        (
            "ja",
            [
                "ボイスチャンネルにいる間、{} を読み上げます。",
                "読み上げるチャンネル: 1",
                "{} を読み上げないようにしました。",
                "{} に人が来たら、自分から参加します。",
                "自分から参加するボイスチャンネル: 1",
                "{} に自分から参加しないようにしました。",
            ],
        ),
        (
            "ko",
            [
                "음성 채널에 있는 동안 {}의 글을 읽어요.",
                "읽는 채널: 1",
                "이제 {}의 글을 읽지 않아요.",
                "{}에 누가 오면 스스로 들어가요.",
                "스스로 들어가는 음성 채널: 1",
                "이제 {}에 스스로 들어가지 않아요.",
            ],
        ),
    ],
)
async def test_a_channel_comes_and_goes(scene: Scene, locale: str, told: list[str]) -> None:
    admin, chat, lounge = scene.admins[locale], scene.cafe.chat, scene.cafe.lounge
    assert await ask(admin, "channel add", channel=chat) == told[0].format(f"<#{chat.id}>")
    assert await ask(admin, "channel list") == f"{told[1]}\n<#{chat.id}>"
    removed = await ask(admin, "channel remove", channel=str(chat.id))
    assert removed == told[2].format("#chat")
    added = await ask(admin, "autojoin add", channel=lounge)
    assert added == told[3].format(f"<#{lounge.id}>")
    assert await ask(admin, "autojoin list") == f"{told[4]}\n<#{lounge.id}>"
    removed = await ask(admin, "autojoin remove", channel="#Lounge")
    assert removed == told[5].format("#Lounge")
    assert await scene.kept("read_channels") == await scene.kept("auto_join_channels") == []


async def test_this_channel_and_mine_are_meant_where_none_is_named(scene: Scene) -> None:
    cafe, admin = scene.cafe, scene.admin
    side = cafe.guild.add_text_channel("side")
    await answer(await admin.command("channel add", side))
    assert await scene.kept("read_channels") == [side.id]
    assert await ask(admin, "autojoin add") == (
        "先にボイスチャンネルに参加してから、もう一度呼んでください。"
    )
    stage = cafe.guild.add_stage_channel("Stage")
    await admin.join(stage)
    await ask(admin, "autojoin add")
    await admin.leave()
    assert await scene.kept("auto_join_channels") == [stage.id]


async def test_what_is_added_twice_is_there_once_and_in_order(scene: Scene) -> None:
    cafe, admin = scene.cafe, scene.admin
    side = cafe.guild.add_text_channel("another")
    for channel in (cafe.chat, side, cafe.lounge, cafe.chat):
        await ask(admin, "channel add", channel=channel)
    assert await scene.kept("read_channels") == [cafe.chat.id, side.id, cafe.lounge.id]


async def test_two_admins_at_once_do_not_undo_each_other(scene: Scene) -> None:
    channels = [scene.cafe.guild.add_text_channel(f"at-once-{n}") for n in range(8)]
    admins = [*scene.admins.values()] * 3
    sent = [
        await admin.command("channel add", channel=channel)
        for admin, channel in zip(admins, channels, strict=False)
    ]
    for interaction in sent:
        await answer(interaction)
    assert set(await scene.kept("read_channels")) == {channel.id for channel in channels}


async def test_what_luna_may_not_see_or_enter_is_refused_with_the_permission(scene: Scene) -> None:
    cafe, admin = scene.cafe, scene.admin
    secret = cafe.guild.add_text_channel("secret")
    secret.deny(cafe.guild.me, "view_channel")
    told = await ask(admin, "channel add", channel=secret)
    assert told.startswith("secret での権限が足りません。")
    assert told.endswith("チャンネルを見る")
    mute = cafe.guild.add_voice_channel("Mute")
    mute.deny(cafe.guild.me, "connect", "speak")
    assert (await ask(admin, "autojoin add", channel=mute)).endswith("接続, 発言")
    assert await scene.kept("read_channels") == await scene.kept("auto_join_channels") == []


async def test_threads_are_channels_too(scene: Scene) -> None:
    cafe, admin = scene.cafe, scene.admin
    thread = cafe.guild.add_thread(cafe.chat, "side talk")
    assert f"<#{thread.id}>" in await ask(admin, "channel add", channel=thread)
    assert await scene.offered("channel remove", "channel") == [("#side talk", str(thread.id))]
    await answer(await admin.command("channel add", cafe.guild.add_thread(cafe.chat, "in here")))
    assert len(await scene.kept("read_channels")) == 2
    private = Channel(thread.id + 1, cafe.guild, "private", thread.type, parent=cafe.chat)
    cafe.guild.channels[private.id] = private  # of which the bot was told nothing
    told = await ask(admin, "channel add", channel=private)
    assert told.startswith("private での権限が足りません。")
    assert told.endswith("チャンネルを見る")


async def test_a_permission_that_was_taken_away_is_seen_in_the_list(scene: Scene) -> None:
    cafe, admin = scene.cafe, scene.admin
    chat, room = cafe.guild.add_text_channel("fickle"), cafe.guild.add_voice_channel("Fickle")
    await ask(admin, "channel add", channel=chat)
    await ask(admin, "autojoin add", channel=room)
    chat.deny(cafe.guild.me, "view_channel")
    room.deny(cafe.guild.me, "speak")
    assert f"<#{chat.id}> — 足りない権限: チャンネルを見る" in await ask(admin, "channel list")
    assert f"<#{room.id}> — 足りない権限: 発言" in await ask(admin, "autojoin list")


@pytest.mark.parametrize("command", ["channel", "autojoin"])
async def test_what_was_deleted_is_shown_as_such_and_can_be_removed(
    scene: Scene, command: str
) -> None:
    cafe, admin = scene.cafe, scene.admin
    kept, gone = (cafe.guild.add_voice_channel(name) for name in ("Kept", "Gone"))
    for channel in (kept, gone):
        await ask(admin, f"{command} add", channel=channel)
    cafe.guild.remove_channel(gone)
    label = f"削除済み（{gone.id}）"
    assert (await ask(admin, f"{command} list")).splitlines()[1:] == [f"<#{kept.id}>", label]
    assert await scene.offered(f"{command} remove", "channel") == [
        ("#Kept", str(kept.id)),
        (label, str(gone.id)),
    ]
    assert await scene.offered(f"{command} remove", "channel", "kep") == [("#Kept", str(kept.id))]
    assert label in await ask(admin, f"{command} remove", channel=str(gone.id))
    assert await scene.offered(f"{command} remove", "channel") == [("#Kept", str(kept.id))]


@pytest.mark.parametrize("command", ["channel", "autojoin"])
async def test_what_is_not_in_the_list_cannot_be_removed(scene: Scene, command: str) -> None:
    for wrong in ("#chat", str(scene.cafe.chat.id), "{0.__class__}", "一" * 300):
        told = await ask(scene.admin, f"{command} remove", channel=wrong)
        assert told.startswith(f"{wrong} はこの一覧にありません。")


async def test_the_list_is_bounded(scene: Scene) -> None:
    many = list(range(10**17, 10**17 + 50))
    full = {"luna_setup": 1, "settings": {"read_channels": [*many, 1]}}
    assert await take_setup(scene.admin, full) == (
        "この一覧に入れられるのは 50 件までです。先にいくつか削除してください。"
    )


async def test_only_managers_of_the_server(scene: Scene) -> None:
    person, chat, lounge = scene.cafe.alice, scene.cafe.chat, scene.cafe.lounge
    channels: dict[str, Channel] = {"channel": chat, "autojoin": lounge}
    for command, channel in channels.items():
        with pytest.raises(AssertionError, match="no permission"):
            await person.command(f"{command} list")
        scene.cafe.discord.open_command(scene.cafe.guild, command)
        assert await ask(person, f"{command} add", channel=channel) == REFUSED
        assert await ask(person, f"{command} remove", channel=str(channel.id)) == REFUSED
        assert await ask(person, f"{command} list") == REFUSED
    assert await scene.kept("read_channels") == await scene.kept("auto_join_channels") == []
