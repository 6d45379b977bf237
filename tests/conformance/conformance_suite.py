"""Runs the official suite against one URL and reads what it found."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REVISIONS = {"2025-11-25": 30, "2026-07-28": 37}
"""The revisions the suite has requirement sets for, and how many scenarios each requires of a server."""

SUITE_TIMEOUT = 120.0
"""Seconds one run of a requirement set may take; it takes about five."""

NO_VERDICT = "no-verdict"
"""Stands for a scenario in which nothing was found right: it proves nothing, whatever the suite prints."""

EXTENSION = "extension"
"""The suite's word for scenarios of optional extensions."""

_FOLDER = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
_NOT_SCORED = re.compile(r"^\s+[✓✗] (?P<scenario>\S+) \((?P<reason>[\w-]+)\)$", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """What the suite found in one scenario.

    Attributes:
        reason: Why the scenario does not count for its revision; empty when it does.
        faults: Checks that failed, warned, or ``NO_VERDICT``.
    """

    scenario: str
    passed: int
    failed: int
    warnings: int
    reason: str
    faults: frozenset[str]

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return "failed" if self.failed else "warned" if self.warnings else "unproven" if self.faults else "passed"


def run_suite(command: Sequence[str], url: str, revision: str, folder: Path) -> list[Verdict]:
    """Run what a revision requires of a server.

    Args:
        command: The suite's own command.
        url: The server's endpoint.
        revision: One of ``REVISIONS``.
        folder: Where the suite may write; empty.

    Raises:
        RuntimeError: The suite did not run to its end.
    """
    options = ["server", "--url", url, "--requirements", revision, "--output-dir", str(folder)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=SUITE_TIMEOUT, check=False)
    reasons = {found["scenario"]: found["reason"] for found in _NOT_SCORED.finditer(done.stdout)}
    verdicts = [
        judge(found["scenario"], _checks(path / "checks.json"), reasons)
        for path in sorted(folder.iterdir())
        if (found := _FOLDER.fullmatch(path.name))
    ]
    if not verdicts or "Total:" not in done.stdout:
        raise RuntimeError(
            f"the suite did not finish for {url}, {revision}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return verdicts


def _checks(file: Path) -> list[dict[str, Any]]:
    """The checks of a scenario; none if it broke off."""
    return list(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else []


def judge(scenario: str, checks: Iterable[dict[str, Any]], reasons: dict[str, str]) -> Verdict:
    """What a scenario's checks come to; one that the suite makes for every scenario proves nothing about this one."""
    checks = list(checks)
    counts = Counter(check["status"] for check in checks)
    faults = {check["id"] for check in checks if check["status"] in ("FAILURE", "WARNING")}
    proven = any(check["status"] == "SUCCESS" and check["id"] != "wire-schema-valid" for check in checks)
    if not faults and not proven:
        faults.add(NO_VERDICT)
    return Verdict(
        scenario=scenario,
        passed=counts["SUCCESS"],
        failed=counts["FAILURE"],
        warnings=counts["WARNING"],
        reason=reasons.get(scenario, ""),
        faults=frozenset(faults),
    )
