"""What readers of Korean know beyond the sound rules: numbers, abbreviations, single words."""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = "영일이삼사오육칠팔구"
_TENS: Final = ("", "십", "백", "천")
_MYRIADS: Final = ("", *"만억조경")
_LONGEST: Final = 4 * len(_MYRIADS)
"""Digits; longer numbers are read one by one."""
_NATIVE_ONES: Final = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS: Final = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_NATIVE_COUNTER: Final = re.compile(
    "번째|시간|시(?!즌)|개(?!월|국|년)|명|살|마리|잔|병|권|대|장|가지|사람|달(?!러)|그릇|송이|켤레"
    "|군데|곳|바퀴|판|배|끼"
)
_SINO_HOUR: Final = 13
"""From here on hours are those of a timetable: 13시 is 십삼시."""
_MONTHS: Final = {6: "유", 10: "시"}

# Words whose reading depends on origin or meaning: a tense consonant in a Chinese word, an ㄴ
# between two words; and the few whose customary transcription leaves the rules (괜찮 ケンチャン).
_SAID: Final = """
    십육=심뉵 백육=뱅뉵 천육=천뉵 만육=만뉵 꽃잎=꼰닙 깻잎=깬닙 나뭇잎=나문닙 서울역=서울력
    한여름=한녀름 담요=담뇨 식용유=시굥뉴 무슨일=무슨닐 볼일=볼릴 할일=할릴 색연필=생년필
    석열=성녈 몇월=며둴 맛있=마싰 멋있=머싰 맛없=마덦 멋없=머덦 첫인상=처딘상 괜찮=갠찮
    예요=에요 밟다=밥따 밟고=밥꼬 밟지=밥찌 밟는=밤는 생산량=생산냥 의견란=의견난 음운론=음운논
    결단력=결딴녁 공권력=공꿘녁 한자리=한자리 한자=한짜 인기=인끼 사건=사껀 조건=조껀 문법=문뻡
    평가=평까 성격=성껵 여권=여꿘 결정=결쩡 발전=발쩐 실제=실쩨 활동=활똥 열정=열쩡 일정=일쩡
    설정=설쩡 철도=철또 절대=절때 결제=결쩨 발달=발딸 갈등=갈뜽 출동=출똥 일단=일딴
    물고기=물꼬기 눈동자=눈똥자 손가락=손까락 발가락=발까락 술집=술찝 김밥=김빱 비빔밥=비빔빱
    물병=물뼝 아침밥=아침빱 점심밥=점심빱 볶음밥=보끔빱 떡볶이=떳뽀끼
"""
RESPELLED: Final = dict(pair.split("=") for pair in _SAID.split())
"""How it is written -> how it would be written by its sound."""

_SPOKEN: Final = """
    ㅇㅇ=ウンウン ㄱㅅ=カムサ ㄴㄴ=ノノ ㅇㅋ=オケ ㄱㄱ=ゴゴ ㅈㅅ=チェソン ㅎㅇ=ハイ ㅂㅂ=バイ
    ㅂㅇ=バイ ㅃㅃ=バイ ㅃㅇ=バイ ㄹㅇ=リアル ㅊㅋ=チュカ ㅁㄹ=モルラ ㅇㅈ=インジョン ㅅㄱ=スゴ
    ㄱㅊ=ケンチャナ ㅇㄷ=オディ ㄷㄷ=トルドル ㅎㄷㄷ=フドルドル ㅈㅂ=チェバル ㅇㅎ=アハ
    ㅈㅁ=チャムマン ㄲㅂ=カビ ㅌㅌ=トゥィトゥィ ㅂㄷㅂㄷ=プドゥルブドゥル ㄱㄴ=カヌン ㅁㅊ=ミチン
    ㅇㄱㄹㅇ=イゴレアル ㄱㅇㄷ=ケイドゥク ㅎㅇㅌ=ファイティン ㄷㄱㄷㄱ=トゥグンドゥグン
    ㅇㄴ=アニ ㄱㄷ=キダリョ ㄴㅇㅅ=ナイス ㅊㅊ=チュチョン ㅉㅉ=チュッチュッ
"""
ABBREVIATIONS: Final = dict(pair.split("=") for pair in _SPOKEN.split())
"""Initial consonants -> katakana of the word that people say for them."""


def read_korean_number(number: str, following: str) -> str:
    """Hangul for ASCII digits with at most one ".", as they are read before the word `following`.

    Native numerals before native counters (3개 세, 20살 스무), Sino-Korean ones otherwise (3년 삼).
    """
    whole, _, fraction = number.partition(".")
    whole = whole.lstrip("0")
    if fraction:
        return f"{_sino(whole)}점{_spell(fraction)}"
    if not whole or len(whole) > 3:
        return _sino(whole)
    value = int(whole)
    if value == 1 and following.startswith("번째"):
        return "첫"
    if following.startswith("월"):
        return _MONTHS.get(value) or _sino(whole)
    return _native(value) if _counts_natively(value, following) else _sino(whole)


def _counts_natively(value: int, following: str) -> bool:
    counter = _NATIVE_COUNTER.match(following)
    if counter is None:
        return False
    if counter[0] == "시":
        return value < _SINO_HOUR
    # 20대 are people in their twenties.
    return counter[0] != "대" or value % 10 > 0 or value == 10


def _native(value: int) -> str:
    """Reads 1 to 999 as it stands before a counter; native numerals end at 99."""
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    native = "스무" if rest == 20 else _NATIVE_TENS[tens] + _NATIVE_ONES[ones]
    return (_sino(str(hundreds * 100)) if hundreds else "") + native


def _sino(digits: str) -> str:
    """Reads digits without leading zeros, four at a time; none is 영."""
    if not digits:
        return _DIGITS[0]
    if len(digits) > _LONGEST:
        return _spell(digits)
    head = len(digits) % 4 or 4
    groups = [digits[:head], *(digits[i : i + 4] for i in range(head, len(digits), 4))]
    names = reversed(_MYRIADS[: len(groups)])
    reading = "".join(map(_sino_group, groups, names))
    return reading.removeprefix("일") if reading.startswith("일만") else reading


def _sino_group(group: str, myriad: str) -> str:
    """Reads one to four digits in units of `myriad`; zeros are silent, and so is 일 before 십."""
    reading = "".join(
        ("" if digit == "1" and ten else _DIGITS[int(digit)]) + ten
        for digit, ten in zip(group, reversed(_TENS[: len(group)]), strict=True)
        if digit != "0"
    )
    return reading + myriad if reading else ""


def _spell(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)
