"""Scripted clients that talk to a bin of a running server, for pages to be looked at meanwhile."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playwright.sync_api import Locator, Page

from live import MESSAGE_HEADERS, Live, Reply

LEGACY = "2025-06-18"
MODERN = "2026-07-28"

Opened = Callable[..., Page]
"""Opens a page: of a server, at a path; by request of a width and in a theme."""


class Talk:
    """A client of one endpoint.

    Args:
        live: The server.
        path: Of the endpoint, a bin's or ``/mcp``.
        headers: Sent with everything.
    """

    def __init__(self, live: Live, path: str = "/mcp", **headers: str) -> None:
        self._live = live
        self._path = path
        self._headers = {**MESSAGE_HEADERS, **headers}
        self._id = 0

    def send(self, message: Any, **headers: str) -> Reply:
        """Send a message as it is given; underscores in header names stand for hyphens."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._live.send("POST", self._path, json.dumps(message).encode(), {**self._headers, **more})

    def request(self, method: str, params: Mapping[str, Any] | None = None, **headers: str) -> Reply:
        """Send a request."""
        self._id += 1
        message = {"jsonrpc": "2.0", "id": self._id, "method": method}
        return self.send(message if params is None else {**message, "params": params}, **headers)

    def open_session(self, name: str = "scripted", version: str = "1.0") -> str:
        """Do the handshake; the session's id."""
        reply = self.request(
            "initialize",
            {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": name, "version": version}},
        )
        assert reply.status == 200, reply
        session = reply.headers["mcp-session-id"]
        self._headers |= {"mcp-session-id": session, "mcp-protocol-version": LEGACY}
        assert self.send({"jsonrpc": "2.0", "method": "notifications/initialized"}).status == 202
        return session

    def call(self, tool: str, **arguments: Any) -> Reply:
        """Call a tool in the session."""
        return self.request("tools/call", {"name": tool, "arguments": arguments})

    def stream(self, steps: int, interval: float) -> Reply:
        """Call echo in steps; the whole event stream."""
        arguments = {"message": "in steps", "progressSteps": steps, "progressInterval": interval}
        return self.request("tools/call", {"name": "echo", "arguments": arguments, "_meta": {"progressToken": "p1"}})

    def modern(self, client: str, method: str, **params: Any) -> Reply:
        """Send a request of the era without a handshake."""
        meta = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": {"name": client, "version": "2.0"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        headers = {"mcp_protocol_version": MODERN, "mcp_method": method}
        if "name" in params:
            headers["mcp_name"] = params["name"]
        return self.request(method, {**params, "_meta": meta}, **headers)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hold the stream of messages from the server open."""
        with self._live.connection() as connection:
            connection.request("GET", self._path, headers={**self._headers, "accept": "text/event-stream"})
            assert connection.getresponse().status == 200
            yield


def new_bin(live: Live) -> tuple[str, str]:
    """A fresh bin: the path of its endpoint, and of its page."""
    reply = live.send("POST", "/b")
    assert reply.status == 201, reply
    return reply.json["endpoint"], reply.json["dashboard"]


def rows(page: Page, name: str | None = None) -> Locator:
    """The exchanges that a page lists."""
    return page.get_by_role("listbox", name="Exchanges").get_by_role("option", name=name)
