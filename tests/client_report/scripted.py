"""A scripted client against the real application in this process, recorded under a bin, and the report on it."""

from typing import Any

from asgi_bridge import Answer, Exchange, Request
from harness import POST_HEADERS, STREAM_HEADERS, Server, encoded, header_list, introduction, note, rpc, tool_call
from mcp_echo_core.client_report.report import ClientReport, Finding, report_on
from mcp_echo_core.recording.recorder import bin_subject

MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
CLIENT_INFO = {"name": "tester", "version": "1.0"}


class Client:
    """Sends what a test wants, with the headers of a conforming client unless told otherwise.

    Args:
        server: The server under test.
        name: Of the bin.
        peer: The address it seems to come from.
    """

    def __init__(self, server: Server, name: str = "client", peer: tuple[str, int] = ("127.0.0.1", 50000)) -> None:
        self.server = server
        self.name = name
        self.peer = peer
        self.session: str | None = None
        self.version: str | None = None
        self.ids = 0

    async def send(self, method: str, value: Any = b"", headers: dict[str, str | None] | None = None) -> Answer:
        """One HTTP request; ``None`` leaves a header out."""
        return await self.open(method, value, headers).answer()

    def open(self, method: str, value: Any = b"", headers: dict[str, str | None] | None = None) -> Exchange:
        """The same, for answers that are read while they arrive."""
        defaults = POST_HEADERS if method == "POST" else STREAM_HEADERS
        own = {"mcp-session-id": self.session, "mcp-protocol-version": self.version, **(headers or {})}
        fields = header_list(defaults, own)
        body = b"" if value == b"" else encoded(value)
        request = Request(method=method, path=f"/b/{self.name}/mcp", headers=fields, body=body, client=self.peer)
        return self.server.open(request)

    async def post(self, value: Any, **headers: str | None) -> Answer:
        """POST a JSON value or raw bytes; header names with underscores."""
        return await self.send("POST", value, headers)

    def next_id(self) -> int:
        """An id that was not used yet."""
        self.ids += 1
        return self.ids

    async def initialize(self, revision: str = "2025-11-25", **params: Any) -> Answer:
        """The whole handshake of a legacy session."""
        request = rpc("initialize", {**introduction(revision), **params}, self.next_id())
        answer = await self.post(request, mcp_session_id=None, mcp_protocol_version=None)
        self.session = answer.header("mcp-session-id")
        negotiated = answer.message["result"]["protocolVersion"]
        self.version = negotiated if negotiated >= "2025-06-18" else None
        await self.post(note("notifications/initialized"))
        return answer

    async def request(self, method: str, params: Any = None, **headers: str | None) -> Answer:
        """A legacy request with an id of its own."""
        return await self.post(rpc(method, params, self.next_id()), **headers)

    async def call(self, tool: str, **arguments: Any) -> Answer:
        """A legacy tool call."""
        return await self.post(tool_call(tool, arguments, self.next_id()))

    async def modern(
        self, method: str, params: dict[str, Any] | None = None, request_id: Any = None, **headers: str | None
    ) -> Answer:
        """A conforming request of 2026-07-28, but for what ``params`` and ``headers`` change."""
        message = self.modern_message(method, params, request_id)
        name = message["params"].get("name") or message["params"].get("uri")
        routing = {"mcp-protocol-version": MODERN, "mcp-method": method, "mcp-name": name, "mcp-session-id": None}
        return await self.send("POST", message, {**routing, **{k.replace("_", "-"): v for k, v in headers.items()}})

    def modern_message(self, method: str, params: dict[str, Any] | None = None, request_id: Any = None) -> Any:
        """The body of such a request."""
        meta = {
            f"{META}protocolVersion": MODERN,
            f"{META}clientCapabilities": {},
            f"{META}clientInfo": CLIENT_INFO,
            **((params or {}).get("_meta") or {}),
        }
        return rpc(method, {**(params or {}), "_meta": meta}, request_id or self.next_id())

    async def report(self) -> ClientReport:
        """What the client did wrong so far."""
        journal = self.server.app.runtime.journal
        assert journal is not None
        record = await journal.read(bin_subject(self.name))
        assert record is not None, "nothing was recorded"
        return report_on(record)

    async def findings(self, rule: str) -> list[Finding]:
        """The findings of one rule."""
        return [finding for finding in (await self.report()).findings if finding.rule == rule]
