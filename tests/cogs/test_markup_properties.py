"""What holds for speakable() whatever the text: it never raises, tells nothing, takes no time."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._chat_message import ChatMessage, Poll
from cogs._markup import speakable
from cogs._spoken import spoken as phrase

ID = 123456789012345678
LANGUAGES = st.sampled_from(["en", "ja", "ko"])
PIECES = st.sampled_from(
    [
        *("||", "```", "`", "**", "*", "__", "_", "~~", "> ", "# ", "\\", "\n", " ", "<", ">", "["),
        *("](", ")", "https://", "http://a.b/", "www", "ㅋㅋ", "lol", "888", "😂", "👨‍👩‍👧", "1️⃣"),
        *(f"<@{ID}>", f"<@&{ID}>", f"<#{ID}>", f"<:a_b:{ID}>", f"</say:{ID}>", f"<t:{ID}:R>"),
        *("<t:1700000000:F>", "<id:guide>", "ば", "か", "\u200b", "\u0301", "\ud800", "\U000f0000"),
        *("090-1234-5678", "a@b.jp", "asdfgh", "あ", "！", "？", "。", "、", "{", "}", "草", "ー"),
    ]
)
CHARACTERS = st.characters(exclude_categories=())
"""Halves of surrogate pairs, too: JSON can hold them."""
TEXTS = st.one_of(st.text(CHARACTERS), st.lists(PIECES, max_size=30).map("".join))
MESSAGES = st.builds(
    ChatMessage,
    content=TEXTS,
    users=st.dictionaries(st.just(ID), TEXTS),
    reply_to=st.none() | TEXTS,
    forwarded=st.none() | st.builds(ChatMessage, content=TEXTS),
    attachments=st.lists(TEXTS | st.just("image"), max_size=10).map(tuple),
    stickers=st.lists(TEXTS, max_size=3).map(tuple),
    poll=st.none() | st.builds(Poll, TEXTS, st.lists(TEXTS, max_size=10).map(tuple)),
    embeds=st.lists(TEXTS, max_size=3).map(tuple),
)
SECRETS = [
    "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe." + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gH3j",
    "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "sk-" + "proj-abcdefghijklmnopqrstuvwx",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + "dozjgNryP4J3jVmNHl0w5N",
    "luna.moon+x@example.co.jp",
    "discord.gg/secretplace",
    "090-1234-5678",
    "4111 1111 1111 1111",
    "010-9876-5432",
    "+1 (555) 123-4567",
]


@given(MESSAGES, LANGUAGES, st.integers(min_value=1, max_value=100))
def test_any_message_becomes_words(message: ChatMessage, language: str, limit: int) -> None:
    said = speakable(message, language, limit)
    said.encode()
    assert str(ID) not in said
    assert all(unicodedata.category(c) not in ("Cc", "Cs", "Co") or c == "\n" for c in said)
    assert len(said) < limit + 1000, "names and titles are short"


@given(TEXTS, LANGUAGES, st.integers(min_value=1, max_value=100))
def test_a_text_is_no_longer_than_its_limit(text: str, language: str, limit: int) -> None:
    said = speakable(text, language, limit)
    assert len(said) <= limit + len(phrase("more", language))
    assert said == said.strip()


@given(st.text("ab |`*_~\\\n", max_size=20), TEXTS, LANGUAGES)
def test_what_a_spoiler_hides_is_never_read(inside: str, after: str, language: str) -> None:
    hidden = f"||{inside}ひみつ||{after}"
    if "`" not in inside and "|" not in inside:
        assert "ひみつ" not in speakable(hidden, language, 500)


@pytest.mark.parametrize("mark", ["||", "```", "||||", "**||"])
def test_what_is_hidden_beyond_the_cut_is_not_read_either(mark: str) -> None:
    hidden = "ひみつの話。" * 2000
    for before in ("", "ねえ " * 10, "あ" * 5990):
        assert "ひみ" not in speakable(f"{before}{mark}{hidden}{mark[::-1]}", "ja", 5000)


def test_two_thousand_characters_are_cut_at_a_clause() -> None:
    said = speakable("今日はとてもいい天気なので、散歩に行きました。" * 90, "ja", 100)
    assert said.endswith("行きました、以下略")
    assert 60 < len(said) <= 104


@given(
    TEXTS,
    st.sampled_from(["ば{}か", "**ば**{}か", "ば{}*か*", "`ば{}か`", "ば*{}か", "ば~~{}||か"]),
    LANGUAGES,
)
def test_a_bad_word_is_never_spoken(around: str, word: str, language: str) -> None:
    text = f"{around} {word.format(chr(0x200B))} {around}"
    said = speakable(text, language, 500, ng_words=["バカ"], ng_beep=True)
    assert "ばか" not in re.sub("[*_~`|]", "", said), "marks are not heard"


@given(TEXTS, LANGUAGES)
def test_a_bad_word_in_any_part_silences_the_message(around: str, language: str) -> None:
    bad = f"{around} ばか {around}"
    name = f"ばか{around}"  # what is beyond the first characters of a name is not spoken
    for message in (
        ChatMessage("<@1>", users={1: name}),
        ChatMessage("やあ", reply_to=name),
        ChatMessage("やあ", stickers=(name,)),
        ChatMessage("やあ", forwarded=ChatMessage(bad)),
        ChatMessage("やあ", embeds=(name,)),
    ):
        said = speakable(message, language, 500)
        assert "ばか" not in said or not speakable(message, language, 500, ng_words=["ばか"])


@given(TEXTS, st.sampled_from(SECRETS), LANGUAGES)
def test_a_secret_is_not_spoken_among_anything(around: str, secret: str, language: str) -> None:
    said = speakable(f"{around} {secret} {around}", language, 500)
    assert secret not in said
    assert secret[-8:] not in said.replace(around, "")


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:6])
@pytest.mark.parametrize("language", ["ja", "ko", "en"])
def test_a_secret_is_never_spoken(secret: str, language: str) -> None:
    for message in (
        ChatMessage(f"これ {secret}"),
        ChatMessage(f"**{secret}**です"),
        ChatMessage("<@1>", users={1: secret}, reply_to=secret),
        ChatMessage(embeds=(secret,), stickers=(secret,), poll=Poll(secret, (secret,))),
        ChatMessage(forwarded=ChatMessage(secret)),
    ):
        said = speakable(message, language, 500)
        assert not any(part in said for part in (secret, secret[:12], secret[-7:])), said


HOSTILE = [
    *"*|`<[_~w>\\#(ㅋ88.-@+ああ \n笑😂\u0301",
    *("**a ", "||a", "<a:a", "[a](", "👨‍👩‍👧", "a@", "`a``", "a.", "1 ", "12-", "http://", "ab"),
    *(
        "asdf",
        "> ",
        "-----BEGIN ",
        "くぁwせ",
        "<@1>",
        "hahaha ",
        "||||",
        "http://a" + ")" * 5000,
        "[[a](http://a) ",
    ),
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_repetition_takes_no_time(hostile: str) -> None:
    speakable("温める", "ja", 5000)
    began = time.perf_counter()
    speakable(hostile * (100_000 // len(hostile) + 1), "ja", 5000)
    assert time.perf_counter() - began < 1.0


def test_a_usual_line_takes_less_than_a_frame() -> None:
    line = "**今日**は21:00から<@1>とapexやろ！ https://youtu.be/abc ||ひみつ|| 草www😂😂 了解です"
    message = ChatMessage(line, users={1: "ルナ"}, reply_to="そら")
    speakable(message, "ja", 500)
    began = time.perf_counter()
    for _ in range(100):
        speakable(message, "ja", 500)
    assert (time.perf_counter() - began) / 100 < 0.005
