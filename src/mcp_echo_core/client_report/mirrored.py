"""What the headers of a modern request repeat of its body, and how a repeated value differs where it does.

A value that was masked in the record agrees with everything.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any, Literal
from urllib.parse import unquote, unquote_plus

from msgspec import Struct

from mcp_echo_core import redaction
from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard, Message
from mcp_echo_core.eras.mirrors import NAMED_BY, PREFIX, SUFFIX, Mirror, mirrors_of

TASK_METHODS = ("tasks/get", "tasks/update", "tasks/cancel")
"""Requests of the tasks extension; ``Mcp-Name`` repeats their ``taskId``."""

Kind = Literal["equal", "wrapped", "encoding", "sentinel", "different"]

_MASKED = re.compile(r"\*{7}|eyJ[\w-]{3}\.\.\.")
_FIELD_VALUE = re.compile(r"[\t -~]*")
_MARKED = re.compile(r"=\?base64\?(.*)\?=", re.IGNORECASE | re.DOTALL)
_B64_NAME = re.compile(r"=\?b(?:64)?\?(.*)\?=", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"=\?[\w-]+(\*[\w-]+)?\?[bq]\?[^?]*\?=", re.IGNORECASE)
_NEXT_TOOL = re.compile(r'"tools":\s*\[\s*')
_COMMA = re.compile(r"\s*,\s*")
_MAX_DIGITS = 40


class Reading(Struct, frozen=True):
    """How a header's value relates to the body's.

    Attributes:
        kind: ``wrapped`` is an equal value that needed no sentinel.
        reason: What is wrong with it.
    """

    kind: Kind
    reason: str = ""


class Repeated(Struct, frozen=True):
    """A header that repeats a value of the body.

    Attributes:
        name: As clients write it.
        values: Of the header, as they arrived.
        value: Of the body; ``None`` where it is absent or null.
        known: Whether it is known what the body's value is.
    """

    name: str
    values: tuple[str, ...]
    value: Any
    known: bool = True


def masked(*values: Any) -> bool:
    """Whether one of these texts is not what was sent."""
    return any(isinstance(value, str) and _MASKED.search(value) for value in values)


def name_of(message: Message) -> Repeated | None:
    """``Mcp-Name`` of a message that has one, as far as the body tells what it says."""
    field = "taskId" if message.method in TASK_METHODS else NAMED_BY.get(message.method or "", "")
    value = message.params.get(field)
    if not message.is_request or not isinstance(value, str):
        return None
    return Repeated("Mcp-Name", tuple(message.heard.headers("mcp-name")), value)


def arguments_of(message: Message, mirrors: tuple[Mirror, ...] | None) -> Iterator[Repeated]:
    """``Mcp-Param`` headers of a tool call; without the tool's schema, those that came."""
    heard = message.heard
    for mirror in mirrors or ():
        value: Any = message.params.get("arguments")
        for step in mirror.path:
            value = value.get(step) if isinstance(value, dict) else None
        values = tuple(heard.headers(mirror.header.decode()))
        if not redaction.looks_secret(mirror.header.decode()) and not masked(value, *values):
            yield Repeated(mirror.name, values, value)
    listed = {mirror.header.decode() for mirror in mirrors or ()}
    for name in sorted({name.lower() for name, _ in heard.event.head.fields} - listed):
        if name.startswith("mcp-param-") and not redaction.looks_secret(name):
            yield Repeated(name.title(), tuple(heard.headers(name)), None, known=False)


def read(value: str, expected: Any) -> Reading:
    """A header's one value, held to the body's."""
    trimmed = value.strip(" \t")
    if masked(trimmed, expected):
        return Reading("equal")
    if not _FIELD_VALUE.fullmatch(trimmed):
        return Reading("encoding", "characters that no header may have")
    if trimmed.startswith(PREFIX) and trimmed.endswith(SUFFIX) and len(trimmed) >= len(PREFIX) + len(SUFFIX):
        return _sentinel(trimmed, expected)
    if _same(trimmed, expected):
        bare = isinstance(expected, str) and expected != expected.strip()
        return Reading("encoding", "a blank at an end that was not wrapped") if bare else Reading("equal")
    return _explained(trimmed, expected) if isinstance(expected, str) else Reading("different")


def malformed(value: str) -> Reading:
    """A header's one value of which nobody knows what it should be."""
    reading = read(value, value.strip(" \t"))
    return reading if reading.kind in ("encoding", "sentinel") and "bare" not in reading.reason else Reading("equal")


