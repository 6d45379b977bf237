"""What does the DELETE of a session get?"""

from http import HTTPStatus

from mcp_echo_core.probe.check import Check, Finding, noted, passed, untested
from mcp_echo_core.probe.matrix import session_matrix
from mcp_echo_core.probe.survey import Survey


async def run(survey: Survey) -> Finding:
    """Look at the end of a living session."""
    session = await survey.session()
    if session.refused or session.id is None:
        return untested(session.refused or "the server gives no session id", session.answer)
    cell = (await session_matrix(survey)).living["DELETE"]
    answer = cell.answer
    if answer is None or answer.status is None:
        return untested(cell.told)
    facts = {"status": answer.status}
    if answer.ok:
        return passed(f"{answer.status}: clients can end sessions", answer, facts=facts)
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        return noted(
            "405: clients cannot end sessions",
            answer,
            consequence="Sessions that clients no longer need stay until they expire.",
            facts=facts,
        )
    return noted(
        f"{cell.told}: neither 2xx nor 405",
        answer,
        consequence="A client cannot tell whether its session is over; most ignore the answer and leave it behind.",
        fix="Answer DELETE with 2xx when the session has ended, with 405 when clients cannot end it.",
        facts=facts,
    )


CHECK = Check(
    id="session-delete",
    question="What does the DELETE of a session get?",
    level="note",
    spec=("2025-11-25 basic/transports, Session Management 5",),
    run=run,
    in_session=True,
)
