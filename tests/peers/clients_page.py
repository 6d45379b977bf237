"""``docs/clients.md``: which rules real clients break, in one table, every accusation explained, with its evidence."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from install import ROOT
from judged_clients import Judged

from mcp_echo_core import __version__
from mcp_echo_core.client_report.report import WEIGHTS
from mcp_echo_core.markdown import code, plain

PAGE = ROOT / "docs" / "clients.md"

INTRODUCTION = """\
# Clients under judgement

Which rules of its own revision each client breaks, as the [dashboard](dashboard.md) of mcp-echo {version} tells it.
Written by `scripts/judge-clients` on {date}; the tests ask again and compare. Every finding was compared with the
raw exchanges and with the words of the specification.

Each client visits a bin of its own on the stateful server, on the loopback interface, and uses what its library has a
method for: the opening, lists of tools, resources and prompts, reading and completion, calls that succeed, fail, report
progress and run side by side, a subscription and what it brings, a call that is given up, and the end. Where it depends
on the server which era a client speaks, it also visits one that has no revision without a handshake, and falls back.
"""

SHOWN = ("accept", "content-type", "mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name", "last-event-id")
"""Header fields that the evidence shows."""

MAX_BODY = 420
"""Characters of a body that the evidence shows."""

CHECKED = {
    "accept-wildcard-only": (
        "The specification wants both types listed. A wildcard lists neither, but it does allow both, and most servers "
        "go by that: a note, not a fault."
    ),
    "deprecated-features": (
        "Roots, sampling and logging are in the registry of deprecated features. FastMCP asks for log messages with "
        "its requests, the Inspector declares roots and asks for log messages. Both are allowed."
    ),
    "initialize-first": (
        '"The initialization phase MUST be the first interaction between client and server." These commands were '
        "printed for the stateless server, which serves them; so does the stateful one."
    ),
    "initialize-params-complete": (
        '"The client MUST initiate this phase by sending an initialize request containing" version, capabilities and '
        "client information; the schema requires all three. The printed command sends the version alone."
    ),
    "initialized-sent": (
        '"After successful initialization, the client MUST send an initialized notification." The printed script goes '
        "on to tools/call, and more than a second later nothing had come."
    ),
    "modern-legacy-mechanisms": (
        "The SDK ends a subscription by closing its stream, as it should, and posts notifications/cancelled as well, "
        'which "is used only on the stdio transport". It is accepted and does nothing. Its headers are not judged: '
        '"header requirements for notification POSTs are not defined by this revision."'
    ),
    "version-header-after-init": (
        '"The client MUST include the MCP-Protocol-Version HTTP header on all subsequent requests." The printed '
        "scripts do without; servers go by what the session negotiated."
    ),
}
"""How each finding stands to the words of the specification; one that is not here has not been checked."""

_ROW = re.compile(
    r"^\| .* \| .* \| .* \| \d+ \| (?P<must>.*) \| (?P<should>.*) \| (?P<suspicion>.*) \| (?P<note>.*) \|$",
    re.MULTILINE,
)


def render(judged: Iterable[Judged]) -> str:
    """The page."""
    return "\n".join(_lines(list(judged)))


def verdicts(page: str) -> list[tuple[str, ...]]:
    """What a page's table says of each client: software, mode and rules by level, without what differs run by run."""
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if _ROW.match(line)]
    return [(row[0], row[1], row[2], *row[4:]) for row in rows]


def _lines(judged: list[Judged]) -> Iterator[str]:
    yield from INTRODUCTION.format(version=__version__, date=f"{datetime.now(UTC):%Y-%m-%d}").splitlines()
    yield ""
    yield "| client | mode | judged by | exchanges | must | should | suspicion | note |"
    yield "|---|---|---|---|---|---|---|---|"
    yield from map(_row, judged)
    yield ""
    yield "## What is found, and why"
    yield ""
    yield from _explained(judged)


def _row(each: Judged) -> str:
    visitor = each.visitor
    by_weight = (", ".join(map(code, _rules(each, weight))) or "none" for weight in WEIGHTS)
    cells = (plain(visitor.software), plain(visitor.mode), ", ".join(each.revisions), str(each.report["exchanges"]))
    return f"| {' | '.join((*cells, *by_weight))} |"


def _rules(each: Judged, weight: str) -> list[str]:
    return sorted(rule for rule, worst in each.rules.items() if worst == weight)


def _explained(judged: list[Judged]) -> Iterator[str]:
    found: dict[str, list[tuple[Judged, Mapping[str, Any]]]] = {}
    for each in judged:
        for finding in each.findings:
            found.setdefault(finding["rule"], []).append((each, finding))
    for rule in sorted(found, key=lambda rule: (WEIGHTS.index(found[rule][0][1]["weight"]), rule)):
        yield from _section(rule, found[rule])


def _section(rule: str, cases: list[tuple[Judged, Mapping[str, Any]]]) -> Iterator[str]:
    judged, finding = cases[0]
    names = dict.fromkeys(f"{each.visitor.software}, {each.visitor.mode}" for each, _ in cases)
    yield f"### {code(rule)} ({finding['weight']}): {plain(finding['title'])}"
    yield ""
    yield f"Found at: {plain('; '.join(names))}."
    yield ""
    yield f"- Says: {plain(finding['says'][0])}"
    yield f"- Fix: {plain(finding['fix'])}"
    yield f"- Source: {plain('; '.join(finding['spec']))}"
    yield f"- Checked: {plain(CHECKED[rule])}"
    yield ""
    yield f"Evidence, from {plain(judged.visitor.software)}, {plain(judged.visitor.mode)}:"
    yield ""
    yield "```http"
    yield from _evidence(judged.details[max(finding["evidence"])])
    yield "```"
    yield ""


def _evidence(detail: Mapping[str, Any]) -> Iterator[str]:
    yield f"{detail['http']} {detail['path']}"
    for field in detail["request_headers"]:
        if field["name"] in SHOWN:
            yield f"{field['written'] or field['name']}: {field['value']}"
    body = re.sub(r"\s*\n\s*", " ", detail["request_body"])
    if body:
        yield ""
        yield body if len(body) <= MAX_BODY else f"{body[:MAX_BODY]}…"
