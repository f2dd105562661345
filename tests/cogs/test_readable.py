"""Whether a message is read, or why not; and what is said of people. Pure functions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._people import Coming, announcement, coming, introduction
from cogs._readable import Author, Unread, begins_with_prefix, why_unread
from cogs._store import GuildSettings

CHAT, SIDE, THREAD, VOICE, OTHER, NOISY, AFK = range(1, 8)
GUILD = GuildSettings(text_channel=CHAT, read_channels=(SIDE,))
ALICE = Author(10, listening=True)


def why(
    content: str = "こんにちは",
    author: Author = ALICE,
    guild: GuildSettings = GUILD,
    where: tuple[int | None, ...] = (CHAT, None),
    *,
    system: bool = False,
) -> Unread | None:
    return why_unread(content, author, where, VOICE, guild, system=system)


@pytest.mark.parametrize("where", [(CHAT, None), (SIDE, 9), (THREAD, SIDE), (VOICE, None)])
def test_bound_channels_their_threads_and_the_voice_chat_are_read(
    where: tuple[int | None, ...],
) -> None:
    assert why(where=where) is None


def test_no_other_channel_is_read() -> None:
    assert why(where=(OTHER, None)) is Unread.ELSEWHERE
    assert why(where=(THREAD, OTHER)) is Unread.ELSEWHERE
    nowhere = GuildSettings()
    assert why(guild=nowhere) is Unread.ELSEWHERE
    assert why(guild=nowhere, where=(VOICE, None)) is None


@pytest.mark.parametrize(
    ("author", "guild", "reason"),
    [
        (replace(ALICE, bot=True), {}, Unread.BOT),
        (replace(ALICE, bot=True, listening=False), {"read_bots": True}, None),
        (replace(ALICE, opted_out=True), {}, Unread.OPTED_OUT),
        (replace(ALICE, listening=False), {}, None),
        (replace(ALICE, listening=False), {"listeners_only": True}, Unread.NOT_LISTENING),
        (ALICE, {"listeners_only": True}, None),
        (ALICE, {"ignored_members": (10,)}, Unread.IGNORED),
        (replace(ALICE, roles=(NOISY,)), {"ignored_roles": (NOISY,)}, Unread.IGNORED),
        (ALICE, {"ignored_roles": (NOISY,)}, None),
    ],
)
def test_who_is_read(author: Author, guild: dict[str, object], reason: Unread | None) -> None:
    settings = replace(GUILD, **guild)  # type: ignore[arg-type]
    assert why(author=author, guild=settings) is reason


def test_what_discord_wrote_is_not_read() -> None:
    assert why(system=True) is Unread.SYSTEM


@pytest.mark.parametrize("content", [";a", "；a", " ;a", ";;a", ";"])
def test_the_prefix_in_any_width(content: str) -> None:
    assert why(content) is Unread.PREFIX
    assert why(content, guild=replace(GUILD, skip_prefix="!")) is None


@given(st.text(st.characters(codec="ascii")), st.text(max_size=10).filter(str.strip))
def test_any_prefix_keeps_its_message_unread(content: str, prefix: str) -> None:
    assert begins_with_prefix(prefix + content, prefix)


def test_a_prefix_of_nothing_but_space_keeps_nothing_unread() -> None:
    assert why(" a", guild=replace(GUILD, skip_prefix=" ")) is None


@pytest.mark.parametrize(
    ("language", "template", "name", "said"),
    [
        ("ja", None, "太郎", "太郎さん、"),
        ("ja", None, "太郎さん", "太郎さん、"),
        ("ko", None, "철수", "철수님, "),
        ("en", None, "Bob", "Bob said, "),
        ("en", "{name}:", "Bob", "Bob: "),
        ("en", "{name}", "{name} {0.__class__}", "name 0. class, "),
        ("ja", None, "***", ""),
        ("ja", None, "馬鹿", ""),
    ],
)
def test_who_speaks(language: str, template: str | None, name: str, said: str) -> None:
    guild = GuildSettings(name_template=template, ng_words=("馬鹿",))
    assert introduction(name, guild, language) == said


@pytest.mark.parametrize(
    ("what", "ja", "ko", "en"),
    [
        ("came", "Aさんが参加しました", "A님이 들어왔어요", "A joined"),
        ("went", "Aさんが退出しました", "A님이 나갔어요", "A left"),
        ("moved_here", "Aさんが移動してきました", "A님이 옮겨 왔어요", "A moved here"),
        (
            "moved_away",
            "Aさんがほかのチャンネルに移動しました",
            "A님이 다른 채널로 옮겼어요",
            "A moved to another channel",
        ),
        ("away", "Aさんが離席しました", "A님이 자리를 비웠어요", "A is away"),
    ],
)
def test_what_is_said_of_it(what: Coming, ja: str, ko: str, en: str) -> None:
    for language, said in {"ja": ja, "ko": ko, "en": en}.items():
        assert announcement(what, "A", GUILD, language) == said


@given(st.text(), st.sampled_from(("ja", "ko", "en")), st.booleans())
def test_any_name_can_be_said(name: str, language: str, beep: bool) -> None:
    guild = GuildSettings(ng_words=("a",), ng_beep=beep)
    introduction(name, guild, language)
    assert announcement("came", name, guild, language)


@pytest.mark.parametrize(
    ("before", "after", "what", "switch"),
    [
        (None, VOICE, "came", "announce_joins"),
        (VOICE, None, "went", "announce_leaves"),
        (OTHER, VOICE, "moved_here", "announce_moves"),
        (VOICE, OTHER, "moved_away", "announce_moves"),
        (VOICE, AFK, "away", "announce_moves"),
        (AFK, VOICE, "moved_here", "announce_moves"),
        (OTHER, SIDE, None, None),
        (VOICE, VOICE, None, None),
    ],
)
def test_what_somebody_did(
    before: int | None, after: int | None, what: str | None, switch: str | None
) -> None:
    assert coming(before, after, VOICE, AFK, GUILD) == what
    if switch is not None:
        off = replace(GUILD, **{switch: False})  # type: ignore[arg-type]
        assert coming(before, after, VOICE, AFK, off) is None
