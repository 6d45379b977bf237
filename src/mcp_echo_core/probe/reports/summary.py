"""What every report begins with: the four lines, the verdict, who was asked; and the matrix of sessions."""

import re
from collections import Counter
from typing import Any

from msgspec import Struct

from mcp_echo_core.probe.runner import Line, Report
from mcp_echo_core.probe.verdicts import BUSY, MEANING
from mcp_echo_core.text import line as safe

OPENING = (
    ("Server generates new session ID", "session-minted"),
    ("Server rejects invalid session ID", "session-unknown"),
    ("Server accepts session across calls", "session-across-calls"),
    ("Client persists sessions", "client-persistence"),
)
"""The four statements that a report opens with, and the checks that answer them."""

GOOD, DOUBTFUL, BAD, UNKNOWN = "✅", "⚠️", "❌", "➖"

_ANSWERS = {"YES": GOOD, "NO": DOUBTFUL}

ERAS = {"legacy": "with a handshake", "modern": "2026-07-28, without a handshake"}


class Statement(Struct, frozen=True):
    """A line of the opening.

    Attributes:
        told: What it is about.
        mark: Of its outcome.
        answer: On one line.
    """

    told: str
    mark: str
    answer: str


class Cell(Struct, frozen=True):
    """One question of the matrix.

    Attributes:
        condition: Of the session id that was sent.
        method: Of HTTP.
        told: What was answered.
        verdict: What that means.
    """

    condition: str
    method: str
    told: str
    verdict: str


def opening(report: Report) -> list[Statement]:
    """The four statements."""
    return [_statement(told, report.line(check_id)) for told, check_id in OPENING]


def mark(line: Line) -> str:
    """A sign for a line's outcome; what is noted is judged by its answer: yes, no, or neither."""
    outcome = line.finding.outcome
    if outcome == "failed":
        return BAD if line.level == "must" else DOUBTFUL
    if outcome == "noted":
        return _ANSWERS.get(re.split(r"\W", line.finding.answer, maxsplit=1)[0], UNKNOWN)
    return GOOD if outcome == "passed" else UNKNOWN


def broken(report: Report) -> list[Line]:
    """What makes the run fail, must before should."""
    return sorted((line for line in report.lines if line.counts), key=lambda line: line.level != "must")


def verdict(report: Report) -> str:
    """All outcomes in one line."""
    found = broken(report)
    counts = [(level, sum(line.level == level for line in found)) for level in ("must", "should")]
    levels = ", ".join(f"{count} {level}" for level, count in counts if count)
    known = sum(line.known for line in report.lines)
    parts = [
        f"{levels} broken"
        if found
        else "nothing broken"
        if whole(report)
        else "nothing broken as far as could be seen",
        *([f"{known} known to be broken"] if known else []),
        f"{report.count('passed')} passed",
        f"{report.count('noted')} noted",
        f"{report.count('untested')} could not be tested",
    ]
    return f"{parts[0]}; {', '.join(parts[1:])}"


def complaints(report: Report) -> list[str]:
    """What is wrong beside the findings: a stale baseline, a run that is not whole."""
    told = [f"The baseline names {check_id}, which does not fail: remove it." for check_id in report.stale]
    if crashed := ", ".join(line.id for line in report.lines if line.crashed):
        told.append(f"Not everything could be asked, because of a bug of mcp-echo in: {crashed}. Please report it.")
    told += _unheard(report)
    if report.left:
        why = f"{report.left} (DELETE was answered {report.unended})" if report.unended else f"{report.left} or more"
        hidden = "" if report.unended else ", since their ids never came"
        told.append(f"Sessions that could not be ended: {why}{hidden}. They live until they expire.")
    return told


def headline(report: Report) -> str:
    """What is to be known before everything else: that nobody speaks MCP at the URL; empty where somebody does."""
    return report.obstacle if unanswered(report) else ""


def _unheard(report: Report) -> list[str]:
    """How many requests were not answered by the server."""
    counts = Counter(exchange.status for exchange in report.exchanges)
    told = [
        f"{counts[status]} of {counts.total()} requests were answered {status:d} ({MEANING[status]}): "
        "what rests on them is untested."
        for status in sorted(BUSY)
        if counts[status]
    ]
    if count := sum(line.hindered for line in report.lines):
        told.append(f"Not everything could be asked: {count} checks got answers without a verdict.")
    return told


def unanswered(report: Report) -> bool:
    """Whether questions remained open because the server speaks MCP in neither era."""
    return not report.eras and report.count("untested") > 0


def whole(report: Report) -> bool:
    """Whether the run asked what it was told to ask."""
    return not unanswered(report) and not any(line.crashed or line.hindered for line in report.lines)


def server(report: Report) -> str:
    """Who answered."""
    name = report.server.get("name") or ("a server without a name" if report.eras else "nobody who gives a name")
    version = report.server.get("version")
    return safe(f"{name} {version}" if version else name, 200)


def era(report: Report) -> str:
    """Which eras the server speaks."""
    legacy = f"with a handshake (settled on {safe(report.version, 40)})" if report.version else ERAS["legacy"]
    spoken = [legacy if each == "legacy" else ERAS[each] for each in report.eras]
    if not spoken and report.exchanges and report.exchanges[0].status in BUSY:
        return "not known, since the server was not reached"
    return " and ".join(spoken) or "neither era"


def matrix(report: Report) -> list[Cell]:
    """The matrix of sessions, where it was measured."""
    found = report.line("session-store")
    rows: Any = found.finding.facts.get("matrix") if found else None
    names = Cell.__struct_fields__
    return [Cell(*(safe(str(row.get(name, "")), 200) for name in names)) for row in rows or () if isinstance(row, dict)]


def _statement(told: str, line: Line | None) -> Statement:
    if line is None:
        return Statement(told, UNKNOWN, "not asked")
    return Statement(told, mark(line), safe(line.finding.answer, 300))
