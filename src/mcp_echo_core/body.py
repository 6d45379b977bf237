"""Reading request bodies: bounded in bytes and in time, before anything is parsed or created."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mcp_echo_core.errors import HttpRefusal
from mcp_echo_core.http import HttpRequest

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientDisconnected(Exception):
    """The client went away before its request was complete; there is nobody to answer."""


UNSEEN = -1.0
"""Stands for the time of a wait that the watch has not looked at: nearly all are over before it does."""

LOOKS = 8
"""How often the watch looks within one time-out; a body may take that much longer."""


class BodyReader:
    """Reads bodies and cuts off the slow ones.

    One timer watches all readers, so that a body that is already there costs no timer of its own.

    Args:
        limit: Bytes a body may have.
        timeout: Seconds a body may take.
    """

    def __init__(self, limit: int, timeout: float) -> None:
        self._limit = limit
        self._digits = len(str(limit))
        self._timeout = timeout
        self._since: dict[asyncio.Task[Any], float] = {}
        self._overdue: set[asyncio.Task[Any]] = set()
        self._watching = False
        self._draining = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def drain(self) -> None:
        """Wait for no body any more: the process is about to end."""
        self._draining = True
        self._overdue.update(self._since)
        for task in self._since:
            task.cancel()

    async def read(self, request: HttpRequest, receive: Receive) -> bytes:
        """The whole body.

        Raises:
            HttpRefusal: 413 for a body that is declared or turns out too large, 408 for one that takes too long.
            ClientDisconnected: The connection ended first.
        """
        declared = request.fields.get(b"content-length", b"0")
        if len(declared) >= self._digits and self._exceeds(declared):
            raise self._too_large(declared.decode("latin-1"))
        loop = self._loop
        task = (loop and asyncio.current_task(loop)) or self._task_of_new_loop()
        self._since[task] = UNSEEN
        if not self._watching:
            self._watch(asyncio.get_running_loop())
        try:
            message = await receive()
            if message.get("more_body") or message["type"] != "http.request":
                return await self._collect(message, receive)
            body: bytes = message.get("body", b"")
            return body if len(body) <= self._limit else await self._collect(message, receive)
        except asyncio.CancelledError:
            if task not in self._overdue:
                raise
            task.uncancel()
            raise (_draining() if self._draining else self._too_slow()) from None
        finally:
            del self._since[task]
            if self._overdue:
                self._overdue.discard(task)

    def _exceeds(self, declared: bytes) -> bool:
        # One that is no number says nothing: what really arrives is counted anyway.
        return declared.isdigit() and (len(declared.lstrip(b"0")) > self._digits or int(declared) > self._limit)

    def _task_of_new_loop(self) -> asyncio.Task[Any]:
        """The running task, in a loop that was not the last one's; to ask which loop runs costs a system call."""
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(self._loop)
        assert task is not None  # noqa: S101 - ASGI applications run in tasks
        return task

    async def _collect(self, message: MutableMapping[str, Any], receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._limit:
                raise self._too_large(f"at least {size}")
            if not message.get("more_body"):
                return b"".join(chunks)
            message = await receive()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watching = True
        loop.call_later(self._timeout / LOOKS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note who has begun to wait since the last look, and cut off who has waited too long."""
        self._watching = False
        now = loop.time()
        for task, since in self._since.items():
            if since == UNSEEN:
                self._since[task] = now
            elif since <= now - self._timeout and task not in self._overdue:
                self._overdue.add(task)
                task.cancel()
        if self._since.keys() - self._overdue:
            self._watch(loop)

    def _too_large(self, size: str) -> HttpRefusal:
        # The connection stays open: closed under a client that still sends it is reset, and the answer is lost.
        return HttpRefusal(
            413,
            "Content too large",
            problem="The body is too large",
            seen=f"{size} bytes",
            rule=f"ECHO_MAX_MESSAGE_SIZE allows {self._limit} bytes",
            spec="RFC 9110 section 15.5.14",
            fix="Send a smaller message or raise ECHO_MAX_MESSAGE_SIZE.",
        )

    def _too_slow(self) -> HttpRefusal:
        return HttpRefusal(
            408,
            "Request timeout",
            headers=[(b"connection", b"close")],
            problem="The body did not arrive in time",
            rule=f"MCP_READ_TIMEOUT allows {self._timeout:g} seconds",
            spec="RFC 9110 section 15.5.9",
            fix="Send the whole body at once; look for a proxy that holds it back.",
        )


def _draining() -> HttpRefusal:
    return HttpRefusal(
        503,
        "Server is shutting down",
        headers=[(b"retry-after", b"1"), (b"connection", b"close")],
        problem="The body was not complete when the server was told to stop",
        rule="A server that is about to end waits for no body",
        spec="RFC 9110 section 15.6.4",
        fix="Send the request again.",
    )
