"""Units, prices and percentages, with the range or the sign before them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from luna_tts.nlp.japanese.chat.dates import minutes_
from luna_tts.nlp.japanese.chat.numerals import amount, english_number
from luna_tts.nlp.japanese.chat.rules import APART, DASH, ENDS, LETTER, NUMBER, WAVE, Rule

_TABLE: Final = """
    km キロメートル  m メートル  m走 メートルソウ  cm センチ  mm ミリ  μm マイクロメートル
    nm ナノメートル  ft フィート  inch インチ  ha ヘクタール  m^2 平方メートル
    km^2 平方キロメートル  cm^2 平方センチメートル  m^3 立方メートル  cm^3 立方センチメートル
    L リットル  l リットル  dl デシリットル  ml ミリリットル  mL ミリリットル  cc シーシー
    t トン  kg キログラム  g グラム  mg ミリグラム  lb ポンド
    cal カロリー  kcal キロカロリー  J ジュール  kJ キロジュール  Pa パスカル  hPa ヘクトパスカル
    W ワット  kW キロワット  Wh ワットアワー  kWh キロワットアワー  V ボルト  mV ミリボルト
    mA ミリアンペア  Ah アンペアアワー  mAh ミリアンペアアワー  Ω オーム  lm ルーメン
    Hz ヘルツ  hz ヘルツ  kHz キロヘルツ  MHz メガヘルツ  GHz ギガヘルツ  dB デシベル  db デシベル
    px ピクセル  dpi ディーピーアイ  fps エフピーエス  FPS エフピーエス  rpm アールピーエム
    ppm ピーピーエム  p ピー  K ケー  k ケー  M エム  G ギガ  bit ビット
    KB キロバイト  kB キロバイト  kb キロバイト  MB メガバイト  mb メガバイト  GB ギガバイト
    gb ギガバイト  TB テラバイト  tb テラバイト  PB ペタバイト  MiB メビバイト  GiB ギビバイト
    MB/s メガバイト毎秒  GB/s ギガバイト毎秒  bps ビーピーエス  kbps キロビーピーエス
    Kbps キロビーピーエス  Mbps メガビーピーエス  mbps メガビーピーエス  Gbps ギガビーピーエス
    gbps ギガビーピーエス  h 時間  hr 時間  hrs 時間  s 秒  sec 秒  ms ミリ秒  μs マイクロ秒
    ns ナノ秒  °C 度  °c 度  °F 度  ° 度  rad ラジアン  mph マイル  % パーセント
    ch チャンネル  pt ポイント  pts ポイント  LDK エルディーケー  DK ディーケー
    USD ドル  JPY 円  EUR ユーロ
