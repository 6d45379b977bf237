"""What does an id get that no server could have minted?"""

from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.matrix import MALFORMED, session_matrix
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED


async def run(survey: Survey) -> Finding:
    """Look at the cells of the matrix."""
    session = await survey.session()
    if session.refused:
        return untested(session.refused, session.answer)
    matrix = await session_matrix(survey)
    post = matrix.cell("malformed")
    seen = matrix.evidence("malformed")
    details = (f'The id sent is "{MALFORMED}".', *matrix.told("malformed"))
    facts = {"verdicts": matrix.verdicts("malformed")}
    if (why := matrix.why_untested("malformed")) is not None:
        return untested(why, *seen, details=details)
    broken = [cell for cell in matrix.wrong("malformed") if cell.verdict == "broken"]
    if broken:
        return failed(
            f"{broken[0].method}: {broken[0].told}",
            *seen,
            details=details,
            consequence="A client takes it for an outage and tries again with the same id.",
            fix="Look ids up as opaque text; answer 404, or 400, to those that cannot be one.",
            facts=facts,
        )
    if post.verdict == "rejected":
        return passed(f"it is rejected: {post.told}", *seen, details=details, facts=facts)
    if session.id is None:
        return noted(f"there are no session ids: {post.told}", *seen, details=details, facts=facts)
    how = {"accepted": "it is accepted", "replaced": "it is replaced by a new session"}.get(
        post.verdict, "it is refused"
    )
    return noted(f"{how}: {post.told}", *seen, details=details, facts=facts)


CHECK = Check(
    id="session-malformed",
    question="What does an id get that no server could have minted?",
    level="should",
    spec=("2025-11-25 basic/transports, Session Management 1 and 3",),
    run=run,
    judges=REFUSED | {None},
    in_session=True,
)
