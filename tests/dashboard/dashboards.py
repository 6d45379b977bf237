"""Somebody who looks at the dashboard of a server in this process."""

import asyncio
import json
from typing import Any

from asgi_bridge import Answer, Event, Exchange, Request, bounded
from harness import POST_HEADERS, Server, encoded, header_list, introduction, rpc, tool_call

DATA = (
    "record.json", "exchanges/1", "events", "report.json", "report.md", "report.junit", "export.har", "export.json",
    "export.md",
)  # fmt: skip
"""Every route that shows something of a record, beside the page itself and the WebSocket."""


class Onlooker:
    """Asks for pages and data.

    Args:
        server: The server under test.
        headers: What every request carries, with underscores.
    """

    def __init__(self, server: Server, **headers: str) -> None:
        self.server = server
        self.headers = headers

    def request(self, path: str, method: str = "GET", **headers: str | None) -> Request:
        fields = header_list({"host": "localhost"}, {**self.headers, **headers})
        return Request(method=method, path=path, headers=fields)

    def open(self, path: str, **headers: str | None) -> Exchange:
        return self.server.open(self.request(path, **headers))

    async def send(self, method: str, path: str, **headers: str | None) -> Answer:
        return await self.server.send(self.request(path, method, **headers))

    async def get(self, path: str, **headers: str | None) -> Answer:
        if path.partition("?")[0].endswith("/events"):
            exchange = self.open(path, **headers)
            head = await exchange.head()
            if head.status != 200:
                return await exchange.answer()
            await exchange.leave()
            return head
        return await self.send("GET", path, **headers)

    async def json(self, path: str) -> Any:
        answer = await self.get(path)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    async def record(self, subject: str | None) -> Any:
        return await self.json(f"/dashboard/{subject}/record.json")

    async def share(self, subject: str | None) -> str:
        answer = await self.send("POST", f"/dashboard/{subject}/share")
        assert answer.status == 201, answer
        key: str = answer.message["key"]
        assert answer.message["url"] == f"/dashboard/view/{key}"
        return key

    async def watch(self, subject: str | None, query: str = "", **headers: str) -> "Feed":
        feed = Feed(self.open(f"/dashboard/{subject}/events{query}", **headers))
        assert (await feed.exchange.head()).status == 200
        await feed.exchange.event()  # how long to wait before reconnecting
        return feed


class Feed:
    """A feed as server-sent events."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    async def next(self, *names: str) -> Event | None:
        """The next event of these names; ``None`` at the end of the feed."""
        while (event := await self.exchange.event()) is not None:
            if event.event in names:
                return event
        return None

    async def exchange_told(self) -> Any:
        event = await self.next("exchange")
        assert event is not None, "the feed has ended"
        assert event.id == str(event.message["sequence"])
        return event.message


class Socket:
    """A WebSocket, spoken in ASGI."""

    def __init__(
        self, server: Server, path: str, *, client: tuple[str, int] = ("127.0.0.1", 5), **headers: str
    ) -> None:
        plain, _, query = path.partition("?")
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {
            "type": "websocket", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
            "scheme": "ws", "path": plain, "raw_path": plain.encode(), "query_string": query.encode(),
            "root_path": "", "headers": header_list({"host": "localhost"}, headers), "client": client,
            "server": ("127.0.0.1", 3000), "subprotocols": [], "state": {},
            "extensions": {"websocket.http.response": {}},
        }  # fmt: skip
        self.incoming.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(server.app(scope, self.incoming.get, self._send))

    async def _send(self, message: Any) -> None:
        self.outgoing.put_nowait(message)

    async def message(self) -> Any:
        """What the application does next."""
        return await bounded(self.outgoing.get(), "the next message")

    async def told(self, *names: str) -> Any:
        """The next message of the feed of these names."""
        while (message := await self.message())["type"] == "websocket.send":
            told = json.loads(message["text"])
            if told["event"] in names:
                return told
        raise AssertionError(f"the feed has ended: {message}")

    async def status(self) -> int:
        """101 for a connection that is accepted, else the status of the refusal."""
        message = await self.message()
        return 101 if message["type"] == "websocket.accept" else message["status"]

    async def leave(self) -> None:
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await bounded(self.task, "the end of the application")


async def in_bin(server: Server, name: str, value: Any, **headers: str | None) -> Answer:
    """One request to a bin."""
    fields = header_list(POST_HEADERS, headers)
    return await server.send(Request(path=f"/b/{name}/mcp", headers=fields, body=encoded(value)))


async def session_in_bin(server: Server, name: str) -> str:
    """A legacy session in a bin, with an echo in it."""
    answer = await in_bin(server, name, rpc("initialize", introduction()))
    session = answer.header("mcp-session-id")
    assert session is not None
    await in_bin(server, name, tool_call("echo", {"message": "hello"}), mcp_session_id=session)
    return session
