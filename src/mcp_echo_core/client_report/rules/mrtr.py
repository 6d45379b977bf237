"""Requests that are tried again: with what the server asked for, or because their answer was lost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import NOTHING, Heard, Message
from mcp_echo_core.client_report.mirrored import masked
from mcp_echo_core.client_report.rule import Found, Rule, found, quoted
from mcp_echo_core.client_report.rules.modern import MODERN
from mcp_echo_core.recording.taken import MAX_BODY_BYTES

SUPPORTED = ("tools/call", "prompts/get", "resources/read")
"""Requests that may be answered with a question (2026-07-28 basic/patterns/mrtr, Supported Requests)."""

UNSUPPORTED = (
    "server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list",
    "completion/complete", "subscriptions/listen", "tasks/get", "tasks/cancel",
)  # fmt: skip
"""Requests that may not; ``tasks/update`` has ``inputResponses`` of its own, of others nobody knows."""

REISSUE_SECONDS = 60.0
"""So long after a stream broke, the same request is taken for another attempt."""

MAX_ATTEMPTS = 20
"""Earlier attempts that are looked at."""

_MRTR = "2026-07-28 basic/patterns/mrtr"
_WORKFLOW = f"{_MRTR}, Client Requirements (Basic Workflow)"


class Attempts:
    """The questions that one caller was asked so far."""

    def __init__(self) -> None:
        self._by_state: dict[str, Message] = {}
        self._by_operation: dict[str, list[Message]] = {}

    def add(self, message: Message) -> None:
        """Take in a request and its answer."""
        result = message.result
        if result.get("resultType") != "input_required":
            return
        self._by_operation.setdefault(message.operation, []).append(message)
        if isinstance(state := result.get("requestState"), str):
            self._by_state[state] = message

    def by_state(self, state: Any) -> Message | None:
        """The request whose answer gave out this state."""
        return self._by_state.get(state) if isinstance(state, str) else None

    def of(self, message: Message) -> list[Message]:
        """The earlier attempts at the same, the last few."""
        asked = self._by_operation.get(message.operation, [])[-MAX_ATTEMPTS:]
        return [each for each in asked if _before(each, message)]


def _before(earlier: Message, later: Message) -> bool:
    return earlier.heard.answered is not None and earlier.heard.answered <= later.heard.arrived


def _is_retry(message: Message) -> bool:
    params = message.params
    return message.is_request and ("requestState" in params or "inputResponses" in params)


def _retries(conversation: Conversation, revisions: Sequence[str]) -> Iterator[tuple[Message, Attempts]]:
    for exchanges in conversation.callers(revisions).values():
        attempts = Attempts()
        for message in (message for heard in exchanges for message in heard.messages):
            if _is_retry(message):
                yield message, attempts
            attempts.add(message)


def _origin(message: Message, attempts: Attempts) -> Message | None:
    """What a request tries again."""
    state = attempts.by_state(message.params.get("requestState"))
    return state if state is not None else next(reversed(attempts.of(message)), None)


def _new_id(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message, attempts in _retries(conversation, revisions):
        origin = _origin(message, attempts)
        if origin is not None and message.id_key is not None and message.id_key == origin.id_key:
            says = f"{quoted(message.method)} was tried again with the id {quoted(message.id)} of the first attempt."
            yield found(message, says, origin.heard)
    for exchanges in conversation.callers(revisions).values():
        messages = [message for heard in exchanges for message in heard.messages if message.is_request]
        yield from _reissued(messages)


def _broken(message: Message) -> bool:
    """Whether the stream with the answer ended before the answer, as far as it was kept."""
    event = message.heard.event
    whole = event.answer_bytes <= MAX_BODY_BYTES
    streamed = "text/event-stream" in (message.heard.answer_header("content-type") or "")
    return streamed and whole and event.ended_by is not None and message.answer is None


def _reissued(messages: Sequence[Message]) -> Iterator[Found]:
    for place, broken in enumerate(messages):
        if broken.id_key is None or not _broken(broken):
            continue
        ended = broken.heard.answered or broken.heard.arrived
        for later in messages[place + 1 :]:
            soon = ended <= later.heard.arrived <= ended + REISSUE_SECONDS
            if soon and later.id_key == broken.id_key and later.operation == broken.operation:
                # The client may have closed the stream itself, and somebody have asked for the same thing anew.
                cut = broken.heard.event.ended_by == "client"
                says = f"The stream of {quoted(later.method)} ended without an answer; its id was used again."
                if cut:
                    yield found(later, says, broken.heard, level="note", certainty="heuristic")
                else:
                    yield found(later, says, broken.heard)
                break


def _exact(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    issued = {
        state
        for message in conversation.messages(revisions)
        if isinstance(state := message.result.get("requestState"), str)
    }
    for message, attempts in _retries(conversation, revisions):
        if message.method not in SUPPORTED:
            continue
        earlier = attempts.of(message)
        more = [each.heard for each in earlier[-1:]]
        if (says := _state_fault(message, earlier, issued, complete=_kept(conversation))) is not None:
            yield found(message, f"{quoted(message.method)}: {says}.", *more)


def _kept(conversation: Conversation) -> bool:
    """Whether every answer can be read, so that all states that were given out are known."""
    return conversation.complete and all(
        heard.event.answer_bytes <= MAX_BODY_BYTES and heard.event.seconds is not None for heard in conversation.heard
    )


def _state_fault(message: Message, earlier: Sequence[Message], issued: set[str], *, complete: bool) -> str | None:
    given = [each.result["requestState"] for each in earlier if "requestState" in each.result]
    if "requestState" not in message.params:
        everywhere = given and len(given) == len(earlier)
        return "inputResponses came without the requestState that was given out" if everywhere else None
    state = message.params["requestState"]
    if not isinstance(state, str):
        return f"requestState is {quoted(state)}, not a text"
    # The server's refusal is what proves it; another server may have given out what is accepted.
    if state in issued or not message.error or not complete or masked(state, *issued):
        return None
    if given:
        return "requestState is not the one that was given out; it was altered"
    return "requestState was sent although none was given out for this request"


def _scope(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message, attempts in _retries(conversation, revisions):
        fields = [name for name in ("inputResponses", "requestState") if name in message.params]
        if message.method in UNSUPPORTED:
            yield found(message, f"{quoted(message.method)} carries {' and '.join(fields)}.")
            continue
        origin = attempts.by_state(message.params.get("requestState"))
        if origin is None or not message.error or origin.operation == message.operation:
            continue
        if not masked(origin.operation, message.operation):
            says = f"State given out for {_called(origin)} was sent with {_called(message)}"
            differing = " and other params" if _called(origin) == _called(message) else ""
            yield found(message, f"{says}{differing}.", origin.heard)


def _called(message: Message) -> str:
    name = message.params.get("name", message.params.get("uri"))
    return f"{quoted(message.method)} of {quoted(name)}"


def _inputs(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message, attempts in _retries(conversation, revisions):
        origin = _origin(message, attempts)
        if origin is None or message.method not in SUPPORTED or origin.operation != message.operation:
            continue
        asked = origin.result.get("inputRequests")
        if isinstance(asked, dict) and asked:
            earlier = {key for each in attempts.of(message) for key in _object(each.result.get("inputRequests"))}
            yield from _supplied(message, origin.heard, asked, earlier)


def _supplied(message: Message, origin: Heard, asked: Mapping[str, Any], earlier: set[str]) -> Iterator[Found]:
    given = message.params.get("inputResponses")
    if not isinstance(given, dict):
        sent = "without inputResponses" if given is None else f"with inputResponses {quoted(given)}"
        yield found(message, f"{quoted(message.method)} was tried again {sent}.", origin)
        return
    if missing := [key for key in asked if key not in given]:
        yield found(message, f"The answer to {', '.join(map(quoted, missing[:5]))} is missing.", origin)
    if wrapped := [key for key in given if not _is_plain(given[key])]:
        yield found(message, f"The answer to {', '.join(map(quoted, wrapped[:5]))} is no plain result.", origin)
    if extra := [key for key in given if key not in earlier | set(asked)]:
        says = f"{', '.join(map(quoted, extra[:5]))} was answered and not asked."
        yield found(message, says, origin, level="note")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else NOTHING


def _is_plain(answer: Any) -> bool:
    """Whether an answer is a result by itself and no JSON-RPC response around one."""
    return isinstance(answer, dict) and "jsonrpc" not in answer and not {"id", "result"} <= answer.keys()


RULES = (
    Rule(
        id="retry-uses-new-id",
        area="modern",
        revisions=MODERN,
        level="must",
        certainty="likely",
        title="Each attempt has an id of its own",
        fix="Give a request a new id whenever it is sent again.",
        spec=(_WORKFLOW, "2026-07-28 changelog, Major changes"),
        judge=_new_id,
    ),
    Rule(
        id="mrtr-state-exact",
        area="mrtr",
        revisions=MODERN,
        level="must",
        title="requestState comes back as it was given out",
        fix="Keep the text as it is and send it with the next attempt; send none where none was given out.",
        spec=(_WORKFLOW,),
        judge=_exact,
    ),
    Rule(
        id="mrtr-state-scope",
        area="mrtr",
        revisions=MODERN,
        level="must",
        certainty="likely",
        title="requestState and inputResponses go with the request that they belong to",
        fix="Keep both with the pending request and send that one again unchanged.",
        spec=(_WORKFLOW, f"{_MRTR}, Supported Requests"),
        judge=_scope,
    ),
    Rule(
        id="mrtr-inputs-supplied",
        area="mrtr",
        revisions=MODERN,
        level="must",
        certainty="likely",
        title="The next attempt answers what the server asked",
        fix="Put the plain result of each input request under its key into inputResponses.",
        spec=(_WORKFLOW, f"{_MRTR}, InputResponses"),
        judge=_inputs,
    ),
)
