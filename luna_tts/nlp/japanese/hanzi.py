"""Chinese among Japanese -> katakana by its Mandarin pinyin.

Both are written with Han characters, and Open JTalk reads a Chinese line as nonsense or not at
all. A run counts as Chinese only where it holds something that no Japanese would write; whatever
is ambiguous (朋友, 麻婆豆腐, 習近平) stays Japanese, so that no name is ever misread.
"""

from __future__ import annotations

import re
from typing import Final

_HAN: Final = "々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# Chinese clauses are joined by ，； and ：, which Japanese does not use between kanji; 、。！？ and
# spaces end a run, so that 了解！谢谢 is half Japanese.
_RUN: Final = re.compile(f"[{_HAN}](?:[{_HAN}0-9，；：]*[{_HAN}])?")
_CANDIDATE: Final = re.compile("[\u4e00-\u9fff]")
"""Rarer blocks hold the forms of Japanese names, such as 𠮷 and 﨑."""

_BIG5_FREQUENT: Final = b"\xc6\x7e"
"""The last of the 5,401 characters that a Taiwanese school teaches."""
_CHATTY: Final = frozenset("你妳您她它咱呢哪啦吧嗎啊喔哦哎唉爸么帮种份晚")
"""The larger Japanese set, JIS X 0213, has these too, but only Chinese chat in them."""
_NAMES: Final = frozenset("內吳彥戶强荆沪麽骶")
"""What no Japanese set has, or 沪 as a place, and Japanese names and textbooks still hold."""
_WORDS: Final = re.compile(
    "很|(?<![図土])們|昨天|(?<!昨)今天(?![気候皇下])|[這那][個樣裡麼]|[什怎]麼|(?<!写)真的|沒有|^没有"
    "|不知道|早上好|請[問稍等]|我[在要想不也](?!関)[\u4e00-\u9fff]"
    "|沒關係|對不起|謝謝|再見|喜歡|吃飯|拜拜|哈哈|不好意思|知道了|^好[吃的]|^早安|(?<![添追増付])加油$"
)
"""Everyday words whose characters a Japanese keyboard has, and that no Japanese writes;
not 昨今天候, 今天気 or 写真的."""

