"""What both sides asked each other and when that was answered, across the exchanges of a session.

An answer may come in another exchange than its question: the client's in a POST of its own, the server's on the GET
that resumes a cut stream. What the record does not tell is told as such, so that no rule takes it for silence.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from mcp_echo_core.client_report.heard import NOTHING, Heard, Message
from mcp_echo_core.recording.taken import MAX_BODY_BYTES

Key = tuple[str, str]

MASK = "*****"
"""What stands in a record for a credential, or for what looks like one."""

RACE_SECONDS = 0.05
"""An answer may be on its way for so long before its exchange counts as over."""

SKEW_SECONDS = 1.0
"""By which the clocks of two instances may differ."""


class Question(Struct, frozen=True):
    """A request of the server.

    Attributes:
        heard: The exchange that carried it.
        at: When it was sent, in seconds since 1970.
        method: What it asks for.
        params: Its params.
        told: How often it was sent: a stream that is resumed may repeat it.
    """

    heard: Heard
    at: float
    method: str
    params: Mapping[str, Any]
    told: int = 1


class Dialogue:
    """The questions and answers of some exchanges.

    Attributes:
        asked: The server's requests, by id.
        answered: When the server answered the client's requests, by id.
        hides: Whether the server may have said more than the record tells.
        unread: The POSTs whose content is not known.
    """

    def __init__(self, exchanges: Iterable[Heard]) -> None:
        self.asked: dict[Key, Question] = {}
        self.answered: dict[Key, float] = {}
        self.hides = False
        self.unread: list[Heard] = []
        for heard in exchanges:
            self.hides = self.hides or hides(heard)
            if unread(heard):
                self.unread.append(heard)
            for at, said in heard.said_at:
                self._take(heard, at, said)

    def answer_to(self, message: Message) -> float | None:
        """When a request of the client was answered, wherever that was."""
        own = (at for at, said in message.heard.said_at if _answers(said) and key_of(said.get("id")) == message.id_key)
        return next(own, None) or (self.answered.get(message.id_key) if message.id_key is not None else None)

    def _take(self, heard: Heard, at: float, said: Mapping[str, Any]) -> None:
        key, method = key_of(said.get("id")), said.get("method")
        if key is None:
            return
        if isinstance(method, str):
            before = self.asked.get(key)
            params = said.get("params")
            asked = Question(heard, at, method, params if isinstance(params, dict) else NOTHING)
            again = (
                None if before is None else Question(before.heard, before.at, method, before.params, before.told + 1)
            )
            self.asked[key] = again or asked
        elif _answers(said):
            self.answered.setdefault(key, at)


def key_of(value: Any) -> Key | None:
    """An id or a token with its JSON type; ``None`` for what neither may be."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return (type(value).__name__, str(value))


def hides(heard: Heard) -> bool:
    """Whether its answer is not known as a whole: it goes on, was cut, was compressed, or cannot be read."""
    event = heard.event
    if heard.answered is None or event.answer_bytes > MAX_BODY_BYTES or heard.answer_header("content-encoding"):
        return True
    if event.pieces:
        return len(heard.said) < sum(1 for each in heard.events if each.data and each.kind == "event")
    return bool(event.answer) and not heard.said


def unread(heard: Heard) -> bool:
    """Whether it posted something that is not known: refused by its head, too long, or not readable."""
    return heard.event.method == "POST" and not heard.messages and not isinstance(heard.value, list)


def waits(message: Message, later: Heard, *, complete: bool) -> bool:
    """Whether a request was certainly still without an answer when another exchange arrived.

    A stream that never ended counts only in its own process, as what was open when a process died is not; and only in
    a complete record, as its end may have got lost.

    Args:
        message: The request.
        later: The other exchange.
        complete: Nothing is missing from the record.
    """
    heard = message.heard
    same = heard.event.instance == later.event.instance
    if heard is later:
        return True
    if heard.answered is None:
        return complete and same and heard.event.number < later.event.number
    return heard.answered > later.arrived + (RACE_SECONDS if same else SKEW_SECONDS)


def _answers(said: Mapping[str, Any]) -> bool:
    return "method" not in said and ("result" in said or "error" in said)
