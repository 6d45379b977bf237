"""Runs inputs that atheris makes; started by ``campaign.py``.

A guided worker sees the branches that its inputs take and keeps those that take new ones, a blind one mutates what
others kept, at a multiple of the speed. libFuzzer ends the process without a word to Python, so the figures are in a
file all the time.
"""

import gc
import json
import sys
import time
import traceback
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path
from typing import Any

import atheris

with nullcontext() if "--blind" in sys.argv else atheris.instrument_imports(include=["mcp_echo_core"]):
    from fuzz_target import Target, watching

MAX_FINDINGS = 20
"""Findings after which it is no use to go on."""

TELL_EVERY = 500
"""Inputs from one look of the parent to the next."""


class Worker:
    """Counts what becomes of the inputs.

    Args:
        folder: Where figures and findings go.
        total: Inputs after which libFuzzer ends.
        told: What was told to nobody: warnings, exceptions that could not be raised.
    """

    def __init__(self, folder: Path, total: int, told: list[str]) -> None:
        self._folder = folder
        self._total = total
        self._told = told
        self._findings: dict[str, str] = {}
        self._began = time.monotonic()
        self._started_kb = 0
        self.target = Target()
        gc.freeze()  # what exists now stays: the collector need not look at it a thousand times

    def __call__(self, data: bytes) -> None:
        try:
            self.target.run(data)
            if self._told:
                self._found(data, self._told[0], self._told.pop())
        except Exception as error:  # noqa: BLE001 - whatever it is, the campaign goes on
            self._found(data, f"{type(error).__name__}: {error}"[:80], traceback.format_exc())
        if self.target.inputs % TELL_EVERY == 0 or self.target.inputs >= self._total:
            self.tell()

    def _found(self, data: bytes, kind: str, text: str) -> None:
        if kind in self._findings:
            return
        name = sha256(data).hexdigest()[:16]
        self._findings[kind] = name
        (self._folder / f"finding-{name}").write_bytes(data)
        (self._folder / f"finding-{name}.txt").write_text(text, encoding="utf-8")
        self.tell()
        if len(self._findings) >= MAX_FINDINGS:
            raise SystemExit("too many findings")

    def tell(self) -> None:
        """Write the figures down."""
        self._started_kb = self._started_kb or (resident_kb() if self.target.inputs > 10 * TELL_EVERY else 0)
        figures: dict[str, Any] = {
            "inputs": self.target.inputs,
            "requests": self.target.requests,
            "seconds": round(time.monotonic() - self._began, 1),
            "statuses": dict(sorted(self.target.statuses.items())),
            "slowest_seconds": round(self.target.slowest, 4),
            "memory_kb": [self._started_kb, resident_kb()],
            "findings": self._findings,
        }
        file = self._folder / "figures.json"
        file.with_suffix(".new").write_text(json.dumps(figures), encoding="utf-8")
        file.with_suffix(".new").replace(file)


def resident_kb() -> int:
    """Memory of this process."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def main() -> None:
    """``fuzz_worker.py FOLDER TOTAL [--blind] [libFuzzer's own arguments]``."""
    rest = [each for each in sys.argv[3:] if each != "--blind"]
    with watching() as told:
        worker = Worker(Path(sys.argv[1]), int(sys.argv[2]), told)
        with worker.target:
            atheris.Setup([sys.argv[0], *rest], worker)
            atheris.Fuzz()


if __name__ == "__main__":
    main()
