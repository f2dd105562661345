"""What loading and running a full-size voice costs: the plain way against Luna's, in one run.

    PYTHONPATH=tests:tests/luna_tts python -m benchmarks.neural

The voice and the BERT have random weights and the sizes of real ones. The plain way: modules built
with initial values and weights copied into them, transformers' whole DeBERTa, files read each time.
"""

from __future__ import annotations

import asyncio
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from transformers import DebertaV2Config, DebertaV2ForMaskedLM

from luna_tts import SynthesisOptions, TTSService
from luna_tts.holder import TTSModelHolder
from luna_tts.nlp.bert_models import BertModel
from luna_tts.vits.voice_folder import read_voice_folder
from tiny_voice import full_size_voice, tiny_voice

LINES = {
    10: "今日はいい天気ですね",
    40: "今日はとてもいい天気なので午後から公園まで散歩に行こうと思いますが一緒にどうですか",
}
BERT = {
    "vocab_size": 22012, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
    "intermediate_size": 4096, "type_vocab_size": 0, "relative_attention": True,
    "position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"], "conv_kernel_size": 3, "conv_act": "gelu",
    "layer_norm_eps": 1e-7, "max_relative_positions": -1, "position_biased_input": False,
    "attention_head_size": 64, "max_position_embeddings": 512,
}  # fmt: skip

MEASURE = """
import sys, time
from pathlib import Path

def memory(key):
    status = Path("/proc/self/status").read_text()
    return int(status.split(key + ":")[1].split()[0])

def begin():
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    return time.perf_counter(), memory("VmRSS")

def end(start):
    print(time.perf_counter() - start[0], memory("VmHWM") - start[1])
"""
PLAIN_LOAD = (
    MEASURE
    + """
import safetensors.torch, torch
from luna_tts import modules
for kind in (modules.Linear, modules.Embedding, modules.Conv1d, modules.ConvTranspose1d):
    del kind.reset_parameters
from luna_tts.hyper_parameters import read_hyper_parameters
from luna_tts.vits.synthesizer import Synthesizer
folder = Path(sys.argv[1])
start = begin()
network = Synthesizer(read_hyper_parameters(folder / "config.json"))
state = safetensors.torch.load_file(next(folder.glob("*.safetensors")))
for name in [n[:-2] for n in state if n.endswith("_g")]:
    g, v = state.pop(name + "_g"), state.pop(name + "_v")
    state[name] = g * v / torch.linalg.vector_norm(v, dim=list(range(1, v.ndim)), keepdim=True)
network.load_state_dict(state, strict=False)
end(start)
"""
)
OUR_LOAD = (
    MEASURE
    + """
from luna_tts.vits.voice_folder import read_voice_folder
from luna_tts.vits.weights import load_synthesizer
start = begin()
folder = read_voice_folder(Path(sys.argv[1]))
load_synthesizer(folder.weights, folder.parameters)
end(start)
"""
)


def main() -> None:
    print("                                        plain        Luna   plain/Luna")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        voice = full_size_voice(root / "one" / "big")
        bert = write_bert(root / "bert")
        compare_load(voice)
        compare_scan(root / "many")
        compare_bert(bert)
        asyncio.run(speak(root / "one", bert))


def row(name: str, plain: float, ours: float, unit: str) -> None:
    print(f"{name:34} {plain:8.1f} {unit:2} {ours:8.1f} {unit:2} {plain / ours:9.1f}")


def compare_load(voice: Path) -> None:
    """Each in a fresh process, in turns, warm page cache."""
    runs: dict[str, list[tuple[float, float]]] = {PLAIN_LOAD: [], OUR_LOAD: []}
    for _ in range(5):
        for code, results in runs.items():
            command = [sys.executable, "-c", code, str(voice)]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            seconds, kilobytes = out.split()
            results.append((float(seconds), float(kilobytes)))
    (plain_s, plain_kb), (our_s, our_kb) = (
        (median(r[0] for r in results), median(r[1] for r in results)) for results in runs.values()
    )
    row("load a voice (251 MB)", plain_s * 1000, our_s * 1000, "ms")
    row("  peak memory of that", plain_kb / 1024, our_kb / 1024, "MB")


def compare_scan(root: Path) -> None:
    for n in range(30):
        tiny_voice(root / f"voice{n}", styles=[f"style{k}" for k in range(20)])
    holder = TTSModelHolder(root, {})
    cold = timed(holder.refresh)
    again = median(timed(holder.refresh) for _ in range(20))
    plain = median(timed(lambda: [read_voice_folder(p) for p in root.iterdir()]) for _ in range(5))
    row("scan 30 folders again", plain, again, "ms")
    print(f"  (cold: {cold:.1f} ms; style vectors of all: {styles(root):.1f} ms one after another,")
    print(f"   {styles(root, threads=2):.1f} ms on two threads)")


def styles(root: Path, threads: int = 1) -> float:
    from concurrent.futures import ThreadPoolExecutor

    from luna_tts.vits.voice_folder import read_style_vectors

    files = sorted(root.glob("*/style_vectors.npy"))
    with ThreadPoolExecutor(threads) as pool:
        return median(
            timed(lambda: list(pool.map(lambda f: read_style_vectors(f, 20), files)))
            for _ in range(9)
        )


def write_bert(folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**BERT, "model_type": "deberta-v2"}))
    vocabulary = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    vocabulary += [chr(0x3041 + n) for n in range(BERT["vocab_size"] - 5)]  # type: ignore[operator]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    model = DebertaV2ForMaskedLM(DebertaV2Config(**BERT))
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    return folder


def compare_bert(folder: Path) -> None:
    plain = DebertaV2ForMaskedLM(DebertaV2Config(**BERT)).eval()
    plain.load_state_dict(torch.load(folder / "pytorch_model.bin", weights_only=True))
    ours = BertModel(folder, "cpu")
    for length, line in LINES.items():
        ids = torch.tensor([ours._tokenizer.ids(line)])

        def whole(ids: torch.Tensor = ids) -> None:
            with torch.inference_mode():
                plain(ids, output_hidden_states=True)

        rounds = [(timed(whole), timed(lambda line=line: ours.feature(line))) for _ in range(6)]
        row(
            f"BERT, {length} characters",
            *(median(column) for column in zip(*rounds, strict=True)),
            "ms",
        )


async def speak(models: Path, bert: Path) -> None:
    began = time.perf_counter()
    service = TTSService(models, berts={"ja": bert})
    await service.start()
    print(f"service start to ready, full-size voice and BERT: {time.perf_counter() - began:.2f} s")
    times, firsts, seconds = [], [], 0.0
    for _ in range(10):
        began = time.perf_counter()
        first = 0.0
        async for chunk in service.stream(LINES[10], options=SynthesisOptions(seed=0)):
            first = first or time.perf_counter() - began
            seconds += chunk.seconds
        times.append(time.perf_counter() - began)
        firsts.append(first)
    await service.aclose()
    print(
        f"10 characters: first {times[0] * 1000:.0f} ms, tenth {times[-1] * 1000:.0f} ms, "
        f"mean {sum(times) * 100:.0f} ms; first sound median {median(firsts) * 1000:.0f} ms; "
        f"real-time factor {sum(times) / seconds:.2f}"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process, the plain BERT included: {math.ceil(peak)} MB")


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
