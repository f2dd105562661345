from __future__ import annotations

import contextlib
import json
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luna_tts import DictionaryWord, LunaError, UserDictionary
from luna_tts.errors import InvalidAccent, InvalidOption, InvalidReading, InvalidSurface
from luna_tts.nlp.dictionary_files import read_words, write_words

any_text = st.text(st.characters(exclude_categories=()))
kana = st.text("アイカキガギサシンッャュョー", min_size=1, max_size=6)


def words(**readings: str) -> UserDictionary:
    return UserDictionary([DictionaryWord(key, value) for key, value in readings.items()])


def found(dictionary: UserDictionary, text: str) -> list[str]:
    return [text[match.start : match.end] for match in dictionary.find(text)]


class TestWord:
    def test_hiragana_and_half_width_readings_are_kept_as_katakana(self) -> None:
        assert DictionaryWord("月", "るな").reading == "ルナ"
        assert DictionaryWord("月", " ﾙﾅ ").reading == "ルナ"
        assert DictionaryWord("ガ", "ｶﾞ").reading == "ガ"

    @pytest.mark.parametrize("reading", ["", "luna", "月", "ルナ!", "ーナ", "ル ナ", "ア" * 101])
    def test_what_cannot_be_pronounced_is_refused(self, reading: str) -> None:
        with pytest.raises(InvalidReading):
            DictionaryWord("月", reading)

    @pytest.mark.parametrize("surface", ["", "   ", "あ" * 51, "a\nb", "\ud800", "\ue000"])
    def test_what_cannot_be_written_is_refused(self, surface: str) -> None:
        with pytest.raises(InvalidSurface):
            DictionaryWord(surface, "ア")

    def test_the_accent_lies_in_the_word(self) -> None:
        assert [DictionaryWord("東京", "トーキョー", accent).accent for accent in (0, 4)] == [0, 4]
        for accent in (-1, 5):
            with pytest.raises(InvalidAccent, match="4 morae"):
                DictionaryWord("東京", "トーキョー", accent)

    def test_the_priority_is_bounded(self) -> None:
        with pytest.raises(InvalidOption):
            DictionaryWord("東京", "トーキョー", priority=11)


class TestFind:
    def test_the_longest_word_wins(self) -> None:
        assert found(words(猫="ネコ", 猫耳="ネコミミ"), "猫と猫耳") == ["猫", "猫耳"]

    def test_a_higher_priority_beats_length(self) -> None:
        dictionary = UserDictionary(
            [DictionaryWord("東京", "ア"), DictionaryWord("京都府", "イ", priority=9)]
        )
        assert found(dictionary, "東京都府") == ["京都府"]

    def test_of_two_words_for_one_surface_the_higher_priority_is_read(self) -> None:
        low, high = DictionaryWord("ABC", "ア", priority=2), DictionaryWord("abc", "イ", priority=8)
        for order in ([low, high], [high, low]):
            assert UserDictionary(order).words == (high,)

    def test_a_members_words_come_before_the_guilds(self) -> None:
        own, guild = DictionaryWord("月", "ルナ", priority=1), DictionaryWord("月", "ツキ")
        assert UserDictionary([own], [guild]).find("月")[0].word is own

    @pytest.mark.parametrize("text", ["gg", "GG!", "ｇｇ", "草gg草", "gg、", "(gg)", "gg wp"])
    def test_latin_words_are_found_whole(self, text: str) -> None:
        assert len(found(words(gg="ジージー"), text)) == 1

    @pytest.mark.parametrize("text", ["eggs", "ggg", "agg", "gg1", "1gg", "égg", "ggя"])
    def test_latin_words_are_not_found_in_others(self, text: str) -> None:
        assert found(words(gg="ジージー"), text) == []

    def test_width_case_and_composition_do_not_matter(self) -> None:
        dictionary = words(**{"ガチャ": "ガチャ", "Ａｂ": "エービー", "キロ": "キロ"})
        text = "ｶﾞﾁｬとカ\u3099チャとＡＢとab"
        assert found(dictionary, text) == ["ｶﾞﾁｬ", "カ\u3099チャ", "ＡＢ", "ab"]
        assert found(dictionary, "㌔") == ["㌔"]

    def test_no_word_is_found_in_a_part_of_a_character(self) -> None:
        assert found(words(キ="キ"), "㌔") == []

    def test_symbols_and_emoji_can_be_words(self) -> None:
        assert found(
            words(**{"🐱": "ネコ", "(笑)": "ワライ", "C++": "シープラ"}), "🐱(笑)C++で"
        ) == [
            "🐱",
            "(笑)",
            "C++",
        ]

    def test_ten_thousand_words_cost_less_than_a_millisecond_a_line(self) -> None:
        dictionary = UserDictionary(
            DictionaryWord(f"単語{n:05d}" if n % 2 else f"word{n}x", "タンゴ")
            for n in range(10_000)
        )
        line = "今日は単語00001とword42xを覚えたので、明日もっと単語を覚えるつもりです。"
        took = []
        for _ in range(50):
            began = time.perf_counter()
            matches = dictionary.find(line)
            took.append(time.perf_counter() - began)
        assert len(matches) == 2
        print(f"\n10,000 words, {len(line)} characters: {sorted(took)[25] * 1e3:.3f} ms")
        assert min(took) < 1e-3

    @given(any_text, st.dictionaries(st.text("あいabAB1ガｶﾞ㌔", min_size=1, max_size=3), kana))
    def test_matches_are_in_order_and_apart(self, text: str, readings: dict[str, str]) -> None:
        known = []
        for surface, reading in readings.items():
            with contextlib.suppress(LunaError):
                known.append(DictionaryWord(surface, reading))
        matches = UserDictionary(known).find(text)
        assert all(0 <= match.start < match.end <= len(text) for match in matches)
        assert all(left.end <= right.start for left, right in pairwise(matches))


