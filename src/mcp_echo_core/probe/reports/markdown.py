"""The report as a document: overview, questions, results, findings, what they say about the server and its clients."""

from collections.abc import Iterator

from mcp_echo_core.client import transcript
from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.markdown import code, fenced, plain, table
from mcp_echo_core.probe.reports import summary
from mcp_echo_core.probe.reports.deductions import ARCHITECTURE, SECURITY
from mcp_echo_core.probe.runner import Line, Report
from mcp_echo_core.text import line as safe

MAX_EXCHANGES = {"failed": 3}
"""Exchanges that are shown of a check of this outcome, one of any other; the JSON report has them all."""

MAX_BODY = 1200
"""Characters that are shown of a body."""


def render(report: Report) -> str:
    """The report as Markdown (CommonMark with tables)."""
    sections = (_overview, _questions, _results, _findings, _architecture, _implications, _reproduction, _conclusions)
    lines = [f"# How {code(report.url)} treats sessions, streams, versions, origins and tokens", ""]
    for section in sections:
        lines += section(report)
    return "\n".join(lines).rstrip() + "\n"


def _overview(report: Report) -> Iterator[str]:
    yield "## Overview"
    yield ""
    yield f"- Server: {code(summary.server(report))}"
    yield f"- Speaks: {plain(summary.era(report))}"
    yield f"- Asked: {report.began:%Y-%m-%d %H:%M:%S} UTC by {report.tool}, in {report.seconds:.1f} s"
    yield f"- Verdict: **{summary.verdict(report)}**"
    for complaint in filter(None, (summary.headline(report), *summary.complaints(report))):
        yield f"- **{plain(complaint)}**"
    yield ""


def _questions(report: Report) -> Iterator[str]:
    yield "## Questions"
    yield ""
    for number, line in enumerate(report.lines, 1):
        yield f"{number}. {plain(line.question)} ({code(line.id)})"
    yield ""


def _results(report: Report) -> Iterator[str]:
    yield "## Results"
    yield ""
    opening = ((each.told, f"{each.mark} {plain(each.answer)}") for each in summary.opening(report))
    yield from table(("statement", "result"), opening)
    if cells := summary.matrix(report):
        yield "### What is done with a session id"
        yield ""
        told = ((plain(cell.condition), plain(cell.method), plain(cell.told), plain(cell.verdict)) for cell in cells)
        yield from table(("session id", "method", "answer", "verdict"), told)
    yield "### All checks"
    yield ""
    rows = ((code(line.id), line.level, _outcome(line), plain(line.finding.answer)) for line in report.lines)
    yield from table(("check", "level", "outcome", "answer"), rows)


def _findings(report: Report) -> Iterator[str]:
    yield "## Findings in detail"
    yield ""
    shown: set[int] = set()
    for line in report.lines:
        yield f"### {line.id}"
        yield ""
        yield f"**Question**: {plain(line.question)}"
        yield ""
        yield f"**Result**: {_outcome(line)} ({line.level}). {plain(line.finding.answer)}"
        yield ""
        yield from _key_findings(line)
        yield from _evidence(report, line, shown)


def _key_findings(line: Line) -> Iterator[str]:
    finding = line.finding
    yield from (f"- {plain(detail)}" for detail in finding.details)
    told = {"For clients": finding.consequence, "Fix": finding.fix, "Accepted by the baseline": line.reason}
    yield from (f"- {name}: {plain(content)}" for name, content in told.items() if content)
    yield f"- Rule: {plain('; '.join(line.spec))}"
    yield ""


def _evidence(report: Report, line: Line, shown: set[int]) -> Iterator[str]:
    exchanges = report.evidence(line)
    most = MAX_EXCHANGES.get(line.finding.outcome, 1)
    for exchange in exchanges[:most]:
        if exchange.number in shown:
            yield f"Evidence: exchange {exchange.number}, shown above."
            yield ""
        else:
            shown.add(exchange.number)
            yield from _exchange(exchange)
    if len(exchanges) > most:
        yield f"Further exchanges in the JSON report: {len(exchanges) - most}."
        yield ""


def _exchange(exchange: Exchange) -> Iterator[str]:
    yield f"Evidence: {plain(transcript.title(exchange))}"
    yield ""
    yield from fenced([*transcript.request(exchange, MAX_BODY), "", *transcript.answer(exchange, MAX_BODY)], "http")


def _architecture(report: Report) -> Iterator[str]:
    yield "## Architecture, as far as it shows from outside"
    yield ""
    found = ((part, report.line(check_id)) for part, check_id in ARCHITECTURE)
    rows = ((part, plain(line.question), plain(line.finding.answer)) for part, line in found if line is not None)
    yield from table(("part", "question", "answer"), rows)


def _implications(report: Report) -> Iterator[str]:
    yield "## Implications"
    yield ""
    yield "### For clients"
    yield ""
    told = [line for line in report.lines if line.finding.consequence and line.finding.outcome != "untested"]
    yield from (f"- {plain(line.finding.consequence)} ({code(line.id)})" for line in told if line.id not in SECURITY)
    yield ""
    yield "### For security"
    yield ""
    for line in (line for line in report.lines if line.id in SECURITY):
        yield f"- {_outcome(line)}: {plain(line.question)} {plain(line.finding.answer)}"
        yield from [f"  {plain(line.finding.consequence)}"] if line in told else []
    yield ""


def _reproduction(report: Report) -> Iterator[str]:
    yield "## How to reproduce"
    yield ""
    yield from fenced([safe(report.command)], "sh")
    yield f"Run on {report.began:%Y-%m-%d} with {report.tool} against {code(summary.server(report))}."
    ended = "sessions that were begun have been ended"
    yield f"Credentials are left out; {ended if not report.left else f'{ended}, but for {report.left}'}."
    yield ""


def _conclusions(report: Report) -> Iterator[str]:
    yield "## Conclusions"
    yield ""
    yield f"- {summary.verdict(report).capitalize()}."
    for line in summary.broken(report):
        yield f"- {code(line.id)} ({line.level}): {plain(line.finding.fix or line.finding.answer)}"
    for line in report.lines:
        if line.finding.outcome == "untested":
            yield f"- {code(line.id)} remains open: {plain(line.finding.answer)}"


def _outcome(line: Line) -> str:
    sign = "ℹ️" if line.finding.outcome == "noted" else summary.mark(line)
    return f"{sign} {'known failure' if line.known else line.finding.outcome}"