_SYLLABLES: Final = """
    aアー aiアイ anアン angアン aoアオ eオー eiエイ enエン engオン erアル êエー oオー ouオウ mム
    nン ngン hmフム hngフン
    baバー baiバイ banバン bangバン baoバオ beiベイ benベン bengボン biビー bianビエン biangビアン
    biaoビアオ bieビエ binビン bingビン boボー bongボン buブー
    paパー paiパイ panパン pangパン paoパオ peiペイ penペン pengポン piピー pianピエン piaoピアオ
    pieピエ pinピン pingピン poポー pouポウ puプー
    maマー maiマイ manマン mangマン maoマオ meモー meiメイ menメン mengモン miミー mianミエン
    miaoミアオ mieミエ minミン mingミン miuミウ moモー mouモウ muムー
    faファー fanファン fangファン feiフェイ fenフェン fengフォン fiaoフィアオ foフォー fouフォウ
    fuフー
    daダー daiダイ danダン dangダン daoダオ deドー deiデイ denデン dengドン diディー diaディア
    dianディエン diaoディアオ dieディエ dinディン dingディン diuディウ dongドン douドウ duドゥー
    duanドゥアン duiドゥイ dunドゥン duoドゥオ
    taター taiタイ tanタン tangタン taoタオ teトー teiテイ tengトン tiティー tianティエン
    tiaoティアオ tieティエ tingティン tongトン touトウ tuトゥー tuanトゥアン tuiトゥイ tunトゥン
    tuoトゥオ
    naナー naiナイ nanナン nangナン naoナオ neノー neiネイ nenネン nengノン niニー niaニア
    nianニエン niangニアン niaoニアオ nieニエ ninニン ningニン niuニウ nongノン nouノウ nuヌー
    nuanヌアン nunヌン nuoヌオ nvニュイ nveニュエ
    laラー laiライ lanラン langラン laoラオ leロー leiレイ lenレン lengロン liリー liaリア
    lianリエン liangリアン liaoリアオ lieリエ linリン lingリン liuリウ loロー longロン louロウ
    luルー luanルアン lunルン luoルオ lvリュイ lveリュエ
    gaガー gaiガイ ganガン gangガン gaoガオ geゴー geiゲイ genゲン gengゴン gongゴン gouゴウ
    guグー guaグア guaiグアイ guanグアン guangグアン guiグイ gunグン guoグオ
    kaカー kaiカイ kanカン kangカン kaoカオ keコー keiケイ kenケン kengコン kongコン kouコウ
    kuクー kuaクア kuaiクアイ kuanクアン kuangクアン kuiクイ kunクン kuoクオ
    haハー haiハイ hanハン hangハン haoハオ heホー heiヘイ henヘン hengホン hongホン houホウ
    huフー huaホワ huaiホワイ huanホワン huangホワン huiホイ hunフン huoフオ
    jiジー jiaジア jianジエン jiangジアン jiaoジアオ jieジエ jinジン jingジン jiongジオン jiuジウ
    juジュイ juanジュエン jueジュエ junジュン
    qiチー qiaチア qianチエン qiangチアン qiaoチアオ qieチエ qinチン qingチン qiongチオン qiuチウ
    quチュイ quanチュエン queチュエ qunチュン
    xiシー xiaシア xianシエン xiangシアン xiaoシアオ xieシエ xinシン xingシン xiongシオン xiuシウ
    xuシュイ xuanシュエン xueシュエ xunシュン
    zhaジャー zhaiジャイ zhanジャン zhangジャン zhaoジャオ zheジョー zheiジェイ zhenジェン
    zhengジョン zhiジー zhongジョン zhouジョウ zhuジュー zhuaジュア zhuaiジュアイ zhuanジュアン
    zhuangジュアン zhuiジュイ zhunジュン zhuoジュオ
    chaチャー chaiチャイ chanチャン changチャン chaoチャオ cheチョー chenチェン chengチョン
    chiチー chongチョン chouチョウ chuチュー chuaチュア chuaiチュアイ chuanチュアン chuangチュアン
    chuiチュイ chunチュン chuoチュオ
    shaシャー shaiシャイ shanシャン shangシャン shaoシャオ sheショー sheiシェイ shenシェン
    shengション shiシー shouショウ shuシュー shuaシュア shuaiシュアイ shuanシュアン shuangシュアン
    shuiシュイ shunシュン shuoシュオ
    ranラン rangラン raoラオ reロー renレン rengロン riリー rongロン rouロウ ruルー ruaルア
    ruanルアン ruiルイ runルン ruoルオ
    zaザー zaiザイ zanザン zangザン zaoザオ zeゾー zeiゼイ zenゼン zengゾン ziズー zongゾン
    zouゾウ zuズー zuanズアン zuiズイ zunズン zuoズオ
    caツァー caiツァイ canツァン cangツァン caoツァオ ceツォー ceiツェイ cenツェン cengツォン
    ciツー congツォン couツォウ cuツー cuanツアン cuiツイ cunツン cuoツオ
    saサー saiサイ sanサン sangサン saoサオ seソー senセン sengソン siスー songソン souソウ suスー
    suanスアン suiスイ sunスン suoスオ
    yaヤー yaiヤイ yanイエン yangヤン yaoヤオ yeイエ yiイー yinイン yingイン yoヨー yongヨン
    youヨウ yuユイ yuanユエン yueユエ yunユン
    waワー waiワイ wanワン wangワン weiウェイ wenウェン wengウォン woウォー wongウォン wuウー
"""
SYLLABLES: Final[dict[str, str]] = dict(re.findall(r"([a-zê]+)(\S+)", _SYLLABLES))
"""Pinyin without tones, ü as v -> katakana, in the way of Japanese textbooks and atlases."""
_NEUTRAL: Final = {"de": "ダ", "le": "ラ", "me": "マ", "ne": "ナ", "zhe": "ジャ", "ge": "ガ"}
"""Particles without a tone; other syllables lose their length there (吗 マ)."""
_SPELLED: Final = re.compile(r"([a-zê]+)([1-5])")


def hanzi_to_kana(text: str) -> str:
    """`text` with katakana for its Chinese; the rest character for character. Never raises.

    The first Chinese of a process brings in pypinyin's dictionaries, a third of a second.
    """
    return _RUN.sub(lambda run: _read(run[0]) if is_chinese(run[0]) else run[0], text)


def is_chinese(run: str) -> bool:
    """Whether a run of Han characters holds something that no Japanese would write."""
    return bool(_WORDS.search(run)) or any(
        _only_chinese(character) for character in set(_CANDIDATE.findall(run))
    )


def _only_chinese(character: str) -> bool:
    """Whether Chinese schools teach a character that no Japanese set has, or has for China only."""
    if character in _CHATTY:
        return True
    if character in _NAMES or _encoded(character, "cp932"):
        return False
    big5, simplified = _encoded(character, "big5"), _encoded(character, "gb2312")
    if _encoded(character, "euc_jis_2004"):
        return bool(simplified and not big5)
    return bool(simplified) or b"" < big5 <= _BIG5_FREQUENT


def _encoded(character: str, code_page: str) -> bytes:
    """`character` in a code page, or b"" where it is not in it."""
    return character.encode(code_page, "ignore")


def _read(run: str) -> str:
    from pypinyin import Style, lazy_pinyin

    syllables: list[str] = lazy_pinyin(run, Style.TONE3, neutral_tone_with_five=True)
    return "".join(_SPELLED.sub(_kana, syllable) for syllable in syllables)


def _kana(spelled: re.Match[str]) -> str:
    syllable, tone = spelled.groups()
    kana = SYLLABLES.get(syllable, "")
    return _NEUTRAL.get(syllable, kana.removesuffix("ー")) if tone == "5" else kana
