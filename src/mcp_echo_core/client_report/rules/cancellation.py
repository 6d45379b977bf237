"""How clients give up requests."""

from collections.abc import Iterator, Sequence

from mcp_echo_core.client_report.conversation import Conversation, SessionFacts
from mcp_echo_core.client_report.dialogue import Dialogue, Key, hides, key_of
from mcp_echo_core.client_report.heard import Message
from mcp_echo_core.client_report.rule import HANDSHAKE, Certainty, Found, Rule, found, quoted

RACE_SECONDS = 5.0
"""A cancellation that comes this soon after the answer may have been sent before the answer was read."""

ANNOUNCE_SECONDS = 30.0
"""Until so long after a disconnect, the client may still cancel or resume."""

_CANCELLED = "notifications/cancelled"
_MAY_DISCONNECT = frozenset({"initialize", "tasks/get", "tasks/result"})
_LEFT = 499
_LEGACY = ("2024-11-05", *HANDSHAKE)


class _Requests:
    """What a client asked in a session, by id."""

    def __init__(self, conversation: Conversation, session: SessionFacts) -> None:
        self.dialogue = Dialogue(session.exchanges)
        self.by_id: dict[Key, list[Message]] = {}
        for message in session.messages:
            if message.is_request and (key := message.id_key) is not None:
                self.by_id.setdefault(key, []).append(message)
        # A request may stand in what cannot be read.
        self.known = conversation.complete and session.initialize is not None and not self.dialogue.unread

    def fault(self, note: Message) -> Found | None:
        """Why a cancellation has no request to stop."""
        if note.params.get("requestId") is None:
            return _misplaced(note, "names no request")
        key = key_of(note.params["requestId"])
        targets = [] if key is None else self.by_id.get(key, [])
        if not targets:
            return self._unknown(note, key)
        target = targets[-1]
        if all(each.method == "initialize" for each in targets):
            return _misplaced(note, "is about initialize", target)
        if isinstance(target.result.get("task"), dict):
            return _misplaced(note, "is about a task, which tasks/cancel stops", target)
        answered = self.dialogue.answer_to(target)
        late = 0.0 if answered is None else note.heard.arrived - answered
        if len(targets) > 1 or late <= RACE_SECONDS:
            return None
        # What was sent may have been lost on its way.
        return _misplaced(note, f"came {late:.0f} s after the answer", target, certainty="heuristic")

    def _unknown(self, note: Message, key: Key | None) -> Found | None:
        text = None if key is None else key[1]
        other = next((each[-1] for (_, known), each in self.by_id.items() if known == text), None)
        if other is not None:
            return _misplaced(note, "has an id of another JSON type than its request", other)
        if key is None:
            return _misplaced(note, "names something that is no id")
        # The request may have been lost on its way.
        return _misplaced(note, "names a request that never came", certainty="heuristic") if self.known else None


def _targets(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session in conversation.sessions.values():
        if session.version not in revisions:
            continue
        requests = _Requests(conversation, session)
        for message in session.messages:
            if message.method == _CANCELLED and (fault := requests.fault(message)) is not None:
                yield fault
    for message in conversation.messages(revisions):
        if message.method == _CANCELLED and message.heard.event.session is None:
            for opening in _openings(conversation, message):
                yield _misplaced(message, "is about initialize", opening)


def _misplaced(
    message: Message, reason: str, target: Message | None = None, certainty: Certainty | None = None
) -> Found:
    says = f"A cancellation (requestId {quoted(message.params.get('requestId'))}) {reason}."
    return found(message, says, *([] if target is None else [target.heard]), certainty=certainty)


def _openings(conversation: Conversation, note: Message) -> Iterator[Message]:
    """The handshake of the same sender that had no answer yet and has the id of a cancellation without a session."""
    key, now = key_of(note.params.get("requestId")), note.heard.arrived
    for heard in conversation.heard:
        waiting = heard.arrived < now and (heard.answered is None or heard.answered > now)
        if key is not None and waiting and heard.sender == note.heard.sender:
            yield from (each for each in heard.messages if each.method == "initialize" and each.id_key == key)


def _abandoned(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    if not conversation.complete:  # the cancellation may be what is missing
        return
    for session in conversation.sessions.values():
        if session.version not in revisions:
            continue
        dialogue = Dialogue(session.exchanges)
        for message in session.messages:
            if _was_left(message, dialogue) and not _is_announced(message, session, dialogue):
                yield found(
                    message,
                    f"The client left before {quoted(message.method)} with the id {quoted(message.id)} was answered, "
                    f"and neither cancelled it nor came back for it within {ANNOUNCE_SECONDS:g} s.",
                )


def _was_left(message: Message, dialogue: Dialogue) -> bool:
    event = message.heard.event
    if not message.is_request or message.id_key is None or message.method in _MAY_DISCONNECT:
        return False
    if event.status == _LEFT:  # whatever the answer was, it found nobody
        return True
    return event.ended_by == "client" and not hides(message.heard) and dialogue.answer_to(message) is None


def _is_announced(message: Message, session: SessionFacts, dialogue: Dialogue) -> bool:
    """Whether the client told that it gave up, came back, or was not heard of for long enough to say."""
    left = message.heard.answered or message.heard.arrived
    until = left + ANNOUNCE_SECONDS
    if not any(heard.arrived >= until for heard in session.exchanges) or dialogue.unread:
        return True
    for heard in session.exchanges:
        if heard.event.method in ("GET", "DELETE") and left - RACE_SECONDS <= heard.arrived <= until:
            return True
        for each in heard.messages:
            if each.method == _CANCELLED and key_of(each.params.get("requestId")) == message.id_key:
                return True
    return False


RULES = (
    Rule(
        id="cancel-targets-in-flight",
        area="utilities",
        revisions=_LEGACY,
        level="must",
        certainty="likely",
        title="A cancellation names a request that runs, and never initialize",
        fix="Cancel requests of your own that have no answer yet, by their exact id; let initialize finish.",
        spec=("2025-11-25 and earlier: basic/utilities/cancellation, Behavior Requirements",),
        judge=_targets,
    ),
    Rule(
        id="abandon-sends-cancelled",
        area="utilities",
        revisions=HANDSHAKE,
        level="should",
        certainty="heuristic",
        title="Whoever gives a request up says so",
        fix="Post notifications/cancelled when a request times out or its user stops it; leaving stops nothing.",
        spec=(
            "2025-03-26, 2025-06-18, 2025-11-25 basic/transports, Sending Messages to the Server",
            "2025-03-26, 2025-06-18, 2025-11-25 basic/lifecycle, Timeouts",
        ),
        judge=_abandoned,
    ),
)
