"""Runs the official conformance suite against both servers, with and without the toolset it needs, or against a URL.

Exit code 0 if everything is as ``baseline.yaml`` says, 1 if not. For a URL nothing is expected to fail.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "peers")]

from conformance_baseline import (  # noqa: E402
    FIXTURES,
    MEMORY,
    Run,
    disagreements,
    expected_in,
    incomplete,
    read_baseline,
)
from conformance_suite import EXTENSION, REVISIONS, Verdict, run_suite  # noqa: E402
from install import PEERS, node_folder  # noqa: E402
from processes import running  # noqa: E402

SCRIPT = "node_modules/@modelcontextprotocol/conformance/dist/index.js"
TOOLSETS = {"off": "diagnostics", "on": "diagnostics,conformance"}
PARALLEL = 2
"""Runs at a time; more would make the suite's own time-outs fail on a machine with two cores."""

Target = tuple[str, str, str]
"""Server, toolset and URL."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite and tell what it found."""
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__)
    parser.add_argument("url", nargs="?", help="endpoint of a running server, instead of both of ours")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args(arguments)
    # Standard output is for the rows alone.
    subprocess.run(
        [sys.executable, str(HERE.parent / "peers" / "install.py"), "conformance"], stdout=sys.stderr, check=True
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        targets = [(options.url, "", options.url)] if options.url else _start(stack, folder)
        runs = _run_all(targets, folder)
    baseline = {FIXTURES: {}, MEMORY: {}} if options.url else read_baseline(HERE / "baseline.yaml")
    problems = [*incomplete(runs), *disagreements(baseline, runs)]
    rows = [_row(run, verdict, baseline) for run in runs for verdict in run.verdicts]
    told = json.dumps({"rows": rows, "problems": problems}, indent=1) if options.json else _table(rows, problems)
    print(told)  # noqa: T201 - what was asked for
    return bool(problems)


def _start(stack: ExitStack, folder: Path) -> list[Target]:
    servers = [
        (variant, toolset, stack.enter_context(running(variant, folder, {"MCP_ECHO_TOOLSETS": names})))
        for variant in ("stateful", "stateless")
        for toolset, names in TOOLSETS.items()
    ]
    return [(variant, toolset, server.url) for variant, toolset, server in servers]


def _run_all(targets: Sequence[Target], folder: Path) -> list[Run]:
    command = [str(node_folder() / "bin" / "node"), str(PEERS / "conformance" / SCRIPT)]

    def one(target: Target, revision: str) -> Run:
        server, toolset, url = target
        found = run_suite(command, url, revision, Path(tempfile.mkdtemp(dir=folder)))
        return Run(server, toolset, revision, tuple(found))

    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(lambda job: one(*job), [(target, r) for target in targets for r in REVISIONS]))


def _row(run: Run, verdict: Verdict, baseline: Any) -> dict[str, Any]:
    expected = expected_in(baseline, run).get(verdict.scenario, frozenset())
    not_offered = verdict.reason == EXTENSION
    word = "not offered" if not_offered else verdict.word
    if not not_offered and expected and verdict.faults == expected:
        word += ", as expected"
    facts = asdict(verdict) | {"faults": sorted(verdict.faults)}
    return {"server": run.server, "toolset": run.toolset, "revision": run.revision, **facts, "verdict": word}


def _table(rows: Sequence[dict[str, Any]], problems: Sequence[str]) -> str:
    lines = [
        f"{'server':9} {'tools':5} {'revision':10} {'scenario':46} {'passed':>6} {'failed':>6} {'warned':>6}  verdict"
    ]
    lines += [
        f"{row['server'][-9:]:9} {row['toolset']:5} {row['revision']:10} {row['scenario']:46} {row['passed']:6} "
        f"{row['failed']:6} {row['warnings']:6}  {row['verdict']}{' (not scored)' if row['reason'] else ''}"
        for row in rows
    ]
    return "\n".join(
        [*lines, "", *_totals(rows), "", *(problems or ["conformance: everything is as the baseline says"])]
    )


def _totals(rows: Sequence[dict[str, Any]]) -> list[str]:
    scored: dict[tuple[str, str, str], list[bool]] = {}
    for row in rows:
        if not row["reason"]:
            key = (row["server"], row["toolset"], row["revision"])
            scored.setdefault(key, []).append(row["verdict"] == "passed")
    return [f"{' '.join(key)}: {sum(passed)} of {len(passed)} scored scenarios pass" for key, passed in scored.items()]


if __name__ == "__main__":
    sys.exit(main())