class TestFiles:
    def test_what_was_exported_is_imported(self) -> None:
        exported = (
            DictionaryWord("月,", "ルナ", 1, 7),
            DictionaryWord('"a"', "エー"),
            DictionaryWord("surface", "サーフェス"),
        )
        assert read_words(write_words(exported)).words == exported

    def test_csv_as_people_write_it(self) -> None:
        data = "推し,おし\n\ngg,ジージー,1\n草,くさ,,9\n".encode("cp932")
        read = read_words(data)
        assert [(w.surface, w.reading, w.accent, w.priority) for w in read.words] == [
            ("推し", "オシ", None, 5),
            ("gg", "ジージー", 1, 5),
            ("草", "クサ", None, 9),
        ]

    def test_a_voicevox_user_dictionary(self) -> None:
        entry = {
            "surface": "Ｌｕｎａ",
            "priority": 8,
            "context_id": 1348,
            "part_of_speech": "名詞",
            "pronunciation": "ルナ",
            "accent_type": 1,
            "mora_count": 2,
        }
        data = json.dumps({"0a1b": entry, "0c2d": {"surface": "月"}}).encode()
        read = read_words(data)
        assert read.words == (DictionaryWord("Ｌｕｎａ", "ルナ", 1, 8),)
        assert [(number, type(error)) for number, error in read.refused] == [(2, InvalidReading)]

    def test_a_plain_mapping(self) -> None:
        assert read_words('{"w": "わら"}'.encode()).words == (DictionaryWord("w", "ワラ"),)

    def test_bad_lines_are_named_and_the_others_taken(self) -> None:
        read = read_words(
            "ok,オーケー\nbad,bad\nok2,オーケー,9\nok3,オーケー,x\n月,ツキ,,99".encode()
        )
        assert [word.surface for word in read.words] == ["ok"]
        kinds = [(number, type(error)) for number, error in read.refused]
        assert kinds == [
            (2, InvalidReading),
            (3, InvalidAccent),
            (4, InvalidAccent),
            (5, InvalidOption),
        ]

    @pytest.mark.parametrize(
        "data", [b"\x81 \xfd", b"{", b"[" * 100_000, b'"open', b"x" * 4_000_001]
    )
    def test_what_is_no_dictionary_is_refused(self, data: bytes) -> None:
        with pytest.raises(LunaError, match="the file"):
            read_words(data)

    @given(st.binary(max_size=200) | any_text.map(lambda t: t.encode("utf-8", "replace")))
    def test_strangers_bytes_never_crash(self, data: bytes) -> None:
        with contextlib.suppress(LunaError):
            read_words(data)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["surface", "reading", "accent", "x"]), inner)
            ),
        )
    )
    def test_strangers_json_never_crashes(self, content: object) -> None:
        with contextlib.suppress(LunaError):
            read_words(json.dumps(content).encode())
