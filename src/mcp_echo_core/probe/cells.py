"""The cells of the session matrix: what an id that should not be served got, and which verdict that is.

Source of the rules: 2025-11-25 basic/transports, Session Management.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from msgspec import Struct

from mcp_echo_core.client.answers import Answer
from mcp_echo_core.probe.lost_sessions import IGNORED
from mcp_echo_core.probe.survey import Session
from mcp_echo_core.probe.verdicts import BUSY, is_page

Method = Literal["POST", "GET", "DELETE"]
Condition = Literal["living", "absent", "malformed", "unknown", "ended", "expired", "foreign"]
Verdict = Literal["rejected", "refused", "broken", "accepted", "replaced", "not offered", "untested"]
"""``rejected`` as the protocol says, ``refused`` in another way, ``broken`` with 5xx or no answer at all; ``replaced``
is served with the id of another session; ``not offered`` is what even a living session does not get; ``untested`` was
not asked, or answered by a gateway."""

METHODS: tuple[Method, ...] = ("POST", "GET", "DELETE")
CONDITIONS: tuple[Condition, ...] = ("absent", "malformed", "unknown", "ended", "expired", "foreign")

RIGHT: Mapping[Condition, frozenset[int]] = {
    "absent": frozenset({400}),
    "malformed": frozenset({400, 404}),
    "foreign": frozenset({403, 404}),
}
"""The statuses that reject; 404 for conditions that are not named."""

WRONG = frozenset({"refused", "broken", "accepted", "replaced"})
"""The verdicts on what should have been rejected."""

ID_OF: Mapping[Condition, str] = {
    "living": "a living session's id",
    "absent": "no session id",
    "malformed": "an id that no server could mint",
    "unknown": "an id like the server's own that it never minted",
    "ended": "the id of a session that was ended with DELETE",
    "expired": "the id of a session that was left alone",
    "foreign": "the id of another caller's session",
}


class Cell(Struct, frozen=True):
    """What one method was answered under one condition.

    Attributes:
        condition: What was wrong with the id.
        method: Of HTTP.
        verdict: What happened.
        told: The answer in a few words, or why there is none.
        answer: The answer.
    """

    condition: Condition
    method: Method
    verdict: Verdict
    told: str
    answer: Answer | None = None

    def facts(self) -> dict[str, Any]:
        """The same for programs."""
        status, code = (self.answer.status, self.answer.code) if self.answer is not None else (None, None)
        return {
            "condition": self.condition,
            "method": self.method,
            "status": status,
            "code": code,
            "told": self.told,
            "verdict": self.verdict,
        }


class OtherCaller(Struct, frozen=True):
    """What a second caller got.

    Attributes:
        ours: In our session.
        owner: In their own session, after what was done to it.
    """

    ours: Cell
    owner: Answer


class Matrix(Struct, frozen=True, kw_only=True):
    """The measured cells.

    Attributes:
        session: What a living session of this server is.
        living: What it gets; ended with the DELETE in it.
        cells: By condition and method.
        other: What another caller with credentials got; ``None`` when there is none, so that one was made up.
    """

    session: Session
    living: Mapping[Method, Cell]
    cells: Mapping[tuple[Condition, Method], Cell]
    other: OtherCaller | None = None

    def cell(self, condition: Condition, method: Method = "POST") -> Cell:
        """One of them."""
        return self.cells[condition, method]

    def row(self, condition: Condition) -> list[Cell]:
        """All methods under one condition."""
        return [self.cells[condition, method] for method in METHODS]

    def verdicts(self, condition: Condition) -> dict[str, Verdict]:
        """The verdicts under one condition, by method."""
        return {cell.method: cell.verdict for cell in self.row(condition)}

    def why_untested(self, condition: Condition) -> str | None:
        """Why nothing can be said of a condition; ``None`` when something can."""
        post, living = self.cells[condition, "POST"], self.living["POST"]
        if living.verdict == "replaced":
            return IGNORED
        if post.verdict == "not offered":
            return f"a living session's request is refused, too: {living.told}"
        return post.told if post.verdict == "untested" else None

    def wrong(self, condition: Condition) -> list[Cell]:
        """The cells of a condition that show a broken rule; what DELETE is answered harms nobody."""
        return [cell for cell in self.row(condition) if cell.method != "DELETE" and cell.verdict in WRONG]

    def evidence(self, condition: Condition) -> list[Answer]:
        """The answers under one condition, and what a living session got if it was not served."""
        post, cells = self.living["POST"], self.row(condition)
        compared = post.verdict != "accepted" and cells[0].verdict in ("not offered", post.verdict)
        return [cell.answer for cell in (*cells, *([post] if compared else [])) if cell.answer is not None]

    def told(self, condition: Condition) -> tuple[str, ...]:
        """A sentence for each method."""
        return tuple(f"{cell.method} with {ID_OF[condition]}: {cell.told}" for cell in self.row(condition))

    def facts(self) -> list[dict[str, Any]]:
        """The same for programs."""
        return [self.cells[condition, method].facts() for condition in CONDITIONS for method in METHODS]


def verdict_on(
    answer: Answer, condition: Condition, method: Method, session_id: str | None, *, offered: bool
) -> Verdict:
    """Judge one answer.

    Args:
        answer: What came back.
        condition: What is wrong with the id; of a ``living`` one it is judged whether the method is offered at all.
        method: Of HTTP.
        session_id: What was sent.
        offered: Whether a living session gets the method.
    """
    if condition == "living":
        return _of_living(answer, method)
    if not offered:
        return "not offered"
    if answer.status in RIGHT.get(condition, {HTTPStatus.NOT_FOUND}):
        return "rejected"
    if _has_what_it_asked(answer, method):
        replaced = session_id is not None and answer.session not in (None, session_id)
        return "replaced" if replaced else "accepted"
    if is_foreign(answer):
        return "untested"
    return "broken" if answer.status is None or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"


def is_foreign(answer: Answer) -> bool:
    """Whether an answer is a gateway's, or not whole, so that it says nothing about the server."""
    page = answer.exchange.method == "POST" and is_page(answer.body[:100].decode("latin-1"))
    unfinished = answer.status is not None and answer.timed_out and not answer.is_stream
    return answer.status in BUSY or page or unfinished


def _of_living(answer: Answer, method: Method) -> Verdict:
    if _has_what_it_asked(answer, method):
        return "accepted"
    return "untested" if is_foreign(answer) else "not offered"


def _has_what_it_asked(answer: Answer, method: Method) -> bool:
    wanted = {"POST": answer.result is not None, "GET": answer.is_stream, "DELETE": answer.error is None}
    return answer.ok and wanted[method]
