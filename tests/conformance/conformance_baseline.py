"""What is expected not to pass, and the comparison with what did not.

The baseline is exact: a check that fails without being in it is an error, and so is one that is in it and passes. The
file is the part of YAML that its own lines show; nothing else is read.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance_suite import EXTENSION, REVISIONS, Verdict

FIXTURES, MEMORY = "fixtures", "memory"
"""The two reasons for which a scenario may fail; each is a section of the file."""

NO_MEMORY = ("stateless", "2025-11-25")
"""The server and the revision that cannot remember anything between two requests."""

_ENTRY = re.compile(r"  (?P<scenario>[\w-]+): \[(?P<checks>[\w-]+(?:, [\w-]+)*)\]")

Expected = Mapping[str, frozenset[str]]
"""Checks that do not pass, by scenario."""


@dataclass(frozen=True)
class Run:
    """One run of a requirement set and what it found.

    Attributes:
        server: ``stateful`` or ``stateless``, or the URL that was given.
        toolset: Whether the conformance toolset was ``on`` or ``off``; empty for a URL.
    """

    server: str
    toolset: str
    revision: str
    verdicts: tuple[Verdict, ...]

    @property
    def judged(self) -> tuple[Verdict, ...]:
        """The verdicts that count here: those of optional extensions, which no server of ours has, do not."""
        return tuple(verdict for verdict in self.verdicts if verdict.reason != EXTENSION)


def read_baseline(path: Path) -> dict[str, Expected]:
    """The sections of a baseline file.

    Raises:
        ValueError: A line is none of a baseline.
    """
    sections: dict[str, dict[str, frozenset[str]]] = {FIXTURES: {}, MEMORY: {}}
    section: dict[str, frozenset[str]] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        entry = _ENTRY.fullmatch(line)
        if line.removesuffix(":") in sections:
            section = sections[line.removesuffix(":")]
        elif entry is None or section is None or entry["scenario"] in section:
            raise ValueError(
                f"{path.name}, line {number}: not a section, or not a new '  scenario: [check, …]': {line}"
            )
        else:
            section[entry["scenario"]] = frozenset(entry["checks"].split(", "))
    return dict(sections)


def expected_in(baseline: Mapping[str, Expected], run: Run) -> dict[str, frozenset[str]]:
    """What may not pass in a run; where both reasons hold, the lack of memory decides how a scenario fails."""
    expected: dict[str, frozenset[str]] = {}
    if run.toolset == "off":
        expected.update(baseline[FIXTURES])
    if (run.server, run.revision) == NO_MEMORY:
        expected.update(baseline[MEMORY])
    return expected


def incomplete(runs: Iterable[Run]) -> list[str]:
    """Runs in which not every required scenario was seen, in sentences."""
    counts = [(run, sum(not verdict.reason for verdict in run.verdicts)) for run in runs]
    return [
        f"{run.server}, {run.revision}: {seen} of {REVISIONS[run.revision]} required scenarios ran"
        for run, seen in counts
        if seen != REVISIONS[run.revision]
    ]


def disagreements(baseline: Mapping[str, Expected], runs: Iterable[Run]) -> list[str]:
    """Where runs and baseline differ, in sentences."""
    problems: list[str] = []
    met: set[str] = set()
    for run in runs:
        expected = expected_in(baseline, run)
        met |= expected.keys() & {verdict.scenario for verdict in run.judged}
        for verdict in run.judged:
            allowed = expected.get(verdict.scenario, frozenset())
            where = f"{run.server}, toolset {run.toolset or 'unknown'}, {run.revision}: {verdict.scenario}"
            problems += [f"{where}: {check} does not pass" for check in sorted(verdict.faults - allowed)]
            problems += [
                f"{where}: {check} passes, but the baseline has it" for check in sorted(allowed - verdict.faults)
            ]
    unknown = {scenario for section in baseline.values() for scenario in section} - met
    problems += [f"the baseline has {scenario}, which never ran where it applies" for scenario in sorted(unknown)]
    return problems
