"""JSON-RPC messages and the only codec: nothing else in this package reads or writes JSON-RPC.

Decoding is strict: UTF-8 only, no NaN, no duplicate member names, no byte order mark; every way in which a body can be
wrong ends in a ``Refusal`` that says so. Source: JSON-RPC 2.0; basic/index, Messages.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

import msgspec
from msgspec import Struct

from mcp_echo_core.errors import InvalidRequest, ParseError, Refusal

RequestId = str | int

MAX_DEPTH = 256
"""Levels of objects and arrays in a message: more than any needs, and far below where recursion fails."""

_JSON_RULE = "A message is one JSON value in UTF-8 (RFC 8259)"
_MESSAGE_SPEC = "basic/index, Messages; JSON-RPC 2.0 section 4"
_EMPTY: Mapping[str, Any] = {}

_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)

_decode = msgspec.json.Decoder().decode
encode = msgspec.json.Encoder().encode
"""Encode any JSON value as bytes; a value must not contain lone surrogates."""


class Request(Struct, frozen=True, gc=False):
    """A message that wants an answer."""

    id: RequestId
    method: str
    params: Mapping[str, Any]


class Notification(Struct, frozen=True, gc=False):
    """A message without an id."""

    method: str
    params: Mapping[str, Any]


class Response(Struct, frozen=True, gc=False):
    """The answer to a request; ``id`` is ``None`` for an error about an unreadable message."""

    id: RequestId | None
    result: Any
    error: Any


Message = Request | Notification | Response


def decode(body: bytes) -> Any:
    """The JSON value of a body.

    Raises:
        ParseError: The body is not strict JSON in UTF-8; the explanation says what is wrong and where.
    """
    try:
        value = _decode(body)
        # What is the same written anew names no member twice, and what has fewer brackets is not nested too deeply.
        if encode(value) != body or (len(body) > 2 * MAX_DEPTH and body.count(b"{") + body.count(b"[") > MAX_DEPTH):
            _look_closely(body, value)
    except ParseError:
        raise
    except UnicodeDecodeError as error:
        raise ParseError(
            f"The body is not UTF-8: byte 0x{error.object[error.start]:02x} at offset {error.start}",
            rule="JSON-RPC messages are encoded in UTF-8",
            spec="basic/transports",
            fix="Encode the body as UTF-8.",
        ) from None
    except RecursionError:
        raise ParseError(
            "The JSON is nested too deeply",
            rule=f"A message is nested at most {MAX_DEPTH} levels deep",
            spec="RFC 8259 section 9",
            fix="Nest less deeply.",
        ) from None
    except ValueError as error:  # msgspec.DecodeError is one
        raise ParseError(
            _describe_syntax(body, error),
            seen=body[:80].decode("utf-8", "replace"),
            rule=_JSON_RULE,
            spec="JSON-RPC 2.0 section 5.1",
            fix="Send one valid JSON object.",
        ) from None
    return value


def parse(value: Any) -> Message:
    """Tell what kind of message a decoded JSON value is.

    Raises:
        InvalidRequest: It is none; ``request_id`` is set when the id could be read.
    """
    if type(value) is not dict:
        _refuse("A message is a JSON object", value, "Wrap the message in an object.")
    if value.get("jsonrpc") != "2.0":
        _refuse('The member "jsonrpc" is not the string "2.0"', value.get("jsonrpc"), 'Send "jsonrpc": "2.0".', value)
    method = value.get("method")
    if method is None and "method" not in value:
        return _parse_response(value)
    if type(method) is not str:
        _refuse('The member "method" is not a string', method, "Name the method as a string.", value)
    params = value.get("params", _EMPTY)
    if type(params) is not dict and params is not _EMPTY:
        _refuse('The member "params" is not an object', params, "Send params as an object, or leave it out.", value)
    if "id" not in value:
        return Notification(method, params)
    request_id = value["id"]
    if type(request_id) is not int and type(request_id) is not str:
        _refuse(
            'The member "id" is neither a string nor an integer',
            "null" if request_id is None else request_id,
            "Send a string or an integer; leave id out only in notifications.",
        )
    return Request(request_id, method, params)


def encode_result(request_id: RequestId, result: Any) -> bytes:
    """A successful answer; ``result`` may be ``msgspec.Raw``."""
    return encode({"jsonrpc": "2.0", "id": request_id, "result": result})


def encode_request(request_id: RequestId, method: str, params: Any) -> bytes:
    """A question from the server to a legacy client."""
    return encode({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})


def encode_notification(method: str, params: Any) -> bytes:
    """A message from the server that wants no answer."""
    return encode({"jsonrpc": "2.0", "method": method, "params": params})


def encode_log(level: str, logger: str, data: Any) -> bytes:
    """A ``notifications/message``; the many of them are put together from parts."""
    return b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"%s","logger":"%s","data":%s}}' % (
        level.encode(),
        logger.encode(),
        encode(data),
    )


def error_object(refusal: Refusal, request_id: RequestId | None = None) -> dict[str, Any]:
    """The answer to a refused message; without a readable id the member is left out (basic/index, Responses)."""
    readable = request_id if request_id is not None else refusal.request_id
    answer: dict[str, Any] = {"jsonrpc": "2.0"}
    if readable is not None:
        answer["id"] = readable
    answer["error"] = {"code": refusal.code, "message": refusal.message, "data": refusal.data()}
    return answer


def _look_closely(body: bytes, value: Any) -> None:
    """Refuse a body that names a member twice or is nested too deeply.

    Raises:
        ParseError: It names a member twice.
        RecursionError: It is nested too deeply.
    """
    # Each member has one colon outside strings. Colons that neither members nor texts account for belong to a
    # member that was named twice; one that a text spells as an escape would hide it.
    surplus = body.count(b":") - _count_members(value, MAX_DEPTH)
    if surplus and (b"\\u003" in body or surplus != _count_colons(value)):
        json.loads(body, object_pairs_hook=_unique_members)


def _count_members(value: Any, depth: int) -> int:
    """The members of all objects in a value, which must not be nested deeper than so many levels."""
    if type(value) is dict:
        count = len(value)
        values: Iterable[Any] = value.values()
    elif type(value) is list:
        count, values = 0, value
    else:
        return 0
    if not depth:
        raise RecursionError
    for inner in values:
        if type(inner) is dict or type(inner) is list:
            count += _count_members(inner, depth - 1)
    return count


def _count_colons(value: Any) -> int:
    """The colons in all texts and member names of a value."""
    if type(value) is str:
        return value.count(":")
    if type(value) is dict:
        return sum(name.count(":") + _count_colons(inner) for name, inner in value.items())
    return sum(map(_count_colons, value)) if type(value) is list else 0


def _unique_members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ParseError(
            "An object names a member twice",
            seen=twice,
            rule="Member names are unique: readers disagree about which of two counts",
            spec="RFC 8259 section 4; RFC 7493 section 2.3",
            fix="Send each member once.",
        )
    return members


def _describe_syntax(body: bytes, error: ValueError) -> str:
    if not body.strip():
        return "The body is empty"
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return "The body starts with a byte order mark"
    if _LONE_SURROGATE.search(body):
        return "A string has half of a surrogate pair, which is no character"
    return f"The body is not JSON: {error}"


def _parse_response(value: dict[str, Any]) -> Response:
    if ("result" in value) == ("error" in value):
        _refuse('A message has a "method", a "result" or an "error"', value, "Send exactly one of the three.", value)
    response_id = value.get("id")
    if type(response_id) is not int and type(response_id) is not str and not (response_id is None and "error" in value):
        _refuse('The member "id" of a response is neither a string nor an integer', response_id, "Repeat the id.")
    return Response(response_id, value.get("result"), value.get("error"))


def _refuse(problem: str, seen: Any, fix: str, message: Mapping[str, Any] = _EMPTY) -> NoReturn:
    refusal = InvalidRequest(problem, seen=seen, rule="A message is a JSON-RPC 2.0 object", spec=_MESSAGE_SPEC, fix=fix)
    readable = message.get("id")
    if type(readable) is int or type(readable) is str:
        refusal.request_id = readable
    raise refusal
