"""Menus, forms, files, context menus and permissions on the stand-in, as Discord has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

import discord_standin
from discord_standin import (
    BotProcess,
    Channel,
    DiscordError,
    Guild,
    Human,
    Interaction,
    StandIn,
    Upload,
)

BOT = Path(discord_standin.__file__).parent / "tiny_bot.py"
CHANNEL_MESSAGE, SUGGESTIONS, UPDATE, MODAL = 4, 8, 7, 9
BUTTON = {"type": 2, "style": 1, "label": "x", "custom_id": "x"}
TEXT_INPUT = {"type": 4, "style": 1, "label": "x", "custom_id": "x"}
FORM = {"title": "Form", "custom_id": "f", "components": [{"type": 1, "components": [TEXT_INPUT]}]}
SAY = {
    "name": "say",
    "description": "Say it",
    "options": [
        {"name": "text", "type": 3, "description": "What", "autocomplete": True},
        {"name": "number", "type": 4, "description": "Which", "autocomplete": True},
        {"name": "file", "type": 11, "description": "From"},
    ],
}


@dataclass
class Cafe:
    discord: StandIn
    guild: Guild
    chat: Channel
    alice: Human
    bob: Human
    now: float = 1000.0

    def clock(self) -> float:
        return self.now


def open_cafe(discord: StandIn) -> Cafe:
    guild = discord.add_guild("Cafe", locale="ja")
    chat = guild.add_text_channel("chat")
    bob = guild.add_member("bob", locale="ko", permissions=["manage_guild"])
    return Cafe(discord, guild, chat, guild.add_member("alice", locale="ja"), bob)


# What Discord refuses, without a bot


@pytest.fixture
async def cafe() -> AsyncIterator[Cafe]:
    async with StandIn() as discord:
        discord.commands.overwrite(None, [SAY])
        yield open_cafe(discord)


def answer(cafe: Cafe, sent: Interaction, kind: int, data: dict[str, Any]) -> None:
    body = {"type": kind, "data": data}
    cafe.discord.world.interactions.acknowledge(sent.id, sent.token, body)


async def shown(cafe: Cafe, *components: dict[str, Any], flags: int = 0) -> Interaction:
    sent = await cafe.alice.command("say")
    rows = [{"type": 1, "components": [component]} for component in components]
    answer(cafe, sent, CHANNEL_MESSAGE, {"content": "x", "components": rows, "flags": flags})
    return sent


@pytest.mark.parametrize(
    ("option", "choices"),
    [
        ("text", [{"name": str(i), "value": "x"} for i in range(26)]),
        ("text", [{"name": "x" * 101, "value": "x"}]),
        ("text", [{"name": "x", "value": "x" * 101}]),
        ("text", [{"name": "x", "value": 1}]),
        ("number", [{"name": "x", "value": "x"}]),
    ],
)
async def test_suggestions_out_of_bounds_are_refused(
    cafe: Cafe, option: str, choices: list[dict[str, Any]]
) -> None:
    typing = await cafe.alice.autocomplete("say", option, **{option: ""})
    with pytest.raises(DiscordError, match="Invalid Form Body"):
        answer(cafe, typing, SUGGESTIONS, {"choices": choices})


async def test_suggestions_come_in_time_or_not_at_all(cafe: Cafe) -> None:
    cafe.discord.world.interactions.clock = cafe.clock
    choices = [{"name": "x" * 100, "value": "x" * 100}]
    typing = await cafe.alice.autocomplete("say", "text", text="a")
    with pytest.raises(DiscordError):
        answer(cafe, typing, CHANNEL_MESSAGE, {"content": "no message answers this"})
    answer(cafe, typing, SUGGESTIONS, {"choices": choices})
    assert await typing.suggestions() == choices
    late = await cafe.alice.autocomplete("say", "text", text="a")
    cafe.now += 3.1
    with pytest.raises(DiscordError) as refused:
        answer(cafe, late, SUGGESTIONS, {"choices": choices})
    assert refused.value.code == 10062


async def test_a_first_response_fits_its_interaction(cafe: Cafe) -> None:
    sent = await cafe.alice.command("say")
    for kind in (UPDATE, SUGGESTIONS, 6, 1):
        with pytest.raises(DiscordError, match="Invalid Form Body"):
            answer(cafe, sent, kind, {"content": "x"})
    answer(cafe, sent, MODAL, FORM)
    submitted = await cafe.alice.submit(sent, x="tea")
    for kind, data in ((MODAL, FORM), (UPDATE, {"content": "there is no message to change"})):
        with pytest.raises(DiscordError, match="Invalid Form Body"):
            answer(cafe, submitted, kind, data)


async def test_nobody_fills_in_what_the_client_would_not_send(cafe: Cafe) -> None:
    field = {**TEXT_INPUT, "min_length": 2, "max_length": 3}
    sent = await cafe.alice.command("say")
    answer(cafe, sent, MODAL, {**FORM, "components": [{"type": 1, "components": [field]}]})
    for text, why in (("", "must be filled in"), ("a", "length 1"), ("abcd", "length 4")):
        with pytest.raises(AssertionError, match=why):
            await cafe.alice.submit(sent, x=text)
    with pytest.raises(AssertionError, match="one line"):
        await cafe.alice.submit(sent, x="a\n")
    with pytest.raises(AssertionError, match="the modal has the fields"):
        await cafe.alice.submit(sent, y="tea")
    with pytest.raises(AssertionError, match="another person's"):
        await cafe.bob.submit(sent, x="tea")


async def test_nobody_uses_what_they_do_not_see(cafe: Cafe) -> None:
    link = {"type": 2, "style": 5, "label": "web", "url": "https://example.org"}
    private = await (await shown(cafe, BUTTON, link, flags=1 << 6)).reply()
    with pytest.raises(AssertionError, match="does not see"):
        await cafe.bob.press(private, "x")
    with pytest.raises(AssertionError, match="opens a web page"):
        await cafe.alice.press(private, "web")
    await cafe.alice.press(private, "x")
    public = await shown(cafe, {**BUTTON, "disabled": True})
    message = await public.reply()
    with pytest.raises(AssertionError, match="disabled"):
        await cafe.bob.press(message, "x")
    cafe.discord.world.interactions.delete(public.token, "@original")
    with pytest.raises(AssertionError, match="is deleted"):
        await cafe.bob.press(message, "x")
    cafe.chat.deny(cafe.guild.everyone, "use_application_commands")
    with pytest.raises(AssertionError, match="lacks use_application_commands"):
        await cafe.alice.command("say")


async def test_menus_offer_what_they_offer(cafe: Cafe) -> None:
    options = [{"label": name.title(), "value": name} for name in ("a", "b", "c")]
    tea = {"type": 3, "custom_id": "tea", "options": options, "min_values": 2, "max_values": 2}
    where = {"type": 8, "custom_id": "where", "channel_types": [2]}
    message = await (await shown(cafe, tea, where)).reply()
    with pytest.raises(AssertionError, match="1 values chosen"):
        await cafe.alice.select(message, "a")
    with pytest.raises(AssertionError, match="offers"):
        await cafe.alice.select(message, "a", "d")
    with pytest.raises(AssertionError, match="channels of types"):
        await cafe.alice.select(message, cafe.chat, menu="where")
    with pytest.raises(AssertionError, match="no select menu 'milk'"):
        await cafe.alice.select(message, "a", menu="milk")
    used = await cafe.alice.select(message, "a", "C")
    assert used.payload["data"]["values"] == ["a", "c"]


async def test_files_are_behind_signed_links_that_expire(cafe: Cafe) -> None:
    cafe.discord.world.cdn.clock = cafe.clock
    sent = await cafe.alice.command("say", file=Upload("単語 1.csv", b"a,b"))
    (attachment,) = sent.payload["data"]["resolved"]["attachments"].values()
    assert sent.payload["data"]["options"][0]["value"] == attachment["id"]
    assert (attachment["size"], attachment["filename"]) == (3, "単語_1.csv")
    assert attachment["content_type"] == "text/csv"
    assert await cafe.discord.download(attachment) == b"a,b"
    async with aiohttp.ClientSession() as session:
        unsigned = attachment["url"].split("?")[0]
        async with session.get(unsigned) as response:
            assert response.status == 404
        cafe.now += 25 * 3600
        async with session.get(attachment["url"]) as response:
            assert response.status == 404
    with pytest.raises(DiscordError) as refused:
        await cafe.alice.command("say", file=Upload("large", bytes(10 * 2**20 + 1)))
    assert (refused.value.status, refused.value.code) == (413, 40005)
    with pytest.raises(AssertionError, match="takes"):
        await cafe.alice.command("say", file="no file")
    written = await cafe.alice.send(cafe.chat, "look", files=[Upload("a.txt", b"hi")])
    assert await cafe.discord.download(written.attachments[0]) == b"hi"


# A real bot


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[tuple[Cafe, BotProcess]]:
    async with StandIn() as discord:
        cafe = open_cafe(discord)
        discord.make_owner(cafe.bob)
        async with discord.bot_process(BOT, env={"MESSAGE_CONTENT": "1"}) as bot:
            await discord.ready(timeout=30)
            yield cafe, bot


with_bot = pytest.mark.asyncio(loop_scope="module")


@with_bot
async def test_a_menu_of_each_kind_and_each_way_to_answer(scene: tuple[Cafe, BotProcess]) -> None:
    cafe, _ = scene
    lounge = cafe.guild.add_voice_channel("Lounge")
    role = cafe.guild.add_role("Regulars", [])
    message = await (await cafe.alice.command("ask menus")).reply()
    assert message.ephemeral
    tea = await cafe.alice.select(message, "Green", "oat", menu="Tea")
    assert (await tea.reply()) is message
    assert message.content == "green and oat"
    who = await cafe.alice.select(message, cafe.bob, menu="Who")
    told = await who.reply()
    assert (told.content, told.ephemeral, who.deferred) == ("user bob", True, True)
    assert told is not message
    chosen = await cafe.alice.select(message, role, menu="Role")
    assert (await chosen.reply()) is message
    assert message.content == "role Regulars"
    where = await cafe.alice.select(message, lounge, menu="Where")
    assert (await where.reply()).content == "channel Lounge"


@with_bot
async def test_a_form_changes_the_message_that_opened_it(scene: tuple[Cafe, BotProcess]) -> None:
    cafe, _ = scene
    message = await (await cafe.alice.command("ask word")).reply()
    opened = await cafe.alice.press(message, "Word")
    assert (await opened.modal())["title"] == "Change"
    filled = await cafe.alice.submit(opened, word="tea")
    assert (await filled.reply()) is message
    assert message.content == "tea: as it was"
    again = await cafe.alice.press(message, "Word")
    await again.modal()
    await (await cafe.alice.submit(again, Word="milk", Note="")).reply()
    assert message.content == "milk: "


@with_bot
@pytest.mark.parametrize("how", ["reply", "followup", "edit"])
async def test_files_go_both_ways(scene: tuple[Cafe, BotProcess], how: str) -> None:
    cafe, bot = scene
    sent = await cafe.alice.command("ask turn", file=Upload("words.csv", b"abc"), how=how)
    reply = await sent.reply()
    assert (reply.content, reply.ephemeral) == ("turned", True)
    (attachment,) = reply.attachments
    assert attachment["filename"] == "turned-words.csv"
    assert await cafe.discord.download(attachment) == b"cba"
    if how == "followup":
        await bot.wait_for_log("sent turned-words.csv of text/csv")


@with_bot
async def test_an_edit_keeps_files_and_adds_some(scene: tuple[Cafe, BotProcess]) -> None:
    cafe, _ = scene
    sent = await cafe.alice.command("ask turn", file=Upload("a", b"abc"), how="channel")
    reply = await sent.reply()
    public = cafe.discord.messages(cafe.chat)[-1]
    for message in (public, reply):
        files = [await cafe.discord.download(attachment) for attachment in message.attachments]
        assert files == [b"cba", b"more"]


@with_bot
async def test_a_bot_without_attach_files_sends_none(scene: tuple[Cafe, BotProcess]) -> None:
    cafe, _ = scene

    def refusals() -> list[Any]:
        return [
            request.answer["code"] for request in cafe.discord.requests if request.status == 403
        ]

    cafe.chat.deny(cafe.guild.me, "attach_files")
    await cafe.alice.command("ask turn", file=Upload("a", b"abc"), how="channel")
    await cafe.discord.wait_for(refusals, "the file was not refused")
    cafe.chat.allow(cafe.guild.me, "attach_files")
    assert refusals() == [50013]


@with_bot
async def test_context_menus(scene: tuple[Cafe, BotProcess]) -> None:
    cafe, _ = scene
    greeted = await cafe.alice.context_menu("Greet Member", cafe.bob)
    assert (await greeted.reply()).content == "hello bob"
    message = await cafe.bob.send(cafe.chat, "good tea")
    quoted = await cafe.alice.context_menu("Quote", message)
    assert (await quoted.reply()).content == "> good tea"


@with_bot
async def test_who_may_and_who_owns_and_in_which_language(scene: tuple[Cafe, BotProcess]) -> None:
    cafe, _ = scene
    with pytest.raises(AssertionError, match="does not see /admin"):
        await cafe.alice.command("admin")
    assert (await (await cafe.bob.command("admin")).reply()).content == "True"
    cafe.discord.open_command(cafe.guild, "admin")
    assert (await (await cafe.alice.command("admin")).reply()).content == "False"
    me = await (await cafe.alice.command("ask me")).reply()
    assert me.content == "('ja', 'ja') manager=False owner=False"
    me = await (await cafe.bob.command("ask me")).reply()
    assert me.content == "('ko', 'ja') manager=True owner=True"
    cafe.discord.world.team.append(cafe.alice.user)
    me = await (await cafe.alice.command("ask me")).reply()
    assert me.content.endswith("owner=True")
