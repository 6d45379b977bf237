"""What does a session get that was left alone until it expired?"""

from mcp_echo_core.probe.check import Check, Finding, failed, passed, untested
from mcp_echo_core.probe.matrix import session_matrix
from mcp_echo_core.probe.store_kind import FIX_STATUS, STARTS_OVER, seen_instead, what_clients_do
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED


async def run(survey: Survey) -> Finding:
    """Look at the cells of the matrix."""
    session = await survey.session()
    if session.refused:
        return untested(session.refused, session.answer)
    matrix = await session_matrix(survey)
    wrong = matrix.wrong("expired")
    seen = matrix.evidence("expired")
    if (why := matrix.why_untested("expired")) is not None:
        return untested(why, *seen)
    idle = survey.options.idle
    details = (f"The session was left alone for {idle:g} s.", *matrix.told("expired"))
    facts = {"idle": idle, "verdicts": matrix.verdicts("expired")}
    if not wrong:
        answer = f"404 after {idle:g} s"
        return passed(answer, *seen, details=details, consequence=f"{STARTS_OVER}.", facts=facts)
    return failed(
        f"{seen_instead(wrong)}, after {idle:g} s",
        *seen,
        details=details,
        consequence=what_clients_do(wrong[0]),
        fix=FIX_STATUS,
        facts=facts,
    )


CHECK = Check(
    id="session-expired",
    question="What does a session get that was left alone until it expired?",
    level="must",
    spec=("2025-11-25 basic/transports, Session Management 3 and 4",),
    run=run,
    judges=REFUSED | {None},
    in_session=True,
)
