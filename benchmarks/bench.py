"""Measures the servers. Figures of different runs or machines do not compare; ratios within a run do.

Nothing here asserts a figure. One that had an error or a wrong answer in it is VOID, and the exit code is 1.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import endurance
import figures
import report
import side_by_side
import workers
from load import generator
from servers import pinning
from tables import text

import sessions
import streams


class Kind(Protocol):
    """A module that measures something; its docstring says what."""

    def options(self, parser: argparse.ArgumentParser) -> None:
        """Add what can be asked for; ``--quick`` and ``--save`` are there already."""

    def measure_all(self, chosen: argparse.Namespace, folder: Path) -> report.Document:
        """The figures; the folder takes what servers write."""

    def faults(self, document: report.Document) -> list[str]:
        """What makes figures void."""


KINDS: dict[str, Kind] = {
    "echo": side_by_side,
    "streams": streams,
    "sessions": sessions,
    "endurance": endurance,
    "workers": workers,
}
"""The first is what runs when none is named."""


TELLS_VOID = ("echo",)
"""Kinds whose tables tell which rows are void; others are saved only whole."""


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for and print it."""
    chosen = parse(arguments)
    print("\n".join(preamble()), flush=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            measured = KINDS[chosen.kind].measure_all(chosen, Path(folder))
    except RuntimeError as error:
        print(f"{chosen.kind} could not be measured: {error}", file=sys.stderr)
        return 1
    document = {"machine": report.machine(), "versions": report.versions(), **measured}
    for table in figures.TABLES[chosen.kind](document):
        print(text(table))
    faults = KINDS[chosen.kind].faults(document)
    print("\n".join(f"VOID: {fault}" for fault in faults))
    if chosen.save and faults and chosen.kind not in TELLS_VOID:
        print("not written: what is VOID is no result")
    elif chosen.save:
        print("written:", report.save(chosen.kind, document).name, "- now run scripts/generate_docs.py")
    return 1 if faults else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; without a kind, those of the first."""
    named = arguments and arguments[0] in (*KINDS, "-h", "--help")
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", help=f"(default {next(iter(KINDS))})")
    for name, kind in KINDS.items():
        told = kind.__doc__ or ""
        under = kinds.add_parser(name, help=told.splitlines()[0], description=told)
        under.add_argument("--quick", action="store_true", help="small and short: a look, not a figure")
        under.add_argument("--save", action="store_true", help=f"write benchmarks/results/{name}.json")
        kind.options(under)
    chosen = parser.parse_args(arguments if named else [next(iter(KINDS)), *arguments])
    if any(getattr(chosen, name, 1) <= 0 for name in ("rounds", "seconds")):
        parser.error("--rounds and --seconds are above 0")
    if chosen.quick and chosen.save:
        parser.error("--quick gives no figures worth keeping: leave out one of --quick and --save")
    return chosen


def preamble() -> list[str]:
    """Where it is measured, and with what."""
    where = report.machine()
    lines = [
        f"{where['cpu']}, {where['cores']} cores, {where['system']}, load {os.getloadavg()[0]:.2f}",
        ", ".join(f"{name} {version}" for name, version in report.versions().items()),
    ]
    if not pinning():
        lines.append("NOT PINNED: fewer than two cores or no affinity calls; server and load generator share cores")
    if generator() == "fallback":
        lines.append("FALLBACK load generator in Python (wrk is not installed): figures are lower bounds")
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
