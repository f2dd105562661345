import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._markup import speakable
from cogs._spoken import spoken as phrase
from luna_tts import DictionaryWord, UserDictionary

ID = "1234567890123456789"


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("こんにちは", "こんにちは"),
        ("  こんにちは \n", "こんにちは"),
        ("", ""),
        ("見て https://example.com/a?b=1#c すごい", "見て URL省略 すごい"),
        ("<https://example.com>", "URL省略"),
        ("[ここ](https://example.com)を読んで", "ここを読んで"),
        ("||犯人はヤス||だよ", "ネタバレ省略 だよ"),
        ("```py\nprint('やあ')\n```どう？", "コード省略 どう？"),
        ("`make run`して", "make runして"),
        (f"やった<:yatta:{ID}>", "やった yatta"),
        (f"<a:party_blob:{ID}>", "party blob"),
        (f"</say:{ID}>を使って", "say を使って"),
        (f"<@{ID}>さん <#{ID}> <@&{ID}> <t:1700000000:R>", "さん"),
        ("**太字**と*斜体*と__下線__と~~消し~~", "太字と斜体と下線と消し"),
        ("***全部***", "全部"),
        ("> 引用\n-# 小さく\n# 見出し\n- 項目", "引用\n小さく\n見出し\n項目"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
        ("{0} %s {", "{0} %s {"),
        ("2*3*4", "2*3*4"),
        ("了解👍", "了解 サムズアップ"),
        ("12時🎉", "12時 クラッカー"),
        ("やあ\ud800\u200b\u202e\x00", "やあ"),
        ("👨‍👩‍👧", "家族 男性 女性 女の子"),
    ],
)
def test_what_is_written_and_what_is_spoken(text: str, spoken: str) -> None:
    assert speakable(text, "ja", 500) == spoken


def test_an_emoji_of_the_dictionary_stays_for_its_reading() -> None:
    words = UserDictionary([DictionaryWord("🦊", "コンコン"), DictionaryWord("👍", "イイネ")])
    assert speakable("🦊だよ👍🏽 🐱", "ja", 500, words) == "🦊だよ👍🏽 ネコの顔"


def test_fillers_and_emoji_follow_the_language() -> None:
    text = "||x|| https://a.example ```y``` 😂"
    assert (
        speakable(text, "ko", 500) == "스포일러 생략 링크 생략 코드 생략 기쁨의 눈물을 흘리는 얼굴"
    )
    assert speakable(text, "en", 500) == "a spoiler a link a code block face with tears of joy"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert speakable("あ" * 100_000, "ja", 20) == "あ" * 20 + "、以下略"
    assert speakable("あ" * 20, "ja", 20) == "あ" * 20


def test_nothing_hidden_is_ever_read() -> None:
    assert "ひみつ" not in speakable("||ひみつ|| ||\nひみつ\n||", "ja", 500)
    assert "ひみつ" not in speakable("||`ひみつ`|| ||**ひみつ**||", "ja", 500)


@given(st.text(), st.sampled_from(["en", "ja", "ko"]), st.integers(min_value=1, max_value=100))
def test_any_text_becomes_words(text: str, language: str, limit: int) -> None:
    spoken = speakable(text, language, limit)
    assert len(spoken) <= limit + len(phrase("more", language))
    assert spoken == spoken.strip() or spoken.endswith(phrase("more", language))
    spoken.encode()
    assert all(unicodedata.category(c) not in ("Cc", "Cs") or c in "\n\t" for c in spoken)


@pytest.mark.parametrize(
    "hostile", ["*", "|", "`", "<", "[", "_", "~", "**a", "||a", "<a:a", "[a]("]
)
def test_hostile_repetition_takes_no_time(hostile: str) -> None:
    speakable(hostile * 100_000, "ja", 5000)
