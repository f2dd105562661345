"""Dates and times of day. Open JTalk knows the irregular days; minutes are helped.

11/24 is a date wherever it can be one. What could be a fraction as well (a < b <= 5 or 1/b up to
1/10: 1/2, 3/4, 1/10) is a date only beside a weekday, a time, another day or まで.
"""

from __future__ import annotations

import re
from typing import Final

from luna_tts.nlp.japanese.chat.numerals import amount
from luna_tts.nlp.japanese.chat.rules import DASH, ENDS, LETTER, WAVE, Rule

_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKDAY: Final = r"\s?[(（]([月火水木金土日])(?:曜日?)?[)）]"
_ALONE: Final = rf"(?<![0-9.:/{DASH}{LETTER}])"
_OVER: Final = rf"(?![0-9{LETTER}]|[.:/{DASH}][0-9])"
_NOON: Final = {"a": "午前", "p": "午後"}
_HALF: Final = r"(?P<half>[AaPp])\.?[Mm]\.?"
_MINUTES: Final = {2: "二フン", 5: "五フン", 8: "ハップン", 9: "キュウフン"}


def _date(match: re.Match[str]) -> str:
    month, day = int(match["month"]), int(match["day"])
    if not is_day(month, day):
        return match[0]
    year = f"{amount(match['year'])}年" if match.groupdict().get("year") else ""
    return f"{year}{amount(str(month))}月{amount(str(day))}日"


def _month(match: re.Match[str]) -> str:
    return f"{amount(match['year'])}年{amount(match['month'])}月"


def _month_and_day(match: re.Match[str]) -> str:
    month, day = int(match["month"]), int(match["day"])
    if looks_like_fraction(month, day) and match["sure"] is None:
        return match[0]
    return _date(match)


def _span(match: re.Match[str]) -> str:
    """11/24-26 and 11/24〜11/26."""
    month, day, last_day = int(match["month"]), int(match["day"]), int(match["last_day"])
    last_month = int(match["last_month"] or month)
    if not (is_day(month, day) and is_day(last_month, last_day)):
        return match[0]
    last = f"{amount(str(last_month))}月" if match["last_month"] else ""
    return f"{amount(str(month))}月{amount(str(day))}日から{last}{amount(str(last_day))}日"


def is_day(month: int, day: int) -> bool:
    """Whether some year has this day."""
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def looks_like_fraction(a: int, b: int) -> bool:
    """Whether a/b is more often said of a share than of a day."""
    return 0 < a < b and (b <= 5 or (a == 1 and b <= 10))


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 29 or minute > 59:
        return match[0]
    half = match["half"] or match["half2"]
    second = f"{amount(match['second'])}秒" if int(match["second"] or 0) else ""
    minutes = minutes_(minute) if minute or second else ""
    start = "から" if match["wave"] else ""
    return f"{_NOON[half.lower()] if half else ''}{amount(str(hour))}時{minutes}{second}{start}"


def _measure(match: re.Match[str]) -> str:
    """Of music; 分 would be taken for minutes, 拍子 for ヒョウシ."""
    return f"{amount(match[2])}ブンノ{amount(match[1])}ビョウシ"


def _hour(match: re.Match[str]) -> str:
    return f"{_NOON[match['half'].lower()]}{amount(match['hour'])}時"


def minutes_(minute: int) -> str:
    """Open JTalk takes 二分, 五分, 八分 and 九分 for tenths, and 十二分 for ジューニブ."""
    ten, one = divmod(minute, 10)
    if one not in _MINUTES or (ten and one in (5, 9)) or (ten > 1 and one == 2):
        return f"{amount(str(minute))}分"
    return (amount(str(ten * 10)) if ten else "") + _MINUTES[one]


def _minute_word(match: re.Match[str]) -> str:
    said = minutes_(int(match[1]))
    return match[0] if match[0].endswith("分") and said.endswith("分") else said


