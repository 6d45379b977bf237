"""What kind of session store is behind the server?"""

from mcp_echo_core.probe.cells import CONDITIONS, Cell, Matrix
from mcp_echo_core.probe.check import Check, Finding, noted, untested
from mcp_echo_core.probe.matrix import session_matrix
from mcp_echo_core.probe.store_kind import HIDDEN, NO_OP, Store, seen_instead, store
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED

VERDICTS = {
    "sessionless": "sessionless",
    "hidden": HIDDEN,
    "validating": "validating store",
    "no-op": f"{NO_OP}: accepts any id and validates nothing",
    "adopting": "adopts ids of clients (session fixation)",
    "replacing": "replaces unknown ids with new sessions",
}

CONSEQUENCES = {
    "sessionless": "Any instance can answer any request; clients find nothing again that they did not send.",
    "hidden": "Clients believe that there are no sessions: what is kept in one is lost with the answer that began it.",
    "validating": "A client learns by 404 that its session is gone, and begins a new one.",
    "no-op": "The id is a label: clients may keep it for ever, and nothing tells them when what it stood for is gone.",
    "adopting": "Who makes somebody else use an id of their choice shares that session.",
    "replacing": "A client that goes on with its old id gets session after session and loses its state each time.",
    "wrong status": "Clients do not begin a new session by themselves, because only 404 tells them to.",
}


async def run(survey: Survey) -> Finding:
    """Judge the matrix as a whole."""
    session = await survey.session()
    if session.refused:
        return untested(session.refused, session.answer)
    matrix = await session_matrix(survey)
    kind = await store(survey)
    seen = [*matrix.evidence("unknown"), *matrix.evidence("ended")]
    verdict = _verdict(kind, matrix)
    facts = {"matrix": matrix.facts(), "verdict": verdict, "store": kind}
    if kind == "unclear":
        return untested(verdict, *seen, facts=facts)
    judged = [condition for condition in CONDITIONS if condition != "foreign" or matrix.other is not None]
    deviating = [cell for condition in judged for cell in matrix.row(condition) if _deviates(cell, kind)]
    details = tuple(f"{cell.condition}, {cell.method}: {cell.verdict} ({cell.told})" for cell in deviating)
    return noted(verdict, *seen, details=details, consequence=CONSEQUENCES[kind], facts=facts)


def _verdict(kind: Store, matrix: Matrix) -> str:
    if kind == "unclear":
        if (why := matrix.why_untested("unknown")) is not None:
            return why
        return f"the request with an unknown id was answered {matrix.cell('unknown').told}"
    if kind == "wrong status":
        return f"validating store, but {seen_instead([matrix.cell('unknown')])}"
    if kind == "validating" and matrix.cell("ended").verdict == "accepted":
        return "validating store, but ended sessions live on"
    return VERDICTS[kind]


def _deviates(cell: Cell, kind: Store) -> bool:
    """Whether a cell differs from what is right, or for a server that takes every id, from taking it."""
    if cell.verdict in ("untested", "not offered"):
        return False
    if cell.condition == "absent":
        return cell.verdict not in ("rejected", "accepted")
    return cell.verdict != ("rejected" if kind in ("validating", "wrong status") else "accepted")


CHECK = Check(
    id="session-store",
    question="What kind of session store is behind the server?",
    level="note",
    spec=("2025-11-25 basic/transports, Session Management",),
    run=run,
    judges=REFUSED | {None},
    in_session=True,
)
