"""Does the server accept the session over other connections?"""

from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.lost_sessions import ELSEWHERE, FIX_IGNORED, IGNORED, ignored_ids, scattered
from mcp_echo_core.probe.matrix import let_in
from mcp_echo_core.probe.survey import Survey

CONNECTIONS = 5
"""How many new connections are tried."""

LOSES = (
    "Clients open connections as they please: one of theirs loses its session whenever a new one reaches a process that"
    " does not know it."
)


async def run(survey: Survey) -> Finding:
    """Use one id over several connections."""
    session = await survey.begin("a session to use over several connections", fresh=True)
    if session.refused:
        return untested(session.refused, session.answer)
    if ignored := await ignored_ids(survey):
        return failed(
            f"NO: {IGNORED}", session.answer, *ignored, consequence=LOSES, fix=FIX_IGNORED, facts={"ignored": True}
        )
    answers = [
        await survey.ask(session, "ping", purpose=f"the same session over new connection {number}", fresh=True)
        for number in range(1, CONNECTIONS + 1)
    ]
    hits = [let_in(answer) for answer in answers]
    pattern = "".join("+" if each else "-" for each in hits)
    details = tuple(f"Connection {number}: {answer.told()}" for number, answer in enumerate(answers, 1))
    facts = {"served": sum(hits), "connections": CONNECTIONS, "pattern": pattern}
    lost = await scattered(survey)
    if not all(hits):
        return failed(
            f"NO: {sum(hits)} of {CONNECTIONS} ({pattern}){'; see replicas' if lost is not None else ''}",
            session.answer,
            *answers,
            details=details,
            consequence=LOSES,
            fix="Keep sessions where every process finds them, or route requests by Mcp-Session-Id.",
            facts=facts,
        )
    if session.id is None:
        return noted("there is no id; calls are served over every connection", *answers, details=details, facts=facts)
    if lost is not None:
        return untested(ELSEWHERE, *answers, *lost.misses[:1], details=details, facts=facts)
    return passed("YES", session.answer, *answers, details=details, facts=facts)


CHECK = Check(
    id="session-across-connections",
    question="Does the server accept the session over other connections?",
    level="should",
    spec=("2025-11-25 basic/transports, Session Management 2",),
    run=run,
)
