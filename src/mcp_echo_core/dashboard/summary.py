"""An exchange in a line: what the list, the sequence diagram and the feed show of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from mcp_echo_core import redaction, sse, text
from mcp_echo_core.client_report.conversation import Conversation, SessionFacts
from mcp_echo_core.client_report.heads import declared, refused_by_head
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.eras.envelope import CLIENT_KEY
from mcp_echo_core.eras.mirrors import NAMED_BY
from mcp_echo_core.recording.bodies import beginning
from mcp_echo_core.recording.events import Entry, Record

MAX_NAME = 200
"""Characters that are shown of a name that a client chose."""

MAX_PIECES = 200
"""Pieces of a stream that are listed."""

MAX_HOPS = 20
"""Hops that are listed."""

SHORT_ID = 8
"""Characters by which the ids of sessions can be told apart."""

_ALIAS = 12
"""An id as short as this stands for another one, and is shown whole."""

_NAMES = {**NAMED_BY, "resources/subscribe": "uri"}
"""Which of its params says what a method is about."""


class PieceShown(Struct, frozen=True):
    """A piece of an event stream: seconds after the request, and what it was."""

    after: float
    what: str


class Client(Struct, frozen=True):
    """Who a client says it is."""

    name: str
    version: str


class Summary(Struct, frozen=True, kw_only=True):
    """One exchange.

    Attributes:
        sequence: Its number in the record.
        key: What a stream's opening and its end have in common.
        at: When it arrived, in seconds since 1970.
        seconds: How long it took; ``None`` while it goes on.
        http: Method of HTTP.
        path: Without the query.
        kind: The JSON-RPC method, or what else it was.
        name: What the method is about, such as the tool.
        id: Of the JSON-RPC request.
        status: Of HTTP.
        code: Of the JSON-RPC error that answered it.
        tool_error: The tool said that it failed.
        era: With a handshake or without.
        revision: By whose rules it is judged.
        session: First characters of its session's id.
        instance: The process that answered.
        connection: Address and port of the peer.
        request_bytes: Of the body.
        unread: Why the body was not read; empty where it was.
        declared: How long the head of such a request says that its body is.
        answer_bytes: Of the body.
        stream: It was answered with an event stream.
        open: The stream goes on.
        ended_by: Who ended it.
        pieces: What it carried.
        hops: What lies between client and server, as far as headers tell, in the request's order.
        client: Who sent it.
        rules: Ids of the findings whose evidence it is.
        level: How the worst of them counts: must, should, suspicion or note.
    """

    sequence: int
    key: str
    at: float
    seconds: float | None
    http: str
    path: str
    kind: str
    name: str | None
    id: Any
    status: int
    code: int | None
    tool_error: bool
    era: Literal["legacy", "modern"]
    revision: str
    session: str | None
    instance: str
    connection: str
    request_bytes: int
    unread: str
    declared: int | None
    answer_bytes: int
    stream: bool
    open: bool
    ended_by: str | None
    pieces: tuple[PieceShown, ...]
    hops: tuple[str, ...]
    client: Client | None
    rules: tuple[str, ...] = ()
    level: str | None = None


class Summariser(Conversation):
    """Summarises exchanges one after the other, remembering of earlier ones only what sessions settled."""

    def __init__(self) -> None:
        super().__init__(Record(subject="", began=0.0, dropped=0, ended=None, entries=()))

    def heard_in(self, entry: Entry) -> Heard:
        """An exchange, judged by what is known of its session so far."""
        heard = Heard(entry)
        self._place(heard)
        if (facts := self._facts(heard)) is not None:
            facts.exchanges.clear()
        return heard

    def summary(self, entry: Entry) -> Summary:
        """An exchange in a line."""
        heard, event = self.heard_in(entry), entry.event
        message = heard.messages[0] if len(heard.messages) == 1 else _beginning(heard)
        unread = refused_by_head(heard)
        code = message.error.get("code") if message is not None else _refused_with(heard)
        return Summary(
            sequence=entry.sequence,
            key=f"{event.instance}-{event.number}",
            at=event.at,
            seconds=event.seconds,
            http=event.method,
            path=text.line(event.path, MAX_NAME),
            kind=(_head_line(heard, "mcp-method") or event.method) if unread else _kind(heard, message),
            name=_head_line(heard, "mcp-name") if unread else _name(message),
            id=None if message is None or not message.is_request else redaction.shorten(message.id),
            status=event.status,
            code=code if type(code) is int and abs(code) < 1 << 53 else None,
            tool_error=message is not None and message.result.get("isError") is True,
            era="modern" if heard.modern else "legacy",
            revision=heard.revision,
            session=short(event.session),
            instance=event.instance,
            connection=event.connection,
            request_bytes=event.body_bytes,
            unread=f"refused by its head ({event.status})" if unread else "",
            declared=declared(heard) if unread else None,
            answer_bytes=event.answer_bytes,
            stream=_streams(heard),
            open=event.seconds is None,
            ended_by=event.ended_by,
            pieces=tuple(_pieces(heard)),
            hops=tuple(_hops(heard)[:MAX_HOPS]),
            client=_client(message, self._facts(heard)),
        )

    def _facts(self, heard: Heard) -> SessionFacts | None:
        return self.sessions.get(heard.event.session) if heard.event.session is not None else None


def short(session: str | None) -> str | None:
    """Enough of a session's id to tell it from others."""
    return session if session is None or len(session) <= _ALIAS else session[:SHORT_ID]


