"""``docs/peers.md``: what the probe makes of servers of every make, in one table, with every accusation explained."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from install import ROOT
from probed_servers import Probed

from mcp_echo_core import __version__
from mcp_echo_core.markdown import code, plain
from mcp_echo_core.probe.runner import Line

PAGE = ROOT / "docs" / "peers.md"

PECULIAR = ("session-absent", "session-minted-elsewhere", "modern-shape", "cors-preflight", "path-slash")
"""Checks whose answer is worth a word although it breaks no rule; those of stores follow from the store."""

REMARKS = {
    "awslabs-noop": (
        "The handler stands behind a small HTTP server that does what an API Gateway does. It settles on 2024-11-05, a "
        "revision that knows no Streamable HTTP, and is judged by the transport that it speaks. A real gateway serves "
        "no foreign Host, so that DNS rebinding ends there."
    ),
    "awslabs-stored": "The same with a store that keeps its sessions in a dictionary.",
    "sdk2-stateful": (
        "The SDK chooses the era by the header alone, so that a request whose header and body disagree is taken for "
        "one of the era with a handshake. Servers made with it inherit that, FastMCP's among them."
    ),
    "fastmcp-stateful": "FastMCP can check Host and Origin (`host_origin_protection`), but by default it does not.",
    "everything": "It is there to try clients out, and lets pages of every origin in on purpose.",
    "ours-noop": "This store takes any id on purpose, to show what clients make of that.",
}
"""What the reports cannot know."""

_PLACE = re.compile(r" to http://\S+")
_DATE = re.compile(r"on \d{4}-\d{2}-\d{2}")


def render(probed: Iterable[Probed]) -> str:
    """The page."""
    return "\n".join(_lines(list(probed)))


def undated(page: str) -> str:
    """A page without the date, which alone differs when nothing has changed."""
    return _DATE.sub("", page)


def _lines(probed: list[Probed]) -> Iterator[str]:
    yield "# Servers under the probe"
    yield ""
    yield f"What `mcp-echo probe` {__version__} says of servers of several makes, each with its own defaults, on a"
    yield f"loopback interface. Written by `scripts/judge-peers` on {datetime.now(UTC):%Y-%m-%d}; the tests ask again"
    yield "and compare. Elsewhere, behind a gateway or with other options, the same software gets other answers: ask"
    yield "your own server with [`mcp-echo probe URL`](probe.md)."
    yield ""
    yield "| server | mode | session store | speaks | exit code | rules broken | also |"
    yield "|---|---|---|---|---|---|---|"
    yield from map(_row, probed)
    yield ""
    yield "Exit code 1 means that a rule is broken which no baseline names."
    yield ""
    yield "## What is broken, and by which rule"
    yield ""
    for each in probed:
        if each.failed:
            yield from _section(each)


def _row(each: Probed) -> str:
    report, target = each.report, each.target
    eras = " and ".join(
        f"{era} ({report.version})" if era == "legacy" else f"{era} (2026-07-28)" for era in report.eras
    )
    cells = (
        plain(target.software),
        plain(target.mode),
        plain(each.finding("session-store").answer),
        eras,
        str(each.code),
        ", ".join(map(code, each.failed)) or "none",
        "; ".join(_peculiarities(each)),
    )
    return f"| {' | '.join(cells)} |"


def _peculiarities(each: Probed) -> Iterator[str]:
    for check_id in PECULIAR:
        finding = each.finding(check_id)
        if finding.outcome == "noted" and "no session ids" not in finding.answer:
            yield f"{code(check_id)}: {plain(_PLACE.sub('', finding.answer))}"


def _section(each: Probed) -> Iterator[str]:
    yield f"### {each.target.software}, {each.target.mode}"
    yield ""
    if remark := REMARKS.get(each.target.name):
        yield remark
        yield ""
    yield from (_accusation(line) for line in each.report.lines if line.finding.outcome == "failed")
    yield ""


def _accusation(line: Line) -> str:
    finding = line.finding
    told = f"{plain(finding.answer[:1].upper() + finding.answer[1:])}. {plain(finding.consequence)}"
    return f"- {code(line.id)} ({line.level}): {line.question} {told} Source: {plain('; '.join(line.spec))}."
