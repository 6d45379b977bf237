"""A small server of ticks on a raw socket; subclasses break on purpose what arrives."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

RESULT = {"resultType": "complete", "ttlMs": 0, "cacheScope": "public"}
STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache, no-transform\r\n"
ECHO = {
    "name": "echo",
    "inputSchema": {
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "progressSteps": {"type": "integer"},
            "progressInterval": {"type": "number"},
        },
    },
}
SLOW = {"name": "slow", "inputSchema": {"type": "object", "properties": {"tenant": {"type": "string"}}}}


def note(token: Any, number: int, text: str = "") -> dict[str, Any]:
    """A progress notification."""
    params = {"progressToken": token, "progress": number, "message": text}
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}


def stamped(token: Any, number: int, skew: float = 0.0) -> dict[str, Any]:
    """A tick that says when it is sent, by a clock that may be wrong."""
    now = datetime.fromtimestamp(time.time() + skew, UTC)
    return note(token, number, f"step {number}, sent at {now:%Y-%m-%dT%H:%M:%S.%f}Z")


class TickingServer:
    """Speaks 2026-07-28, has the tools ``echo`` and ``slow``, streams at once, leaves idle streams alone."""

    skew = 0.0
    """Seconds its clock is ahead."""

    tools = (ECHO, SLOW)

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        """HTTP method, headers, message of each."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; any number of requests."""
        with contextlib.suppress(OSError, EOFError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                fields = (line.partition(": ") for line in head[1:] if line)
                headers = {name.lower(): value for name, _, value in fields}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                message = json.loads(body) if body else None
                self.requests.append((head[0].split()[0], headers, message))
                await self.answer(writer, head[0].split()[0], headers, message)
                await writer.drain()
        writer.close()

    async def answer(self, writer: asyncio.StreamWriter, method: str, headers: dict[str, str], message: Any) -> None:
        if method != "POST":
            self.whole(writer, 405)
            return
        match message["method"]:
            case "server/discover":
                self.discover(writer, message)
            case "tools/list":
                self.result(writer, message, {**RESULT, "tools": self.tools})
            case "tools/call":
                await self.call(writer, headers, message)
            case "subscriptions/listen":
                await self.listen(writer)
            case _:
                await self.handshake(writer, message)

    def discover(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.result(writer, message, {**RESULT, "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}})

    async def handshake(self, writer: asyncio.StreamWriter, message: Any) -> None:
        """What only the older era sends."""
        self.whole(writer, 404, {"jsonrpc": "2.0", "id": message.get("id"), "error": {"code": -32601, "message": "no"}})

    async def call(self, writer: asyncio.StreamWriter, headers: dict[str, str], message: Any) -> None:
        self.open(writer)
        params = message["params"]
        steps, interval = params["arguments"]["progressSteps"], params["arguments"]["progressInterval"]
        for number in range(1, steps + 1):
            await self.tick(writer, stamped(params["_meta"]["progressToken"], number, self.skew))
            await asyncio.sleep(interval)
        await self.finish(writer, message)

    async def tick(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.event(writer, message)

    async def finish(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.event(writer, self.response(message))
        writer.write(b"0\r\n\r\n")

    async def listen(self, writer: asyncio.StreamWriter) -> None:
        self.open(writer)
        await asyncio.Event().wait()

    def open(self, writer: asyncio.StreamWriter, more: str = "") -> None:
        writer.write(f"{STREAM}X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n{more}\r\n".encode())

    def event(self, writer: asyncio.StreamWriter, message: Any) -> None:
        self.chunk(writer, b"event: message\ndata: %s\n\n" % json.dumps(message).encode())

    def chunk(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(b"%x\r\n%s\r\n" % (len(data), data))

    def response(self, message: Any) -> dict[str, Any]:
        content = [{"type": "text", "text": "done"}]
        return {"jsonrpc": "2.0", "id": message["id"], "result": {"resultType": "complete", "content": content}}

    def result(self, writer: asyncio.StreamWriter, message: Any, result: Any) -> None:
        self.whole(writer, 200, {"jsonrpc": "2.0", "id": message["id"], "result": result})

    def whole(self, writer: asyncio.StreamWriter, status: int, value: Any = None, more: str = "") -> None:
        """An answer in one piece."""
        body = json.dumps(value).encode() if value is not None else b""
        kind = "Content-Type: application/json\r\n" if body else ""
        head = f"HTTP/1.1 {status} .\r\n{kind}{more}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)


@contextlib.asynccontextmanager
async def listening(server: TickingServer) -> AsyncIterator[str]:
    """A server on a free loopback port until the block ends; its endpoint's URL."""
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(server.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(lambda _: writer.close())

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/mcp"
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
