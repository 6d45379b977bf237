"""Clients that the server under test asks something."""

from collections.abc import Callable
from typing import Any

from scripted import Client

from asgi_bridge import Exchange
from harness import Server, rpc, tool_call

BOTH = "diagnostics,conformance"
EVERYTHING: dict[str, Any] = {"elicitation": {}, "sampling": {}, "roots": {"listChanged": True}}
ROUNDS = "test_input_required_result_"


async def willing(make_app: Callable[..., Server], revision: str = "2025-11-25") -> Client:
    """A client that can be asked anything, in a session."""
    client = Client(make_app("stateful", MCP_ECHO_TOOLSETS=BOTH))
    await client.initialize(revision, capabilities=EVERYTHING)
    return client


async def asked(client: Client, tool: str) -> tuple[Exchange, Any]:
    """A call of a tool that asks, and its question."""
    call = client.open("POST", tool_call(tool, {}, client.next_id()))
    return call, await question(call)


async def question(call: Exchange) -> Any:
    """The next message of a stream."""
    while True:
        event = await call.event()
        assert event is not None, "the stream ended without a question"
        if event.event == "message" and event.data:
            return event.message


def reply(asking: Any, result: Any) -> dict[str, Any]:
    """The answer to a question."""
    return {"jsonrpc": "2.0", "id": asking["id"], "result": result}


INITIALIZE = rpc("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {}}, "init")


def initialized(revision: str = "2025-11-25", **capabilities: Any) -> dict[str, Any]:
    """What a server answers to ``INITIALIZE``."""
    return {"jsonrpc": "2.0", "id": "init", "result": {"protocolVersion": revision, "capabilities": capabilities}}
