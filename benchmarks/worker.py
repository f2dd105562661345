"""One engine in a process of its own: says what it is told and answers with what that cost.

    PYTHONPATH=tests/luna_tts python -m benchmarks.worker yardstick|luna FOLDER

Reads lines of JSON, {"text": ...} or {"load": ...}, and writes one for each, in seconds and bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

AUDIBLE = 10 ** (-50 / 20)
"""Where the listener's clock stops: the first sample above -50 dBFS."""

Said = tuple[float, float, float]
"""Seconds to the first sound, to the end, and of audio."""
Engine = tuple[Callable[[str], Said], Callable[[str], object], Callable[[], object]]
"""How to say a text, how to load another voice, and how to end."""


def main() -> None:
    options = _options()
    engine = _plain if options.system == "yardstick" else _luna
    say, load, close = engine(Path(options.folder), options.device, options.precision)
    say("今日はいい天気ですね")
    say("今日はいい天気ですね")
    _answer({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.perf_counter()
        if "load" in asked:
            load(asked["load"])
            _answer({"seconds": time.perf_counter() - began})
        else:
            first, whole, audio = say(asked["text"])
            _answer(
                {"first": first, "whole": whole, "audio": audio, "memory": _peak(options.device)}
            )
    close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system", choices=("yardstick", "luna"))
    parser.add_argument("folder", help="with voices/, another/ and bert/ in it")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="auto")
    return parser.parse_args()


def _answer(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


def _peak(device: str) -> int:
    """Bytes: of the process, or of what it holds on a graphics card."""
    if device != "cpu":
        import torch

        return torch.cuda.max_memory_allocated()
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _plain(folder: Path, device: str, _: str) -> Engine:
    """The whole utterance is made before a sample is heard."""
    import torch
    from transformers import DebertaV2ForMaskedLM

    from benchmarks.yardstick import Voice
    from luna_tts.nlp.character_tokenizer import CharacterTokenizer
    from luna_tts.nlp.japanese.frontend import JapaneseFrontend
    from luna_tts.nlp.symbols import blank_word2ph, symbol_ids
    from luna_tts.vits.text_encoder import TextInput

    frontend = JapaneseFrontend()
    bert = DebertaV2ForMaskedLM.from_pretrained(folder / "bert").eval().to(device)
    tokenizer = CharacterTokenizer(folder / "bert/vocab.txt", bert.config.vocab_size)
    voices = [Voice(folder / "voices/one").eval().to(device)]
    styles = np.load(folder / "voices/one/style_vectors.npy")
    style = torch.from_numpy(styles[0]).to(device)

    @torch.inference_mode()
    def say(text: str) -> Said:
        began = time.perf_counter()
        phones = frontend.phonemize(text)
        ids = symbol_ids(phones.phones, phones.tones, jp_extra=True).with_blanks()
        tokens = torch.tensor([tokenizer.ids(phones.text)], device=device)
        rows = bert(tokens, output_hidden_states=True).hidden_states[-3][0]
        counts = torch.tensor(blank_word2ph(phones.word2ph), device=device)
        features = rows.repeat_interleave(counts, dim=0).T
        numbers = (torch.tensor(n, device=device) for n in (ids.phones, ids.tones, ids.languages))
        generator = torch.Generator().manual_seed(0)
        samples = voices[0].speak(TextInput(*numbers, features, style), generator).cpu()
        whole = time.perf_counter() - began
        return whole, whole, len(samples) / 44_100

    def load(name: str) -> None:
        voices.append(Voice(folder / "another" / name).eval().to(device))

    return say, load, lambda: None


def _luna(folder: Path, device: str, precision: str) -> Engine:
    """Through the public door; `another` voice is read by the door's own parts."""
    from luna_tts import SynthesisOptions, TTSService

    loop = asyncio.new_event_loop()
    berts = {"ja": folder / "bert"}
    service = TTSService(
        folder / "voices", voices=("one",), berts=berts, device=device, precision=precision
    )
    loop.run_until_complete(service.start())

    async def stream(text: str) -> Said:
        began, first, audio = time.perf_counter(), 0.0, 0.0
        async for chunk in service.stream(text, options=SynthesisOptions(seed=0)):
            if not first and np.abs(chunk.samples).max(initial=0) > AUDIBLE:
                heard = int(np.flatnonzero(np.abs(chunk.samples) > AUDIBLE)[0])
                first = time.perf_counter() - began + heard / chunk.sample_rate
            audio += chunk.seconds
        assert first, "nothing was to be heard"
        return first, time.perf_counter() - began, audio

    def load(name: str) -> None:
        source = folder / "another" / name
        target = folder / "voices" / name
        if not target.exists():
            target.symlink_to(source.resolve())
        loop.run_until_complete(service.refresh())
        loop.run_until_complete(service.load(name))

    def say(text: str) -> Said:
        return loop.run_until_complete(stream(text))

    return say, load, lambda: loop.run_until_complete(service.aclose())


if __name__ == "__main__":
    main()