_MONTH: Final = "(?P<month>[01]?[0-9])"
_DAY: Final = "(?P<day>[0-3]?[0-9])"
_FULL_DATE: Final = re.compile(
    rf"{_ALONE}(?P<year>[12][0-9]{{3}})(?P<mark>[/.{DASH}]){_MONTH}(?P=mark){_DAY}{_OVER}"
)
_YEAR_AND_MONTH: Final = re.compile(
    rf"{_ALONE}(?P<year>(?:19|20)[0-9]{{2}})/(?P<month>1[0-2]|0?[1-9]){_OVER}"
)
_SPAN: Final = re.compile(
    rf"{_ALONE}{_MONTH}/{_DAY}\s?[{DASH}{WAVE}]\s?"
    rf"(?:(?P<last_month>[01]?[0-9])/)?(?P<last_day>[0-3]?[0-9])(?![0-9/:.%{LETTER}])"
)
_MONTH_AND_DAY: Final = re.compile(
    rf"{_ALONE}{_MONTH}/{_DAY}{_OVER}(?![点個人回枚体])"
    rf"(?P<sure>(?=\s?(?:[0-2]?[0-9][:時]|まで|以降|[月火水木金土日]曜)|{_WEEKDAY}))?"
)
_CLOCK: Final = re.compile(
    rf"(?:(?<![{LETTER}]){_HALF}\s?)?(?<![0-9.:])(?P<hour>[0-2]?[0-9])[:：](?P<minute>[0-5][0-9])"
    r"(?:[:：](?P<second>[0-5][0-9]))?(?![0-9:：]|\.[0-9])"
    rf"(?:\s?{_HALF.replace('half', 'half2')}{ENDS})?(?:(?P<wave>[{WAVE}])(?!\s?[0-9]))?"
)
_HOUR_THEN_HALF: Final = rf"(?<![0-9.:{LETTER}])(?P<hour>1?[0-9]|2[0-4])\s?{_HALF}{ENDS}"
_HALF_THEN_HOUR: Final = rf"(?<![{LETTER}]){_HALF}\s?(?P<hour>1?[0-9]|2[0-4])(?![0-9.:{LETTER}])時?"
_MINUTES_OF_RANGE: Final = (
    rf"(?<![0-9.:/{DASH}{LETTER}])([0-9]{{1,4}})\s?[{WAVE}{DASH}]\s?"
    r"(?=[0-9]{1,4}(?:[分時日月年秒]|min))"
)
_MINUTES_IN_ENGLISH: Final = rf"(?<![0-9.,{LETTER}])([0-9]{{1,3}})\s?mins?{ENDS}"
_MINUTES_IN_JAPANESE: Final = (
    r"(?<![0-9.,度割])([1-5]?[0-9])分(?!の[0-9一二三四五六七八九十]|[咲袖丈目割])"
)
_FROM_TO: Final = (
    rf"(?:(?<=[時分日月年秒])|(?<=[フプ]ン)|(?<=曜日))\s?[{WAVE}{DASH}]\s?"
    "(?=[0-9一二三四五六七八九十零午ハ])"
)

RULES: Final[tuple[Rule, ...]] = (
    (re.compile(r"(?<=[0-9])T(?=[0-9]{2}:[0-9])"), " "),
    (re.compile(rf"{_ALONE}([0-9]{{1,2}})/([0-9]{{1,2}})\s?拍子"), _measure),
    (_FULL_DATE, _date),
    (_YEAR_AND_MONTH, _month),
    (_SPAN, _span),
    (_MONTH_AND_DAY, _month_and_day),
    (re.compile(f"(?<=[0-9一二三四五六七八九十]日){_WEEKDAY}"), r"、\1曜日"),
    (_CLOCK, _time),
    (re.compile(_HOUR_THEN_HALF), _hour),
    (re.compile(_HALF_THEN_HOUR), _hour),
    (re.compile(_MINUTES_OF_RANGE), r"\1から"),
    (re.compile(_MINUTES_IN_ENGLISH), _minute_word),
    (re.compile(r"(?<![0-9.,])0(?=[1-9][月日時分秒])"), ""),
    (re.compile(_MINUTES_IN_JAPANESE), _minute_word),
    (re.compile(_FROM_TO), "から"),
)
