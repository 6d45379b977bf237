"""Does initialize give a session id?"""

from mcp_echo_core.probe.check import Check, Finding, noted, passed, untested
from mcp_echo_core.probe.matrix import session_matrix
from mcp_echo_core.probe.session_ids import form, shown
from mcp_echo_core.probe.store_kind import HIDDEN, hides_ids
from mcp_echo_core.probe.survey import Survey


async def run(survey: Survey) -> Finding:
    """Look at the answer to ``initialize``."""
    session = await survey.session()
    if session.refused:
        return untested(session.refused, session.answer)
    if session.id is None and hides_ids(matrix := await session_matrix(survey)):
        return noted(
            f"NO, but {HIDDEN}",
            session.answer,
            *matrix.evidence("unknown"),
            details=("A request with an unknown id is answered 404, one without an id is not.",),
            consequence="Clients send no session id, so that every request is one of a session of its own, or of none.",
            fix="Let Mcp-Session-Id through in both directions; a browser also needs it exposed (see cors-expose).",
            facts={"minted": False, "store": "hidden"},
        )
    if session.id is None:
        return noted(
            "NO (sessionless)",
            session.answer,
            consequence="Clients send no session id; whatever the server keeps must be asked for in other ways.",
            facts={"minted": False},
        )
    return passed(
        "YES",
        session.answer,
        details=(f"Mcp-Session-Id: {shown(session.id)} ({form(session.id)})",),
        consequence="Clients send this id with every further request.",
        facts={"minted": True, "format": form(session.id)},
    )


CHECK = Check(
    id="session-minted",
    question="Does initialize give a session id?",
    level="note",
    spec=("2025-11-25 basic/transports, Session Management 1",),
    run=run,
)
