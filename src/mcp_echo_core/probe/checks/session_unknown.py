"""Does the server reject session ids that it never minted?"""

from mcp_echo_core.probe.cells import Matrix
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.matrix import session_matrix
from mcp_echo_core.probe.store_kind import (
    FIX_STATUS,
    HIDDEN,
    NO_OP,
    STARTS_OVER,
    Store,
    seen_instead,
    store,
    what_clients_do,
)
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED

ACCEPTING = {
    "no-op": f"NO ({NO_OP})",
    "adopting": "NO (it adopts ids of clients)",
    "replacing": "NO (it begins another session)",
    "sessionless": "NO (sessionless: ids are ignored)",
}

CHANGES = {True: "the id got lost on the way", False: "the server became sessionless"}


async def run(survey: Survey) -> Finding:
    """Look at the cells of the matrix."""
    session = await survey.session()
    if session.refused:
        return untested(session.refused, session.answer)
    return _judged(await session_matrix(survey), await store(survey))


def _judged(matrix: Matrix, kind: Store) -> Finding:
    post, wrong = matrix.cell("unknown"), matrix.wrong("unknown")
    seen, details = matrix.evidence("unknown"), matrix.told("unknown")
    facts = {"verdicts": matrix.verdicts("unknown"), "store": kind}
    if kind != "hidden" and (why := matrix.why_untested("unknown")) is not None:
        return untested(why, *seen, details=details)
    if post.verdict in ("accepted", "replaced"):
        return noted(
            ACCEPTING.get(kind, f"NO ({post.verdict})"),
            *seen,
            details=details,
            consequence=f"{STARTS_OVER}: this server never tells it to, so state can be lost without anybody noticing.",
            facts=facts,
        )
    if matrix.session.id is None:
        hidden = kind == "hidden"
        return noted(
            f"YES ({post.told}); {HIDDEN}" if hidden else f"YES ({post.told}), though it gives no ids",
            *seen,
            details=details,
            consequence=f"A client that still has an id from before {CHANGES[hidden]} cannot go on.",
            facts=facts,
        )
    if not wrong:
        return passed("YES", *seen, details=details, consequence=f"{STARTS_OVER}.", facts=facts)
    told = f"{', '.join(cell.method for cell in wrong)}: {seen_instead(wrong)}"
    if all(cell.verdict == "refused" and matrix.cell("ended", cell.method).verdict == "rejected" for cell in wrong):
        return noted(
            told,
            *seen,
            details=(*details, "Ids of ended sessions get 404, and the rule speaks of those alone."),
            consequence=what_clients_do(wrong[0]),
            facts=facts,
        )
    return failed(
        told,
        *seen,
        details=details,
        consequence=what_clients_do(wrong[0]),
        fix=FIX_STATUS,
        facts=facts,
    )


CHECK = Check(
    id="session-unknown",
    question="Does the server reject session ids that it never minted?",
    level="must",
    spec=("2025-11-25 basic/transports, Session Management 3",),
    run=run,
    judges=REFUSED | {None},
    in_session=True,
)
