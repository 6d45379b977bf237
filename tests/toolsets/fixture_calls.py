"""How tests call the tools of the conformance toolset, in both eras."""

from collections.abc import Mapping
from typing import Any

from asgi_bridge import Answer, Event, Exchange, Request
from harness import NEWEST, POST_HEADERS, Server, encoded, header_list, introduction, note, rpc, tool_call

BOTH = "diagnostics,conformance"
MODERN = "2026-07-28"
PREFIX = "io.modelcontextprotocol/"
ROUNDS = "test_input_required_result_"
EVERYTHING: dict[str, Any] = {"elicitation": {}, "sampling": {}, "roots": {}}
"""What a client declares that can be asked anything."""

ACCEPTED_NAME = {"action": "accept", "content": {"name": "Alice"}}
ROOTS = {"roots": [{"uri": "file:///one"}, {"uri": "file:///two"}]}
SAID = {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Paris."}}


def modern_request(
    method: str,
    params: Mapping[str, Any],
    capabilities: Mapping[str, Any] | None = None,
    *,
    request_id: Any = 1,
    headers: Mapping[str, str] | None = None,
    **meta: Any,
) -> Request:
    """A correct request of the modern era; members of ``_meta`` by their last name, ``progressToken`` among them."""
    named = {name if name == "progressToken" else PREFIX + name: value for name, value in meta.items()}
    envelope = {f"{PREFIX}protocolVersion": MODERN, f"{PREFIX}clientCapabilities": dict(capabilities or {}), **named}
    message = rpc(method, {**params, "_meta": envelope}, request_id)
    routing: dict[str, str | None] = {"mcp-protocol-version": MODERN, "mcp-method": method}
    if "name" in params:
        routing["mcp-name"] = params["name"]
    return Request(headers=header_list(POST_HEADERS, {**routing, **(headers or {})}), body=encoded(message))


def modern_call(
    tool: str,
    capabilities: Mapping[str, Any] | None = None,
    /,
    *,
    arguments: Any = None,
    again: Any = None,
    **rest: Any,
) -> Request:
    """A tool call of the modern era; ``again`` are the params that a repeated call brings."""
    return modern_request(
        "tools/call", {"name": tool, "arguments": arguments or {}, **(again or {})}, capabilities, **rest
    )


async def result_of(server: Server, request: Request) -> Any:
    """The result of a request that is served."""
    answer = await server.send(request)
    assert answer.status == 200, answer
    return answer.final["result"]


async def error_of(server: Server, request: Request) -> tuple[int, Any]:
    """Status and error of a request that is refused."""
    answer = await server.send(request)
    return answer.status, answer.message["error"]


def told(result: Mapping[str, Any]) -> str:
    """The text of a result that is no error."""
    assert result["isError"] is False, result
    return str(result["content"][0]["text"])


def failure(result: Mapping[str, Any]) -> str:
    """The text of a result that is an error."""
    assert result["isError"] is True, result
    return str(result["content"][0]["text"])


async def introduced(server: Server, capabilities: Mapping[str, Any], revision: str = NEWEST) -> str:
    """The id of a legacy session whose client declared these capabilities."""
    params = {**introduction(revision), "capabilities": dict(capabilities)}
    answer: Answer = await server.post(rpc("initialize", params, "init"))
    session = answer.header("mcp-session-id")
    assert session is not None
    assert (await server.post(note("notifications/initialized"), session)).status == 202
    return session


def legacy_call(
    server: Server, session: str | None, tool: str, arguments: Mapping[str, Any] | None = None, **headers: str | None
) -> Exchange:
    """A tool call of the legacy era, begun."""
    return server.open(server.posting(tool_call(tool, arguments or {}, 7), session, **headers))


async def messages(stream: Exchange, count: int) -> list[Any]:
    """The next messages of a stream; empty and keep-alive events are left out."""
    found: list[Any] = []
    while len(found) < count:
        event = await stream.event()
        assert event is not None, f"the stream ended after {found}"
        if event.event == "message" and event.data:
            found.append(event.message)
    return found


async def rest_of(stream: Exchange) -> list[Event]:
    """Every event until the end of the stream."""
    events: list[Event] = []
    while (event := await stream.event()) is not None:
        events.append(event)
    return events
