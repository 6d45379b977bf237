"""The client report for people (Markdown) and for continuous integration (JUnit); what clients sent acts on neither."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from mcp_echo_core.client_report.gateway import Observation
from mcp_echo_core.client_report.report import ClientReport, Finding, Weight
from mcp_echo_core.client_report.rules import RULES
from mcp_echo_core.markdown import code, plain
from mcp_echo_core.text import block

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 allows in no document, not even as a reference."""

_TITLES: Mapping[Weight, str] = {
    "must": "What the client must change",
    "should": "What it should change",
    "suspicion": "What may be wrong, and may not",
    "note": "Worth telling",
}
_FAILING: Sequence[Weight] = ("must", "should")


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
        findings = [finding for finding in report.findings if finding.weight == name]
        if findings:
            lines += [f"{mark}# {title}", ""]
            lines += [line for finding in findings for line in _finding(finding, mark)]
    if gateway:
        lines += [f"{mark}# Seen of gateways", ""]
        lines += [line for observation in gateway for line in _observation(observation, mark)]
    return "\n".join(lines).rstrip() + "\n"


def verdict(report: ClientReport) -> str:
    """The outcome in one line."""
    if report.refused:
        return report.refused
    if not report.scope:
        return "nothing to judge"
    broken = [f"{count} {level}" for count, level in ((report.must, "MUST"), (report.should, "SHOULD")) if count]
    minor = [(report.suspicions, "suspicion"), (report.notes, "note")]
    told = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in minor if count]
    return f"{', '.join([*(broken or ['no rule broken']), *told])} {report.scope}"


def clients(report: ClientReport) -> list[str]:
    """Who talked, a text each."""
    return [f"{each['name']} {each['version']} ({each['revision']})" for each in report.clients]


def junit(report: ClientReport, revisions: Iterable[str]) -> str:
    """The report as XML: a test case per rule that had something to judge.

    A broken rule fails, with its level as the type; a note, or a suspicion, passes and is told in ``system-out``.

    Args:
        report: About the clients.
        revisions: By whose rules there was something to judge.
    """
    judged = frozenset(revisions)
    broken: dict[str, list[Finding]] = {}
    for finding in report.findings:
        broken.setdefault(finding.rule, []).append(finding)
    applied = [rule for rule in RULES if rule.id in broken or judged.intersection(rule.revisions)]
    failing = [rule.id for rule in applied if any(each.weight in _FAILING for each in broken.get(rule.id, ()))]
    tests, errors = len(applied) + bool(report.refused), int(bool(report.refused))
    counts = {"tests": str(tests), "failures": str(len(failing)), "errors": str(errors), "skipped": "0"}
    # What is no longer kept may have shown more.
    within = "" if report.complete else f" {report.scope}"
    suite = Element("testsuite", {"name": f"mcp-echo client report{within}", **counts})
    properties = SubElement(suite, "properties")
    told = [
        ("subject", report.subject),
        ("exchanges", str(report.exchanges)),
        ("dropped", str(report.dropped)),
        ("replayed", str(report.replayed)),
        ("verdict", verdict(report)),
    ]
    told.append(("complete", str(report.complete).lower()))
    for name, value in (*told, *(("client", client) for client in clients(report))):
        SubElement(properties, "property", name=name, value=_xml(value))
    if report.refused:
        # Nothing could be judged, which is no success.
        case = SubElement(suite, "testcase", classname="mcp-echo.client", name="requests-are-read")
        SubElement(case, "error", message=_xml(report.refused), type="refused")
    for rule in applied:
        case = SubElement(suite, "testcase", classname=f"mcp-echo.client.{rule.area}", name=rule.id)
        _judge(case, broken.get(rule.id, ()))
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _judge(case: Element, findings: Sequence[Finding]) -> None:
    worst = next((finding for finding in findings if finding.weight in _FAILING), None)
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
    of = "" if report.complete else f" of {report.exchanges + report.dropped:,}"
    yield f"- Exchanges judged: {report.exchanges:,}{of}"
    if report.replayed:
        yield f"- Replayed by hand, and not judged: {report.replayed:,}"
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
