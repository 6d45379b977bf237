"""What is measured: how a server starts and how one echo request to it looks. Ours; others' are in ``peers.py``."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COUNTER = "@COUNTER@"
"""Stands for nine digits in a request; as long as what replaces it, so that Content-Length stays right."""

SESSION = "@SESSION@"
"""Stands for a session's handle in the parameters."""

MESSAGE = {"message": f"message {COUNTER}"}
ECHO: dict[str, Any] = {"name": "echo", "arguments": MESSAGE}
BARE_ASGI = str(Path(__file__).with_name("bare_asgi.py"))


@dataclass(frozen=True)
class Subject:
    """A server and the request it is asked.

    Attributes:
        name: Short name for ``--only``.
        setup: How it is set up, in words.
        command: Arguments of the process; ``{port}`` is replaced.
        environment: Added to the environment; ``{port}`` is replaced.
        redis: A Redis of its own is started first, on the load generator's core; ``{redis}`` in the environment is
            its URL.
        sessions: Sessions that are initialized first and used in turn; 0 for servers without.
        echoes: Whether answers carry the message; the ceiling's do not.
        headers: More headers of the measured request.
        params: Parameters of the measured ``tools/call``.
        revision: Of the protocol, in the handshake.
        idle_sessions: Sessions whose memory is divided among them.
        peer: Its environment under ``.peers/``; None for ours.
        path: Path of the endpoint.
    """

    name: str
    setup: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    redis: bool = False
    sessions: int = 0
    echoes: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=lambda: ECHO)
    revision: str = "2025-11-25"
    idle_sessions: int = 5_000
    peer: str | None = None
    path: str = "/mcp"

    @property
    def handles(self) -> bool:
        """Whether a session is named by an argument of the call, as the modern era does it, and not by a header."""
        return SESSION in json.dumps(self.params)

    def body(self, session: str | None = None) -> str:
        """The measured request's body; id and message differ in every request. Without a session: one that makes it."""
        call = {"jsonrpc": "2.0", "id": 0, "method": "tools/call", "params": self.params}
        text = json.dumps(call, separators=(",", ":")).replace('"id":0', f'"id":{COUNTER}', 1)
        return text.replace(SESSION, session) if session else text.replace(f',"session":"{SESSION}"', "")

    def head(self, session: str | None = None) -> dict[str, str]:
        """The measured request's headers, without Host and Content-Length."""
        common = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        return {**common, **self.headers, **({"Mcp-Session-Id": session} if session and not self.handles else {})}

    def request(self, port: int, session: str | None = None) -> bytes:
        """The measured request as bytes on the wire, with the counter still in it."""
        return self.on_the_wire(port, self.body(session), self.head(session))

    def hello(self) -> str:
        """The body that opens a session: ``initialize``, or the first echo where a handle names the session."""
        if self.handles:
            return self.body()
        client = {"name": "bench", "version": "1"}
        params = {"protocolVersion": self.revision, "capabilities": {}, "clientInfo": client}
        call = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
        return json.dumps(call).replace('"id": 0', f'"id": {COUNTER}', 1)

    def on_the_wire(self, port: int, body: str, head: Mapping[str, str]) -> bytes:
        """A POST as bytes."""
        head = {"Host": f"127.0.0.1:{port}", **head, "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"POST {self.path} HTTP/1.1\r\n{lines}\r\n{body}".encode()


def _ours(variant: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"mcp_echo_streamablehttp_server_{variant}")


_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
MODERN_ECHO = {**ECHO, "_meta": _META}
LEGACY = {"Mcp-Protocol-Version": "2025-11-25"}
MODERN = {"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo"}
_OURS = {"MCP_ECHO_HOST": "127.0.0.1", "MCP_ECHO_PORT": "{port}"}
_UNRECORDED = {"MCP_JOURNAL_MAX_BYTES": "0"}
_SQLITE = {"MCP_SESSION_STORE": "sqlite://{folder}/{port}.db"}
_REDIS = {"MCP_SESSION_STORE": "{redis}"}


def stateless(name: str, setup: str, **more: Any) -> Subject:
    """Our stateless server, with more attributes."""
    return Subject(name, setup, _ours("stateless"), **{"environment": _OURS, "headers": LEGACY, **more})


def stateful(name: str, setup: str, environment: Mapping[str, str] | None = None, **more: Any) -> Subject:
    """Our stateful server, with more environment and attributes."""
    filled = {**_OURS, "MCP_MAX_SESSIONS": "100000", **(environment or {})}
    return Subject(name, setup, _ours("stateful"), filled, **{"sessions": 32, "headers": LEGACY, **more})


CEILING = Subject(
    "ceiling", "bare ASGI app that answers a constant of our size", (sys.executable, BARE_ASGI, "{port}"), echoes=False
)
STATELESS = stateless("stateless", "legacy request")
STATEFUL = stateful("stateful", "memory, recorded, legacy request")
STATEFUL_REDIS = stateful("stateful-redis", "Redis, recorded, legacy request", _REDIS, redis=True)
STATEFUL_SQLITE = stateful("stateful-sqlite", "SQLite, recorded, legacy request", _SQLITE)

OURS = (
    CEILING,
    STATELESS,
    stateless("stateless-modern", "modern request", headers=MODERN, params=MODERN_ECHO),
    STATEFUL,
    stateful("stateful-unrecorded", "memory, not recorded, legacy request", _UNRECORDED),
    stateful(
        "stateful-modern",
        "memory, recorded, modern request with a handle",
        headers=MODERN,
        params={"name": "echo", "arguments": {**MESSAGE, "session": SESSION}, "_meta": _META},
    ),
    STATEFUL_SQLITE,
    stateful("stateful-sqlite-unrecorded", "SQLite, not recorded, legacy request", _SQLITE | _UNRECORDED),
    STATEFUL_REDIS,
    stateful("stateful-redis-unrecorded", "Redis, not recorded, legacy request", _REDIS | _UNRECORDED, redis=True),
)
"""In the order of the table; the ceiling first."""
