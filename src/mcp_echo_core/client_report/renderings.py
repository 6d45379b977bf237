"""The client report for people (Markdown) and for continuous integration (JUnit); what clients sent acts on neither."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from mcp_echo_core.client_report.gateway import Observation
from mcp_echo_core.client_report.report import ClientReport, Finding
from mcp_echo_core.client_report.rules import RULES
from mcp_echo_core.markdown import code, plain
from mcp_echo_core.text import block

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 allows in no document, not even as a reference."""

_TITLES = {"must": "What the client must change", "should": "What it should change", "note": "Worth telling"}


def builtins(report: ClientReport, gateway: Sequence[Observation]) -> dict[str, Any]:
    """Report and observations as one JSON object."""
    return {**msgspec.structs.asdict(report), "gateway": gateway}


def markdown(report: ClientReport, gateway: Sequence[Observation], level: int = 1) -> str:
    """The report as a document.

    Args:
        report: About the clients.
        gateway: About what lies between.
        level: Of its title.
    """
    mark = "#" * level
    lines = [f"{mark} Client report on {code(report.subject)}", "", *_who(report), ""]
    for name, title in _TITLES.items():
        findings = [finding for finding in report.findings if finding.level == name]
        if findings:
            lines += [f"{mark}# {title}", ""]
            lines += [line for finding in findings for line in _finding(finding, mark)]
    if gateway:
        lines += [f"{mark}# Seen of gateways", ""]
        lines += [line for observation in gateway for line in _observation(observation, mark)]
    return "\n".join(lines).rstrip() + "\n"


def verdict(report: ClientReport) -> str:
    """The outcome in one line."""
    if not report.must + report.should + report.notes:
        return "no findings"
    return f"{report.must} MUST, {report.should} SHOULD, {report.notes} notes"


def clients(report: ClientReport) -> list[str]:
    """Who talked, a text each."""
    return [f"{each['name']} {each['version']} ({each['revision']})" for each in report.clients]


def junit(report: ClientReport, revisions: Iterable[str]) -> str:
    """The report as XML: a test case per rule that had something to judge.

    A broken rule fails, with its level as the type; a note passes and is told in ``system-out``.

    Args:
        report: About the clients.
        revisions: By whose rules there was something to judge.
    """
    judged = frozenset(revisions)
    broken: dict[str, list[Finding]] = {}
    for finding in report.findings:
        broken.setdefault(finding.rule, []).append(finding)
    applied = [rule for rule in RULES if rule.id in broken or judged.intersection(rule.revisions)]
    failing = [rule.id for rule in applied if any(each.level != "note" for each in broken.get(rule.id, ()))]
    counts = {"tests": str(len(applied)), "failures": str(len(failing)), "errors": "0", "skipped": "0"}
    suite = Element("testsuite", {"name": "mcp-echo client report", **counts})
    properties = SubElement(suite, "properties")
    told = [("subject", report.subject), ("exchanges", str(report.exchanges)), ("verdict", verdict(report))]
    for name, value in (*told, *(("client", client) for client in clients(report))):
        SubElement(properties, "property", name=name, value=_xml(value))
    for rule in applied:
        case = SubElement(suite, "testcase", classname=f"mcp-echo.client.{rule.area}", name=rule.id)
        _judge(case, broken.get(rule.id, ()))
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _judge(case: Element, findings: Sequence[Finding]) -> None:
    worst = next((finding for finding in findings if finding.level != "note"), None)
    told = "\n\n".join("\n".join(_told(finding)) for finding in findings)
    if worst is not None:
        SubElement(case, "failure", message=_xml(worst.title), type=worst.level).text = _xml(told)
    elif findings:
        SubElement(case, "system-out").text = _xml(told)


def _told(finding: Finding) -> Iterator[str]:
    yield f"{finding.title} (revision {finding.revision}, {finding.certainty}, {finding.count} cases)"
    yield from finding.says
    yield f"Exchanges: {', '.join(map(str, finding.evidence))}"
    yield f"Fix: {finding.fix}"
    yield f"Rule: {'; '.join(finding.spec)}"


def _who(report: ClientReport) -> Iterator[str]:
    for client in clients(report):
        yield f"- Client: {plain(client)}"
    yield f"- Exchanges judged: {report.exchanges}"
    if not report.complete:
        yield "- The record no longer holds everything: rules about a beginning were not judged."
    yield f"- Verdict: **{verdict(report)}**"


def _finding(finding: Finding, mark: str) -> Iterator[str]:
    yield f"{mark}## {plain(finding.title)} ({code(finding.rule)})"
    yield ""
    yield from (f"- {plain(each)}" for each in finding.says)
    if finding.count > len(finding.says):
        yield f"- and {finding.count - len(finding.says)} more"
    yield f"- Exchanges: {', '.join(map(str, finding.evidence))}"
    yield f"- Revision {finding.revision}, {finding.certainty}"
    yield f"- Fix: {plain(finding.fix)}"
    yield f"- Rule: {plain('; '.join(finding.spec))}"
    yield ""


def _observation(observation: Observation, mark: str) -> Iterator[str]:
    yield f"{mark}## {plain(observation.title)} ({code(observation.id)})"
    yield ""
    yield f"- {plain(observation.says)}"
    yield f"- Meaning: {plain(observation.meaning)}"
    yield f"- Basis: {plain(observation.basis)}"
    yield f"- Exchanges: {', '.join(map(str, observation.evidence))}"
    yield ""


def _xml(value: str) -> str:
    return _FORBIDDEN.sub("", block(value))
