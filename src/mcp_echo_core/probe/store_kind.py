"""What kind of session store stands behind a server, and what clients do with the ways in which it says no."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from mcp_echo_core.probe.cells import Cell, Matrix, Verdict
from mcp_echo_core.probe.kept_state import Adoption, adoption
from mcp_echo_core.probe.matrix import session_matrix
from mcp_echo_core.probe.survey import Survey, once
from mcp_echo_core.probe.verdicts import BUSY

Store = Literal["sessionless", "hidden", "validating", "no-op", "adopting", "replacing", "wrong status", "unclear"]

UNKNOWN_IDS: Mapping[Verdict, Store] = {
    "rejected": "validating",
    "accepted": "no-op",
    "replaced": "replacing",
    "refused": "wrong status",
    "broken": "wrong status",
}
"""The kind of a store by what it makes of unknown ids."""

HIDDEN = "there are sessions whose ids do not arrive: does a gateway hide Mcp-Session-Id?"
"""What a server without ids is that knows unknown ones."""

NO_OP = "NoOpSessionStore"
"""The name under which a store that keeps nothing is known."""

STARTS_OVER = "A client starts a new session on 404, and only then"
"""2025-11-25 basic/transports, Session Management 4."""

FIX_STATUS = "Answer every request with an unknown, ended or expired session id with HTTP 404."


@once
async def store(survey: Survey) -> Store:
    """The kind of the store; ``survey.session()`` must not be refused."""
    return _kind(await session_matrix(survey), await adoption(survey))


def _kind(matrix: Matrix, adopting: Adoption) -> Store:
    if adopting.adopted:
        return "adopting"
    if matrix.session.id is None:
        return "hidden" if hides_ids(matrix) else "sessionless"
    return UNKNOWN_IDS.get(matrix.cell("unknown").verdict, "unclear")


def hides_ids(matrix: Matrix) -> bool:
    """Whether unknown ids are told from none, by a server whose answers give no id: somebody takes it out of them."""
    if matrix.session.id is not None:
        return False
    pairs = [(matrix.cell("unknown", method).answer, matrix.living[method].answer) for method in ("POST", "GET")]
    return any(
        unknown is not None and unknown.status == HTTPStatus.NOT_FOUND and without is not None
        and without.status not in (None, HTTPStatus.NOT_FOUND, *BUSY)
        for unknown, without in pairs
    )  # fmt: skip


def what_clients_do(cell: Cell) -> str:
    """What a client does with an answer that should have been 404."""
    if cell.verdict in ("accepted", "replaced"):
        return f"{STARTS_OVER}: here it goes on as if its session were alive, and what it kept there is gone."
    status = cell.answer.status if cell.answer is not None else None
    if status == HTTPStatus.UNAUTHORIZED:
        return f"{STARTS_OVER}; on 401 it asks the user to log in and comes back with the same id."
    if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return f"{STARTS_OVER}; an error in HTTP {status} is for it the result of the call, and every call fails alike."
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{STARTS_OVER}; this looks to it like an outage, and it tries again with the same id."
    return f"{STARTS_OVER}; on {status} it reports an error, and every further call fails until somebody restarts it."


def seen_instead(cells: list[Cell]) -> str:
    """The wrong answers in a few words."""
    words = dict.fromkeys(_word(cell) for cell in cells)
    return f"{' and '.join(words)} instead of 404"


def _word(cell: Cell) -> str:
    if cell.answer is None or cell.answer.status is None:
        return "no answer"
    code = cell.answer.code
    if cell.answer.ok and code is not None:
        return f"HTTP {cell.answer.status} with JSON-RPC error {code}"
    return f"{cell.answer.status} with another session's id" if cell.verdict == "replaced" else str(cell.answer.status)
