"""What Opus does to speech, as a measure for errors that nobody hears.

PYTHONPATH=tests python -m benchmarks.opus_error
"""

from __future__ import annotations

import numpy as np
from discord.opus import Decoder, Encoder

from benchmarks.quality import mel_distance, snr
from cogs._voice_libraries import load_voice_libraries
from luna_tts import SynthesisOptions
from luna_tts.audio import PcmConverter
from luna_tts.open_jtalk import OpenJTalkModel

LINE = "今日はとてもいい天気なので、午後から公園まで散歩に行こうと思います。一緒にどう?"
FRAME = 960


def main() -> None:
    load_voice_libraries()
    model, converter = OpenJTalkModel(), PcmConverter()
    spoken = b"".join(
        converter.convert(chunk)
        for chunk in model.stream(LINE, SynthesisOptions())
        if chunk is not None
    )
    pcm = np.frombuffer(spoken, "<i2").reshape(-1, 2)
    for kilobits in (64, 128, 510):
        encoder, decoder = Encoder(), Decoder()
        encoder.set_bitrate(kilobits)
        packets = [
            encoder.encode(pcm[n : n + FRAME].tobytes(), FRAME)
            for n in range(0, len(pcm) - FRAME + 1, FRAME)
        ]
        heard = np.concatenate([np.frombuffer(decoder.decode(p), "<i2") for p in packets])[::2]
        said = pcm[: len(heard), 0] / 32768
        lag = max(range(250, 400), key=lambda n: snr(said[:-n], heard[n:] / 32768))
        pair = said[:-lag], heard[lag:] / 32768
        print(f"{kilobits} kbit/s: {snr(*pair):.1f} dB, {mel_distance(*pair, 48_000):.3f}")


if __name__ == "__main__":
    main()
