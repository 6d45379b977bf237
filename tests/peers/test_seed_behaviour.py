"""What the documents' integration and load tests describe with helpers they do not define, done over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from processes import Server, running

pytestmark = pytest.mark.peers

HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1.0"}}

STREAM_WAIT = 5.0
"""Seconds an event stream may take to show what is expected of it."""


class Client:
    """The helpers that the documents' snippets call."""

    def __init__(self, http: httpx.AsyncClient, server: Server) -> None:
        self.http = http
        self.server = server

    async def initialize_session(self) -> str:
        body = {"jsonrpc": "2.0", "method": "initialize", "params": HELLO, "id": 1}
        return (await self.http.post(self.server.url, json=body)).headers["mcp-session-id"]

    async def call(self, session: str, name: str, **arguments: Any) -> dict[str, Any]:
        params = {"name": name, "arguments": arguments}
        body = {"jsonrpc": "2.0", "method": "tools/call", "params": params, "id": 2}
        answer = await self.http.post(self.server.url, json=body, headers={"Mcp-Session-Id": session})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()["result"]
        return result

    async def check_health(self) -> dict[str, Any]:
        health: dict[str, Any] = (await self.http.get(self.server.url.replace("/mcp", "/health"))).json()
        return health


@pytest.fixture
async def client(stateful: Server) -> AsyncIterator[Client]:
    async with httpx.AsyncClient() as http:
        yield Client(http, stateful)


async def test_a_session_replays_what_it_echoed(client: Client) -> None:
    session = await client.initialize_session()
    await client.call(session, "echo", message="Test message")
    replay = await client.call(session, "replayLastEcho")
    assert "Test message" in replay["content"][0]["text"]


async def test_a_session_does_not_see_the_echoes_of_another(client: Client) -> None:
    first, second = await client.initialize_session(), await client.initialize_session()
    await client.call(first, "echo", message="Session 1 message")
    info = await client.call(second, "sessionInfo")
    assert "- Echo Count: 0" in info["content"][0]["text"]
    assert "Session 1 message" not in json.dumps(info)


async def test_a_hundred_sessions_work_at_once_and_are_all_counted(client: Client) -> None:
    sessions = [await client.initialize_session() for _ in range(100)]
    load = [client.call(session, "echo", message=f"Load test {session}") for session in sessions]
    for session, result in zip(sessions, await asyncio.gather(*load), strict=True):
        assert result["content"][0]["text"].startswith(f"Load test {session}")
    assert (await client.check_health())["sessions"]["active"] == 100


async def test_a_poll_of_the_queue_shows_the_echo_and_then_keep_alive_events(tmp_path: Any) -> None:
    with running("stateful", tmp_path, {"MCP_SSE_KEEPALIVE_INTERVAL": "0.1"}) as server:
        async with httpx.AsyncClient() as http:
            client = Client(http, server)
            session = await client.initialize_session()
            await client.call(session, "echo", message="queued")
            headers = {"Mcp-Session-Id": session, "Accept": "text/event-stream"}
            async with asyncio.timeout(STREAM_WAIT), http.stream("GET", server.url, headers=headers) as stream:
                events = await _until_keep_alive(stream)
    message, keep_alive = events[0], events[-1]
    assert message["event"] == "message"
    assert "queued" in message["data"]
    assert json.loads(keep_alive["data"]) == {"type": "ping"}


async def _until_keep_alive(stream: httpx.Response) -> list[dict[str, str]]:
    events: list[dict[str, str]] = [{}]
    async for line in stream.aiter_lines():
        name, _, value = line.partition(": ")
        if name in ("event", "data"):
            events[-1][name] = value
        if line == "" and events[-1]:
            if events[-1]["event"] == "keep-alive":
                return events
            events.append({})
    raise AssertionError(f"the stream ended after {events}")
