"""What clients answer to requests of the server."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mcp_echo_core.client_report.conversation import Conversation, SessionFacts
from mcp_echo_core.client_report.dialogue import Dialogue, Key, Question
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.rule import HANDSHAKE, Found, Rule, each_message, found, quoted

PING_SECONDS = 10.0
"""As long as a client may take to answer a ping."""

_OURS = re.compile(r"server-[0-9]+")
"""The form of the ids by which this server asks."""

_ACCEPTED = range(200, 300)
_RESPONSES = "2025-03-26, 2025-06-18, 2025-11-25 basic/index, Responses"


def _sessions(conversation: Conversation, revisions: Sequence[str]) -> Iterator[tuple[SessionFacts, Dialogue]]:
    for session in conversation.sessions.values():
        if session.version in revisions:
            yield session, Dialogue(session.exchanges)


def _unmatched(message: Message, dialogue: Dialogue, whole: bool) -> str | None:
    """Why an id belongs to no question, if that is certain."""
    value = message.id
    key = message.id_key
    if key is None:
        # Whoever could not read a request's id has none to give back with the error.
        return None if value is None and "error" in message.members else "that is no id of a request"
    if key in dialogue.asked:
        return None
    if any(text == key[1] for _, text in dialogue.asked):
        return "the server's id has another JSON type"
    if isinstance(value, str) and _OURS.fullmatch(value) and not whole:
        return None
    return "the server asked nothing under it"


def _matches(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session, dialogue in _sessions(conversation, revisions):
        whole = conversation.complete and session.initialize is not None and not dialogue.hides
        replied: dict[Key, list[Heard]] = {}
        for message in session.messages:
            if not message.is_response:
                continue
            if (reason := _unmatched(message, dialogue, whole)) is not None:
                sent = f"the id {quoted(message.id)}" if message.has_id else "no id"
                yield found(message, f"A response has {sent}: {reason}.")
                continue
            if (key := message.id_key) is None or key not in dialogue.asked:
                continue
            before = replied.setdefault(key, [])
            if len(before) >= dialogue.asked[key].told:
                says = f"{quoted(dialogue.asked[key].method)} with the id {quoted(message.id)} was answered again."
                same = before[0].event.body == message.heard.event.body  # it may be unaware of the first one's success
                yield found(message, says, before[0], level="note" if same else None)
            if message.heard.event.status in _ACCEPTED:
                before.append(message.heard)


def _is_integer(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value % 1 == 0))


def _shape(message: Message) -> Iterator[str]:
    if not message.is_response:
        return
    members = message.members
    if "result" in members and "error" in members:
        yield "A response has a result and an error at once."
    elif "result" in members:
        if not isinstance(members["result"], dict):
            yield f"The result of a response is {quoted(members['result'])} where an object belongs."
    elif not isinstance(members["error"], dict):
        yield f"The error of a response is {quoted(members['error'])} where an object belongs."
    else:
        code, text = members["error"].get("code"), members["error"].get("message")
        if not _is_integer(code):
            yield f"The code of an error is {quoted(code)} where an integer belongs."
        if not isinstance(text, str):
            yield f"The message of an error is {quoted(text)} where a string belongs."


def _pings(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for session, dialogue in _sessions(conversation, revisions):
        answers = {message.id_key: message for message in session.messages if message.is_response}
        known = conversation.complete and not dialogue.unread
        heard_of = max((heard.arrived for heard in session.exchanges), default=0.0)
        for key, question in dialogue.asked.items():
            if question.method == "ping":
                # Whose stream stays open need not be there any more.
                there = known and heard_of >= question.at + PING_SECONDS
                yield from _pong(question, quoted(key[1]), answers.get(key), there)


def _pong(ping: Question, name: str, answer: Message | None, there: bool) -> Iterator[Found]:
    closed = ping.heard.answered or ping.at
    if answer is None:
        if there and closed >= ping.at + PING_SECONDS:
            says = f"The ping {name} had no answer within {PING_SECONDS:g} s, and its stream was open."
            yield found(ping.heard, says)
        return
    if "error" in answer.members:
        yield found(answer, f"The ping {name} was answered with an error.", ping.heard)
        return
    result, taken = answer.members.get("result"), answer.heard.arrived - ping.at
    if isinstance(result, dict) and (extra := [member for member in result if member != "_meta"]):
        yield found(answer, f"The answer to the ping {name} holds {quoted(extra[0])}.", ping.heard)
    if taken > PING_SECONDS and closed >= ping.at + PING_SECONDS:
        yield found(answer, f"The ping {name} was answered after {taken:.0f} s.", ping.heard)


RULES = (
    Rule(
        id="response-id-matches",
        area="jsonrpc",
        revisions=HANDSHAKE,
        level="must",
        title="A response names a request of the server",
        fix="Give back the id exactly as it came, number or string, in one response.",
        spec=(_RESPONSES,),
        judge=_matches,
    ),
    Rule(
        id="response-shape",
        area="jsonrpc",
        revisions=HANDSHAKE,
        level="must",
        title="A response holds a result object or an error",
        fix="Send either a result that is an object, or an error with an integer as code and a string as message.",
        spec=(_RESPONSES,),
        judge=each_message(_shape),
    ),
    Rule(
        id="ping-answered",
        area="lifecycle",
        revisions=HANDSHAKE,
        level="must",
        certainty="likely",
        title="Pings of the server are answered at once, with nothing",
        fix="Answer a ping with the result {} as soon as it comes, even while other requests run.",
        spec=("2025-03-26, 2025-06-18, 2025-11-25 basic/utilities/ping, Behavior Requirements",),
        judge=_pings,
    ),
)
