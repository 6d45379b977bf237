"""How a session begins."""

from collections.abc import Iterator, Sequence

from mcp_echo_core.client_report.conversation import Conversation, SessionFacts
from mcp_echo_core.client_report.dialogue import unread
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.rule import HANDSHAKE, Found, Rule, each_message, found, quoted
from mcp_echo_core.eras.versions import HANDSHAKE_VERSIONS, MODERN_VERSIONS
from mcp_echo_core.recording.recorder import bin_subject

REORDER_SECONDS = 1.0
"""By which messages that were sent at the same time may arrive in another order."""

_SESSION = "mcp-session-id"
_INITIALIZED = "notifications/initialized"
_BEFORE = frozenset({"initialize", "ping", "server/discover"})
"""What may come before the handshake is over; the last asks whether there is one."""

_LEGACY = ("2024-11-05", *HANDSHAKE)
_SPEC = "2025-11-25 and earlier: basic/lifecycle, Initialization"


def _needs_handshake(message: Message) -> bool:
    return (message.is_request and message.method not in _BEFORE) or message.is_notification


def _first(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    assigns = any(heard.answer_header(_SESSION) for heard in conversation.heard)
    # In a session's own record a handshake may be missing because it was made in another session.
    several = len({heard.event.session for heard in conversation.heard}) > 1
    bin_record = several or conversation.record.subject.startswith(bin_subject(""))
    if not conversation.complete or not assigns:
        return
    introduced: set[tuple[str, ...]] = set()
    for heard in conversation.heard:
        if heard.opens or unread(heard):
            introduced.add(heard.sender)
        if heard.sender in introduced or heard.headers(_SESSION) or heard.revision not in revisions:
            continue
        for message in filter(_needs_handshake, heard.messages):
            says = f"{quoted(message.method)} came before any initialize."
            yield found(message, says, certainty=None if bin_record else "heuristic")


def _introduction(message: Message) -> Iterator[str]:
    if message.method != "initialize" or not message.is_request:
        return
    params = message.params
    client = params.get("clientInfo")
    named = client if isinstance(client, dict) else {}
    given = {
        "protocolVersion": isinstance(params.get("protocolVersion"), str) and params["protocolVersion"] != "",
        "capabilities": isinstance(params.get("capabilities"), dict),
        "clientInfo.name": isinstance(named.get("name"), str),
        "clientInfo.version": isinstance(named.get("version"), str),
    }
    if missing := [name for name, there in given.items() if not there]:
        yield f"The params of initialize have no valid {', '.join(missing)}."


def _offer(message: Message) -> Iterator[str]:
    offered = message.params.get("protocolVersion")
    if message.method != "initialize" or not isinstance(offered, str) or not offered or offered in HANDSHAKE_VERSIONS:
        return
    why = "which has no handshake" if offered in MODERN_VERSIONS else "which is no published revision"
    answered = message.result.get("protocolVersion")
    reply = f"the server answered with {quoted(answered)}" if isinstance(answered, str) else "the server refused it"
    yield f"initialize offers {quoted(offered)}, {why}; {reply}."


def _too_early(conversation: Conversation, revisions: Sequence[str]) -> Iterator[tuple[Message, Heard]]:
    """What came without a session, from the sender of an initialize that had no answer yet.

    It has to be the sender's first: after that, a session's id may also have been lost on the way.
    """
    openings: dict[tuple[str, ...], Heard] = {}
    for heard in conversation.heard:
        if heard.opens:
            openings.setdefault(heard.sender, heard)
    for heard in conversation.of(*revisions):
        first = openings.get(heard.sender)
        if first is None or heard.opens or heard.headers(_SESSION):
            continue
        if first.arrived < heard.arrived < (first.answered or first.arrived):
            yield from ((message, first) for message in heard.messages)


def _pipelined(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message, opened in _too_early(conversation, revisions):
        if message.is_request and message.method not in _BEFORE:
            yield found(message, f"{quoted(message.method)} came while initialize had no answer yet.", opened)


def _settled(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message, opened in _too_early(conversation, revisions):
        if message.method == _INITIALIZED:
            yield found(message, f"{_INITIALIZED} came while initialize had no answer yet.", opened)
    if not conversation.complete:
        return
    latest = max((heard.answered or heard.arrived for heard in conversation.heard), default=0.0)
    for session in conversation.sessions.values():
        if session.initialize is not None and session.version in revisions:
            yield from _confirmed(conversation, session, session.initialize.heard, latest)


def _confirmations(conversation: Conversation, session: SessionFacts, opened: Heard) -> Iterator[float]:
    """When the client may have confirmed: what cannot be read, or lacks the session's id, may be that."""
    homeless = (heard for heard in conversation.heard if heard.event.session is None and heard.sender == opened.sender)
    for heard in (*session.exchanges, *homeless):
        confirms = unread(heard) or any(message.method == _INITIALIZED for message in heard.messages)
        if confirms and heard.arrived >= opened.arrived:
            yield heard.arrived


def _confirmed(conversation: Conversation, session: SessionFacts, opened: Heard, latest: float) -> Iterator[Found]:
    confirmed = min(_confirmations(conversation, session, opened), default=float("inf"))
    for heard in session.exchanges:
        if heard is opened or heard.modern:
            continue
        if heard.event.method == "DELETE":
            if confirmed > heard.arrived + REORDER_SECONDS:
                yield found(heard, f"The session was ended without {_INITIALIZED}.", opened)
            return
        request = next((each for each in heard.messages if each.is_request and each.method not in _BEFORE), None)
        if request is not None:
            if min(confirmed, latest) > heard.arrived + REORDER_SECONDS:
                yield found(request, f"{quoted(request.method)} was sent without {_INITIALIZED} before it.", opened)
            return


RULES = (
    Rule(
        id="initialize-first",
        area="lifecycle",
        revisions=_LEGACY,
        level="must",
        certainty="likely",
        title="A client introduces itself before anything else",
        fix="Begin with initialize and notifications/initialized, and name the session in all that follows.",
        spec=(_SPEC,),
        judge=_first,
    ),
    Rule(
        id="initialize-params-complete",
        area="lifecycle",
        revisions=_LEGACY,
        level="must",
        title="initialize tells the version, the capabilities and the client",
        fix="Send protocolVersion, capabilities (an object, even if empty) and clientInfo with its name and version.",
        spec=(_SPEC,),
        judge=each_message(_introduction),
    ),
    Rule(
        id="initialize-version-value",
        area="lifecycle",
        revisions=_LEGACY,
        level="note",
        title="initialize offers a revision that it can agree on",
        fix="Offer the newest revision with a handshake; later ones are named in the _meta of every request instead.",
        spec=("2025-11-25 and earlier: basic/lifecycle, Version Negotiation", "2026-07-28 basic/versioning"),
        judge=each_message(_offer),
    ),
    Rule(
        id="no-requests-before-init-result",
        area="lifecycle",
        revisions=_LEGACY,
        level="should",
        title="Requests wait for the answer to initialize",
        fix="Send nothing but ping until initialize is answered.",
        spec=(_SPEC,),
        judge=_pipelined,
    ),
    Rule(
        id="initialized-sent",
        area="lifecycle",
        revisions=_LEGACY,
        level="must",
        title="The client confirms the handshake before it goes on",
        fix="Post notifications/initialized as soon as initialize is answered, and wait for its 202.",
        spec=(_SPEC,),
        judge=_settled,
    ),
)
