"""What the header fields of a request are for, and how one is shown.

Sources: RFC 9110; the Fetch standard; basic/transports of the MCP revisions; the documentation of Traefik's
forwarded headers and of oauth2-proxy.
"""

from typing import Literal

from msgspec import Struct

from mcp_echo_core import redaction, text
from mcp_echo_core.http import HttpRequest

Category = Literal["auth", "standard", "mcp", "forwarded", "custom"]

_IDENTITY = (
    "x-user-", "x-github-", "x-auth-", "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups",
    "x-forwarded-preferred-username", "x-authenticated-", "remote-user", "remote-name", "remote-email", "remote-groups",
)  # fmt: skip
"""How the names of fields begin in which gateways tell who the user is."""

_STANDARD = frozenset({
    "accept", "accept-charset", "accept-encoding", "accept-language", "access-control-request-headers",
    "access-control-request-method", "access-control-request-private-network", "cache-control", "connection",
    "content-encoding", "content-language", "content-length", "content-location", "content-type", "date", "dnt",
    "expect", "from", "host", "http2-settings", "if-match", "if-modified-since", "if-none-match", "if-range",
    "if-unmodified-since", "keep-alive", "max-forwards", "origin", "pragma", "prefer", "priority", "range", "referer",
    "save-data", "te", "trailer", "transfer-encoding", "upgrade", "upgrade-insecure-requests", "user-agent",
    "warning",
})  # fmt: skip

_FORWARDED = frozenset({"forwarded", "via", "x-real-ip", "x-original-uri", "x-original-url", "x-original-method"})


class HeaderField(Struct, frozen=True):
    """One header field as it arrived.

    Attributes:
        name: In lower case, as ASGI gives it.
        value: With credentials masked, and bounded in length.
        category: What it is for.
        spelling: The name as it was written; ``None`` where the engine does not tell.
        length: Bytes of the value as it arrived, whatever is shown of it.
    """

    name: str
    value: str
    category: Category
    spelling: str | None
    length: int


def categorise(name: str) -> Category:
    """What a field is for, by its lower-case name."""
    if name.startswith(("mcp-", "x-mcp-")) or name == "last-event-id":
        return "mcp"
    if name in _STANDARD or name.startswith("sec-"):
        return "standard"
    if name.startswith(_IDENTITY) or redaction.looks_secret(name):
        return "auth"
    if name in _FORWARDED or name.startswith(("x-forwarded-", "x-traefik-", "x-envoy-")):
        return "forwarded"
    return "custom"


def fields(request: HttpRequest) -> list[HeaderField]:
    """All header fields in the order they arrived, duplicates kept, fit to be shown."""
    written = request.written_names
    return [
        _field(name, value, as_written) for (name, value), as_written in zip(request.raw_headers, written, strict=True)
    ]


def shown(request: HttpRequest, name: str) -> str | None:
    """One header field's value, fit to be shown; ``None`` when it did not arrive."""
    value = request.header(name)
    return None if value is None else text.line(redaction.header(name, value))


def _field(raw_name: bytes, raw_value: bytes, written: bytes | None) -> HeaderField:
    name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
    return HeaderField(
        name=text.line(name),
        value=text.line(redaction.header(name, value)),
        category=categorise(name.lower()),
        spelling=None if written is None else text.line(written.decode("latin-1")),
        length=len(raw_value),
    )
