"""The inputs that are kept, one per line in ``corpus.txt``: each reaches a line that those before it do not."""

import base64
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fuzz_target import Target

FILE = Path(__file__).with_name("corpus.txt")

SOURCE = "mcp_echo_core"
"""Whose lines count."""


def load() -> list[bytes]:
    """The inputs that are kept."""
    return [base64.b64decode(line) for line in FILE.read_text(encoding="ascii").split()] if FILE.exists() else []


def save(inputs: Iterable[bytes]) -> None:
    """Keep these inputs."""
    FILE.write_text("".join(base64.b64encode(data).decode() + "\n" for data in inputs), encoding="ascii")


def distilled(inputs: Iterable[bytes], most: int) -> list[bytes]:
    """Those inputs, short ones first, that reach something new; at most so many, and then those that reach most."""
    reached, kept = set[tuple[Any, int]](), list[tuple[int, bytes]]()
    with Target() as target:
        for data in sorted(set(inputs), key=len):
            new = _lines(target, data) - reached
            if new:
                reached |= new
                kept.append((len(new), data))
    best = sorted(kept, key=lambda each: -each[0])[:most]
    return sorted((data for _, data in best), key=lambda data: (len(data), data))


def _lines(target: Target, data: bytes) -> set[tuple[Any, int]]:
    reached: set[tuple[Any, int]] = set()

    def line(frame: Any, event: str, _: Any) -> Any:
        if event == "line":
            reached.add((frame.f_code, frame.f_lineno))
        return line

    def call(frame: Any, event: str, argument: Any) -> Any:
        return line if SOURCE in frame.f_code.co_filename else None

    sys.settrace(call)
    try:
        target.run(data)
    finally:
        sys.settrace(None)
    return reached
