"""The wheel holds the engine alone, and speaks where nothing is but what it asks for.

The bare environment is a venv into which the wheel, the packages that it requires, and those that
they require are put as they lie in the environment of the tests: no torch, no discord.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import wave
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from cafe import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, *build, "--wheel-dir", folder, ROOT], check=True, timeout=100)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of the bare environment."""
    folder = tmp_path_factory.mktemp("bare")
    venv.EnvBuilder(symlinks=os.name == "posix").create(folder)
    paths = sysconfig.get_paths("venv", vars={"base": str(folder), "platbase": str(folder)})
    site = Path(paths["purelib"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for name in requirements("luna-tts"):
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or () if ".." not in file.parts}:
            place, source = site / top, Path(str(distribution.locate_file(top)))
            if not place.exists():
                place.symlink_to(source)
    return Path(paths["scripts"]) / "python"


def requirements(name: str, found: set[str] | None = None) -> set[str]:
    """Everything that a package needs without any of its extras."""
    found = set() if found is None else found
    for text in metadata.requires(name) or ():
        requirement = Requirement(text)
        needed = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if needed and requirement.name.lower() not in found:
            found.add(requirement.name.lower())
            requirements(requirement.name, found)
    return found


def run(bare: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [bare, *arguments],
        cwd=folder,
        env={"PATH": "", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_holds_the_engine_its_data_and_its_licences(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"luna_tts"}
    held = {name.partition("/")[2] for name in names}
    tracked = set(files(ROOT / "luna_tts"))
    assert {name for name in held if not name.startswith("licenses")} >= tracked - {"ruff.toml"}
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert wheel.stat().st_size < 5_000_000


def files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and "__pycache__" not in name and not name.startswith("."):
            yield name


def test_nothing_but_the_engine_is_there(bare: Path, tmp_path: Path) -> None:
    code = (
        "import importlib.util as u, luna_tts; print(luna_tts.__file__); "
        "print([m for m in ('torch', 'discord', 'transformers', 'aiohttp', 'fastapi', 'cogs') "
        "if u.find_spec(m)])"
    )
    out = run(bare, tmp_path, "-c", code).stdout.splitlines()
    assert str(ROOT) not in out[0]
    assert out[1] == "[]"


def test_it_speaks(bare: Path, tmp_path: Path) -> None:
    out = run(bare, tmp_path, "-W", "error", "-m", "luna_tts", "say", "こんにちは。", "-o", "a.wav")
    assert out.returncode == 0, out.stderr
    with wave.open(str(tmp_path / "a.wav")) as wav:
        assert wav.getnframes() / wav.getframerate() > 0.5


def test_the_doctor_says_what_more_there_could_be(bare: Path, tmp_path: Path) -> None:
    out = run(bare, tmp_path, "-m", "luna_tts", "doctor")
    assert out.returncode == 0, out.stdout + out.stderr
    assert "PyTorch is not installed; only the built-in voice speaks: pip install" in out.stdout
    assert (
        "discord.py is not installed; the bot needs it: pip install 'luna-tts[bot]'" in out.stdout
    )


@pytest.mark.parametrize(
    ("command", "extra"), [(["download", "jvnv-F1-jp"], "neural"), (["serve"], "server")]
)
def test_what_is_an_extra_is_named(
    bare: Path, tmp_path: Path, command: list[str], extra: str
) -> None:
    out = run(bare, tmp_path, "-m", "luna_tts", *command)
    assert out.returncode == 1
    assert f"pip install 'luna-tts[{extra}]'" in out.stderr
    assert out.stderr.count("\n") == 1
