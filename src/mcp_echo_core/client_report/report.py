"""The findings about the clients of a record, put together."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from msgspec import Struct

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heads import all_refused
from mcp_echo_core.client_report.rule import Certainty, Found, Level, Rule
from mcp_echo_core.client_report.rules import RULES
from mcp_echo_core.eras.envelope import CLIENT_KEY
from mcp_echo_core.recording.events import Record

LEVELS: tuple[Level, ...] = ("must", "should", "note")
CERTAINTIES: tuple[Certainty, ...] = ("certain", "likely", "heuristic")

Weight = Literal["must", "should", "suspicion", "note"]
WEIGHTS: tuple[Weight, ...] = ("must", "should", "suspicion", "note")
"""How findings count, worst first."""

MAX_CASES = 20
"""Cases of one rule that are told; the rest is counted."""


class Finding(Struct, frozen=True, kw_only=True):
    """A rule that is broken in one revision; what is only suspected is a finding of its own.

    Attributes:
        rule: Its id.
        area: What it is about.
        weight: How it counts: as its level, unless it is only suspected.
        level: Of the worst case, be it suspected.
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
    weight: Weight
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
        dropped: How many more there were, which the record no longer holds or never took.
        replayed: How many were repeated by hand, which says nothing about a client.
        scope: What the report speaks of, in words; empty where nothing was judged.
        complete: Whether the record holds everything from the beginning; if not, rules about a beginning are silent.
        refused: Why there was nothing to judge, where every request was refused before its body was read.
        must: How many rules of this level are broken, suspicions left out.
        should: Likewise.
        suspicions: How many rules may be broken, and may not.
        notes: What is worth telling.
        findings: Worst first.
    """

    subject: str
    clients: tuple[dict[str, Any], ...]
    exchanges: int
    dropped: int
    replayed: int
    scope: str
    complete: bool
    refused: str
    must: int
    should: int
    suspicions: int
    notes: int
    findings: tuple[Finding, ...]


def report_on(record: Record) -> ClientReport:
    """Judge the clients of a record."""
    return report_of(Conversation(record))


def report_of(conversation: Conversation) -> ClientReport:
    """The same, for a record that is read already."""
    findings = sorted(_findings(conversation), key=_rank)
    return ClientReport(
        subject=conversation.record.subject,
        clients=tuple(_clients(conversation)),
        exchanges=len(conversation.heard),
        dropped=conversation.record.dropped,
        replayed=conversation.replayed,
        scope=_scope(conversation),
        complete=conversation.complete,
        refused=all_refused(conversation.heard),
        must=_count(findings, "must"),
        should=_count(findings, "should"),
        suspicions=_count(findings, "suspicion"),
        notes=_count(findings, "note"),
        findings=tuple(findings),
    )


def _rank(finding: Finding) -> tuple[int, int, str]:
    return (WEIGHTS.index(finding.weight), LEVELS.index(finding.level), finding.rule)


def _scope(conversation: Conversation) -> str:
    judged, dropped = len(conversation.heard), conversation.record.dropped
    if not judged:
        return ""
    if not dropped:
        return f"in {judged:,} exchange{'' if judged == 1 else 's'}"
    # What came too fast to be taken has no number: then they are not the last ones.
    last = "the last " if dropped < conversation.heard[0].sequence else ""
    return f"in {last}{judged:,} of {judged + dropped:,} exchanges"


def _findings(conversation: Conversation) -> Iterator[Finding]:
    for rule in RULES:
        cases: dict[tuple[str, bool], list[Found]] = {}
        for case in rule.judge(conversation, rule.revisions):
            cases.setdefault((case.revision, _is_suspected(rule, case)), []).append(case)
        for (revision, _), found in cases.items():
            yield _finding(rule, revision, found)


def _is_suspected(rule: Rule, case: Found) -> bool:
    return (case.certainty or rule.certainty) == "heuristic" and (case.level or rule.level) != "note"


def _finding(rule: Rule, revision: str, cases: list[Found]) -> Finding:
    levels = [case.level or rule.level for case in cases]
    certainties = [case.certainty or rule.certainty for case in cases]
    level = min(levels, key=LEVELS.index)
    suspected = _is_suspected(rule, cases[0])
    told = sorted(cases, key=lambda case: LEVELS.index(case.level or rule.level))[:MAX_CASES]
    return Finding(
        rule=rule.id,
        area=rule.area,
        weight="suspicion" if suspected else level,
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


def _count(findings: Iterable[Finding], weight: Weight) -> int:
    return len({finding.rule for finding in findings if finding.weight == weight})


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
