"""The session's id, and how sessions begin again and end."""

import re
from collections.abc import Iterator, Sequence

from mcp_echo_core import redaction
from mcp_echo_core.client_report.conversation import Conversation, SessionFacts
from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.rule import HANDSHAKE, Certainty, Found, Rule, found, quoted, subject
from mcp_echo_core.guard import SSE_TYPE

REMEMBERED_SECONDS = 300.0
"""Until so long after a handshake, requests of the same sender are taken for the same client's."""

IN_FLIGHT_SECONDS = 5.0
"""What arrives this soon after a 404 may have been sent before it was read."""

ABANDONED_SECONDS = 3600.0
"""A session that is silent for so long is taken for abandoned; servers end it then unless told otherwise."""

MAX_EVIDENCE = 5
"""Abandoned sessions that are pointed at."""

_GONE = 404
_NOT_ALLOWED = 405

_FIELD = "mcp-session-id"
_PROXIED = ("via", "forwarded", "x-forwarded-for")
_PLACEHOLDERS = frozenset({"", "null", "undefined", "none", "nil", "nan", "true", "false", "[object object]"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""The form of ids of this server."""

_VISIBLE = re.compile(r"[\x21-\x7e]*")
_DECORATION = re.compile(r"[\s\"'`<>(){}\[\]-]")
MIN_PIECE = 8
"""Characters by which a piece of an id is recognised."""

_SPEC = "2025-03-26, 2025-06-18, 2025-11-25 basic/transports, Session Management"


def _needs_session(heard: Heard) -> bool:
    """Whether an exchange is one of those that belong into a session: not a handshake, a probe or a browser's visit."""
    if heard.modern or heard.headers(_FIELD):
        return False
    if heard.event.method == "GET":
        return SSE_TYPE in (heard.header("accept") or "").lower()
    if heard.event.method != "POST":
        return heard.event.method == "DELETE"
    outside = ("initialize", "server/discover", None)
    return any(message.method not in outside or message.is_response for message in heard.messages) and not heard.opens


def _over(session: SessionFacts) -> float:
    """When a session ended, as far as its exchanges tell."""
    ends = (each for each in session.exchanges if each.event.method == "DELETE" or each.event.status == _GONE)
    return min((each.arrived for each in ends), default=float("inf"))


def _owner(sessions: Sequence[SessionFacts], heard: Heard) -> SessionFacts | None:
    """The session that an exchange without an id should have named."""
    owner = None
    for session in sessions:
        opened = session.initialize.heard if session.initialize is not None else None
        if opened is None or opened.answered is None or opened.sender != heard.sender:
            continue
        until = min(opened.answered + REMEMBERED_SECONDS, _over(session))
        if opened.answered < heard.arrived < until:
            owner = session
    return owner


def _echoed(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    sessions = [session for session in conversation.sessions.values() if session.version in revisions]
    for heard in filter(_needs_session, conversation.heard):
        owner = _owner(sessions, heard)
        if owner is None or owner.initialize is None or owner.version is None:
            continue
        opened = owner.initialize.heard
        direct = not any(heard.headers(name) for name in _PROXIED)
        same = direct and heard.event.connection == opened.event.connection
        yield Found(
            says=f"{subject(heard)} came without Mcp-Session-Id; {redaction.session_id(owner.id)} was assigned before.",
            revision=owner.version,
            evidence=tuple(sorted({opened.sequence, heard.sequence})),
            certainty="certain" if same else None,
        )


def _plain(value: str) -> str:
    """An id without case and decoration."""
    return _DECORATION.sub("", value).casefold()


def _alteration(value: str, issued: str) -> str | None:
    """What was done to an issued id to make this value."""
    if issued in [part.strip() for part in value.split(",")]:
        return "it is several values, one of them issued here"
    if value.casefold() == issued.casefold():
        return "the case of its letters was changed"
    if _plain(value) == _plain(issued):
        return "it was quoted, or written in another form"
    if len(value) >= MIN_PIECE and issued.startswith(value):
        return "its end is missing"
    if value.startswith(issued):
        return "something was added at its end"
    return None


def _foreign(value: str, issued: Sequence[str]) -> tuple[str, Certainty] | None:
    """Why an id cannot be one of this server, and how sure that is."""
    if value in issued or "..." in value or "**" in value:  # the latter was masked
        return None
    if value.casefold() in _PLACEHOLDERS:
        return "it stands for no value at all", "certain"
    for each in issued:
        if (alteration := _alteration(value, each)) is not None:
            return alteration, "certain"
    if not _VISIBLE.fullmatch(value):
        return "it has characters that no id may have", "certain"
    return None if _UUID.fullmatch(value) else ("ids of this server look different", "likely")


def _exact(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    issued = tuple(conversation.sessions)
    for heard in conversation.of(*revisions):
        value = heard.header(_FIELD)
        # A known one is the server's own, unless the field was empty and a session was made for it.
        if value is None or heard.opens or (heard.event.session is not None and value.strip()):
            continue
        if (case := _foreign(value.strip(), issued)) is not None:
            shown = quoted(redaction.session_id(value)) if value.strip() else "without a value"
            says = f"Mcp-Session-Id {shown} was not issued here: {case[0]}."
            yield found(heard, says, certainty=case[1])


def _after_404(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    dead: dict[tuple[str, ...], Heard] = {}
    for heard in conversation.heard:
        session_id = heard.header(_FIELD)
        if heard.opens:
            dead.clear()
        elif heard.event.status == _GONE and session_id and heard.revision in revisions:
            first = dead.setdefault((session_id, *heard.sender), heard)
            told = first.answered or first.arrived
            if heard.event.method in ("POST", "GET") and heard.arrived > told + IN_FLIGHT_SECONDS:
                says = (
                    f"{heard.event.method} names the session {redaction.session_id(session_id)} again, "
                    f"{heard.arrived - told:.0f} s after a 404 said that it is gone."
                )
                yield found(heard, says, first)


def _attached(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    refused: dict[str, Heard] = {}
    for heard in conversation.heard:
        session_id = heard.header(_FIELD)
        if not session_id or heard.modern:
            continue
        if heard.opens and heard.revision in revisions:
            shown = redaction.session_id(session_id)
            if (before := refused.get(session_id)) is not None:
                says = f"initialize names the session {shown}, which a 404 said is gone."
                yield found(heard, says, before)
            else:
                yield found(heard, f"initialize names the session {shown}.", level="note")
        if heard.event.status == _GONE:
            refused.setdefault(session_id, heard)


def _client(session: SessionFacts) -> tuple[str, ...]:
    sender = session.initialize.heard.sender if session.initialize is not None else ()
    return (str(session.client.get("name", "")), str(session.client.get("version", "")), *sender)


def _abandoned(session: SessionFacts, others: Sequence[SessionFacts], latest: float) -> bool:
    """Whether a client left a session behind: never ended, silent for long, and followed by another one."""
    events = [each.event for each in session.exchanges]
    if any(event.method == "DELETE" or event.status == _GONE or event.seconds is None for event in events):
        return False
    last = max(each.answered or each.arrived for each in session.exchanges)
    followed = any(other.initialize is not None and other.initialize.heard.arrived > last for other in others)
    return followed and latest >= last + ABANDONED_SECONDS


def _unended(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    if any(heard.event.method == "DELETE" and heard.event.status == _NOT_ALLOWED for heard in conversation.heard):
        return
    latest = max((heard.arrived for heard in conversation.heard), default=0.0)
    groups: dict[tuple[str, ...], list[SessionFacts]] = {}
    for session in conversation.sessions.values():
        if session.initialize is not None and session.version in revisions:
            groups.setdefault((session.version or "", *_client(session)), []).append(session)
    for (revision, name, *_), sessions in groups.items():
        left = [session for session in sessions if _abandoned(session, sessions, latest)]
        if left:
            opened = [session.initialize.heard.sequence for session in left if session.initialize is not None]
            says = f"{quoted(name)} left {len(left)} of its {len(sessions)} sessions without a DELETE."
            yield Found(says=says, revision=revision, evidence=tuple(opened[:MAX_EVIDENCE]))


RULES = (
    Rule(
        id="session-header-echoed",
        area="session",
        revisions=HANDSHAKE,
        level="must",
        certainty="likely",
        title="What follows initialize names the session",
        fix="Keep Mcp-Session-Id of the answer to initialize and send it with everything that follows.",
        spec=(_SPEC,),
        judge=_echoed,
    ),
    Rule(
        id="session-id-exact",
        area="session",
        revisions=HANDSHAKE,
        level="must",
        title="Mcp-Session-Id is an id that was issued, as it was issued",
        fix="Repeat the id without reading anything into it; where none was assigned, leave the field out.",
        spec=(_SPEC,),
        judge=_exact,
    ),
    Rule(
        id="session-404-reinitialize",
        area="session",
        revisions=HANDSHAKE,
        level="must",
        title="A session that is gone is replaced by a new one",
        fix="Forget the id when it is answered with 404, and initialize again.",
        spec=(_SPEC,),
        judge=_after_404,
    ),
    Rule(
        id="reinitialize-without-session-id",
        area="session",
        revisions=HANDSHAKE,
        level="must",
        title="initialize names no session",
        fix="Leave Mcp-Session-Id out of initialize, above all after a 404.",
        spec=(_SPEC,),
        judge=_attached,
    ),
    Rule(
        id="session-delete-on-exit",
        area="session",
        revisions=HANDSHAKE,
        level="should",
        certainty="heuristic",
        title="A session that is no longer needed is ended",
        fix="When the client closes, send DELETE with Mcp-Session-Id and MCP-Protocol-Version.",
        spec=(_SPEC,),
        judge=_unended,
    ),
)
