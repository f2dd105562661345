"""Peak and loudness of ordinary chat lines: the engine as it comes, against what Luna sends.

PYTHONPATH=tests python -m benchmarks.loudness
"""

from __future__ import annotations

from statistics import mean, pstdev

import numpy as np

from cafe import spoken
from luna_tts.loudness import loudness
from luna_tts.open_jtalk import SAMPLE_RATE, OpenJTalkModel

LINES = (
    *("おはよう！", "こんにちは、今日もよろしくお願いします。", "草", "www", "了解です！"),
    *("マジで？やばすぎる", "お疲れ様でした〜", "今から10時30分までゲームするわ", "ちょっと待って"),
    *("それな", "明日の天気は雨らしいよ。傘を持っていこう。", "うんうん、わかるわかる", "GG"),
    *("ナイス！", "え、なにそれ", "寝る。おやすみ", "ラーメン食べたい", "VCに来てくれる人いる？"),
    *("あと5分で着きます", "ありがとう！助かった！"),
)


def main() -> None:
    model = OpenJTalkModel()
    print("               engine as it comes      Luna")
    print("               peak     LUFS           peak     LUFS    line")
    measured = []
    for line in LINES:
        labels = model._frontend.ask(line).labels
        raw = model._engine.synthesize(labels).astype(np.float32) / 32768
        ours = spoken(model, line)
        row = [f(x) for x in (raw, ours) for f in (_peak, lambda s: loudness(s, SAMPLE_RATE))]
        measured.append(row)
        print(f"           {row[0]:8.2f} {row[1]:8.1f}       {row[2]:8.2f} {row[3]:8.1f}    {line}")
    columns = list(zip(*measured, strict=True))
    print("mean       {:8.2f} {:8.1f}       {:8.2f} {:8.1f}".format(*map(mean, columns)))
    print("deviation  {:8.2f} {:8.1f}       {:8.2f} {:8.1f}".format(*map(pstdev, columns)))
    print("largest    {:8.2f} {:8.1f}       {:8.2f} {:8.1f}".format(*map(max, columns)))


def _peak(samples: np.ndarray) -> float:
    return float(np.abs(samples).max())


if __name__ == "__main__":
    main()
