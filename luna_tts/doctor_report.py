"""The doctor's findings as lines in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from luna_tts.doctor import Finding, Level

MARKS: Final[Mapping[Level, str]] = {"ok": "ok   ", "warn": "watch", "fail": "MEND "}
SENTENCES: Final[Mapping[str, str]] = {
    "python_ok": "Python {version} on {system}",
    "python_old": "Python {version} is too old: install 3.11 or newer",
    "package_ok": "{name} {version}",
    "package_missing": "{name} is not installed; {use}: pip install '{install}'",
    "opus_ok": "Opus: {library}",
    "opus_missing": "no Opus library, without which Discord hears nothing: "
    "pip install opuslib-next-bundled, or put the path of a libopus into LUNA_OPUS_LIBRARY",
    "torch_ok": "PyTorch {version}, {threads} threads, computes on {device}",
    "torch_missing": "PyTorch is not installed; only the built-in voice speaks: "
    "pip install 'luna-tts[neural]' (make run)",
    "device_refused": "{reason}",
    "disk_ok": "free disk space: {models:.1f} GB for voices, {data:.1f} GB for data",
    "disk_low": "little disk space: {models:.1f} GB for voices, {data:.1f} GB for data; "
    "free {least:.0f} GB, or settings may be lost",
    "env_ok": "{file} is there",
    "env_none": "no .env; Luna runs in local mode: cp .env.example .env, and put the token into it",
    "env_open": "others on this machine can read the token in {file}: chmod 600 {file}",
    "env_unread": "{file} is there, but python-dotenv, which reads it, is not: "
    "pip install python-dotenv",
    "token_ok": "DISCORD_TOKEN has the shape of a bot token",
    "token_none": "no DISCORD_TOKEN; Luna runs in local mode: Developer Portal > your application "
    "> Bot > Reset Token, and put it into .env",
    "token_wrong": "DISCORD_TOKEN is no bot token ({why}): Developer Portal > your application > "
    "Bot > Reset Token, and put that into .env alone, without quotes or spaces",
    "variable_unknown": "{name} means nothing to Luna: {hint}",
    "variable_wrong": "{reason}",
    "voices_none": "no voices in {folder}; the built-in one speaks: python -m luna_tts download",
    "voice_ok": "voice {voice}: {styles} styles, {speakers} speakers",
    "voice_unusable": "voice {voice} cannot be used: {reason}",
    "bert_ok": "{language} BERT in {folder}",
    "bert_missing": "to speak {language} voices need its BERT, which is not in {folder}: "
    "python -m luna_tts download bert-{code}",
    "espeak_ok": "{program} says what no voice speaks, like a robot; voices of many languages "
    "speak English and Chinese better",
    "espeak_missing": "there is no program {program} (LUNA_ESPEAK): install espeak-ng, or leave "
    "LUNA_ESPEAK empty, and such words are read in kana",
    "port_ok": "port {port} ({name}) is free",
    "port_taken": "port {port} is in use: stop what uses it, or choose another with {name}",
    "speech_ok": "the built-in voice made {seconds:.1f} s of speech in {took:.2f} s",
    "speech_failed": "the built-in voice does not speak: {reason}",
}


def report(findings: Iterable[Finding]) -> int:
    """Prints each finding as it is made, then their number. 1 if something has to be mended."""
    levels: Counter[Level] = Counter()
    for finding in findings:
        levels[finding.level] += 1
        sentence = SENTENCES[finding.key].format_map(finding.data)
        print(f"{MARKS[finding.level]}  {sentence}", flush=True)
    print(f"In order: {levels['ok']}, to watch: {levels['warn']}, to mend: {levels['fail']}")
    return 1 if levels["fail"] else 0
