"""How streams are taken up again after a cut."""

import re
from collections.abc import Iterator, Sequence

from mcp_echo_core.client_report.conversation import Conversation, SessionFacts
from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.rule import HANDSHAKE, Found, Rule, found, quoted
from mcp_echo_core.recording.recorder import MAX_STREAM_BYTES

RECONNECT_SECONDS = 60.0
"""A GET this soon after a cut is taken for a reconnection."""

SETTLING_SECONDS = 5.0
"""A GET this soon after the handshake is the first one of the session, whatever was cut."""

TOLERANCE_SECONDS = 0.05
"""Clocks and networks blur when a connection was closed."""

INSTANT_SECONDS = 0.001
"""A GET that ends an older one of its stream arrives this little before that end, or less."""

_FIELD = "last-event-id"
_EVENT_ID = re.compile(r"[pg][0-9a-f]{8}-\d{1,15}", re.ASCII)
"""The event ids of this server."""

_RESUMPTION = "2025-03-26, 2025-06-18, 2025-11-25 basic/transports, Resumability and Redelivery"


def _stream(event_id: str | None) -> str:
    return (event_id or "").rpartition("-")[0]


def _is_stream(heard: Heard) -> bool:
    return heard.answer_header("content-type") == "text/event-stream"


def _kept_whole(heard: Heard) -> bool:
    """Whether all events of an exchange are in the record."""
    return not _is_stream(heard) or (heard.answered is not None and heard.event.answer_bytes <= MAX_STREAM_BYTES)


def _session(conversation: Conversation, heard: Heard) -> SessionFacts | None:
    return conversation.sessions.get(heard.event.session or "")


def _never_issued(conversation: Conversation, heard: Heard, value: str) -> bool:
    """Whether no event of the session has had this id."""
    session = _session(conversation, heard)
    if session is None:
        return False
    if not _EVENT_ID.fullmatch(value):
        return True
    # A later GET says nothing: its stream repeats the id it was opened with.
    others = [
        each
        for each in session.exchanges
        if each is not heard and (each.event.method == "POST" or each.arrived <= heard.arrived)
    ]
    whole = conversation.complete and session.initialize is not None and all(map(_kept_whole, others))
    return whole and all(event.id != value for each in others for event in each.events)


