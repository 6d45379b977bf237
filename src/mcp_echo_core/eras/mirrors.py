"""Headers that mirror the body (``Mcp-Name``, ``Mcp-Param-*``) and the base64 sentinel for values no header can carry.

Source: 2026-07-28 basic/transports/streamable-http, Custom Headers from Tool Parameters and Value Encoding.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from mcp_echo_core.errors import HeaderMismatch
from mcp_echo_core.http import HttpRequest

NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The param that ``Mcp-Name`` mirrors, by method (Standard Request Headers)."""

ANNOTATION = "x-mcp-header"
PREFIX, SUFFIX = "=?base64?", "?="
_FIELD_VALUE = re.compile(r"[\t -~]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SPEC = "2026-07-28 basic/transports/streamable-http, Server Behavior for Custom Headers"


class Mirror(Struct, frozen=True):
    """An argument that is mirrored into a header.

    Attributes:
        path: The chain of properties that leads to the argument.
        header: Name of the header in lower case.
        name: The same as a client writes it.
    """

    path: tuple[str, ...]
    header: bytes
    name: str


def mirrors_of(input_schema: Mapping[str, Any]) -> tuple[Mirror, ...]:
    """The mirrored arguments of a tool.

    Raises:
        ValueError: An annotation breaks the rules, so that clients would drop the tool.
    """
    found = tuple(_find(input_schema, ()))
    if len({mirror.header for mirror in found}) != len(found):
        raise ValueError("two parameters are mirrored into one header")
    return found


def check_mirrors(mirrors: tuple[Mirror, ...], arguments: Mapping[str, Any], http: HttpRequest) -> None:
    """Hold the headers of a tool call to its arguments.

    Raises:
        HeaderMismatch: A header is missing, malformed, not expected or says something else.
    """
    for mirror in mirrors:
        value: Any = arguments
        for step in mirror.path:
            value = value.get(step) if type(value) is dict else None
        text = http.header(mirror.header.decode())
        if value is None and text is None:
            continue
        if value is None or text is None or not _equal(decoded(mirror.name, text.strip(" \t")), value):
            raise HeaderMismatch(
                f"{mirror.name} {_difference(value, text)}",
                seen=text,
                rule="A mirrored argument and its header are sent together and are equal",
                spec=_SPEC,
                fix="Read x-mcp-header in tools/list and mirror the argument.",
                extra={"header": mirror.name},
            )


def decoded(name: str, text: str) -> str:
    """The value a mirrored header carries, which may be a base64 sentinel.

    Raises:
        HeaderMismatch: It has characters no header may have, or a sentinel that does not decode.
    """
    if not (text.startswith(PREFIX) and text.endswith(SUFFIX) and len(text) >= len(PREFIX) + len(SUFFIX)):
        if _FIELD_VALUE.fullmatch(text):
            return text
        raise _malformed(name, text, "has characters beyond visible ASCII, space and tab")
    try:
        return base64.b64decode(text[len(PREFIX) : -len(SUFFIX)], validate=True).decode("utf-8")
    except ValueError as error:  # not base64, not ASCII, or not UTF-8
        raise _malformed(name, text, f"is a sentinel that does not decode: {error}") from None


def _find(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Mirror]:
    properties = schema.get("properties")
    for name, facts in properties.items() if isinstance(properties, dict) else ():
        if not isinstance(facts, dict):  # true and false are schemas, too, and anything else is none
            continue
        token = facts.get(ANNOTATION)
        if token is not None:
            if not _is_token(token) or facts.get("type") not in ("string", "integer", "boolean"):
                raise ValueError(f"{ANNOTATION} {token!r} of {name} is no token or not on a primitive")
            yield Mirror((*path, name), f"mcp-param-{token}".lower().encode(), f"Mcp-Param-{token}")
        yield from _find(facts, (*path, name))


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _equal(text: str, value: Any) -> bool:
    if type(value) is bool:
        return text == ("true" if value else "false")
    if type(value) is int:
        try:
            return Decimal(text) == value
        except InvalidOperation:
            return False
    return type(value) is str and text == value


def _difference(value: Any, text: str | None) -> str:
    if text is None:
        return "is missing"
    return "is not expected: the argument is absent" if value is None else "does not say what the argument says"


def _malformed(name: str, text: str, problem: str) -> HeaderMismatch:
    return HeaderMismatch(
        f"{name} {problem}",
        seen=text,
        rule="Values no header can carry are sent as =?base64?…?= of their UTF-8",
        spec="2026-07-28 basic/transports/streamable-http, Value Encoding",
        fix="Encode the value with standard base64 and padding.",
        extra={"header": name},
    )
