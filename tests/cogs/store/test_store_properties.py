"""Whatever is given to the store, it holds what a dictionary in memory would hold, or refuses."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cogs._store import GuildSettings, MemberSettings, Store
from cogs._store.rows import LIMITS, same_word
from luna_tts import LunaError
from luna_tts.nlp.dictionary_word import DictionaryWord

GUILDS = st.sampled_from([1, 2**63 - 1])
MEMBERS = st.sampled_from([3, 2**62])
SCOPES = st.sampled_from([(0, 0), (1, 0), (0, 3)])
IDS = st.integers(0, 2**63 - 1)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
on_disk = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def value(kind: str, name: str) -> st.SearchStrategy[Any]:
    """What a field may hold."""
    low, high = LIMITS.get(name, (0, 0))
    return {
        "bool": st.booleans(),
        "str | None": st.none()
        | (st.sampled_from(["ja", "ko", "en"]) if name in ("language", "written") else NAMES),
        "int | None": st.none() | st.integers(int(low), int(high)),
        "float | None": st.none() | st.floats(low, high),
        "Snowflake | None": st.none() | IDS,
        "tuple[Snowflake, ...]": st.lists(IDS, max_size=5).map(tuple),
        "tuple[str, ...]": st.lists(NAMES, max_size=5).map(tuple),
        "Mapping[str, tuple[int, ...]]": st.dictionaries(
            NAMES, st.lists(IDS, max_size=3).map(tuple), max_size=3
        ),
    }[kind]


def changes(row: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    every = {field.name: value(str(field.type), field.name) for field in fields(row)}
    return st.fixed_dictionaries({}, optional=every)


def is_word(candidate: tuple[str, str, int]) -> bool:
    try:
        DictionaryWord(*candidate)
    except LunaError:
        return False
    return True


WORDS = (
    st.tuples(st.text(max_size=12), st.text("アイウルナーッ", min_size=1), st.integers(0, 3))
    .filter(is_word)
    .map(lambda word: DictionaryWord(*word))
)
CALLS = st.lists(
    st.tuples(st.just("guild"), GUILDS, changes(GuildSettings))
    | st.tuples(st.just("member"), st.tuples(GUILDS, MEMBERS), changes(MemberSettings))
    | st.tuples(st.just("words"), SCOPES, st.lists(WORDS, max_size=5))
    | st.tuples(
        st.just("replace"),
        GUILDS,
        st.tuples(changes(GuildSettings), st.lists(WORDS, max_size=5)),
    )
    | st.tuples(st.just("remove"), SCOPES, st.text(max_size=3) | WORDS.map(lambda w: w.surface))
    | st.tuples(st.just("forget guild"), GUILDS, st.none())
    | st.tuples(st.just("forget member"), MEMBERS, st.none()),
    max_size=12,
)


class Model:
    """What is remembered, the simplest way."""

    def __init__(self) -> None:
        self.guilds: dict[int, GuildSettings] = {}
        self.members: dict[tuple[int, int], MemberSettings] = {}
        self.words: dict[tuple[int, int], dict[str, DictionaryWord]] = {}

    async def both(self, store: Store, what: str, key: Any, argument: Any) -> None:
        if what == "guild":
            row = self.guilds[key] = replace(self.guilds.get(key, GuildSettings()), **argument)
            assert await store.update_guild(key, **argument) == row
        elif what == "member":
            one = self.members[key] = replace(self.members.get(key, MemberSettings()), **argument)
            assert await store.update_member(*key, **argument) == one
        elif what == "words":
            self.words.setdefault(key, {}).update({same_word(w.surface): w for w in argument})
            await store.put_words(key, argument)
        elif what == "replace":
            row = self.guilds[key] = GuildSettings(**argument[0])
            self.words[key, 0] = {same_word(word.surface): word for word in argument[1]}
            await store.replace_guild(key, row, argument[1])
        elif what == "remove":
            gone = self.words.get(key, {}).pop(same_word(argument), None)
            assert await store.remove_word(key, argument) == gone
        else:
            index = ("forget guild", "forget member").index(what)
            await (store.forget_guild(key) if index == 0 else store.forget_member(key))
            if index == 0:
                self.guilds.pop(key, None)
            for table in (self.members, self.words):
                for held in [held for held in table if held[index] == key]:
                    del table[held]

    async def compare(self, store: Store) -> None:
        for guild in (1, 2**63 - 1):
            assert await store.guild(guild) == self.guilds.get(guild, GuildSettings())
            for member in (3, 2**62):
                expected = self.members.get((guild, member), MemberSettings())
                assert await store.member(guild, member) == expected
        for scope in ((0, 0), (1, 0), (0, 3)):
            assert set(await store.words(*scope)) == set(self.words.get(scope, {}).values())


@on_disk
@given(calls=CALLS)
async def test_the_store_is_a_dictionary_that_lasts(
    place: tuple[Path, str], calls: list[tuple[str, Any, Any]]
) -> None:
    store = await Store.open(*place)
    try:
        for guild in (1, 2**63 - 1):
            await store.forget_guild(guild)
        await store.forget_member(3)
        for word in await store.words(0, 0):
            await store.remove_word((0, 0), word.surface)
        model = Model()
        for call in calls:
            await model.both(store, *call)
        await model.compare(store)
        await store.aclose()
        store = await Store.open(*place)
        await model.compare(store)
    finally:
        await store.aclose()


@on_disk
@given(text=st.text(), many=st.lists(st.text(), max_size=3))
async def test_any_text_is_kept_as_it_is_or_refused(
    store: Store, text: str, many: list[str]
) -> None:
    before = await store.guild(1)
    try:
        row = await store.update_guild(1, voice=text, disabled_voices=many, voice_roles={text: [1]})
    except LunaError:
        assert await store.guild(1) == before
    else:
        store._guilds.discard(1)
        assert await store.guild(1) == row
        assert (row.voice, row.disabled_voices) == (text, tuple(many))
