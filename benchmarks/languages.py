"""Lines in several languages: how they are read, and how soon and how evenly they are heard.

    PYTHONPATH=tests/luna_tts python -m benchmarks.languages [--phones] [--folder DIR] [--runs N]

First sounds are those of a voice of many languages with random weights and the sizes of real ones.
With --phones nothing is timed: twenty lines are shown, run by run, with what is said of each.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from benchmarks import full_size
from foreign_berts import chinese_bert, english_bert
from luna_tts import AudioChunk, SynthesisOptions, TTSService
from luna_tts.audio import AUDIBLE
from luna_tts.casting import going_on
from luna_tts.loudness import loudness
from luna_tts.nlp.bert_models import BertModels
from luna_tts.nlp.japanese.frontend import JapaneseFrontend
from luna_tts.nlp.japanese.hangul import hangul_to_kana
from luna_tts.readers import JapaneseReader, Reader, open_reader
from luna_tts.segments import cut_languages
from tiny_voice import full_size_model, tiny_voice, wide_bert

LINES = """
    今日はlet's go to the beachに行こう
    彼がI will be backって言った
    おはよう good morning everyone
    ちょっと待って。I'm coming. 今行く
    お疲れ good game everyone またやろう
    映画のThe Lord of the Rings見た
    I love youは愛してるという意味
    今何時？it's 10pm
    谢谢大家！ありがとう
    中国語で谢谢って言う
    你好！日本の友達
    今日は楽しかった。再见！
    我在玩minecraft
    안녕하세요 みなさん
    韓国語で사랑해って言う
    これは김치です
    3개 주세요、お願いします
    안녕 how are you
    hello 你好 안녕 こんにちは
    Discordで話そう、let's play together
"""
PAIRS = (
    ("今日はいい天気なので、海に行こうと思っています", "今日はlet's go to the beachに行こう"),
    ("みんなで一緒に遊ぼうよと言われたんだけど", "let's play togetherと言われた"),
    ("こんにちは、今日は何をしますか", "我们一起玩吧！今日は何をする"),
)
BORDERS = (
    "今日は안녕하세요、と言いました",
    "彼はhow are you todayと聞いた",
    "中国語で谢谢大家って言う",
)


class _WholeWords:
    """Tokens as the English BERT has them of everyday words."""

    def tokens(self, text: str) -> list[str]:
        found = re.findall(r" ?[A-Za-z]+|[^\sA-Za-z]", " " + text)
        return [token.replace(" ", "▁") for token in found]


def show_phones(readers: dict[str, Reader]) -> None:
    for line in LINES.strip().splitlines():
        print(line.strip())
        for place, segment in enumerate(cut_languages(line.strip())):
            reader = readers.get(segment.language, readers["ja"])
            text = segment.text
            if segment.language == "ko":
                text = hangul_to_kana(text)
            elif segment.language == "ja" and place:
                text = going_on(text)
            pieces = reader.read(text, SynthesisOptions(), None)
            said = "  ".join(" ".join(phones.phones[1:-1]) for _, phones in pieces)
            kana = f" {text}" if segment.language == "ko" else ""
            print(f"  {segment.language}  {segment.text.strip()}{kana}\n      {said}")


async def first_sound(service: TTSService, text: str) -> float:
    """Milliseconds; what follows is not made."""
    began = time.perf_counter()
    async with aclosing(service.stream(text, options=SynthesisOptions(seed=1))) as stream:
        async for chunk in stream:
            if len(chunk.samples):
                break
    return 1000 * (time.perf_counter() - began)


async def first_sounds(folder: Path, runs: int) -> None:
    berts = {code: folder / code for code in ("en", "zh")} | {"ja": folder / "bert"}
    service = TTSService(folder / "many", berts=berts)
    await service.start()
    print(f"first sound, ms: median (quartiles) of {runs}, in turns")
    for pair in PAIRS:
        for text in pair:
            await first_sound(service, text)  # learns the language
        times: list[list[float]] = [[], []]
        for _ in range(runs):
            for text, milliseconds in zip(pair, times, strict=True):
                milliseconds.append(await first_sound(service, text))
        for text, milliseconds in zip(pair, times, strict=True):
            low, _, high = quantiles(milliseconds, n=4)
            print(f"  {median(milliseconds):6.0f} ({low:.0f}-{high:.0f})  {len(text):3}  {text}")
        print(f"  mixed against Japanese: {median(times[1]) / median(times[0]):.2f}")
    await service.aclose()


async def borders(folder: Path) -> None:
    """What is heard where the voice changes: the built-in one, and espeak-ng."""
    service = TTSService(folder / "none", espeak="espeak-ng")
    await service.start()
    print("largest silence inside a line without commas, ms; loudness of its parts, LUFS")
    for text in BORDERS:
        async with aclosing(service.stream(text)) as stream:
            chunks = [chunk async for chunk in stream]
        levels = [loudness(chunk.samples, chunk.sample_rate) for chunk in _parts(chunks)]
        told = " ".join(f"{level:.1f}" for level in levels)
        print(f"  {1000 * _largest_silence(chunks):4.0f}  {told}  {text}")
    await service.aclose()


def _parts(chunks: Sequence[AudioChunk]) -> list[AudioChunk]:
    """Chunks that are long enough to have a loudness."""
    return [chunk for chunk in chunks if chunk.seconds > 0.2]


def _largest_silence(chunks: Sequence[AudioChunk]) -> float:
    """Seconds, whatever the rates on both sides of it."""
    times = []
    start = 0.0
    for chunk in chunks:
        times.append(start + np.flatnonzero(np.abs(chunk.samples) > AUDIBLE) / chunk.sample_rate)
        start += chunk.seconds
    return float(np.diff(np.concatenate(times)).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", action="store_true", help="show how lines are read, and end")
    parser.add_argument("--folder", type=Path, help="where the weights are kept between runs")
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if options.phones:
            berts = BertModels({"ja": wide_bert(folder)})
            japanese = JapaneseReader(JapaneseFrontend(), berts.load_model("ja"))
            readers: dict[str, Reader] = {"ja": japanese, "zh": open_reader("zh", japanese.bert)}
            readers["en"] = open_reader("en", _WholeWords())  # type: ignore[arg-type]
            show_phones(readers)
            return
        full_size.write(folder)
        for code, make in (("en", english_bert), ("zh", chinese_bert)):
            if not (folder / code).exists():
                make(folder / code, layers=24, inner=4096)
        if not (folder / "many").exists():
            tiny_voice(folder / "many/emma", jp_extra=False, model=full_size_model())
        asyncio.run(first_sounds(folder, options.runs))
        asyncio.run(borders(folder))


if __name__ == "__main__":
    main()
