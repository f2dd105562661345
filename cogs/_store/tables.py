"""The tables, as SQLAlchemy has them; the migrations make them, and a test compares both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, Integer, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from .rows import GuildSettings, MemberSettings

_TYPES: Final[Mapping[str, TypeEngine[Any]]] = {
    "str | None": Text(),
    "int | None": Integer(),
    "float | None": Double(),
    "bool": Boolean(),
    "tuple[str, ...]": JSON(none_as_null=True),
    "Snowflake | None": BigInteger(),
    "tuple[Snowflake, ...]": JSON(none_as_null=True),
    "Mapping[str, tuple[int, ...]]": JSON(none_as_null=True),
}


def _columns(row: type[GuildSettings] | type[MemberSettings]) -> Iterator[Column[Any]]:
    """A column for each field; NULL = what the field is by default."""
    for field in fields(row):
        yield Column(field.name, _TYPES[str(field.type)], nullable=True)


def _id(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


metadata = MetaData()

guilds = Table("guilds", metadata, _id("guild_id"), *_columns(GuildSettings))
members = Table("members", metadata, _id("guild_id"), _id("member_id"), *_columns(MemberSettings))
dictionaries = Table(
    "dictionaries",
    metadata,
    _id("guild_id"),
    _id("member_id"),
    Column("word", Text, primary_key=True),  # rows.same_word() of the surface
    Column("surface", Text, nullable=False),
    Column("reading", Text, nullable=False),
    Column("accent", Integer, nullable=True),
    Column("priority", Integer, nullable=False),
)
turns = Table(
    "turns",
    metadata,
    Column("name", Text, primary_key=True),
    Column("free_at", Double, nullable=False),  # seconds of the database's clock
)
