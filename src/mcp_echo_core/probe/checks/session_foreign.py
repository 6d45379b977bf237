"""Can a caller use another caller's session?"""

from collections.abc import Mapping
from http import HTTPStatus

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.cells import Cell, Matrix, OtherCaller
from mcp_echo_core.probe.check import Check, Finding, failed, noted, passed, untested
from mcp_echo_core.probe.matrix import let_in, session_matrix
from mcp_echo_core.probe.store_kind import Store, store
from mcp_echo_core.probe.survey import Survey
from mcp_echo_core.probe.verdicts import REFUSED

NOTHING_IDENTIFIES = (
    "Without credentials, the id alone opens a session: whoever sees it in a log or a URL is its owner."
)


async def run(survey: Survey) -> Finding:
    """Look at the cells of the matrix."""
    session = await survey.session()
    if session.refused:
        return untested(session.refused, session.answer)
    matrix = await session_matrix(survey)
    post = matrix.cell("foreign")
    if (why := matrix.why_untested("foreign")) is not None:
        return untested(why, *matrix.evidence("foreign"))
    if matrix.other is None:
        return _without_credentials(matrix, post)
    return _between_callers(matrix, matrix.other, await store(survey))


def _without_credentials(matrix: Matrix, post: Cell) -> Finding:
    """The other caller is a token that nobody issued, on a server that asks for none."""
    seen = matrix.evidence("foreign")
    sent = ("The session began without credentials; these requests carry a made-up bearer token.",)
    details = (*sent, *matrix.told("foreign"))
    facts = {"callers": "made up", "verdicts": matrix.verdicts("foreign")}
    if post.verdict == "rejected":
        return passed("NO, sessions belong to the Authorization header", *seen, details=details, facts=facts)
    if post.verdict == "accepted":
        answer = "nothing identifies callers"
        return noted(answer, *seen, details=details, consequence=NOTHING_IDENTIFIES, facts=facts)
    status = post.answer.status if post.answer is not None else None
    checked = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    why = "a bearer token is checked though none is demanded" if checked else "the made-up bearer changes the answer"
    return noted(f"{why}: {post.told}", *seen, details=details, facts=facts)


def _between_callers(matrix: Matrix, other: OtherCaller, kind: Store) -> Finding:
    cells = [*matrix.row("foreign"), other.ours]
    survived = let_in(other.owner)
    taken = [cell for cell in cells if cell.verdict == "accepted" and not (cell.method == "DELETE" and survived)]
    seen = [*matrix.evidence("foreign"), *([other.ours.answer] if other.ours.answer else []), other.owner]
    details = (
        *(f"{cell.method} with the other caller's id: {cell.told}" for cell in matrix.row("foreign")),
        f"The other caller's POST with our id: {other.ours.told}",
        f"The owner's POST after that: {other.owner.told()}",
    )
    facts = {"callers": "two", "verdicts": matrix.verdicts("foreign")}
    if not taken:
        return passed("NO", *seen, details=details, facts=facts)
    if kind == "no-op":
        return noted(
            "YES, as any id is accepted",
            *seen,
            details=details,
            consequence="There is no session behind the id that could be taken over.",
            facts=facts,
        )
    return _hijacked(taken, seen, details, facts)


def _hijacked(taken: list[Cell], seen: list[Answer], details: tuple[str, ...], facts: Mapping[str, object]) -> Finding:
    return failed(
        f"YES: {', '.join(dict.fromkeys(cell.method for cell in taken))}",
        *seen,
        details=details,
        consequence="Whoever learns a session id reads that session's messages, acts in its name or ends it, with "
        "credentials of somebody else.",
        fix="Keep the subject of the token with the session, and answer 404 when another one comes with its id.",
        facts=facts,
    )


CHECK = Check(
    id="session-foreign",
    question="Can a caller use another caller's session?",
    level="should",
    spec=("2025-11-25 security best practices, Session Hijacking, Mitigation",),
    run=run,
    judges=REFUSED | {None},
    in_session=True,
)
