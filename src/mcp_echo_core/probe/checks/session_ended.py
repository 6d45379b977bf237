"""Is a session over after DELETE?"""

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
    wrong = matrix.wrong("ended")
    end = matrix.living["DELETE"]
    seen = [*([end.answer] if end.answer is not None else []), *matrix.evidence("ended")]
    if (why := matrix.why_untested("ended")) is not None:
        return untested(why, *seen)
    details = (f"DELETE of the living session: {end.told}", *matrix.told("ended"))
    facts = {"verdicts": matrix.verdicts("ended")}
    if not wrong:
        return passed("YES", *seen, details=details, consequence=f"{STARTS_OVER}.", facts=facts)
    accepted = [cell.method for cell in wrong if cell.verdict == "accepted"]
    if accepted:
        answer = f"NO: {' and '.join(accepted)} with the ended id is served"
        fix = (
            "Forget the session on DELETE and answer 404 from then on; if sessions cannot be ended, answer DELETE 405."
        )
    else:
        answer, fix = f"the ended id gets {seen_instead(wrong)}", FIX_STATUS
    return failed(answer, *seen, details=details, consequence=what_clients_do(wrong[0]), fix=fix, facts=facts)


CHECK = Check(
    id="session-ended",
    question="Is a session over after DELETE?",
    level="must",
    spec=("2025-11-25 basic/transports, Session Management 3 and 5",),
    run=run,
    judges=REFUSED | {None},
    in_session=True,
)