def _last_event_id(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for heard in conversation.of(*revisions):
        value, method = heard.header(_FIELD), heard.event.method
        if value is None or method not in ("POST", "GET", "DELETE"):
            continue
        if method != "GET":
            yield found(heard, f"Last-Event-ID {quoted(value)} came with a {method}, which continues no stream.")
        elif not value.strip():
            yield found(heard, "Last-Event-ID came without a value.")
        elif _never_issued(conversation, heard, value.strip()):
            yield found(heard, f"Last-Event-ID {quoted(value)} is the id of no event in this session.")


def _cut_posts(session: SessionFacts) -> Iterator[Heard]:
    """The POSTs whose stream the server closed before the response was out."""
    dropped = {
        repr(message.params.get("requestId"))
        for message in session.messages
        if message.method == "notifications/cancelled"
    }
    for heard in session.exchanges:
        requests = [message for message in heard.messages if message.is_request]
        unanswered = requests and all(each.answer is None and repr(each.id) not in dropped for each in requests)
        by_server = heard.event.ended_by == "server" and _is_stream(heard)
        if unanswered and by_server and _kept_whole(heard) and any(event.id for event in heard.events):
            yield heard


def _reconnection(session: SessionFacts, cut: Heard) -> Heard | None:
    """The GET that should have continued a cut stream, where the session never continues it."""
    gets = [each for each in session.exchanges if each.event.method == "GET"]
    if any(_stream(each.header(_FIELD)) == _stream(_last_id(cut)) for each in gets):
        return None
    closed, began = cut.events[-1].at, session.exchanges[0].arrived
    soon = [each for each in gets if closed <= each.arrived <= closed + RECONNECT_SECONDS]
    if not soon or soon[0].header(_FIELD) is not None or soon[0].arrived <= began + SETTLING_SECONDS:
        return None
    broken = any(
        each is not soon[0] and each.answered is not None and each.answered <= soon[0].arrived for each in gets
    )
    return None if broken else soon[0]


def _last_id(heard: Heard) -> str | None:
    return next((event.id for event in reversed(heard.events) if event.id), None)


def _resumed(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session in conversation.sessions.values() if conversation.complete else ():
        for cut in _cut_posts(session):
            get = _reconnection(session, cut) if cut.revision in revisions else None
            if get is not None:
                says = (
                    f"A stream was cut after event {quoted(_last_id(cut))} and before its response; "
                    "the GET that followed names no event, so the response is never fetched."
                )
                yield found(get, says, cut)


def _announced(heard: Heard) -> int | None:
    """The last retry that a stream carried, in milliseconds."""
    return next((event.retry for event in reversed(heard.events) if event.retry is not None), None)


def _closed(heard: Heard) -> float | None:
    """The earliest time at which its server can have closed a connection; ``None`` where nothing was to come any more.

    Where the client ended it, or that cannot be told, there is no such time either.
    """
    if heard.event.ended_by != "server" or heard.answered is None or not heard.events or not _kept_whole(heard):
        return None
    if any("result" in said or "error" in said for said in heard.said):
        return None
    # A POST may be cut long before its request is done, and only the latter is on record.
    return heard.answered if heard.event.method == "GET" else heard.events[-1].at


def _retry(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session in conversation.sessions.values():
        for get in session.exchanges:
            event_id = get.header(_FIELD) if get.event.method == "GET" and get.revision in revisions else None
            carried = [each for each in session.exchanges if _carries(each, event_id, get)]
            if event_id is None or not carried:
                continue
            last = carried[-1]
            if (case := _too_soon(session, last, get)) is not None:
                yield case


def _carries(heard: Heard, event_id: str | None, get: Heard) -> bool:
    """Whether an exchange before the GET carried the stream of this event."""
    before = heard is not get and heard.arrived <= get.arrived and _is_stream(heard)
    return before and (heard.answered is None or any(_stream(event.id) == _stream(event_id) for event in heard.events))


def _too_soon(session: SessionFacts, last: Heard, get: Heard) -> Found | None:
    closed, retry = _closed(last), _announced(last)
    if closed is None or retry is None or last.event.instance != get.event.instance:
        return None
    if get.arrived < closed + INSTANT_SECONDS:
        return None
    if last.event.method == "POST" and all(last is not cut for cut in _cut_posts(session)):
        return None
    waited = get.arrived - closed
    if waited >= retry / 1000 - TOLERANCE_SECONDS:
        return None
    says = f"The stream was continued {waited * 1000:.0f} ms after it was closed; it had said to wait {retry} ms."
    return found(get, says, last, certainty="certain" if last.event.method == "GET" else "likely")


RULES = (
    Rule(
        id="last-event-id-use",
        area="transport",
        revisions=HANDSHAKE,
        level="should",
        title="Last-Event-ID goes with a GET and names an event of the session",
        fix="To continue a stream, send a GET with the id of the last event that arrived on it, and with nothing else.",
        spec=(_RESUMPTION,),
        judge=_last_event_id,
    ),
    Rule(
        id="resume-with-last-event-id",
        area="transport",
        revisions=HANDSHAKE,
        level="should",
        certainty="likely",
        title="A cut stream is continued with Last-Event-ID",
        fix="Keep the id of the last event of each stream, and send it as Last-Event-ID when the stream is cut.",
        spec=(_RESUMPTION, "2025-11-25 basic/transports, Sending Messages to the Server"),
        judge=_resumed,
    ),
    Rule(
        id="retry-delay-respected",
        area="transport",
        revisions=("2025-11-25",),
        level="must",
        title="Whoever continues a stream waits as long as retry says",
        fix="After the connection is closed, wait for the milliseconds of the last retry before the GET.",
        spec=("2025-11-25 basic/transports, Sending Messages to the Server",),
        judge=_retry,
    ),
)
