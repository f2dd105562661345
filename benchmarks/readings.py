"""Phone error rate over sentences with known readings: Open JTalk as it comes, against Luna.

PYTHONPATH=tests/luna_tts python -m benchmarks.readings [FILE ...]

A FILE has lines "id<TAB>sentence<TAB>reading"; without one the ITA corpus is read where it lies.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from luna_tts.nlp.japanese.frontend import JapaneseFrontend, import_pyopenjtalk
from luna_tts.nlp.japanese.g2p import OpenJTalkAnswer
from luna_tts.nlp.japanese.normalizer import normalize
from luna_tts.reading import read_sentences
from phone_errors import errors, heard, kana_of

ITA = Path(__file__).parents[2] / "shared/sbv2/ita_readings.tsv"
WORST = 20


def main(files: list[Path]) -> None:
    openjtalk, frontend = import_pyopenjtalk(), JapaneseFrontend()

    def plain(text: str) -> str:
        return kana_of(OpenJTalkAnswer(openjtalk.run_frontend(normalize(text)), []))

    def luna(text: str) -> str:
        return "".join(kana_of(sentence.answer) for sentence in read_sentences(frontend, text))

    lines = [
        line.split("\t") for path in files for line in path.read_text("utf-8").splitlines() if line
    ]
    print("set               phones   as it comes      Luna")
    before, after = measure(lines, plain), measure(lines, luna)
    for name in [*sorted(before)]:
        (wrong, phones), (wrong_luna, _) = before[name], after[name]
        print(f"{name:16}  {phones:6}   {wrong / phones:10.2%}   {wrong_luna / phones:8.2%}")
    show_worst(lines, luna)


def measure(lines: list[list[str]], read: Callable[[str], str]) -> dict[str, tuple[int, int]]:
    """(wrong phones, phones) of each set, by the name before the first digit or _ of its ids."""
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for identity, text, reading in lines:
        expected = heard(reading)
        for name in (identity.split("_")[0], "all"):
            counts[name][0] += errors(expected, heard(read(text)))
            counts[name][1] += len(expected)
    return {name: (wrong, phones) for name, (wrong, phones) in counts.items()}


def show_worst(lines: list[list[str]], read: Callable[[str], str]) -> None:
    wrong = [
        (errors(heard(reading), heard(read(text))), text, reading) for _, text, reading in lines
    ]
    print("\nphones wrong, sentence / reading / Luna")
    for count, text, reading in sorted(wrong, reverse=True)[:WORST]:
        if count:
            print(f"{count:3}  {text}\n     {reading}\n     {read(text)}")


if __name__ == "__main__":
    paths = [Path(name) for name in sys.argv[1:]] or [ITA]
    if missing := [str(path) for path in paths if not path.exists()]:
        sys.exit(f"no such file: {', '.join(missing)}")
    main(paths)
