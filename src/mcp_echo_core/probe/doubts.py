"""When a finding is none: it rests on what a gateway answered, or on a session that not every request finds."""

from collections.abc import Mapping, Sequence

from mcp_echo_core.client.evidence import Exchange
from mcp_echo_core.probe.check import Check, Finding
from mcp_echo_core.probe.lost_sessions import ELSEWHERE, IGNORED, ignored_ids, scattered
from mcp_echo_core.probe.matrix import session_matrix
from mcp_echo_core.probe.store_kind import HIDDEN, hides_ids
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import reasons


async def doubted(check: Check, finding: Finding, survey: Survey) -> tuple[Finding, bool]:
    """The finding, or ``untested`` where nothing can be said; and whether an answer without a verdict hindered it."""
    exchanges = [survey.wire.exchanges[number] for number in finding.evidence]
    none = {} if check.weighs else reasons(exchanges, check.judges)
    if finding.outcome == "untested":
        finding = await _explained(check, finding, exchanges, survey)
        return finding, bool(none) or (check.weighs and _hindered(finding))
    if none:
        return _without_verdict(finding, none, len(exchanges)), True
    return await _explained(check, finding, exchanges, survey), False


def told(none: Mapping[str, int], count: int) -> str:
    """Which of so many answers give no verdict, in a few words."""
    parts = [f"{times} of {count} answers: {reason}" if count > 1 else reason for reason, times in none.items()]
    return "; ".join(parts)


def _without_verdict(finding: Finding, none: Mapping[str, int], count: int) -> Finding:
    return Finding(
        outcome="untested",
        answer=f"no verdict; {told(none, count)}",
        details=finding.details,
        consequence="Such an answer says nothing about the server itself.",
        evidence=finding.evidence,
    )


def _hindered(finding: Finding) -> bool:
    return bool(finding.facts.get("hindered"))


async def _explained(check: Check, finding: Finding, exchanges: Sequence[Exchange], survey: Survey) -> Finding:
    """The finding, unless it comes of a session that was not found rather than of the rule."""
    refused = {exchange.status for exchange in exchanges if exchange.status in range(400, 500)}
    if not check.in_session or not refused:
        return finding
    lost = await scattered(survey)
    if lost is not None and lost.statuses & refused:
        told = f"{len(lost.misses)} of {len(lost.calls)} requests in living sessions were not served."
        return _untested(finding, ELSEWHERE, told)
    if finding.outcome != "failed":
        return finding
    if await ignored_ids(survey):
        return _untested(finding, f"{IGNORED}, see session-across-calls")
    session = await survey.session()
    if session.id is None and not session.refused and hides_ids(await session_matrix(survey)):
        return _untested(finding, HIDDEN)
    return finding


def _untested(finding: Finding, why: str, *details: str) -> Finding:
    return Finding(outcome="untested", answer=why, details=details, evidence=finding.evidence)
