"""<t:1700000000:R> as somebody would say it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from ._spoken import spoken

_SHAPES: Final = {
    "t": ("just_time", "time"),
    "T": ("just_time", "exact_time"),
    "d": ("just_date", "time"),
    "D": ("just_date", "time"),
    "f": ("date_and_time", "time"),
    "s": ("date_and_time", "time"),
    "S": ("date_and_time", "exact_time"),
    "F": ("weekday_and_time", "time"),
}
"""Style -> the phrase, and the one for the time in it."""
_SPANS: Final = (
    ("year", timedelta(days=365)),
    ("month", timedelta(days=30)),
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)


def spoken_time(unix: int, style: str, language: str, now: datetime) -> str:
    """The moment `unix` (seconds since 1970) in a style of Discord's, in the zone of `now`.

    The year is said where it is another one than that of `now`.
    """
    try:
        moment = datetime.fromtimestamp(unix, UTC).astimezone(now.tzinfo)
    except (ValueError, OverflowError, OSError):
        return spoken("some_time", language)
    if style == "R":
        return _relative(moment - now, language)
    data = {
        "year": moment.year,
        "month": spoken("month_names", language).split()[moment.month - 1],
        "day": moment.day,
        "half": spoken("pm" if moment.hour >= 12 else "am", language),
        "hour": moment.hour % 12 or 12,
        "minute": moment.minute,
        "second": moment.second,
    }
    shape, time = _SHAPES.get(style, _SHAPES["f"])
    if time == "time" and not moment.minute:
        time = "full_hour"
    return spoken(
        shape,
        language,
        date=spoken("date" if moment.year == now.year else "date_with_year", language, **data),
        time=spoken(time, language, **data),
        weekday=spoken("weekdays", language).split()[moment.weekday()],
    )


def _relative(span: timedelta, language: str) -> str:
    unit, length = next(
        ((unit, length) for unit, length in _SPANS if abs(span) >= length),
        ("second", _SPANS[-1][1]),
    )
    count = abs(span) // length
    if not count:
        return spoken("right_now", language)
    said = spoken(unit if count == 1 else f"{unit}s", language, count=count)
    return spoken("ago" if span < timedelta(0) else "later", language, span=said)