"""
_CELLS: Final = _TABLE.split()
_UNITS: Final = dict(zip(_CELLS[::2], _CELLS[1::2], strict=True))
_SPEEDS: Final = {
    "km/h": ("時速", "キロ"),
    "kmh": ("時速", "キロ"),
    "m/s": ("秒速", "メートル"),
    "km/s": ("秒速", "キロメートル"),
    "m/min": ("分速", "メートル"),
}
_SMALLER: Final = {
    "km": ("m",),
    "m": ("cm", "mm"),
    "cm": ("mm",),
    "t": ("kg",),
    "kg": ("g",),
    "L": ("ml", "mL", "dl"),
}
"""What may follow in one measure: 1m80cm."""
_MONEY: Final = {
    "$": "ドル",
    "¥": "円",
    "￥": "円",
    "£": "ポンド",
    "€": "ユーロ",
    "₩": "ウォン",
    "₿": "ビットコイン",
}
_COUNTERS: Final = (
    "[人名個本枚回円日時分秒年歳才匹台件階話巻冊杯度割倍点位連体周週万千百億番曲発泊歩戦問着足頭羽巡級段]|"
    "つ|[かカヶケ]月|こ|セット|ページ|ポイント|ドル|キル|キロ|メートル|センチ"
)
_GROUPED: Final = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
_MYRIAD: Final = "(?P<myriad>[千万億兆]{0,2})"
_SHORT: Final = {"K": "ケー", "k": "ケー", "M": "ミリオン", "B": "ビリオン"}
_BEFORE: Final = rf"(?<![0-9.{LETTER}])(?<![0-9],)(?<![0-9A-Za-z]-)"
_AFTER: Final = rf"(?![0-9{LETTER}^])"


def _names(table: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(table, key=len, reverse=True)))


def _speed(match: re.Match[str]) -> str:
    before, unit = _SPEEDS[match["unit"]]
    return f"{before}{amount(match['number'])}{unit}"


def _unit(match: re.Match[str]) -> str:
    number, unit = match["number"], match["unit"]
    if unit == "G" and number in tuple("123456"):
        return english_number(int(number)) + "ジー"
    first = f"{amount(match['first'])}{_UNITS.get(match['own'], '')}から" if match["first"] else ""
    return f"{first}{amount(number)}{match['myriad']}{_UNITS[unit]}"


def _two_units(match: re.Match[str]) -> str:
    first, second = match["unit"], match["unit2"]
    if second not in _SMALLER[first]:
        return match[0]
    return f"{amount(match['number'])}{_UNITS[first]}{amount(match['number2'])}{_UNITS[second]}"


def _price(match: re.Match[str]) -> str:
    myriad = _SHORT.get(match["myriad"], match["myriad"])
    number = match["number"]
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"{amount(number)}{myriad}{_MONEY[match['unit']]}"


def _duration(match: re.Match[str]) -> str:
    hours = f"{amount(match['h'])}時間" if match["h"] else ""
    seconds = f"{amount(match['s'])}秒" if match["s"] else ""
    return hours + minutes_(int(match["m"])) + seconds


def _range(match: re.Match[str]) -> str:
    return f"{amount(match[1])}から"


RULES: Final[tuple[Rule, ...]] = (
    (re.compile(rf"(?<![0-9{LETTER})）])[-−](?=[0-9])"), "マイナス"),
    (re.compile(rf"(?<![0-9{LETTER})）+])[+](?=[0-9])"), "プラス"),
    (re.compile(r"±\s?(?=[0-9])"), "プラスマイナス"),
    (
        re.compile(rf"(?<=[0-9])(?<![{LETTER}][0-9])\s?(?:[x×✕✖](?=\s?[0-9])|X(?=[0-9]{{3}}))\s?"),
        "×",
    ),
    (re.compile(rf"{APART}x\s?(?=[0-9]{{1,3}}{ENDS})(?!64|86)"), "×"),
    (re.compile(r"(?<=[0-9][Kp])(?=[0-9]{1,3}(?:fps|Hz))"), " "),
    (
        re.compile(
            rf"{_BEFORE}(?:(?P<h>[0-9]{{1,3}})h\s?(?P<m>[0-9]{{1,2}})m(?:in)?"
            rf"(?:\s?(?P<s>[0-9]{{1,2}})s)?){_AFTER}"
        ),
        _duration,
    ),
    (
        re.compile(
            rf"{_BEFORE}(?P<number>{NUMBER})\s?(?P<unit>{_names(_SMALLER)})"
            rf"\s?(?P<number2>{NUMBER})\s?(?P<unit2>cm|mm|m|kg|g|m[lL]|dl){_AFTER}"
        ),
        _two_units,
    ),
    (
        re.compile(
            rf"(?P<unit>[$¥￥£€₩₿])\s?(?P<number>{_GROUPED})(?P<myriad>[千万億兆]{{0,2}}|[kKMB])"
            rf"(?![0-9{LETTER}円])",
        ),
        _price,
    ),
    (
        re.compile(rf"{_BEFORE}(?P<number>{_GROUPED}){_MYRIAD}\s?(?P<unit>[$¥￥£€₩])(?![0-9])"),
        _price,
    ),
    (
        re.compile(
            rf"(?:時速|秒速|分速)?{_BEFORE}(?P<number>{NUMBER})\s?(?P<unit>{_names(_SPEEDS)}){_AFTER}"
        ),
        _speed,
    ),
    (
        re.compile(
            rf"{_BEFORE}(?:(?P<first>{_GROUPED})\s?(?P<own>{_names(_UNITS)})?"
            rf"\s?[{WAVE}{DASH}]\s?)?(?P<number>{_GROUPED}){_MYRIAD}"
            rf"\s?(?P<unit>{_names(_UNITS)}){_AFTER}"
        ),
        _unit,
    ),
    (re.compile(r"(?<=[0-9千万億])\s?%"), "パーセント"),
    (re.compile(rf"(?<![0-9.{LETTER}{DASH}])({_GROUPED})\s?[{WAVE}]\s?(?=[0-9])"), _range),
    (
        re.compile(
            rf"(?<![0-9.{LETTER}{DASH}])([0-9]{{1,9}})[{DASH}](?=[0-9]{{1,9}}(?:{_COUNTERS}))"
        ),
        _range,
    ),
)
