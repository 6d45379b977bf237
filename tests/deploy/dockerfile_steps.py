"""A Dockerfile's steps, and those of its build that need no container, performed under a folder for a root."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from deployed import ROOT

from live import environment

BUILD_SECONDS = 120
"""Seconds that an installation may take when nothing it needs has been fetched yet."""

OF_THE_BASE_IMAGE = ("useradd ",)
"""How the RUN steps begin that only a container has a use for: its own user and folder."""


class Step(NamedTuple):
    """One instruction, its continued lines joined."""

    instruction: str
    rest: str

    @property
    def words(self) -> list[str]:
        return [str(word) for word in json.loads(self.rest)] if self.rest.startswith("[") else shlex.split(self.rest)


def stages(text: str) -> list[list[Step]]:
    """The steps of each stage, FROM first."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\s*\\\n\s*", " ", lines)
    found: list[list[Step]] = []
    for line in joined.splitlines():
        if line.strip():
            step = Step(*line.strip().split(None, 1))
            if step.instruction == "FROM":
                found.append([])
            found[-1].append(step)
    return found


def variables(steps: list[Step]) -> dict[str, str]:
    """What the ENV steps of a stage set."""
    pairs = (word.partition("=") for step in steps if step.instruction == "ENV" for word in step.words)
    return {name: value for name, _, value in pairs}


def build(steps: list[Step], root: Path, interpreter: Path) -> list[Step]:
    """Perform COPY and RUN of a stage under a root.

    Args:
        steps: Of one stage.
        root: Absolute paths in the steps are below it.
        interpreter: The Python that stands for the base image's.

    Returns:
        The RUN steps that were left to a container.
    """
    folder, left = root, []
    moved = {name: below(root, value) for name, value in variables(steps).items()}
    for step in steps:
        if step.instruction == "WORKDIR":
            folder = Path(below(root, step.rest))
            folder.mkdir(parents=True)
        elif step.instruction == "COPY":
            _copy(step.words, folder)
        elif step.instruction == "RUN" and step.rest.startswith(OF_THE_BASE_IMAGE):
            left.append(step)
        elif step.instruction == "RUN":
            _run(below(root, step.rest), folder, {**moved, "UV_PYTHON": str(interpreter)})
    return left


def below(root: Path, text: str) -> str:
    """A text whose absolute paths begin at a root."""
    return re.sub(r"(?<![\w./-])/(?=\w)", f"{root}/", text)


def _copy(words: list[str], folder: Path) -> None:
    *sources, target = words
    for source in sources:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, folder / target)


def _run(command: str, folder: Path, settings: Mapping[str, str]) -> None:
    # The cache of uv saves this test what scripts/install has fetched.
    assert command.startswith("scripts/uv "), f"nobody knows how to perform RUN {command} without a container"
    words = [str(folder / "scripts" / "uv"), *shlex.split(command)[1:]]
    kept = {name: value for name, value in settings.items() if name != "UV_NO_CACHE"}
    done = subprocess.run(
        words, cwd=folder, env=environment(kept), capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr


def common_interpreter() -> Path | None:
    """A Python that any user may run: this one, or the system's."""
    for candidate in (Path(sys.executable).resolve(), Path("/usr/bin/python3").resolve()):
        if candidate.exists() and all(parent.stat().st_mode & 0o001 for parent in candidate.parents):
            return candidate
    return None
