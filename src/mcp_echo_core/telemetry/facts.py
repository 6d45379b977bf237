"""What spans and metrics say of an exchange, as attributes; credentials and ids that open sessions are not among it.

Source: OpenTelemetry semantic conventions for generative AI, Model Context Protocol (status: development). Attributes
whose names begin with ``mcp_echo.`` are ours.
"""

from collections.abc import Mapping
from typing import Any

from mcp_echo_core import redaction
from mcp_echo_core.errors import Refusal
from mcp_echo_core.exchange import CANCELLED, ERROR, OK, TOOL_ERROR, Exchange
from mcp_echo_core.exposition import HTTP_METHODS
from mcp_echo_core.messages import decode
from mcp_echo_core.metrics import LONG_LIVED, UNKNOWN
from mcp_echo_core.recording.recorder import BIN
from mcp_echo_core.runtime import Runtime

Attributes = dict[str, str | int | float]

NOTIFICATIONS = frozenset({
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/roots/list_changed",
})  # fmt: skip
"""What clients notify servers of."""

OTHER = "_OTHER"
"""Stands for what is none of a bounded set, as in all conventions of OpenTelemetry."""

_TARGETS = {"tools/call": "gen_ai.tool.name", "prompts/get": "gen_ai.prompt.name"}
_ABOUT_RESOURCES = frozenset({"resources/read", "resources/subscribe", "resources/unsubscribe"})
_EMPTY: Mapping[str, Any] = {}


def message_of(exchange: Exchange) -> Any:
    """The posted JSON value, ``None`` where there is none or it cannot be read."""
    try:
        return decode(exchange.body) if exchange.body else None
    except Refusal:
        return None


def method_of(exchange: Exchange, message: Any) -> str:
    """The method of a message, ``OTHER`` for one that there is not; empty where no message with a method was read."""
    kind = exchange.kind
    if kind in HTTP_METHODS:
        return ""
    if kind not in ("other", "notification"):
        return kind
    named = message.get("method") if type(message) is dict else None
    if type(named) is not str:
        return ""
    return named if named in NOTIFICATIONS else OTHER


def span_name(exchange: Exchange, method: str) -> str:
    """The name of a span: method and target, or those of HTTP where no message was read."""
    if method:
        return f"{method} {exchange.target}" if exchange.target else method
    return f"{exchange.http.scope['method'] if _http_method(exchange) != OTHER else 'HTTP'} {_route(exchange)}"


def error_type(exchange: Exchange) -> str | None:
    """Why an exchange failed; whoever ends a stream by leaving it has got what it wanted."""
    if exchange.outcome == OK:
        return None
    if exchange.outcome == CANCELLED:
        return None if exchange.kind in LONG_LIVED else CANCELLED
    return TOOL_ERROR if exchange.outcome == TOOL_ERROR else str(exchange.error_code)


def labels(exchange: Exchange, method: str) -> Attributes:
    """What both spans and metrics say: nothing whose number of values a client decides."""
    known: Attributes = {
        "network.transport": "tcp",
        "network.protocol.name": "http",
        "network.protocol.version": exchange.http.scope["http_version"],
    }
    if method:
        known["mcp.method.name"] = method
        if method in _TARGETS:
            known[_TARGETS[method]] = exchange.target or OTHER
        if method == "tools/call":
            known["gen_ai.operation.name"] = "execute_tool"
    else:
        known["http.request.method"] = _http_method(exchange)
        known["http.route"] = _route(exchange)
    if exchange.revision != UNKNOWN:
        known["mcp.protocol.version"] = exchange.revision
    failure = error_type(exchange)
    if failure is not None:
        known["error.type"] = failure
    if exchange.error_code is not None:
        known["rpc.response.status_code"] = str(exchange.error_code)
    return known


def details(exchange: Exchange, method: str, message: Any, runtime: Runtime) -> Attributes:
    """What spans say besides."""
    http = exchange.http
    known: Attributes = {"mcp_echo.request_id": http.id}
    if http.laps is not None:
        known |= {f"mcp_echo.phase.{name}": round(seconds, 6) for name, seconds in http.laps.seconds.items()}
    if exchange.status:
        known["http.response.status_code"] = exchange.status
    if exchange.request_id is not None:
        known["jsonrpc.request.id"] = str(redaction.shorten(exchange.request_id))
    if not method and _http_method(exchange) == OTHER:
        known["http.request.method_original"] = str(redaction.shorten(http.scope["method"]))
    session = _session(exchange, runtime)
    if session is not None:
        # Whoever knows the whole id can use the session and read its record.
        known["mcp.session.id"] = redaction.session_id(session)
    address = runtime.proxies.client_address(http)
    if address is not None:
        known["client.address"] = redaction.shorten(address)  # a proxy passes on what it was sent
        if address == http.peer:
            known["client.port"] = http.scope["client"][1]
    if type(message) is list:
        known["mcp_echo.batch.size"] = len(message)
    elif type(message) is dict:
        known |= _named(exchange, method, message)
    return known


def error_message(exchange: Exchange) -> str | None:
    """The ``error.message`` of a refusal, if it was sent as JSON that is not compressed."""
    if exchange.outcome != ERROR or not exchange.sent:
        return None
    try:
        message = decode(exchange.sent)["error"]["message"]
    except (Refusal, KeyError, TypeError):
        return None
    return str(redaction.shorten(message))


def _named(exchange: Exchange, method: str, message: Mapping[str, Any]) -> Attributes:
    """What a message names, where that may be anything."""
    known: Attributes = {}
    version, params = message.get("jsonrpc"), message.get("params")
    if type(params) is not dict:
        params = _EMPTY
    name, uri = params.get("name"), params.get("uri")
    if type(version) is str and version != "2.0":
        known["jsonrpc.protocol.version"] = redaction.shorten(version)
    if method == OTHER:
        known["rpc.method_original"] = redaction.shorten(message["method"])
    elif method in _TARGETS and not exchange.target and type(name) is str:
        known[_TARGETS[method]] = redaction.shorten(name)
    elif method in _ABOUT_RESOURCES and type(uri) is str:
        known["mcp.resource.uri"] = redaction.shorten(uri)
    return known


def _session(exchange: Exchange, runtime: Runtime) -> str | None:
    if exchange.session is not None:
        return exchange.session.id
    if exchange.assigned is not None or exchange.outcome == ERROR:
        return exchange.assigned
    # What is served in the legacy era was served for the session that its header names.
    return exchange.http.single(b"mcp-session-id") if runtime.variant.listens and exchange.era == "legacy" else None


def _http_method(exchange: Exchange) -> str:
    method: str = exchange.http.scope["method"]
    return method if method == "POST" or method in HTTP_METHODS else OTHER


def _route(exchange: Exchange) -> str:
    # The name of a bin is not told: whoever knows it can read its record.
    return "/b/{bin}/mcp" if BIN in exchange.http.scope else "/mcp"
