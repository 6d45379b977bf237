"""What stands between a client and a server, and answers in its place or loses what it should pass on."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

PAGE = "<!DOCTYPE html>\n<html><title>Welcome</title><body>It works!</body></html>"


class Gateway:
    """Passes everything on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.turns = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = self.instead(Request(scope, receive), next(self.turns))
            await (refusal or self.app)(scope, receive, send)

    def instead(self, request: Request, turn: int) -> Response | None:
        """What is answered in place of the server."""
        return None


class Limited(Gateway):
    """Lets only some of many requests pass, after the first few."""

    def instead(self, request: Request, turn: int) -> Response | None:
        return Response("slow down", 429) if turn > 4 and turn % 4 else None


class HalfDead(Gateway):
    """Sends every other request to a server that is gone."""

    def instead(self, request: Request, turn: int) -> Response | None:
        return None if turn % 2 else Response(PAGE, 502, media_type="text/html")


class DropsIds(Gateway):
    """Makes requests anew and forgets the session id."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = [field for field in scope.get("headers", ()) if field[0] != b"mcp-session-id"]
        await super().__call__({**scope, "headers": kept}, receive, send)


class HidesIds(Gateway):
    """Takes the session id out of answers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def without(message: Any) -> None:
            if "headers" in message:
                kept = [field for field in message["headers"] if field[0] != b"mcp-session-id"]
                message = {**message, "headers": kept}
            await send(message)

        await super().__call__(scope, receive, without)


class Uniform(Gateway):
    """No server at all: everything is answered alike."""

    def __init__(self, status: int, body: str = "no", media_type: str = "text/plain", **headers: str) -> None:
        super().__init__(self)
        self.response = (body, status, headers, media_type)

    def instead(self, request: Request, turn: int) -> Response | None:
        return Response(*self.response)


@contextlib.asynccontextmanager
async def dripping(interval: float = 0.02) -> AsyncIterator[str]:
    """The URL of a server whose answers begin at once and never end."""

    over, handlers = asyncio.Event(), set[Any]()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            while not over.is_set():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(interval)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    finally:
        over.set()
        server.close()
        await asyncio.gather(*handlers)
