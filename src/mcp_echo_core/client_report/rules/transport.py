"""How messages travel: the HTTP method, the encoding of the body, the origin."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from mcp_echo_core.client_report.conversation import Conversation
from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.rule import ALL, Found, Rule, each_exchange, found, quoted
from mcp_echo_core.errors import PARSE_ERROR
from mcp_echo_core.guard import JSON_TYPE
from mcp_echo_core.recording.taken import MAX_BODY_BYTES

SHORTEST_MESSAGE = 30
"""Bytes of the shortest JSON-RPC message."""

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[^\s/?#@:,\[\]*]+)(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";,]+)", re.IGNORECASE)

_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
"""Names of UTF-8 and of its beginning."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_message(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(isinstance(each, dict) and "jsonrpc" in each for each in values)


def _says_message(text: str) -> bool:
    try:
        return _is_message(json.loads(text))
    except (ValueError, RecursionError):
        return False


def _in_query(query: str) -> bool:
    whole = query.removeprefix("?")
    try:
        values = [value for _, value in parse_qsl(whole, keep_blank_values=True)]
    except ValueError:  # more fields than are read
        values = []
    return any(map(_says_message, (unquote_plus(whole), *values)))


def _has_unread_json(heard: Heard) -> bool:
    """Whether its head announces a body in JSON that was not read, long enough for a message."""
    length = heard.header("content-length") or ""
    media_type = (heard.header("content-type") or "").partition(";")[0].strip().lower()
    return media_type == JSON_TYPE and length.isascii() and length.isdigit() and _number(length) >= SHORTEST_MESSAGE


def _number(digits: str) -> int:
    return int(digits[:18])


def _via_post(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for heard in conversation.of(*revisions):
        method = heard.event.method
        if method in ("POST", "OPTIONS", "HEAD"):
            continue
        if _is_message(heard.value):
            yield found(heard, f"A JSON-RPC message came in the body of a {quoted(method)} request.")
        elif _in_query(heard.event.query):
            yield found(heard, f"A JSON-RPC message came in the query of a {quoted(method)} request.")
        elif not heard.event.body and _has_unread_json(heard):
            says = f"a {quoted(method)} request came with a body in JSON, probably a message; nobody read it."
            yield found(heard, says, certainty="heuristic")


def was_unreadable(heard: Heard) -> bool:
    """Whether the server could not read the body."""
    errors = [error for said in heard.said if isinstance(error := said.get("error"), dict)]
    return any(error.get("code") == PARSE_ERROR for error in errors)


def encoding_fault(heard: Heard) -> str | None:
    """Why a posted body is not plain UTF-8, as far as the record shows."""
    event = heard.event
    if event.body.startswith(_BYTE_ORDER_MARK):
        return "it begins with a byte order mark"
    if event.body_bytes > MAX_BODY_BYTES or b"**" in event.body or not was_unreadable(heard):
        return None  # cut or masked: what is kept no longer tells
    if not _is_utf8(event.body):
        return "some of its bytes are not UTF-8"
    if b"\0" in event.body[:4]:
        return "it looks like UTF-16 or UTF-32"
    return None


def _utf8(conversation: Conversation, revisions: Sequence[str]) -> Iterator[Found]:
    for heard in conversation.of(*revisions):
        if heard.event.method != "POST":
            continue
        if (reason := encoding_fault(heard)) is not None:
            yield found(heard, f"The body is not plain UTF-8: {reason}.")
            continue
        charset = _CHARSET.search(heard.header("content-type") or "")
        if charset is not None and charset[1].lower() not in _UTF8:
            certain = charset[1].lower().startswith(("utf-16", "utf-32", "ucs-"))
            says = f"Content-Type declares the charset {quoted(charset[1])}."
            yield found(heard, says, certainty=None if certain else "likely")


def _origin(heard: Heard) -> Iterator[str]:
    value = heard.header("origin")
    if value is None or _ORIGIN.fullmatch(value):
        return
    what = "names nobody" if value == "null" else "is not scheme://host[:port] of one origin"
    yield f"Origin {quoted(value)} {what}; where origins are checked, expect 403."


RULES = (
    Rule(
        id="messages-via-post",
        area="transport",
        revisions=ALL,
        level="must",
        title="Messages are posted",
        fix="Put every message into the body of a POST of its own to the endpoint.",
        spec=(
            "2025-03-26, 2025-06-18, 2025-11-25 basic/transports, Sending Messages to the Server",
            "2026-07-28 basic/transports/streamable-http, Sending Messages",
        ),
        judge=_via_post,
    ),
    Rule(
        id="body-utf8",
        area="transport",
        revisions=ALL,
        level="must",
        title="Messages are written in UTF-8",
        fix="Encode what is posted as UTF-8 and put no byte order mark before it.",
        spec=(
            "2025-03-26, 2025-06-18, 2025-11-25 basic/transports",
            "2026-07-28 basic/transports, Messages",
            "RFC 8259 section 8.1",
        ),
        judge=_utf8,
    ),
    Rule(
        id="origin-wellformed",
        area="transport",
        revisions=ALL,
        level="note",
        title="Origin, where there is one, names one origin",
        fix="Send no Origin unless you are a browser; from a browser, load the page from an origin the server allows.",
        spec=(
            "2025-03-26, 2025-06-18, 2025-11-25 basic/transports, Security Warning",
            "2026-07-28 basic/transports/streamable-http, Security & Endpoint",
            "RFC 6454 section 7",
        ),
        judge=each_exchange(_origin),
    ),
)
