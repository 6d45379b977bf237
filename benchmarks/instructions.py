"""Counts the instructions that an echo request takes in our servers, and compares with the committed figures.

A count does not depend on what else the machine does, as time does, so that a loss of a few percent is seen on any
machine. It needs valgrind (callgrind). Figures of another minor version of Python or another architecture are not
compared, those of another build only roughly; either is said.

Exit codes: 0 nothing is wrong, 1 a subject is beyond the tolerance, 2 nothing was counted.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from instructions_figures import COMMITTED, REFERENCE, Run, compare, updated
from instructions_workload import FLOODED, MEASURED, REFERENCE_ROUNDS

HERE = Path(__file__).parent
FILE = HERE.parent / COMMITTED
GUARDED = ("stateless", "stateless-modern", "stateful", FLOODED, "stateful-unrecorded", "stateful-modern")
CEILING = "ceiling"
SUBJECTS = (REFERENCE, CEILING, *GUARDED)

PACKAGES = ("msgspec", "uvloop")
"""That run within a request, beside our own code."""

LIMIT = 300
"""Seconds that counting may take; it takes a tenth."""

FUNCTIONS = 40
"""Rows of a profile."""


def main(arguments: Sequence[str]) -> int:
    """Do what was asked for and print it."""
    options = parse(arguments)
    if not shutil.which("valgrind"):
        print("valgrind is not installed: nothing was counted (Debian: apt-get install valgrind)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        if options.profile:
            print(profile(options.profile, count([options.profile], Path(folder))[options.profile]))
            return 0
        dumps = count(SUBJECTS, Path(folder))
        run = Run(build(), versions(), {name: per_request(name, dump) for name, dump in dumps.items()})
    if not FILE.exists() and not options.save:
        print(f"{COMMITTED} is missing: nothing was compared; --save writes it", file=sys.stderr)
        return 2
    document = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    print(table(run, document.get(run.build, {}).get("counts", {})))
    if options.save:
        FILE.write_text(json.dumps(updated(document, run), indent=2) + "\n", encoding="utf-8")
        print(f"written: {COMMITTED}, figures of {run.build}")
        return 0
    comparison = compare(document, run)
    print("\n".join(filter(None, (comparison.reservation, *comparison.problems))) or "within the tolerance")
    return 1 if comparison.problems else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="scripts/instructions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", action="store_true", help="accept the figures: write benchmarks/instructions.json")
    names = f"one of: {', '.join(SUBJECTS)}"
    parser.add_argument(
        "--profile", choices=SUBJECTS, metavar="SUBJECT", help=f"the {FUNCTIONS} costliest C functions of {names}"
    )
    return parser.parse_args(arguments)


def build() -> str:
    """What figures can be compared within, apart from what the reference shows."""
    major, minor, _ = platform.python_version_tuple()
    return f"{platform.python_implementation()} {major}.{minor} {platform.machine()}"


def versions() -> dict[str, str]:
    """What figures are made with; another version may be why one has changed."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}


def count(names: Sequence[str], folder: Path) -> dict[str, Path]:
    """Run subjects under callgrind; what it wrote between the two marks of each.

    Raises:
        SystemExit: A subject cannot be run (exit code 2).
    """
    # Nothing but the code may decide: no settings of this shell, and no chance in hashing.
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0"}
    callgrind = ("valgrind", "--tool=callgrind", "--quiet", "--dump-before=getpriority")
    counted = (*_same_addresses(), *callgrind, f"--callgrind-out-file={folder}/counted.%p")
    # Uncounted first, so that no run has to compile bytecode, which would leave memory in another order.
    for wrapper in ((), counted):
        command = [*wrapper, sys.executable, str(HERE / "instructions_workload.py"), *names]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
        if done.returncode:
            print(f"nothing was counted:\n{done.stderr[-3000:]}", file=sys.stderr)
            raise SystemExit(2)
    return {name: folder / f"counted.{pid}.2" for name, pid in (line.split() for line in done.stdout.splitlines())}


def _same_addresses() -> tuple[str, ...]:
    """What keeps addresses from being random, which spreads counts by up to 1 %; some containers forbid it."""
    fixed = ("setarch", "-R")
    if not shutil.which(fixed[0]) or subprocess.run([*fixed, "true"], capture_output=True, check=False).returncode:
        return ()
    return fixed


def per_request(name: str, dump: Path) -> float:
    """Instructions of a subject, divided by what it did."""
    found = re.search(r"^totals: (\d+)$", dump.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{dump.name} has no totals"
    return int(found[1]) / rounds(name)


def rounds(name: str) -> int:
    """How often a subject did its work."""
    return REFERENCE_ROUNDS if name == REFERENCE else MEASURED


def profile(name: str, dump: Path) -> str:
    """The costliest C functions, without what they call, in instructions per request."""
    names: dict[str, str] = {}
    costs: Counter[str] = Counter()
    function, called = "", False
    for line in dump.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"fn=(\(\d+\))(?: (.*))?", line):
            function = names.setdefault(found[1], re.sub(r"'\d+$", "", found[2] or ""))
        elif found := re.match(r"c?fn=(\(\d+\)) (.*)", line):
            names[found[1]] = re.sub(r"'\d+$", "", found[2])
        elif line.startswith("calls="):
            called = True
        elif found := re.match(r"[-+*\d]\S* (\d+)$", line):
            costs[function] += 0 if called else int(found[1])
            called = False
    rows = costs.most_common(FUNCTIONS)
    return "\n".join(f"{cost / rounds(name):>10,.0f} {cost / costs.total():>6.1%}  {known}" for known, cost in rows)


def table(run: Run, committed: Mapping[str, Any]) -> str:
    """Counted beside committed figures."""
    lines = [f"{run.build}: instructions per request", f"{'':22}{'counted':>10}{'committed':>12}{'change':>9}"]
    for name, seen in run.counts.items():
        known = committed.get(name)
        rest = f"{known:>12,.0f}{seen / known - 1:>+9.2%}" if known else ""
        lines.append(f"{name:22}{seen:>10,.0f}{rest}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
