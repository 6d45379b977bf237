"""Which messages have an id, and that no two requests share one."""

from collections.abc import Iterator, Sequence

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.dialogue import Key, waits
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.rule import EVERY, HANDSHAKE, Found, Rule, each_message, found, quoted

REQUESTS = frozenset({
    "initialize", "ping", "server/discover", "subscriptions/listen", "completion/complete", "logging/setLevel",
    "tools/list", "tools/call", "prompts/list", "prompts/get",
    "resources/list", "resources/templates/list", "resources/read", "resources/subscribe", "resources/unsubscribe",
    "tasks/list", "tasks/get", "tasks/result", "tasks/cancel",
})  # fmt: skip
"""Methods of clients that want an answer, in any revision."""

_LEFT = 499
_REFUSED = range(400, _LEFT)
_FAILED = 500

_REQUESTS = ("2024-11-05 basic/messages, Requests", "2025-03-26 and later: basic/index, Requests")


def _may_be_lost(heard: Heard, later: Heard) -> bool:
    """Whether nobody had got an answer, so that the client, or what stands between, sends the same again."""
    event = heard.event
    waiting = heard.answered is None or heard.answered > later.arrived
    return waiting or event.status == _LEFT or event.status >= _FAILED or event.ended_by == "client"


def _reused(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session in conversation.sessions.values():
        used: dict[Key, Message] = {}
        for message in session.messages:
            key = message.id_key
            if not message.is_request or key is None or message.heard.revision not in revisions:
                continue
            earlier = used.get(key)
            if earlier is not None and earlier.heard is not message.heard:
                yield _used_before(message, earlier)
            if message.heard.event.status not in _REFUSED:
                used[key] = message


def _used_before(message: Message, earlier: Message) -> Found:
    says = f"The id {quoted(message.id)} of {quoted(message.method)} was used before, by {quoted(earlier.method)}"
    if message.heard.event.body == earlier.heard.event.body and _may_be_lost(earlier.heard, message.heard):
        return found(message, f"{says}; it is the same request, sent again.", earlier.heard, level="note")
    return found(message, f"{says} in this session.", earlier.heard)


def _in_flight(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    pending: dict[tuple[tuple[str, ...], tuple[str, ...], Key], list[Message]] = {}
    for message in conversation.messages(revisions):
        key, heard = message.id_key, message.heard
        if not message.is_request or key is None:
            continue
        waiting = pending.setdefault((heard.caller, heard.sender, key), [])
        waiting[:] = [
            each for each in waiting if each.heard is not heard and waits(each, heard, complete=conversation.complete)
        ]
        if waiting:
            earlier = waiting[-1]
            alone = earlier.heard.event.connection == heard.event.connection
            says = (
                f"The id {quoted(message.id)} of {quoted(message.method)} still belongs to {quoted(earlier.method)}, "
                f"which had no answer after {heard.arrived - earlier.heard.arrived:.1f} s"
            )
            # Two processes of one client look alike; one connection is never shared by both.
            yield found(
                message,
                f"{says}." if alone else f"{says}; or two clients look alike.",
                earlier.heard,
                level=None if alone else "note",
            )
        waiting.append(message)


def _without_id(message: Message) -> Iterator[str]:
    if message.is_notification and message.method in REQUESTS:
        yield f"{quoted(message.method)} has no id, which makes it a notification that nobody answers."


def _with_id(message: Message) -> Iterator[str]:
    if message.has_id and (message.method or "").startswith("notifications/"):
        yield f"{quoted(message.method)} has the id {quoted(message.id)}."


RULES = (
    Rule(
        id="request-id-unique-in-session",
        area="jsonrpc",
        revisions=("2024-11-05", *HANDSHAKE),
        level="must",
        title="A session sees every request id once",
        fix="Count on through the whole session, initialize and retries included.",
        spec=_REQUESTS,
        judge=_reused,
    ),
    Rule(
        id="request-id-unique-in-flight",
        area="jsonrpc",
        revisions=("2026-07-28",),
        level="must",
        certainty="heuristic",
        title="Requests that wait at the same time have different ids",
        fix="Do not use an id again before its answer has come; subscriptions/listen keeps its own as long as it runs.",
        spec=("2026-07-28 basic/index, Requests",),
        judge=_in_flight,
    ),
    Rule(
        id="request-carries-id",
        area="jsonrpc",
        revisions=EVERY,
        level="must",
        title="What wants an answer has an id",
        fix="Give the message an id.",
        spec=_REQUESTS,
        judge=each_message(_without_id),
    ),
    Rule(
        id="notification-without-id",
        area="jsonrpc",
        revisions=EVERY,
        level="must",
        title="A notification has no id",
        fix="Send notifications without the member id, null included.",
        spec=("2024-11-05 basic/messages, Notifications", "2025-03-26 and later: basic/index, Notifications"),
        judge=each_message(_with_id),
    ),
)