def _sentinel(value: str, expected: Any) -> Reading:
    payload = value[len(PREFIX) : -len(SUFFIX)]
    try:
        decoded = base64.b64decode(payload, validate=True).decode("utf-8")
    except UnicodeDecodeError:
        return Reading("sentinel", "what it holds is not UTF-8")
    except (binascii.Error, ValueError):
        return Reading("sentinel", _why_not_base64(payload))
    if masked(decoded):
        return Reading("equal")
    if _same(decoded, expected):
        plain = _FIELD_VALUE.fullmatch(decoded) and decoded == decoded.strip() and not decoded.startswith(PREFIX)
        return Reading("wrapped" if plain else "equal")
    if value == expected:
        return Reading("sentinel", "a value that looks like a sentinel was sent bare")
    return Reading("different")


def _why_not_base64(payload: str) -> str:
    if set(payload) & set("-_"):
        return "it uses the alphabet for URLs"
    return "its padding is wrong" if re.fullmatch(r"[A-Za-z0-9+/]*=*", payload) else "it is not base64"


def _explained(value: str, expected: str) -> Reading:
    """What was done to a text instead of wrapping it."""
    if value == expected.strip():
        return Reading("encoding", "a blank at an end that was lost because it was not wrapped")
    if "%" in value and expected in (unquote(value), unquote_plus(value)):
        return Reading("encoding", "percent-encoding")
    for pattern in (_MARKED, _B64_NAME):
        if (marked := pattern.fullmatch(value)) is not None and _loosely(marked[1]) == expected:
            return Reading("sentinel", "its markers are not exactly =?base64? and ?=")
    if value.startswith(PREFIX) and _loosely(value[len(PREFIX) :]) == expected:
        return Reading("sentinel", "its end is not marked by ?=")
    if _WORD.search(value) and _mail_decoded(value) == expected:
        return Reading("encoding", "an encoded word of e-mail (RFC 2047)")
    return Reading("different")


def _loosely(payload: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode("utf-8")
    except ValueError:
        return None


def _mail_decoded(value: str) -> str | None:
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return None


def _same(text: str, value: Any) -> bool:
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, int | float):
        if len(text) > _MAX_DIGITS:
            return text == json.dumps(value)
        try:
            return Decimal(text) == Decimal(value)
        except InvalidOperation:
            return False
    # What is neither a text nor one of the above has no agreed form.
    return text == value if isinstance(value, str) else value is not None


class Tools:
    """What the tools lists of a record say about mirrored arguments.

    Args:
        conversation: The record.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._lists = [
            (heard, tools)
            for heard in conversation.heard
            if any(message.method == "tools/list" for message in heard.messages) and (tools := _listed(heard))
        ]

    def mirrors(self, message: Message) -> tuple[tuple[Mirror, ...] | None, Heard | None]:
        """The mirrored arguments of the tool that a message calls, and the list by which its caller knew them."""
        name, heard = message.params.get("name"), message.heard
        found: tuple[Mirror, ...] | None = None
        if message.method != "tools/call" or not isinstance(name, str):
            return None, None
        for listing, tools in reversed(self._lists):
            if name not in tools:
                continue
            before = listing.answered is not None and listing.answered <= heard.arrived
            if before and listing.sequence < heard.sequence and listing.caller == heard.caller:
                return tools[name], listing
            found = tools[name] if found is None else found
        return found, None


def _listed(heard: Heard) -> Mapping[str, tuple[Mirror, ...]]:
    found: dict[str, tuple[Mirror, ...]] = {}
    for tool in _tools(heard):
        name = tool.get("name") if isinstance(tool, dict) else None
        schema = tool.get("inputSchema") if isinstance(tool, dict) else None
        if isinstance(name, str) and isinstance(schema, dict):
            try:
                found[name] = mirrors_of(schema)
            except (ValueError, RecursionError):
                continue  # clients have to leave such a tool out
    return found


def _tools(heard: Heard) -> Iterator[Any]:
    """The tools of a list; of one that was not kept whole, those before the cut."""
    if heard.said:
        for message in heard.messages:
            tools = message.result.get("tools")
            yield from tools if isinstance(tools, list) else ()
        return
    text, decoder = heard.event.answer.decode("utf-8", "replace"), json.JSONDecoder()
    place = _NEXT_TOOL.search(text)
    while place is not None:
        try:
            tool, end = decoder.raw_decode(text, place.end())
        except (ValueError, RecursionError):
            return
        yield tool
        place = _COMMA.match(text, end)
