"""The findings about the clients of a record, put together."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import CLIENT_KEY
from mcp_echo_core.client_report.rule import Certainty, Found, Level, Rule
from mcp_echo_core.client_report.rules import RULES
from mcp_echo_core.recording.events import Record

LEVELS: tuple[Level, ...] = ("must", "should", "note")
CERTAINTIES: tuple[Certainty, ...] = ("certain", "likely", "heuristic")

MAX_CASES = 20
"""Cases of one rule that are told; the rest is counted."""


class Finding(Struct, frozen=True, kw_only=True):
    """A rule that is broken in one revision.

    Attributes:
        rule: Its id.
        area: What it is about.
        level: Of the worst case.
        certainty: Of the most certain case.
        revision: By whose rules.
        title: The rule as a sentence.
        says: The first cases, a sentence each; of a suspicion, worded as one.
        count: How many cases there are.
        evidence: Numbers of the exchanges that show the told cases.
        fix: What the client's author does.
        spec: Where the rule stands.
    """

    rule: str
    area: str
    level: Level
    certainty: Certainty
    revision: str
    title: str
    says: tuple[str, ...]
    count: int
    evidence: tuple[int, ...]
    fix: str
    spec: tuple[str, ...]


class ClientReport(Struct, frozen=True, kw_only=True):
    """What the clients of one record do wrong.

    Attributes:
        subject: The session or bin.
        clients: Who talked: name, version, revision, as they said themselves.
        exchanges: How many were judged.
        complete: Whether the record holds everything from the beginning; if not, rules about a beginning are silent.
        must: How many rules of this level are broken.
        should: Likewise.
        notes: What is worth telling.
        findings: Worst first.
    """

    subject: str
    clients: tuple[dict[str, Any], ...]
    exchanges: int
    complete: bool
    must: int
    should: int
    notes: int
    findings: tuple[Finding, ...]


def report_on(record: Record) -> ClientReport:
    """Judge the clients of a record."""
    return report_of(Conversation(record))


def report_of(conversation: Conversation) -> ClientReport:
    """The same, for a record that is read already."""
    findings = sorted(_findings(conversation), key=lambda finding: (LEVELS.index(finding.level), finding.rule))
    return ClientReport(
        subject=conversation.record.subject,
        clients=tuple(_clients(conversation)),
        exchanges=len(conversation.heard),
        complete=conversation.complete,
        must=_count(findings, "must"),
        should=_count(findings, "should"),
        notes=_count(findings, "note"),
        findings=tuple(findings),
    )


def _findings(conversation: Conversation) -> Iterator[Finding]:
    for rule in RULES:
        cases: dict[str, list[Found]] = {}
        for case in rule.judge(conversation, rule.revisions):
            cases.setdefault(case.revision, []).append(case)
        for revision, found in cases.items():
            yield _finding(rule, revision, found)


def _finding(rule: Rule, revision: str, cases: list[Found]) -> Finding:
    levels = [case.level or rule.level for case in cases]
    certainties = [case.certainty or rule.certainty for case in cases]
    level = min(levels, key=LEVELS.index)
    told = sorted(cases, key=lambda case: LEVELS.index(case.level or rule.level))[:MAX_CASES]
    return Finding(
        rule=rule.id,
        area=rule.area,
        level=level,
        certainty=min(certainties, key=CERTAINTIES.index),
        revision=revision,
        title=rule.title,
        says=tuple(_worded(case, case.certainty or rule.certainty) for case in told),
        count=len(cases),
        evidence=tuple(dict.fromkeys(number for case in told for number in case.evidence)),
        fix=rule.fix,
        spec=rule.spec,
    )


def _worded(case: Found, certainty: Certainty) -> str:
    return f"Suspicion: {case.says}" if certainty == "heuristic" else case.says


def _count(findings: Iterable[Finding], level: Level) -> int:
    return len({finding.rule for finding in findings if finding.level == level})


def _clients(conversation: Conversation) -> Iterator[dict[str, Any]]:
    seen = set()
    for heard in conversation.heard:
        for message in heard.messages:
            opening = message.method == "initialize"
            named = message.params.get("clientInfo") if opening else message.meta.get(CLIENT_KEY)
            if not isinstance(named, dict):
                continue
            told = (str(named.get("name", ""))[:200], str(named.get("version", ""))[:200], heard.revision)
            if told not in seen:
                seen.add(told)
                yield {"name": told[0], "version": told[1], "revision": told[2]}
