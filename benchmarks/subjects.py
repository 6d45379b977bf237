"""What is measured. One entry of ``SUBJECTS`` each: how it starts and how one echo request to it looks.

To add a subject (a modern-era request, another store, another implementation) add an entry; nothing else knows names.
"""

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

BARE_ASGI = str(Path(__file__).with_name("bare_asgi.py"))
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


@dataclass(frozen=True)
class Subject:
    """A server and the request it is asked.

    Attributes:
        name: Short name for ``--only``.
        command: Arguments of the process; ``{port}`` is replaced.
        environment: Added to the environment; ``{port}`` is replaced.
        redis: A Redis of its own is started first, on the load generator's core; ``{redis}`` in the environment is
            its URL.
        sessions: Sessions that are initialized first and used in turn; 0 for servers without.
        echoes: Whether answers carry the message; the ceiling's do not.
        headers: More headers of the measured request.
        params: Parameters of the measured ``tools/call``.
        ready: Path that answers 200 once the server is up; None asks the measured request itself.
        path: Path of the endpoint.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    redis: bool = False
    sessions: int = 0
    echoes: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=lambda: _ECHO)
    ready: str | None = "/livez"
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
        body = self.body(session)
        head = {"Host": f"127.0.0.1:{port}", **self.head(session), "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"POST {self.path} HTTP/1.1\r\n{lines}\r\n{body}".encode()


def _ours(variant: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"mcp_echo_streamablehttp_server_{variant}")


_MESSAGE = {"message": f"message {COUNTER}"}
_ECHO = {"name": "echo", "arguments": _MESSAGE}
_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
_LEGACY = {"Mcp-Protocol-Version": "2025-11-25"}
_MODERN = {"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo"}
_OURS = {"MCP_ECHO_HOST": "127.0.0.1", "MCP_ECHO_PORT": "{port}"}
_MANY_SESSIONS = {**_OURS, "MCP_MAX_SESSIONS": "100000"}
_UNRECORDED = {"MCP_JOURNAL_MAX_BYTES": "0"}

CEILING = Subject("ceiling", (sys.executable, BARE_ASGI, "{port}"), echoes=False)

SUBJECTS = (
    CEILING,
    Subject("stateless", _ours("stateless"), _OURS, headers=_LEGACY),
    Subject("stateless-modern", _ours("stateless"), _OURS, headers=_MODERN, params={**_ECHO, "_meta": _META}),
    Subject("stateful", _ours("stateful"), _MANY_SESSIONS, sessions=32, headers=_LEGACY),
    Subject("stateful-unrecorded", _ours("stateful"), _MANY_SESSIONS | _UNRECORDED, sessions=32, headers=_LEGACY),
    Subject(
        "stateful-modern",
        _ours("stateful"),
        _MANY_SESSIONS,
        sessions=32,
        headers=_MODERN,
        params={"name": "echo", "arguments": {**_MESSAGE, "session": SESSION}, "_meta": _META},
    ),
    Subject(
        "stateful-sqlite",
        _ours("stateful"),
        {**_MANY_SESSIONS, "MCP_SESSION_STORE": "sqlite://{folder}/{port}.db"},
        sessions=32,
        headers=_LEGACY,
    ),
    Subject(
        "stateful-sqlite-unrecorded",
        _ours("stateful"),
        {**_MANY_SESSIONS, **_UNRECORDED, "MCP_SESSION_STORE": "sqlite://{folder}/{port}.db"},
        sessions=32,
        headers=_LEGACY,
    ),
    Subject(
        "stateful-redis",
        _ours("stateful"),
        {**_MANY_SESSIONS, "MCP_SESSION_STORE": "{redis}"},
        redis=True,
        sessions=32,
        headers=_LEGACY,
    ),
    Subject(
        "stateful-redis-unrecorded",
        _ours("stateful"),
        {**_MANY_SESSIONS, **_UNRECORDED, "MCP_SESSION_STORE": "{redis}"},
        redis=True,
        sessions=32,
        headers=_LEGACY,
    ),
)
"""In the order of the table; the ceiling first."""
