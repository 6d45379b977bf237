"""What does a request without a session id get?"""

from mcp_echo_core.probe.cells import Matrix
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.matrix import session_matrix
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED


async def run(survey: Survey) -> Finding:
    """Look at the cells of the matrix."""
    session = await survey.session()
    if session.refused:
        return untested(session.refused, session.answer)
    return _judged(await session_matrix(survey))


def _judged(matrix: Matrix) -> Finding:
    post = matrix.cell("absent")
    seen, details = matrix.evidence("absent"), matrix.told("absent")
    facts = {"verdicts": matrix.verdicts("absent")}
    if (why := matrix.why_untested("absent")) is not None:
        return untested(why, *seen, details=details)
    if post.verdict == "accepted":
        why = "" if matrix.session.id is not None else ": there are no session ids"
        return noted(
            f"it is served{why}",
            *seen,
            details=details,
            consequence="A client that loses its id notices nothing; what it kept in its session is not there."
            if matrix.session.id is not None
            else "There is no session that a client could lose.",
            facts=facts,
        )
    wrong = matrix.wrong("absent")
    if not wrong:
        return passed("400", *seen, details=details, facts=facts)
    return failed(
        f"{wrong[0].method}: {wrong[0].told}",
        *seen,
        details=details,
        consequence="Only 400 tells a client that it forgot the id: 404 means to it that its session has ended or that "
        "there is nothing at this URL, 401 that it has to log in.",
        fix="Answer requests other than initialize that lack the id with HTTP 400, or serve them.",
        facts=facts,
    )


CHECK = Check(
    id="session-absent",
    question="What does a request without a session id get?",
    level="should",
    spec=("2025-11-25 basic/transports, Session Management 2",),
    run=run,
    judges=REFUSED | {None},
    in_session=True,
)
