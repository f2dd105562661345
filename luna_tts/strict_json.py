"""JSON from strangers: objects only, each key once, no NaN, nothing that breaks the parser."""

from __future__ import annotations

import json
from typing import Any, NoReturn

_MAX_DIGITS = 30


def parse_object(data: bytes) -> dict[str, Any]:
    """The object that `data` describes, UTF-8 with or without a byte order mark.

    Bound the length of `data` before: parsed JSON takes up to thirty times its size in memory.
    Raises `ValueError` whose message says what is wrong, in words that fit after "it".
    """
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_int=_integer,
        )
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg} in line {error.lineno})") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("does not hold a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"has the key {twice[:80]!r} twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError("holds a number that is far too long")
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"holds {name}, which is no JSON number")
