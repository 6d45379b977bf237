"""What is odd about a header field of a request, in a few words; not wrong, but worth a look."""

import re
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from mcp_echo_core.headers import Category, categorise
from mcp_echo_core.recording.events import Head

_SINGLE = frozenset({
    "accept-datetime", "authorization", "content-length", "content-type", "cookie", "date", "from", "host",
    "if-modified-since", "last-event-id", "max-forwards", "mcp-method", "mcp-name", "mcp-protocol-version",
    "mcp-session-id", "origin", "referer", "user-agent", "x-request-id",
})  # fmt: skip
"""Fields that hold one value (RFC 9110, the MCP revisions)."""

_JOINED = frozenset({
    "content-length", "content-type", "host", "mcp-method", "mcp-protocol-version", "mcp-session-id", "origin",
})  # fmt: skip
"""Those of them in whose value a comma can only come from joining."""

_HOP_BY_HOP = frozenset({"keep-alive", "proxy-connection", "te", "trailer", "proxy-authenticate"})
"""Fields that are meant for the next hop only (RFC 9110 section 7.6.1)."""

_WRITTEN_OTHERWISE = {"mcp-session-id": "Mcp-Session-Id", "mcp-protocol-version": "MCP-Protocol-Version",
                      "te": "TE", "dnt": "DNT", "etag": "ETag", "www-authenticate": "WWW-Authenticate",
                      "last-event-id": "Last-Event-ID"}  # fmt: skip

MAX_VALUE = 8192
"""Characters that are shown of a value."""


class Field(Struct, frozen=True, kw_only=True):
    """One header field of a request.

    Attributes:
        name: In lower case.
        written: As it was written; ``None`` where the engine does not tell.
        value: Credentials masked.
        category: What it is for.
        odd: What is odd about it.
    """

    name: str
    written: str | None
    value: str
    category: Category
    odd: tuple[str, ...]


def fields(head: Head) -> tuple[Field, ...]:
    """All header fields in the order they arrived, each with what is odd about it."""
    names = [name.lower() for name, _ in head.fields]
    counts = Counter(names)
    written = head.written if head.written is not None and len(head.written) == len(names) else [None] * len(names)
    return tuple(
        Field(
            name=name,
            written=as_written,
            value=value if len(value) <= MAX_VALUE else f"{value[:MAX_VALUE]}… ({len(value)} characters)",
            category=categorise(name),
            odd=tuple(_odd(name, as_written, value, counts[name])),
        )
        for name, as_written, (_, value) in zip(names, written, head.fields, strict=True)
    )


def _odd(name: str, written: str | None, value: str, count: int) -> Iterator[str]:
    if count > 1:
        yield "sent twice" if count == 2 else f"sent {count} times"  # noqa: PLR2004 - twice is two
        if name in _SINGLE:
            yield "holds one value only"
    elif name in _JOINED and "," in value:
        yield "several values joined by a comma"
    yield from _odd_name(name, written)
    yield from _odd_value(value)


def _odd_name(name: str, written: str | None) -> Iterator[str]:
    if written is not None and not _usual(name, written):
        yield "unusual spelling"
    if "_" in name:
        yield "underscore in the name: many gateways drop such fields"
    if name in _HOP_BY_HOP:
        yield "meant for one hop only"


def _odd_value(value: str) -> Iterator[str]:
    if not value.strip():
        yield "empty value"
    elif value != value.strip():
        yield "white space around the value"
    if not value.isascii():
        yield "not ASCII"
    if any(character < " " and character != "\t" for character in value):
        yield "control characters"


def _usual(name: str, written: str) -> bool:
    """Whether a name is written in lower case, as HTTP/2 demands, or with capitals as everybody does."""
    capitals = "-".join(part[:1].upper() + part[1:] for part in name.split("-"))
    usual = {name, capitals, _WRITTEN_OTHERWISE.get(name, name)}
    # X-API-Key, X-Request-ID, MCP-Session-ID: abbreviations in capitals surprise nobody.
    return written in usual or re.fullmatch(r"(?:[A-Z]{2,4}|[A-Z0-9][a-z0-9]*)(?:-(?:[A-Z]{2,4}|[A-Z0-9][a-z0-9]*))*",
                                            written) is not None  # fmt: skip
