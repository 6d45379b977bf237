"""What a client accepts and what it says it sends."""

from collections.abc import Iterator

from mcp_echo_core.client_report.heard import Heard
from mcp_echo_core.client_report.rule import ALL, HANDSHAKE, Rule, each_exchange, quoted
from mcp_echo_core.guard import JSON_TYPE, SSE_TYPE, parse_accept

_MCP_FIELDS = ("mcp-session-id", "mcp-protocol-version", "last-event-id")

_POST_SPEC = (
    "2025-03-26, 2025-06-18, 2025-11-25 basic/transports, Sending Messages to the Server",
    "2026-07-28 basic/transports/streamable-http, Sending Messages",
)


def _listed(value: str) -> frozenset[str]:
    """The media ranges that an Accept header spells out, without parameters."""
    return frozenset(part.partition(";")[0].strip().lower() for part in value.split(","))


def _unreadable(value: str | None) -> list[str]:
    """Which of the two types an Accept header leaves out or refuses."""
    if value is None or not value.strip(" \t,"):
        return [JSON_TYPE, SSE_TYPE]
    accepted = parse_accept(value.encode("latin-1", "replace"))
    return [name for name, readable in ((JSON_TYPE, accepted.json), (SSE_TYPE, accepted.sse)) if not readable]


def _both_types(heard: Heard) -> Iterator[str]:
    value = heard.header("accept")
    if heard.event.method == "POST" and (missing := _unreadable(value)):
        sent = "There is no Accept" if value is None else f"Accept {quoted(value)} came"
        yield f"{sent} with a POST, and so nothing allows {' or '.join(missing)} as its answer."


def _wildcard_only(heard: Heard) -> Iterator[str]:
    value = heard.header("accept")
    if heard.event.method != "POST" or value is None or _unreadable(value):
        return
    if unnamed := [name for name in (JSON_TYPE, SSE_TYPE) if name not in _listed(value)]:
        yield f"Accept {quoted(value)} allows {' and '.join(unnamed)} only by a wildcard; some servers answer 406."


def _event_stream(heard: Heard) -> Iterator[str]:
    value = heard.header("accept")
    if heard.event.method != "GET" or SSE_TYPE not in _unreadable(value):
        return
    if any(heard.headers(name) for name in _MCP_FIELDS):
        yield f"A GET for a stream came with {'no Accept' if value is None else f'Accept {quoted(value)}'}."


def _content_type(heard: Heard) -> Iterator[str]:
    if heard.event.method != "POST" or (not heard.event.body and heard.header("content-length") == "0"):
        return
    value = heard.header("content-type")
    parts = [part for each in heard.headers("content-type") for part in each.partition(";")[0].split(",")]
    types = {part.strip().lower() for part in parts}
    if types != {JSON_TYPE}:
        yield f"A message came {'without Content-Type' if value is None else f'as {quoted(value)}'}."


RULES = (
    Rule(
        id="accept-both-types",
        area="transport",
        revisions=ALL,
        level="must",
        title="Accept of a POST names JSON and event streams",
        fix="With every POST, notifications too, send 'Accept: application/json, text/event-stream'.",
        spec=_POST_SPEC,
        judge=each_exchange(_both_types),
    ),
    Rule(
        id="accept-wildcard-only",
        area="transport",
        revisions=ALL,
        level="note",
        title="Accept of a POST spells both types out",
        fix="Name application/json and text/event-stream instead of a wildcard.",
        spec=_POST_SPEC,
        judge=each_exchange(_wildcard_only),
    ),
    Rule(
        id="get-accept-event-stream",
        area="transport",
        revisions=HANDSHAKE,
        level="must",
        title="Accept of a GET names event streams",
        fix="With every GET that opens or continues a stream, send 'Accept: text/event-stream'.",
        spec=("2025-03-26, 2025-06-18, 2025-11-25 basic/transports, Listening for Messages from the Server",),
        judge=each_exchange(_event_stream),
    ),
    Rule(
        id="content-type-json",
        area="transport",
        revisions=ALL,
        level="should",
        title="Messages are labelled as JSON",
        fix="Label what is posted with 'Content-Type: application/json'; many servers refuse anything else.",
        spec=("RFC 9110 section 8.3", "2026-07-28 basic/transports/streamable-http, Standard Request Headers"),
        judge=each_exchange(_content_type),
    ),
)
