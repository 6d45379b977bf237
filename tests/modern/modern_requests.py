"""Requests of the revision 2026-07-28 as a correct client makes them, to be broken by tests."""

import base64
from collections.abc import Mapping
from typing import Any

from asgi_bridge import Answer, Exchange, Request
from harness import POST_HEADERS, Server, encoded, header_list

MODERN = "2026-07-28"
PREFIX = "io.modelcontextprotocol/"
VERSION = f"{PREFIX}protocolVersion"
CAPABILITIES = f"{PREFIX}clientCapabilities"
CLIENT = f"{PREFIX}clientInfo"
LOG_LEVEL = f"{PREFIX}logLevel"
SERVER = f"{PREFIX}serverInfo"
SUBSCRIPTION = f"{PREFIX}subscriptionId"

NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The param that ``Mcp-Name`` mirrors."""

ECHO = {"name": "echo", "arguments": {"message": "hi"}}


def modern(method: str, params: Any = None, request_id: Any = 1, **meta: Any) -> dict[str, Any]:
    """A request; members of ``_meta`` by their last name, ``progressToken`` among them."""
    named = {name if name == "progressToken" else PREFIX + name: value for name, value in meta.items()}
    envelope = {VERSION: MODERN, CAPABILITIES: {}, CLIENT: {"name": "tester", "version": "1.0"}, **named}
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": {**(params or {}), "_meta": envelope}}


def call_of(tool: str, arguments: Mapping[str, Any] | None = None, request_id: Any = 1, **meta: Any) -> dict[str, Any]:
    """A ``tools/call`` request."""
    return modern("tools/call", {"name": tool, "arguments": dict(arguments or {})}, request_id, **meta)


def sentinel(text: str) -> str:
    """A text as a header carries what no header can carry."""
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


def header_value(text: str) -> str:
    """A text as a correct client puts it into a header."""
    plain = text.isascii() and text.isprintable() and text == text.strip() and not text.startswith("=?base64?")
    return text if plain else sentinel(text)


def mirrored(message: Mapping[str, Any], **changes: str | None) -> dict[str, str | None]:
    """The routing headers of a request, with changes; ``None`` leaves one out."""
    params = message.get("params", {})
    headers: dict[str, str | None] = {
        "mcp_protocol_version": params.get("_meta", {}).get(VERSION, MODERN),
        "mcp_method": message.get("method"),
    }
    name = params.get(NAMED_BY.get(str(message.get("method")), ""))
    if isinstance(name, str):
        headers["mcp_name"] = header_value(name)
    return headers | changes


def request_of(
    message: Mapping[str, Any], more: list[tuple[bytes, bytes]] | None = None, **headers: str | None
) -> Request:
    """The POST of a request; ``more`` are header fields that come in addition."""
    fields = header_list(POST_HEADERS, mirrored(message, **headers))
    return Request(headers=[*fields, *(more or [])], body=encoded(message))


async def ask(server: Server, message: Mapping[str, Any], **headers: str | None) -> Answer:
    """Send a request and read the whole answer."""
    return await server.send(request_of(message, **headers))


def begin(server: Server, message: Mapping[str, Any], held: str = "", **headers: str | None) -> Exchange:
    """Start an exchange."""
    return server.open(request_of(message, **headers), held=held)


async def result_of(server: Server, message: Mapping[str, Any], **headers: str | None) -> dict[str, Any]:
    """The result of a request that is served."""
    answer = await ask(server, message, **headers)
    assert answer.status == 200, answer
    final = answer.final
    assert final["id"] == message["id"], final
    result: dict[str, Any] = final["result"]
    return result


async def refused(server: Server, message: Mapping[str, Any], **headers: str | None) -> tuple[int, int]:
    """Status and code of a request that is not served; the answer repeats its id."""
    answer = await ask(server, message, **headers)
    assert answer.message.get("id") == message.get("id"), answer
    return answer.status, answer.message["error"]["code"]
