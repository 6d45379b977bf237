"""Judges built distributions: what is in them, that they can be built again, and that a fresh installation serves.

Fails with a line that says what was found and what should be.
"""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

from release.installation import Installation

from release import build, project

SOURCE = project.ROOT / "src"
SDIST_BESIDE_SOURCE = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml", ".gitignore"}
ABOUT_ALIAS = re.compile(r"\.dist-info/(METADATA|WHEEL|RECORD|licenses/LICENSE)$")


class Wrong(Exception):
    """What is wrong with a distribution."""


def verify(dist: Path) -> None:
    """Judge everything that was built into a folder.

    Raises:
        Wrong: The first thing that is not as it should be.
    """
    wheel, sdist, aliases = _found(dist)
    contents(wheel, sdist)
    metadata(aliases)
    with tempfile.TemporaryDirectory() as folder:
        reproducible(dist, sdist, Path(folder))
        installed([wheel, *aliases], Path(folder))


def _found(dist: Path) -> tuple[Path, Path, list[Path]]:
    stem = f"{_normal(project.NAME)}-{project.version()}"
    wheel, sdist = dist / f"{stem}-py3-none-any.whl", dist / f"{stem}.tar.gz"
    aliases = [dist / f"{_normal(name)}-{project.version()}-py3-none-any.whl" for name in project.ALIASES]
    built = (*dist.glob("*.whl"), *dist.glob("*.tar.gz"))
    _same("files built", {path.name for path in built}, {path.name for path in (wheel, sdist, *aliases)})
    return wheel, sdist, aliases


def contents(wheel: Path, sdist: Path) -> None:
    """The wheel holds the packages, whole, and nothing else; the source distribution what the wheel is built from."""
    source = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = zipfile.ZipFile(wheel).namelist()
    about = f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info/"
    _same("wheel", {name for name in names if not name.startswith(about)}, source)
    told = {name.removeprefix(about) for name in names if name.startswith(about)}
    _same("dist-info", told, {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"})
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    _same("source distribution", packed, {f"src/{name}" for name in source} | SDIST_BESIDE_SOURCE)


def metadata(aliases: Iterable[Path]) -> None:
    """An alias has our version, asks for exactly that, and owns neither a file nor a command."""
    for alias in aliases:
        told = _metadata(alias)
        _same(f"{alias.name} has the version", {told["Version"]}, {project.version()})
        _same(
            f"{alias.name} requires", set(told.get_all("Requires-Dist", [])), {f"{project.NAME}=={project.version()}"}
        )
        owned = {name for name in zipfile.ZipFile(alias).namelist() if not ABOUT_ALIAS.search(name)}
        _same(f"{alias.name} holds", owned, set())


def reproducible(dist: Path, sdist: Path, folder: Path) -> None:
    """A second build, by a stricter umask, and a build from the source distribution give the same bytes."""
    again, unpacked = folder / "again", folder / "unpacked"
    umask = os.umask(0o077)
    try:
        build.build(again)
        with tarfile.open(sdist) as archive:
            archive.extractall(unpacked, filter="data")
    finally:
        os.umask(umask)
    _same("second build", _digests(again), _digests(dist))
    build.hatch(unpacked / sdist.name.removesuffix(".tar.gz"), folder / "from_sdist", "wheel")
    _same("build from the source distribution", _digests(folder / "from_sdist") - _digests(dist), set())


def installed(wheels: Sequence[Path], folder: Path) -> None:
    """Everything that is documented to start a server does, and goes on doing so when the aliases are gone."""
    venv = Installation(folder / "venv")
    venv.install(*wheels)
    for command in ("mcp-echo", project.NAME):
        _same(f"{command} --version", {venv.output(command, "--version")}, {f"mcp-echo {project.version()}"})
    for name in project.ALIASES:
        _same(f"{name} as a module", {venv.introduction("python", "-m", _normal(name))}, {name})
    venv.uninstall(*project.ALIASES)
    for name in project.ALIASES:
        _same(f"{name} without its alias", {venv.introduction(name)}, {name})


def _normal(name: str) -> str:
    return name.replace("-", "_")


def _metadata(wheel: Path) -> Message:
    archive = zipfile.ZipFile(wheel)
    path = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(archive.read(path).decode())


def _digests(folder: Path) -> set[tuple[str, str]]:
    return {
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in folder.iterdir()
        if path.suffix in (".whl", ".gz")
    }


def _same(what: str, seen: set[Any], wanted: set[Any]) -> None:
    if seen != wanted:
        raise Wrong(f"{what}: not wanted {sorted(map(str, seen - wanted))}, missing {sorted(map(str, wanted - seen))}")


if __name__ == "__main__":
    try:
        verify(Path(sys.argv[1]))
    except (Wrong, RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
        sys.exit(f"release: {error}")
    print(f"release: {project.NAME} {project.version()} and its aliases are whole, reproducible and serve")
