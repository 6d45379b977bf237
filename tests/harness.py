"""The servers under test in this process, with a clock that tests can jump."""

import json
from collections.abc import Mapping
from typing import Any

from asgi_bridge import Answer, Exchange, Header, Request
from mcp_echo_core.app import App, create_app
from mcp_echo_core.runtime import Clock
from mcp_echo_core.settings import Settings
from mcp_echo_core.variants import VARIANTS

NEWEST = "2025-11-25"
REVISIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
VARIANT_NAMES = ("stateful", "stateless")

POST_HEADERS = {
    "host": "localhost",
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
}
STREAM_HEADERS = {"host": "localhost", "accept": "text/event-stream"}


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, wall: float = 1_800_000_000.0, monotonic: float = 1_000.0) -> None:
        self.wall = wall
        self.monotonic = monotonic

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.monotonic += seconds

    def as_clock(self) -> Clock:
        """What ``create_app`` takes."""
        return Clock(wall=lambda: self.wall, monotonic=lambda: self.monotonic)


def rpc(method: str, params: Any = None, request_id: Any = 1) -> dict[str, Any]:
    """A JSON-RPC request."""
    message = {"jsonrpc": "2.0", "id": request_id, "method": method}
    return message if params is None else {**message, "params": params}


def note(method: str, params: Any = None) -> dict[str, Any]:
    """A JSON-RPC notification."""
    return (
        {"jsonrpc": "2.0", "method": method}
        if params is None
        else {"jsonrpc": "2.0", "method": method, "params": params}
    )


def introduction(revision: str = NEWEST) -> dict[str, Any]:
    """The params of ``initialize``."""
    return {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "tester", "version": "1.0"}}


def tool_call(tool: str, arguments: Mapping[str, Any], request_id: Any = 1, **params: Any) -> dict[str, Any]:
    """A ``tools/call`` request."""
    return rpc("tools/call", {"name": tool, "arguments": dict(arguments), **params}, request_id)


def encoded(value: Any) -> bytes:
    """A body: bytes as they are, anything else as JSON."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def header_list(defaults: Mapping[str, str], changes: Mapping[str, str | None]) -> list[Header]:
    """Default headers with changes; ``None`` leaves one out."""
    merged = {**defaults, **{name.replace("_", "-").lower(): value for name, value in changes.items()}}
    return [(name.encode(), value.encode("latin-1")) for name, value in merged.items() if value is not None]


class Server:
    """One server under test.

    Args:
        variant: ``stateful`` or ``stateless``.
        clock: The time it sees.
        variables: Its environment variables.
    """

    def __init__(self, variant: str = "stateful", clock: FakeClock | None = None, **variables: str) -> None:
        self.variant = variant
        self.clock = clock or FakeClock()
        settings = Settings.from_env(variables, variant)
        self.app: App = create_app(VARIANTS[variant], settings, environ=variables, clock=self.clock.as_clock())

    def open(self, request: Request, **options: Any) -> Exchange:
        """Start an exchange."""
        return Exchange(self.app, request, **options)

    async def send(self, request: Request) -> Answer:
        """One whole exchange."""
        return await Exchange(self.app, request).answer()

    def posting(self, value: Any, session: str | None = None, **headers: str | None) -> Request:
        """A POST of a JSON value or raw bytes; header names with underscores."""
        return Request(headers=header_list(POST_HEADERS, {"mcp-session-id": session, **headers}), body=encoded(value))

    async def post(self, value: Any, session: str | None = None, **headers: str | None) -> Answer:
        """POST a JSON value or raw bytes and read the whole answer."""
        return await self.send(self.posting(value, session, **headers))

    def stream(self, session: str | None, **headers: str | None) -> Exchange:
        """Open a session's stream with GET."""
        fields = header_list(STREAM_HEADERS, {"mcp-session-id": session, **headers})
        return self.open(Request(method="GET", headers=fields))

    async def delete(self, session: str | None, **headers: str | None) -> Answer:
        """DELETE a session."""
        fields = header_list({"host": "localhost"}, {"mcp-session-id": session, **headers})
        return await self.send(Request(method="DELETE", headers=fields))

    async def created(self) -> int:
        """Sessions created so far; a server without sessions has created none."""
        statistics = await self.app.runtime.sessions.statistics(self.clock.wall)
        return 0 if statistics is None else statistics.created

    async def alive(self) -> int:
        """Sessions alive now."""
        statistics = await self.app.runtime.sessions.statistics(self.clock.wall)
        return 0 if statistics is None else statistics.active

    async def session(self, session: str) -> Any:
        """The record of a session."""
        return await self.app.runtime.sessions.peek(session, self.clock.wall)


async def initialize(server: Server, revision: str = NEWEST) -> str | None:
    """Shake hands; the id of the session, where there are sessions."""
    answer = await server.post(rpc("initialize", introduction(revision), "init"))
    assert answer.status == 200, answer
    assert answer.message["result"]["protocolVersion"] == revision
    session = answer.header("mcp-session-id")
    assert (session is not None) == (server.variant == "stateful")
    assert (await server.post(note("notifications/initialized"), session)).status == 202
    return session


async def call(
    server: Server, tool: str, arguments: Mapping[str, Any], session: str | None = None, **headers: str
) -> Any:
    """Call a tool; its result."""
    answer = await server.post(tool_call(tool, arguments), session, **headers)
    assert answer.status == 200, answer
    assert answer.final["id"] == 1
    return answer.final["result"]
