"""The report for continuous integration: a test case per check, in the XML that JUnit's reporters write."""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mcp_echo_core.client import transcript
from mcp_echo_core.probe.reports import summary
from mcp_echo_core.probe.runner import Line, Report
from mcp_echo_core.text import block

MAX_BODY = 2000
"""Characters that are shown of a body."""

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 allows in no document, not even as a reference."""


def render(report: Report) -> str:
    """The report as XML.

    Failed checks and stale entries of a baseline fail; known failures and what could not be tested are skipped; a check
    that failed itself or got no answers of the server's is an error, and so is a server that speaks no MCP.
    """
    suite = Element("testsuite", _counts(report))
    properties = SubElement(suite, "properties")
    for name, value in (("url", report.url), ("server", summary.server(report)), ("verdict", summary.verdict(report))):
        SubElement(properties, "property", name=name, value=_text(value))
    for line in report.lines:
        _case(suite, report, line)
    if summary.unanswered(report):
        case = SubElement(suite, "testcase", classname="mcp-echo.probe", name="speaks-mcp")
        SubElement(case, "error", message=_text(report.obstacle))
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _counts(report: Report) -> dict[str, str]:
    crashed = sum(line.crashed or line.hindered for line in report.lines)
    unanswered = summary.unanswered(report)
    skipped = sum(line.known for line in report.lines) + report.count("untested") - crashed
    return {
        "name": "mcp-echo probe",
        "tests": str(len(report.lines) + unanswered),
        "failures": str(len(summary.broken(report)) + len(report.stale)),
        "errors": str(crashed + unanswered),
        "skipped": str(skipped),
        "time": f"{report.seconds:.3f}",
        "timestamp": f"{report.began:%Y-%m-%dT%H:%M:%S}",
    }


def _case(suite: Element, report: Report, line: Line) -> None:
    case = SubElement(suite, "testcase", classname=f"mcp-echo.probe.{line.level}", name=line.id)
    answer = _text(line.finding.answer)
    if line.crashed or line.hindered:
        SubElement(case, "error", message=answer).text = _told(report, line)
    elif line.known:
        SubElement(case, "skipped", message=_text(f"known failure: {line.reason or line.finding.answer}"))
    elif line.finding.outcome == "failed":
        SubElement(case, "failure", message=answer, type=line.level).text = _told(report, line)
    elif line.finding.outcome == "untested":
        SubElement(case, "skipped", message=answer)
    elif line.id in report.stale:
        SubElement(case, "failure", message="the baseline names it, but it does not fail: remove it", type="stale")
    elif line.finding.outcome == "noted":
        SubElement(case, "system-out").text = _told(report, line)


def _told(report: Report, line: Line) -> str:
    finding = line.finding
    lines = [line.question, finding.answer, *finding.details, finding.consequence, finding.fix, "; ".join(line.spec)]
    for exchange in report.evidence(line):
        lines += ["", transcript.title(exchange), *transcript.request(exchange, MAX_BODY), ""]
        lines += transcript.answer(exchange, MAX_BODY)
    return _text("\n".join(lines))


def _text(value: str) -> str:
    return _FORBIDDEN.sub("", block(value))
