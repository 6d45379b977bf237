"""The shape of single JSON-RPC messages."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.client_report.rule import EVERY, Found, Rule, each_message, found, quoted
from mcp_echo_core.client_report.rules.transport import encoding_fault, was_unreadable
from mcp_echo_core.recording.taken import MAX_BODY_BYTES

_MASK = b"*****"
"""What stands in a record for a credential; it may have taken a piece of the syntax with it."""

_WITH_ARGUMENTS = frozenset({"tools/call", "prompts/get"})
_MESSAGES = ("2024-11-05 basic/messages", "2025-03-26 and later: basic/index, Messages")
_REQUESTS = ("2024-11-05 basic/messages, Requests", "2025-03-26 and later: basic/index, Requests")


class _NotJson(Exception):
    """A literal that only looks like JSON."""


def _refuse_constant(name: str) -> NoReturn:
    raise _NotJson(f"{name} is no JSON value")


def _kind(value: Any) -> str:
    """The JSON type of a value, with its article."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    names = ((int, "an integer"), (float, "a number"), (str, "a string"), (list, "an array"))
    return next((name for kind, name in names if isinstance(value, kind)), "an object")


def _syntax(heard: Heard) -> str | None:
    """Why a posted body is no JSON, where both its server and the record say so."""
    if heard.event.method != "POST" or not was_unreadable(heard):
        return None
    if not heard.event.body_bytes:
        return "it is empty"
    body = heard.event.body
    if heard.event.body_bytes > MAX_BODY_BYTES or _MASK in body or encoding_fault(heard) is not None:
        return None
    try:
        json.loads(body.decode("utf-8", "replace"), parse_constant=_refuse_constant)
    except (_NotJson, json.JSONDecodeError) as error:
        return str(error)
    except (ValueError, RecursionError):  # a limit of ours
        return None
    return None


def _envelope_fault(message: Message) -> str | None:
    if not isinstance(message.value, dict):
        return f"it is {_kind(message.value)}"
    members = message.members
    if "jsonrpc" not in members:
        return 'its member "jsonrpc" is missing'
    if members["jsonrpc"] != "2.0":
        return f'its member "jsonrpc" is {quoted(members["jsonrpc"])}'
    answers = [name for name in ("result", "error") if name in members]
    if "method" in members and answers:
        return f'it has "method" and "{answers[0]}" at once'
    if "method" not in members and not answers:
        return 'it has neither "method" nor "result" nor "error"'
    return None


def _envelope(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for heard in conversation.of(*revisions):
        if (reason := _syntax(heard)) is not None:
            yield found(heard, f"The body is not JSON: {reason}.")
            continue
        for message in heard.messages:
            if (fault := _envelope_fault(message)) is not None:
                yield found(heard, f"What was posted is no JSON-RPC message: {fault}.")


def _not_an_object(members: Any, name: str, path: str) -> Iterator[str]:
    if isinstance(members, dict) and name in members and not isinstance(members[name], dict):
        yield f"{path} is {_kind(members[name])} where an object belongs."


def _types(message: Message) -> Iterator[str]:
    if "method" not in message.members:
        return
    if message.method is None:
        yield f"method is {_kind(message.members['method'])} where a string belongs."
    elif message.method.startswith("rpc."):
        yield f"method {quoted(message.method)} begins with rpc., which JSON-RPC keeps for itself."
    yield from _not_an_object(message.members, "params", "params")
    yield from _not_an_object(message.params, "_meta", "params._meta")
    if message.method in _WITH_ARGUMENTS:
        yield from _not_an_object(message.params, "arguments", "params.arguments")


def _is_request_like(message: Message) -> bool:
    """Whether it has a method and an id and does not call itself a notification, which is another rule's matter."""
    return "method" in message.members and message.has_id and not (message.method or "").startswith("notifications/")


def _id_type(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for message in conversation.messages(revisions):
        if not _is_request_like(message):
            continue
        value = message.id
        if isinstance(value, float):
            if math.isinf(value) or value.is_integer():
                yield found(message, f"The id {quoted(value)} is an integer written as a fraction.", level="note")
            elif not math.isnan(value):
                yield found(message, f"The id {quoted(value)} has a fractional part.")
        elif isinstance(value, bool | dict | list):
            yield found(message, f"The id {quoted(value)} is {_kind(value)}.")


def _id_null(message: Message) -> Iterator[str]:
    if _is_request_like(message) and message.id is None:
        yield (
            f"{quoted(message.members['method'])} has the id null: no answer can name it, and a server that takes it "
            "for a notification sends none, so that whoever waits for one waits forever."
        )


RULES = (
    Rule(
        id="jsonrpc-envelope",
        area="jsonrpc",
        revisions=EVERY,
        level="must",
        title="What is posted is JSON-RPC 2.0",
        fix='Post one JSON object with "jsonrpc": "2.0" and either a method or an answer in it.',
        spec=_MESSAGES,
        judge=_envelope,
    ),
    Rule(
        id="method-and-params-types",
        area="jsonrpc",
        revisions=EVERY,
        level="must",
        title="The method is a string; params, _meta and arguments are objects",
        fix="Name parameters in an object; where there are none, leave the member out instead of sending null.",
        spec=(*_REQUESTS, "schema/<revision>/schema.ts, Request, CallToolRequest", "JSON-RPC 2.0 section 4"),
        judge=each_message(_types),
    ),
    Rule(
        id="request-id-type",
        area="jsonrpc",
        revisions=EVERY,
        level="must",
        title="The id of a request is a string or an integer",
        fix="Count requests with integers, written without a decimal point, or name them with strings.",
        spec=_REQUESTS,
        judge=_id_type,
    ),
    Rule(
        id="request-id-not-null",
        area="jsonrpc",
        revisions=EVERY,
        level="must",
        title="The id of a request is not null",
        fix="Give every request an id of its own; a notification has no such member at all.",
        spec=_REQUESTS,
        judge=each_message(_id_null),
    ),
)
