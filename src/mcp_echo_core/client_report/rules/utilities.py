"""Progress, log levels, pages and pings."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.dialogue import MASK, Key, hides, key_of, waits
from mcp_echo_core.client_report.heard import Message
from mcp_echo_core.client_report.rule import EVERY, HANDSHAKE, Found, Rule, each_message, found, quoted
from mcp_echo_core.eras.envelope import LOG_LEVEL_KEY

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
"""Log levels of the protocol (RFC 5424)."""

BURST_SECONDS, BURST_PINGS = 10.0, 10
"""More pings than that within that time are too many."""

DRIZZLE_SECONDS, DRIZZLE_PINGS, DRIZZLE_SHARE = 60.0, 20, 0.9
"""More pings than that within that time are too many where they are that share of all messages."""

_LEGACY = ("2024-11-05", *HANDSHAKE)
_LISTS = frozenset({"tools/list", "prompts/list", "resources/list", "resources/templates/list", "tasks/list"})
_INVALID_PARAMS = -32602
_PROGRESS = (
    "2025-11-25 and earlier: basic/utilities/progress, Progress Flow",
    "2026-07-28 basic/patterns/progress, Progress Flow",
)


def _token_type(message: Message) -> Iterator[str]:
    token = message.meta.get("progressToken", "")
    if message.method is None or isinstance(token, str) or key_of(token) is not None:
        return
    if not (isinstance(token, float) and token % 1 == 0):
        yield f"The progressToken of {quoted(message.method)} is {quoted(token)}."


def _token(message: Message) -> Key | None:
    """The progress token of a request; ``None`` when there is none, or when the record hides it."""
    token = message.meta.get("progressToken")
    hidden = isinstance(token, str) and MASK in token
    return key_of(token) if message.is_request and not hidden else None


def _shared_tokens(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    active: dict[tuple[tuple[str, ...], tuple[str, ...], Key], list[Message]] = {}
    for message in conversation.messages(revisions):
        token, heard = _token(message), message.heard
        if token is None or (not heard.modern and heard.event.session is None):
            continue
        waiting = active.setdefault((heard.caller, heard.sender if heard.modern else (), token), [])
        waiting[:] = [each for each in waiting if waits(each, heard, complete=conversation.complete)]
        if waiting:
            earlier = waiting[-1]
            told = quoted(message.meta["progressToken"])
            says = (
                f"The progressToken {told} of {quoted(message.method)} still belongs to {quoted(earlier.method)} "
                f"with the id {quoted(earlier.id)}"
            )
            alone = not heard.modern or earlier.heard.event.connection == heard.event.connection
            if alone:
                yield found(message, f"{says}.", earlier.heard)
            else:
                also = f"{says}; or two clients look alike."
                yield found(message, also, earlier.heard, level="note", certainty="heuristic")
        waiting.append(message)


def _log_level(message: Message) -> Iterator[str]:
    if message.heard.modern:
        if LOG_LEVEL_KEY in message.meta and message.meta[LOG_LEVEL_KEY] not in LEVELS:
            yield f"The log level in _meta is {quoted(message.meta[LOG_LEVEL_KEY])}, which does not exist."
    elif message.method == "logging/setLevel" and message.params.get("level") not in LEVELS:
        level = message.params.get("level")
        yield "logging/setLevel has no level." if level is None else f"The log level {quoted(level)} does not exist."


class _Cursors:
    """The cursors that were given out: to which method, in which session."""

    def __init__(self, conversation: Conversation) -> None:
        self.issued: dict[str, list[Message]] = {}
        self.known = conversation.complete
        for heard in conversation.heard:
            for message in heard.messages:
                if message.method in _LISTS and message.is_request:
                    self._take(message)

    def _take(self, message: Message) -> None:
        cursor = message.result.get("nextCursor")
        if isinstance(cursor, str):
            self.issued.setdefault(cursor, []).append(message)
        elif message.answer is None and hides(message.heard):
            self.known = False

    def fault(self, message: Message, cursor: str) -> tuple[str, Message | None] | None:
        """What is wrong with a cursor, and who was given it."""
        owners = self.issued.get(cursor, [])
        if not owners:
            foreign = self.known and message.error.get("code") == _INVALID_PARAMS
            return ("was never given out", None) if foreign else None
        fit = [each for each in owners if each.method == message.method]
        if not fit:
            return f"was given out for {quoted(owners[-1].method)}", owners[-1]
        session = message.heard.event.session
        if message.heard.modern or session is None or any(each.heard.event.session == session for each in fit):
            return None
        return "was given out in another session", fit[-1]


def _cursors(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    given = _Cursors(conversation)
    for message in conversation.messages(revisions):
        if message.method not in _LISTS or "cursor" not in message.params:
            continue
        cursor = message.params["cursor"]
        if cursor is None:
            yield found(message, "A cursor is null; where there is none, the member is left out.", level="note")
        elif not isinstance(cursor, str):
            yield found(message, f"The cursor {quoted(cursor)} is no string.")
        elif MASK not in cursor and (fault := given.fault(message, cursor)) is not None:
            says = f"The cursor {quoted(cursor)} of {quoted(message.method)} {fault[0]}."
            yield found(message, says, *([] if fault[1] is None else [fault[1].heard]))


def _within(times: Sequence[float], until: float, seconds: float) -> int:
    """How many of these times, which are in order, lie in so many seconds that end at one of them."""
    return bisect_right(times, until) - bisect_right(times, until - seconds)


def _pings(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session in conversation.sessions.values():
        if session.version not in revisions:
            continue
        messages = [message for message in session.messages if message.method is not None or message.is_response]
        pings = [message for message in messages if message.method == "ping"]
        every = [message.heard.arrived for message in messages]
        times = [message.heard.arrived for message in pings]
        for ping in pings:
            now = ping.heard.arrived
            burst, drizzle = _within(times, now, BURST_SECONDS), _within(times, now, DRIZZLE_SECONDS)
            around = _within(every, now, DRIZZLE_SECONDS)
            if burst > BURST_PINGS:
                first = pings[bisect_right(times, now - BURST_SECONDS)]
                yield found(ping, f"{burst} pings came within {BURST_SECONDS:g} s.", first.heard)
                break
            if drizzle > DRIZZLE_PINGS and drizzle > DRIZZLE_SHARE * around:
                first = pings[bisect_right(times, now - DRIZZLE_SECONDS)]
                says = f"{drizzle} of {around} messages within {DRIZZLE_SECONDS:g} s were pings."
                yield found(ping, says, first.heard)
                break


RULES = (
    Rule(
        id="progress-token-type",
        area="utilities",
        revisions=EVERY,
        level="must",
        title="A progress token is a string or an integer",
        fix="Use a string or an integer as progressToken, or leave it out.",
        spec=_PROGRESS,
        judge=each_message(_token_type),
    ),
    Rule(
        id="progress-token-unique",
        area="utilities",
        revisions=EVERY,
        level="must",
        certainty="likely",
        title="Running requests have different progress tokens",
        fix="Make the token from the id of its request.",
        spec=_PROGRESS,
        judge=_shared_tokens,
    ),
    Rule(
        id="log-level-valid",
        area="utilities",
        revisions=EVERY,
        level="must",
        title="Log levels are those of the protocol",
        fix=f"Translate levels of your own into {', '.join(LEVELS)}.",
        spec=("server/utilities/logging, Log Levels", "schema/<revision>/schema.ts, LoggingLevel"),
        judge=each_message(_log_level),
    ),
    Rule(
        id="cursor-opaque",
        area="utilities",
        revisions=EVERY,
        level="must",
        title="A cursor goes back as it came, to the list it came from",
        fix="Send nextCursor back unchanged with the same method, and begin without a cursor.",
        spec=("server/utilities/pagination, Implementation Guidelines",),
        judge=_cursors,
    ),
    Rule(
        id="ping-rate",
        area="utilities",
        revisions=_LEGACY,
        level="should",
        certainty="heuristic",
        title="Pings are rare",
        fix="Ping a connection that has been quiet for 15 seconds or more, at an interval that can be set.",
        spec=("2025-11-25 and earlier: basic/utilities/ping, Implementation Considerations",),
        judge=_pings,
    ),
)