def client_of(info: Any) -> Client | None:
    """Who a client says it is, from its ``clientInfo``."""
    if not isinstance(info, Mapping) or not info:
        return None
    name, version = (text.line(str(info.get(member, "")), MAX_NAME) for member in ("name", "version"))
    return Client(name, version)


def _client(message: Message | None, facts: SessionFacts | None) -> Client | None:
    if message is not None:
        info = message.params.get("clientInfo") if message.method == "initialize" else message.meta.get(CLIENT_KEY)
        if (client := client_of(info)) is not None:
            return client
    return None if facts is None else client_of(facts.client)


def _beginning(heard: Heard) -> Message | None:
    """What can be told of a message that was too long to be kept whole."""
    event = heard.event
    if event.method != "POST" or event.body_bytes <= len(event.body) or heard.messages:
        return None
    value = beginning(event.body)
    return Message(heard, value) if isinstance(value, dict) else None


def _head_line(heard: Heard, name: str) -> str | None:
    """What a header field says about a message that was not read."""
    value = heard.header(name)
    return text.line(value, MAX_NAME) if value else None


def _kind(heard: Heard, message: Message | None) -> str:
    if heard.event.method != "POST":
        return heard.event.method
    if message is None:
        return "batch" if heard.messages else "invalid"
    if message.method is not None:
        return text.line(message.method, MAX_NAME)
    return "response" if message.is_response else "invalid"


def _name(message: Message | None) -> str | None:
    value = None if message is None else message.params.get(_NAMES.get(message.method or "", ""))
    return text.line(redaction.text(value[: 2 * MAX_NAME]), MAX_NAME) if isinstance(value, str) else None


def _refused_with(heard: Heard) -> Any:
    """The code of the first error in an answer to something that was not one message."""
    errors = (said["error"] for said in heard.said if isinstance(said.get("error"), dict))
    return next((error.get("code") for error in errors), None)


def _streams(heard: Heard) -> bool:
    return bool(heard.event.pieces) or (heard.answer_header("content-type") or "").startswith("text/event-stream")


def _pieces(heard: Heard) -> Iterator[PieceShown]:
    events: Sequence[sse.Event] = heard.events if heard.event.pieces else ()
    for event in events[:MAX_PIECES]:
        yield PieceShown(round(event.at - heard.event.at, 6), _what(event))


def _what(event: sse.Event) -> str:
    if event.kind == "comment":
        return "comment"
    if event.name != "message":
        return text.line(event.name, MAX_NAME)
    if not event.data:
        return "priming"
    message = next(iter(_objects(event.data)), None)
    method = None if message is None else message.get("method")
    return text.line(method, MAX_NAME) if isinstance(method, str) else "response"


def _objects(data: str) -> Iterator[Mapping[str, Any]]:
    yield from (each for each in _decoded(data) if isinstance(each, dict))


def _decoded(data: str) -> list[Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else [value]


def _hops(heard: Heard) -> list[str]:
    forwarded = _parts(heard, "x-forwarded-for")
    named = forwarded or [found for part in _parts(heard, "forwarded") if (found := _for(part))]
    return [text.line(each, MAX_NAME) for each in (*named, *_parts(heard, "via"))]


def _parts(heard: Heard, name: str) -> list[str]:
    return [part.strip() for part in (heard.header(name) or "").split(",") if part.strip()]


def _for(element: str) -> str:
    """Who a ``Forwarded`` element says the request came from (RFC 7239 section 5.2)."""
    pairs = (pair.strip().partition("=") for pair in element.split(";"))
    return next((value.strip('" ') for name, _, value in pairs if name.lower() == "for"), "")
