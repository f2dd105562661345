"""Luna against the plain way of running a full-size voice, in one run: `make bench`.

    PYTHONPATH=tests/luna_tts python -m benchmarks [--quick] [--folder DIR] [--device cuda]

Both run beside each other, each in a process of its own, and speak in turns. Weights are random,
sizes are real; benchmarks/yardstick.py says what the plain way is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

from benchmarks import full_size, quality, stages
from benchmarks.chart import draw

SYSTEMS = ("yardstick", "luna")
FIRST = {10: 9, 40: 30, 150: 150}
WHOLE = {10: 3.5, 40: 3.5, 150: 5}
ONE_THREAD = {10: 3, 40: 3, 150: 5}
MEMORY = {10: 0.4, 40: 0.4, 150: 0.25}
BUSY = "while True: pass"
Answers = dict[str, list[dict[str, float]]]


class Worker:
    """A process of benchmarks/worker.py."""

    def __init__(self, system: str, options: argparse.Namespace, threads: int = 0) -> None:
        began = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.worker", system, str(options.folder)]
        command += ["--device", options.device]
        environment = {**os.environ, **({"OMP_NUM_THREADS": str(threads)} if threads else {})}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._read()
        self.ready = time.perf_counter() - began

    def ask(self, **what: str) -> dict[str, float]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, float]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)  # type: ignore[no-any-return]
        raise RuntimeError("the worker died: its words are above")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@contextmanager
def worker(system: str, options: argparse.Namespace, threads: int = 0) -> Iterator[Worker]:
    opened = Worker(system, options, threads)
    try:
        yield opened
    finally:
        opened.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the weights are kept between runs")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--runs", type=int, default=7, help="of each short line; default: 7")
    parser.add_argument("--quick", action="store_true", help="three runs, no curve, no stages")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = full_size.write(options.folder or Path(temporary))
        if options.quick:
            options.runs = 3
        print(f"{'':36}{'yardstick':>22}{'Luna':>22}{'ratio':>8}{'asked':>8}")
        lines(options, threads=0)
        if options.device == "cpu":
            busy = subprocess.Popen([sys.executable, "-c", BUSY])
            try:
                lines(options, threads=1)
            finally:
                busy.kill()
                busy.wait()
        starts(options)
        quality.show(options.folder, options.device)
        if not options.quick:
            stages.show(options.folder, options.device)
            curve(options)


def lines(options: argparse.Namespace, threads: int) -> None:
    """Lines of three lengths, in turns; the engines are warm, each line is new to them."""
    where = "one thread, another process busy" if threads else f"warm, {options.device}"
    print(f"{where}: median (quartiles) of {options.runs}, seconds")
    with ExitStack() as stack:
        pair = {s: stack.enter_context(worker(s, options, threads)) for s in SYSTEMS}
        firsts = {}
        for length in full_size.LINES:
            runs = options.runs if length < 150 else max(3, options.runs // 2)
            answers: Answers = {s: [] for s in SYSTEMS}
            for run in range(runs):
                for system, opened in pair.items():
                    answers[system].append(opened.ask(text=full_size.line(length, run)))
            seconds = {s: median(a["audio"] for a in answers[s]) for s in SYSTEMS}
            print(f"  {length} characters: {seconds['yardstick']:.1f} and {seconds['luna']:.1f} s")
            asked = (ONE_THREAD if threads else WHOLE)[length]
            if not threads:
                _row("    first sound", answers, "first", FIRST[length])
            _row("    whole utterance", answers, "whole", asked)
            for system in SYSTEMS:
                for answer in answers[system]:
                    answer["cost"] = answer["whole"] / answer["audio"]
            _row("    of it for a second of speech", answers, "cost", asked)
            firsts[length] = median(a["first"] for a in answers["luna"])
    told = ", ".join(f"{n}: {firsts[n] / firsts[10]:.2f}" for n in (40, 150))
    print(f"  Luna's first sound against that of 10 characters (asked: 1.2): {told}")


def starts(options: argparse.Namespace) -> None:
    """Start, loading and memory; each in fresh processes, page cache warm."""
    print("start, seconds; then memory, MB (each in a fresh process)")
    ready: Answers = {s: [] for s in SYSTEMS}
    loads: Answers = {s: [] for s in SYSTEMS}
    peaks: dict[int, Answers] = {n: {s: [] for s in SYSTEMS} for n in MEMORY}
    for _ in range(1 if options.quick else 2):
        for length in full_size.LINES:
            for system in SYSTEMS:
                with worker(system, options) as opened:
                    ready[system].append({"ready": opened.ready})
                    peak = opened.ask(text=full_size.line(length))["memory"] / 2**20
                    peaks[length][system].append({"memory": peak})
                    loads[system].append(opened.ask(load="two"))
    _row("  process start to ready", ready, "ready", 2.5)
    _row("  load one more voice, warmed up", loads, "seconds", 10)
    for length, answers in peaks.items():
        _row(f"  peak memory, {length} characters", answers, "memory", 1 / MEMORY[length])


def curve(options: argparse.Namespace) -> None:
    """What a second of speech costs, from 10 to 2,000 characters."""
    story = "".join(full_size.line(150, run) for run in range(20))
    lengths = (10, 20, 40, 80, 150, 300, 600, 1200, 2000)
    series = {}
    for system, most in (("yardstick", 150), ("luna", 2000)):
        with worker(system, options) as opened:
            series[system] = [
                (n, answer["whole"] / answer["audio"])
                for n in lengths
                if n <= most and (answer := opened.ask(text=story[:n]))
            ]
    print("seconds of work for a second of speech, by characters")
    for system, points in series.items():
        print(f"  {system:10}" + "".join(f"  {n}: {cost:.2f}" for n, cost in points))
    costs = [cost for _, cost in series["luna"]]
    print(f"  Luna's dearest against her cheapest: {max(costs) / min(costs):.2f} (asked: 1.2)")
    draw(Path("docs/cost.svg"), series, "characters", "seconds of work per second of speech")


def _row(name: str, answers: Answers, key: str, asked: float) -> None:
    columns = [[answer[key] for answer in answers[s]] for s in SYSTEMS]
    plain, ours = (median(column) for column in columns)
    told = "".join(f"{_spread(column):>22}" for column in columns)
    print(f"{name:36}{told}{plain / ours:8.1f}{asked:8.1f}")


def _spread(values: list[float]) -> str:
    form: Callable[[float], str] = "{:.0f}".format if median(values) > 100 else "{:.3f}".format
    if len(values) < 3:
        return form(median(values))
    low, _, high = quantiles(values, n=4)
    return f"{form(median(values))} ({form(low)}-{form(high)})"


if __name__ == "__main__":
    main()
