"""What Luna remembers, through the store's face, on both databases."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from pathlib import Path
from statistics import quantiles

import pytest

from cogs._store import (
    EVERYWHERE,
    GuildSettings,
    InvalidLanguage,
    InvalidText,
    MemberSettings,
    Store,
    TooManyWords,
)
from luna_tts.errors import EngineClosed, InvalidOption
from luna_tts.nlp.dictionary_word import DictionaryWord
from postgresql import gone

GUILD, OTHER_GUILD = 2**62 + 1, 7
ALICE, BOB = 2**63 - 1, 11


def word(surface: str, reading: str = "るな") -> DictionaryWord:
    return DictionaryWord(surface, reading)


async def test_nobody_has_chosen_anything_yet(store: Store) -> None:
    assert await store.guild(GUILD) == GuildSettings()
    assert await store.member(GUILD, ALICE) == MemberSettings()
    assert await store.words(*EVERYWHERE) == ()


async def test_a_change_is_there_after_a_restart(place: tuple[Path, str]) -> None:
    store = await Store.open(*place)
    roles = {"koharu": (2**60, 1), "あみ": ()}
    guild = await store.update_guild(
        GUILD, voice="koharu", language="ko", max_characters=10, voice_roles=roles
    )
    await store.update_guild(GUILD, disabled_voices=("a", "b"))
    member = await store.update_member(
        GUILD, ALICE, style="Happy", volume=0.1, favourites=["🌙", "a"]
    )
    words = await store.put_words((GUILD, 0), [word("ルナ"), DictionaryWord("月", "つき", 2, 9)])
    await store.aclose()

    again = await Store.open(*place)
    assert await again.guild(GUILD) == dataclasses.replace(guild, disabled_voices=("a", "b"))
    assert (await again.guild(GUILD)).voice_roles == roles
    assert await again.member(GUILD, ALICE) == member
    assert member.favourites == ("🌙", "a")
    assert await again.words(GUILD, 0) == words
    assert await again.member(OTHER_GUILD, ALICE) == MemberSettings(), "each guild is its own"
    await again.aclose()


async def test_none_takes_a_choice_back(store: Store) -> None:
    await store.update_member(GUILD, ALICE, voice="koharu", pitch_scale=1.5)
    assert await store.update_member(GUILD, ALICE, voice=None) == MemberSettings(pitch_scale=1.5)


async def test_concurrent_changes_of_one_row_lose_none(store: Store) -> None:
    names = ["style_weight", "length_scale", "pitch_scale", "intonation_scale", "volume"]
    await asyncio.gather(*(store.update_member(GUILD, ALICE, **{name: 0.75}) for name in names))
    settings = await store.member(GUILD, ALICE)
    assert settings == MemberSettings(**dict.fromkeys(names, 0.75))
    words = [word(f"ことば{number}") for number in range(20)]
    await asyncio.gather(*(store.put_words((GUILD, 0), [one]) for one in words))
    assert set(await store.words(GUILD, 0)) == set(words)


async def test_a_read_never_outlives_a_change(store: Store, place: tuple[Path, str]) -> None:
    """However reads and changes interleave, what is in memory afterwards is what is on disk."""
    changes = []
    for number in range(40):
        changes.append(store.update_guild(number % 4, max_characters=10 + number))
        changes.append(store.guild(number % 4))
        changes.append(store.forget_guild(3) if number % 8 == 7 else store.member(3, 1))
    await asyncio.gather(*changes)
    remembered = [await store.guild(number) for number in range(4)]
    await store.aclose()
    again = await Store.open(*place)
    assert [await again.guild(number) for number in range(4)] == remembered
    await again.aclose()


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"language": "tlh"}, InvalidLanguage, "no language 'tlh': choose one of ja, ko, en"),
        ({"language": "zh"}, InvalidLanguage, "no language 'zh'"),
        ({"max_characters": 9}, InvalidOption, "max_characters is 9: .* between 10 and 5000"),
        ({"max_characters": 5001}, InvalidOption, "between 10 and 5000"),
        ({"max_characters": 10.5}, TypeError, "integer"),
        ({"voice": ["a"]}, TypeError, "must be text"),
        ({"disabled_voices": "ab"}, TypeError, "must be a list"),
        ({"voice": ""}, InvalidText, "voice must have 1 to 255 characters"),
        ({"voice": "a" * 256}, InvalidText, "255"),
        ({"voice": "a\0"}, InvalidText, "NUL"),
        ({"disabled_voices": ["\ud83c"]}, InvalidText, "half a character"),
        ({"voice_roles": {"\0": [1]}}, InvalidText, "voice_roles"),
        ({"voice_roles": {"a": [2**63]}}, ValueError, "no Discord id"),
        ({"colour": "red"}, TypeError, "colour"),
        ({"guild_id": 1}, TypeError, "guild_id"),
    ],
)
async def test_a_wrong_value_changes_nothing(
    tmp_path: Path, changes: dict[str, object], error: type[Exception], sentence: str
) -> None:
    store = await Store.open(tmp_path)
    before = await store.update_guild(GUILD, voice="koharu")
    with pytest.raises(error, match=sentence):
        await store.update_guild(GUILD, **{"newcomer_voice": "b", **changes})
    assert await store.guild(GUILD) == before
    await store.aclose()


@pytest.mark.parametrize(("name", "value"), [("volume", 2.1), ("pitch_scale", float("nan"))])
async def test_a_number_out_of_range_is_refused(tmp_path: Path, name: str, value: float) -> None:
    store = await Store.open(tmp_path)
    with pytest.raises(InvalidOption, match=name):
        await store.update_member(GUILD, ALICE, **{name: value})
    await store.aclose()


async def test_an_id_is_64_bits_of_discords(store: Store) -> None:
    for wrong in (-1, 2**63):
        with pytest.raises(ValueError, match="no Discord id"):
            await store.guild(wrong)
        with pytest.raises(ValueError, match="no Discord id"):
            await store.put_words((wrong, 0), [word("a")])
    for nobody in (store.forget_member(0), store.forget_guild(0)):
        with pytest.raises(ValueError, match="0 is no"):
            await nobody


async def test_width_and_case_do_not_make_another_word(store: Store) -> None:
    scope = (GUILD, 0)
    await store.put_words(scope, [word("ＬＵＮＡ", "るな"), word("ルナ"), word("luna", "るーな")])
    assert await store.words(*scope) == (word("luna", "るーな"), word("ルナ"))
    await store.put_words(scope, [word("ﾙﾅ", "つき")])
    assert await store.words(*scope) == (word("luna", "るーな"), word("ﾙﾅ", "つき"))
    assert await store.remove_word(scope, " Ｌuna ") == word("luna", "るーな")
    assert await store.remove_word(scope, "luna") is None
    assert await store.remove_word(scope, "\ud83c\0") is None
    assert await store.words(*scope) == (word("ﾙﾅ", "つき"),)


async def test_each_scope_is_a_dictionary_of_its_own(store: Store) -> None:
    scopes = [EVERYWHERE, (GUILD, 0), (0, ALICE), (OTHER_GUILD, 0), (0, BOB)]
    for number, scope in enumerate(scopes):
        await store.put_words(scope, [word("月", "あ" * (number + 1))])
    readings = [(await store.words(*scope))[0].reading for scope in scopes]
    assert readings == ["ア" * (number + 1) for number in range(5)]


@pytest.mark.parametrize(("scope", "limit"), [((GUILD, 0), 2000), ((0, ALICE), 200)])
async def test_a_full_dictionary_takes_no_new_word(
    store: Store, scope: tuple[int, int], limit: int
) -> None:
    words = [word(f"ことば{number}") for number in range(limit)]
    full = await store.put_words(scope, words)
    assert len(full) == limit
    with pytest.raises(TooManyWords) as caught:
        await store.put_words(scope, [word("ことば0", "あ"), word("もう一つ")])
    assert caught.value.data == {"limit": limit}
    assert await store.words(*scope) == full, "all or none"
    replaced = await store.put_words(scope, [word("ことば0", "あ")])
    assert len(replaced) == limit
    assert word("ことば0", "あ") in replaced


async def test_words_are_the_same_object_until_they_change(store: Store) -> None:
    first = await store.put_words((GUILD, 0), [word("月")])
    assert await store.words(GUILD, 0) is first
    await store.put_words((OTHER_GUILD, 0), [word("月")])
    assert await store.words(GUILD, 0) is first
    assert await store.put_words((GUILD, 0), [word("星")]) is await store.words(GUILD, 0)
    assert await store.words(GUILD, 0) is not first
    before = await store.words(GUILD, 0)
    await store.remove_word((GUILD, 0), "星")
    assert await store.words(GUILD, 0) is not before


async def test_forgetting(store: Store, place: tuple[Path, str]) -> None:
    async def fill() -> None:
        for guild in (GUILD, OTHER_GUILD):
            await store.update_guild(guild, voice="koharu")
            await store.put_words((guild, 0), [word("月")])
            for member in (ALICE, BOB):
                await store.update_member(guild, member, voice="koharu")
                await store.put_words((0, member), [word("月")])

    async def kept(store: Store) -> list[bool]:
        return [
            await store.guild(GUILD) != GuildSettings(),
            await store.member(GUILD, ALICE) != MemberSettings(),
            await store.member(GUILD, BOB) != MemberSettings(),
            await store.member(OTHER_GUILD, ALICE) != MemberSettings(),
            await store.words(GUILD, 0) != (),
            await store.words(0, ALICE) != (),
            await store.words(OTHER_GUILD, 0) != () != await store.words(0, BOB),
            await store.guild(OTHER_GUILD) != GuildSettings(),
        ]

    await fill()
    await store.forget_member(ALICE)
    without_alice = [True, False, True, False, True, False, True, True]
    assert await kept(store) == without_alice
    await fill()
    await store.forget_guild(GUILD)
    without_guild = [False, False, False, True, False, True, True, True]
    assert await kept(store) == without_guild
    await store.aclose()
    again = await Store.open(*place)
    assert await kept(again) == without_guild
    await again.aclose()


async def test_where_luna_is_to_be_is_known_for_all_guilds_at_once(store: Store) -> None:
    assert await store.whereabouts() == {}
    for guild, channel in ((GUILD, 2**60), (OTHER_GUILD, 7), (3, None)):
        await store.update_guild(guild, voice="koharu", voice_channel=channel)
    assert await store.whereabouts() == {GUILD: 2**60, OTHER_GUILD: 7}
    await store.update_guild(GUILD, voice_channel=None)
    assert await store.whereabouts() == {OTHER_GUILD: 7}


async def test_a_guild_is_replaced_whole(store: Store, place: tuple[Path, str]) -> None:
    await store.update_guild(GUILD, voice="koharu", language="ko", disabled_voices=["a"])
    await store.put_words((GUILD, 0), [word("月"), word("星", "ほし")])
    await store.update_member(GUILD, ALICE, voice="koharu")
    others = [(0, ALICE), EVERYWHERE, (OTHER_GUILD, 0)]
    for scope in others:
        await store.put_words(scope, [word("月", "つき")])
    new = GuildSettings(
        max_characters=99, voice_roles={"あみ": (1,)}, members_edit_dictionary=False
    )
    await store.replace_guild(GUILD, new, [word("ＬＵＮＡ"), word("luna", "るーな")])
    for at in (store, None):
        if at is None:
            await store.aclose()
            at = await Store.open(*place)
        assert await at.guild(GUILD) == new, "what was chosen before is gone"
        assert await at.words(GUILD, 0) == (word("luna", "るーな"),)
        assert await at.member(GUILD, ALICE) == MemberSettings(voice="koharu"), "members are not"
        assert [await at.words(*scope) for scope in others] == [(word("月", "つき"),)] * 3
    await at.replace_guild(GUILD, GuildSettings(), [])
    assert (await at.guild(GUILD), await at.words(GUILD, 0)) == (GuildSettings(), ())
    await at.aclose()


async def test_a_guild_is_replaced_wholly_or_not_at_all(
    store: Store, place: tuple[Path, str]
) -> None:
    row = await store.update_guild(GUILD, voice="koharu")
    words = await store.put_words((GUILD, 0), [word("月")])
    many = [word(f"ことば{number}") for number in range(2001)]
    with pytest.raises(TooManyWords):
        await store.replace_guild(GUILD, GuildSettings(language="en"), many)
    assert await store.guild(GUILD) is row
    assert await store.words(GUILD, 0) is words
    await store.aclose()
    again = await Store.open(*place)
    assert (await again.guild(GUILD), await again.words(GUILD, 0)) == (row, words)
    await again.replace_guild(GUILD, row, many[:2000])
    assert len(await again.words(GUILD, 0)) == 2000
    with pytest.raises(ValueError, match="0 is no guild"):
        await again.replace_guild(0, row, [])
    await again.aclose()


@pytest.mark.realtime
async def test_far_too_many_words_keep_nobody_waiting(store: Store) -> None:
    many = [word(f"ことば{number}") for number in range(100_000)]
    began = time.perf_counter()
    for refused in (
        store.put_words((0, ALICE), many),
        store.replace_guild(GUILD, GuildSettings(), many),
    ):
        with pytest.raises(TooManyWords):
            await refused
    assert time.perf_counter() - began < 0.8


async def test_a_cancelled_caller_leaves_nothing_behind(place: tuple[Path, str]) -> None:
    threads, tasks = set(threading.enumerate()), asyncio.all_tasks()
    store = await Store.open(*place)
    for number in range(60):
        pair = {"voice": str(number), "newcomer_voice": str(number)}
        calls = [
            asyncio.create_task(store.update_guild(GUILD, **pair)),
            asyncio.create_task(store.guild(number)),
            asyncio.create_task(store.put_words((number, 0), [word("月"), word("星")])),
        ]
        await asyncio.sleep(number / 20_000)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    settings = await store.guild(GUILD)
    assert settings.voice == settings.newcomer_voice
    counts = {len(await store.words(number, 0)) for number in range(60)}
    assert counts <= {0, 2}
    closing = asyncio.create_task(store.aclose())
    await asyncio.sleep(0)
    closing.cancel()
    await store.aclose()
    assert asyncio.all_tasks() <= tasks | {closing}
    await nothing_open(place, threads)
    again = await Store.open(*place)
    written = await again.guild(GUILD)
    assert written.voice == written.newcomer_voice
    await again.aclose()


async def test_opening_can_be_cancelled_at_any_moment(place: tuple[Path, str]) -> None:
    threads = set(threading.enumerate())
    await (await Store.open(*place)).aclose()
    for number in range(12):
        opening = asyncio.create_task(Store.open(*place))
        await asyncio.sleep(number / 1000)
        opening.cancel()
        done = (await asyncio.gather(opening, return_exceptions=True))[0]
        if isinstance(done, Store):
            await done.aclose()
    await nothing_open(place, threads)
    await (await Store.open(*place)).aclose()


async def nothing_open(place: tuple[Path, str], threads: set[threading.Thread]) -> None:
    if place[1]:
        assert await gone(place[1])
    for _ in range(100):  # a thread that has told its end may take a moment to go
        if set(threading.enumerate()) <= threads:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{set(threading.enumerate()) - threads} are left")


async def test_a_closed_store_says_so(store: Store) -> None:
    await store.guild(GUILD)
    await store.aclose()
    await store.aclose()
    for use in (
        store.guild(GUILD),
        store.member(GUILD, ALICE),
        store.words(GUILD, 0),
        store.update_guild(GUILD, voice="a"),
        store.put_words((GUILD, 0), [word("月")]),
        store.replace_guild(GUILD, GuildSettings(), [word("月")]),
        store.remove_word((GUILD, 0), "月"),
        store.forget_guild(GUILD),
    ):
        with pytest.raises(EngineClosed):
            await use


async def test_memory_is_bounded_and_what_fell_out_is_read_again(
    place: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cogs._store.store.CACHED_ROWS", 10)
    monkeypatch.setattr("cogs._store.store.CACHED_WORDS", 10)
    store = await Store.open(*place)
    for number in range(30):
        await store.update_guild(number, max_characters=10 + number)
        await store.put_words((number, 0), [word(f"{one}番") for one in range(4)])
    assert [(await store.guild(n)).max_characters for n in range(30)] == list(range(10, 40))
    assert {len(await store.words(number, 0)) for number in range(30)} == {4}
    held = [len(cache._values) for cache in store._caches]
    assert max(held) <= 10
    assert held[2] <= 2, "a dictionary weighs as much as it has words"
    await store.aclose()


@pytest.mark.realtime
async def test_what_it_costs(store: Store) -> None:
    async def timed(what: str, calls: list) -> float:  # type: ignore[type-arg]
        times = []
        for call in calls:
            began = time.perf_counter()
            await call()
            times.append((time.perf_counter() - began) * 1e6)
        cuts = quantiles(times, n=20)
        print(f"{what:14} p50 {cuts[9]:8.1f} µs   p95 {cuts[18]:8.1f} µs")
        return cuts[9]

    print(f"\n{store._database._link.engine.dialect.name}")
    write = [lambda n=n: store.update_member(GUILD, n, volume=0.5) for n in range(200)]
    await timed("durable write", write)
    await timed("uncached read", [lambda n=n: store.member(OTHER_GUILD, n) for n in range(300)])
    cached = await timed("cached read", [lambda: store.member(GUILD, 5)] * 5000)
    assert cached < 50
