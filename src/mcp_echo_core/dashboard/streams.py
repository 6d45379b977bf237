"""The feed on the wire: as server-sent events, or on a WebSocket."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from mcp_echo_core import sse
from mcp_echo_core.body import ClientDisconnected, Receive
from mcp_echo_core.dashboard.desk import Desk
from mcp_echo_core.dashboard.feed import GONE, TOO_SLOW, Listener, Told
from mcp_echo_core.dashboard.subjects import Subject
from mcp_echo_core.drain import Drain
from mcp_echo_core.exchange import Send
from mcp_echo_core.stores.base import StoreUnavailable

SEND_SECONDS = 60.0
"""How long a listener may take to read before it is given up."""

CHECK_SECONDS = 10.0
"""How often a view key is looked up while somebody watches with it."""

HEADERS = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
)

NORMAL, GOING_AWAY, TRY_AGAIN_LATER = 1000, 1001, 1013
"""Why a WebSocket is closed (RFC 6455 section 7.4.1, IANA registry)."""

Write = Callable[[list[Told]], Awaitable[None]]
"""Sends messages; an empty list keeps the connection alive."""


class FeedPump:
    """Takes what is told to one listener to the wire.

    Args:
        desk: Where records lie open.
        drain: Ends streams when the process does.
        subject: Whose record is watched.
        valid: Whether it may still be watched.
        keep_alive: Seconds of silence.
    """

    def __init__(
        self, desk: Desk, drain: Drain, subject: Subject, valid: Callable[[], Awaitable[bool]], keep_alive: float
    ) -> None:
        self._desk = desk
        self._drain = drain
        self._subject = subject
        self._valid = valid
        self._keep_alive = keep_alive

    def release(self) -> None:
        """It will not run any more."""
        self._desk.release()

    async def run(
        self, after: int | None, write: Write, disconnected: Callable[[], Awaitable[None]]
    ) -> tuple[bool, Told | None]:
        """Watch until one side ends it.

        Returns:
            Whether the listener is still there, and the last message, if the record ended it.
        """
        listener = await self._desk.join(self._subject, after)
        try:
            pump = asyncio.create_task(self._pump(listener, write))
            there = await self._drain.run_stream(pump, asyncio.create_task(_waiting(disconnected)))
            lost = pump.done() and not pump.cancelled() and pump.exception() is not None
            return there and not lost, listener.ended_with
        finally:
            self._desk.leave(self._subject, listener)

    async def _pump(self, listener: Listener, write: Write) -> None:
        loop = asyncio.get_running_loop()
        checked = loop.time()
        while not listener.over:
            told = await listener.next(self._keep_alive)
            if loop.time() - checked >= CHECK_SECONDS:
                checked = loop.time()
                with suppress(StoreUnavailable):  # then nothing is known, and nothing changes
                    if not await self._valid():
                        listener.end(GONE)
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await write(told)
            except (TimeoutError, OSError, RuntimeError, WebSocketDisconnect):
                # An engine may raise RuntimeError: it has closed the connection itself, over a frame that is no frame.
                raise ClientDisconnected from None


class EventStream(Response):
    """The feed as the answer to a request.

    Args:
        pump: Brings what is told.
        after: Number of the last event that the listener knows.
    """

    def __init__(self, pump: FeedPump, after: int | None) -> None:
        super().__init__()
        self._pump = pump
        self._after = after

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        try:
            await self._stream(scope, receive, send)
        finally:
            self._pump.release()

    async def _stream(self, scope: Any, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return

        async def write(told: list[Told]) -> None:
            data = b"".join(each.as_event for each in told) or sse.COMMENT
            await send({"type": "http.response.body", "body": data, "more_body": True})

        async def disconnected() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        first = b"retry: %d\n\n" % sse.RETRY_MILLISECONDS
        await send({"type": "http.response.body", "body": first, "more_body": True})
        there, _ = await self._pump.run(self._after, write, disconnected)
        if there:
            with suppress(OSError):
                await send({"type": "http.response.body", "body": b""})


async def converse(websocket: WebSocket, pump: FeedPump, after: int | None) -> None:
    """The feed on a WebSocket; what the other side says is not listened to."""

    async def write(told: list[Told]) -> None:
        for each in told:
            await websocket.send_text(each.as_message)

    async def disconnected() -> None:
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass

    await websocket.accept()
    there, last = await pump.run(after, write, disconnected)
    if there:
        code = GOING_AWAY if last is None else TRY_AGAIN_LATER if last is TOO_SLOW else NORMAL
        with suppress(OSError, RuntimeError, WebSocketDisconnect):
            await websocket.close(code)


async def _waiting(disconnected: Callable[[], Awaitable[None]]) -> None:
    await disconnected()
