"""Bad requests, on purpose, and the refusal that each must get."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from soak_sessions import META, MODERN, modern_headers
from soak_wire import JSON_HEADERS, WRONG, Door

from harness import rpc, tool_call


@dataclass(frozen=True)
class Refusal:
    """A bad request.

    Attributes:
        name: What is wrong with it.
        status: HTTP status of the refusal.
        code: Its JSON-RPC code.
        message: The body, as JSON or as bytes.
        headers: Beside those of every message.
        method: HTTP method.
    """

    name: str
    status: int
    code: int
    message: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"

    async def provoke(self, door: Door) -> None:
        """Send it.

        Raises:
            Failed: It is not refused, or not so.
        """
        kind = f"refused: {self.name}"
        headers = {**JSON_HEADERS, **self.headers}
        answer = await door.send(kind, self.method, "/mcp", message=self.message, headers=headers, expected=self.status)
        if answer.json["error"]["code"] != self.code:
            raise door.failed(kind, WRONG, answer.sent, repr(answer.body))


PING = rpc("ping")
_COMMON = (
    Refusal("no JSON", 400, -32700, b"{nope"),
    Refusal("no method", 400, -32600, {"jsonrpc": "2.0", "id": 1}),
    Refusal("no such method", 200, -32601, rpc("no/such")),
    Refusal("unserved revision", 400, -32600, PING, {"mcp-protocol-version": "1999-01-01"}),
    Refusal("content type", 415, -32600, PING, {"content-type": "text/plain"}),
    Refusal("accept", 406, -32600, PING, {"accept": "text/html"}),
    Refusal("foreign origin", 403, -32600, PING, {"origin": "https://evil.example"}),
    Refusal("PUT", 405, -32600, PING, method="PUT"),
)
REFUSALS = {
    "stateful": (
        *_COMMON,
        Refusal("unknown session", 404, -32603, PING, {"mcp-session-id": "550e8400-e29b-41d4-a716-446655440000"}),
        Refusal("GET without session", 400, -32600, method="GET"),
        Refusal("DELETE without session", 400, -32600, method="DELETE"),
    ),
    "stateless": (
        *_COMMON,
        Refusal("GET", 405, -32600, method="GET"),
        Refusal("DELETE", 405, -32600, method="DELETE"),
    ),
}
"""By site, in the older era."""

MODERN_REFUSALS = (
    Refusal("no _meta", 400, -32602, PING, {"mcp-protocol-version": MODERN}),
    Refusal("no such method, modern", 404, -32601, rpc("no/such", {"_meta": META}), modern_headers("no/such")),
    Refusal(
        "no such tool, modern", 400, -32602,
        tool_call("noSuchTool", {}, _meta=META), modern_headers("tools/call", "noSuchTool"),
    ),
)  # fmt: skip
