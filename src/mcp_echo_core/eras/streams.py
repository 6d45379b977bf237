"""The legacy era's streams: a session's messages by GET, and responses that can be resumed after a cut.

Event ids are ``<stream>-<sequence>``: unique in the session, and they name their stream. Source: 2025-11-25
basic/transports, Listening for Messages from the Server, Resumability and Redelivery.
"""

import asyncio
import itertools
import secrets
from contextlib import suppress
from typing import Any

from mcp_echo_core import sse
from mcp_echo_core.body import ClientDisconnected
from mcp_echo_core.eras.versions import PRIMED_STREAMS
from mcp_echo_core.errors import ToolFailure
from mcp_echo_core.exchange import Exchange
from mcp_echo_core.messages import RequestId, Response, encode_notification, encode_request
from mcp_echo_core.runtime import Runtime
from mcp_echo_core.stores.base import StoreUnavailable
from mcp_echo_core.stores.records import Delivery, Session

MAX_SEQUENCE_DIGITS = 16
"""Digits of an event's sequence number; a longer one is not ours."""

ANSWER_SECONDS = 120.0
"""How long a client may take to answer a question."""


class ResponseStreams:
    """The response streams of all sessions: opens them, passes answers on, cancels requests.

    Only a request that has begun to talk can be running when another message about it arrives.

    Args:
        runtime: The server.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._numbers = itertools.count(1)
        self._waiting: dict[tuple[str, RequestId], asyncio.Future[Response]] = {}
        self._running: dict[tuple[str, RequestId | None], asyncio.Task[Any]] = {}
        self._cancelled: set[asyncio.Task[Any]] = set()

    def open(self, exchange: Exchange, session: Session) -> "ResponseStream":
        """A stream for the answer to one request; from now on its client can cancel it."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - ASGI applications run in tasks
        self._running[session.id, exchange.request_id] = task
        return ResponseStream(self._runtime, exchange, session, self)

    def close(self, exchange: Exchange, session: Session) -> None:
        """The request is done: nothing is left to cancel."""
        if self._running.get((session.id, exchange.request_id)) is asyncio.current_task():
            del self._running[session.id, exchange.request_id]

    def cancel(self, session_id: str, request_id: Any) -> None:
        """Stop a running request at its client's wish; unknown and finished ones are ignored."""
        task = self._running.get((session_id, request_id)) if type(request_id) in (str, int) else None
        if task is not None:
            self._cancelled.add(task)
            task.cancel()

    def was_cancelled(self) -> bool:
        """Whether the current request is being stopped at its client's wish, and not for another reason."""
        task = asyncio.current_task()
        if task not in self._cancelled:
            return False
        self._cancelled.discard(task)
        task.uncancel()
        return True

    def ask(self, session_id: str) -> tuple[str, asyncio.Future[Response]]:
        """A new question: its id, and where its answer will be."""
        request_id = f"server-{next(self._numbers)}"
        future = asyncio.get_running_loop().create_future()
        self._waiting[session_id, request_id] = future
        return request_id, future

    def forget(self, session_id: str, request_id: str) -> None:
        """Nobody waits for this answer any more."""
        self._waiting.pop((session_id, request_id), None)

    def answered(self, session_id: str, response: Response) -> None:
        """Pass an answer on; one that nobody asked for is ignored."""
        future = self._waiting.get((session_id, response.id)) if response.id is not None else None
        if future is not None and not future.done():
            future.set_result(response)


class ResponseStream:
    """The way back to the client of one request in a session; what it carries can be fetched again by GET.

    Args:
        runtime: The server.
        exchange: The request and its answer.
        session: The session it belongs to.
        streams: Where answers to questions arrive.
    """

    __slots__ = ("_exchange", "_gone", "_leaving", "_name", "_runtime", "_sequence", "_session", "_streams")

    def __init__(self, runtime: Runtime, exchange: Exchange, session: Session, streams: ResponseStreams) -> None:
        self._runtime = runtime
        self._exchange = exchange
        self._session = session
        self._streams = streams
        self._name = ""
        self._sequence = 0
        self._gone = False
        self._leaving: asyncio.Task[None] | None = None

    async def notify(self, method: str, params: dict[str, Any]) -> None:
        """Send a notification; the answer becomes an event stream if the client reads those."""
        if self._exchange.accepted.sse:
            await self._carry(encode_notification(method, params), last=False)

    async def request(self, method: str, params: dict[str, Any]) -> Any:
        """Ask the client and wait for the answer.

        Raises:
            ToolFailure: The client reads no streams, does not answer in time, or answers with an error.
        """
        if not self._exchange.accepted.sse:
            raise ToolFailure(f"The client cannot be asked for {method}: its Accept does not allow text/event-stream.")
        request_id, future = self._streams.ask(self._session.id)
        try:
            await self._carry(encode_request(request_id, method, params), last=False)
            async with asyncio.timeout(ANSWER_SECONDS):
                response = await future
        except TimeoutError:
            raise ToolFailure(f"The client did not answer {method} within {ANSWER_SECONDS:g} seconds.") from None
        finally:
            self._streams.forget(self._session.id, request_id)
        if response.error is not None:
            raise ToolFailure(f"The client refused {method}: {response.error}")
        return response.result

    async def hang_up(self) -> None:
        """Close the connection, if its revision has told the client to fetch the rest by GET with Last-Event-ID."""
        if self._exchange.accepted.sse and self._session.protocol_version in PRIMED_STREAMS:
            if not self._name:
                await self._open()
            await self._close()

    async def answer(self, message: bytes) -> None:
        """Send the response and end the stream."""
        await self._carry(message, last=True)
        await self._close()

    async def abandon(self) -> None:
        """End the stream without a response: the request was cancelled."""
        if self._name:
            await self._keep(None, last=True)
            await self._close()
        else:
            await self._exchange.reply(204)

    def release(self) -> None:
        """The request is done: nothing is left to cancel."""
        if self._leaving is not None:
            self._leaving.cancel()
        self._streams.close(self._exchange, self._session)

    async def _carry(self, message: bytes, *, last: bool) -> None:
        if not self._name:
            await self._open()
        self._sequence += 1
        if await self._keep(Delivery(self._sequence, message), last=last):
            await self._close()
        if not self._is_gone():
            try:
                await self._exchange.write(sse.message(message, f"{self._name}-{self._sequence}"))
            except ClientDisconnected:  # it may come back for the rest
                self._gone = True

    async def _keep(self, delivery: Delivery | None, *, last: bool) -> bool:
        now = self._runtime.clock.wall()
        try:
            return await self._runtime.sessions.append(self._session.id, self._name, delivery, now, last=last)
        except StoreUnavailable:
            return False  # this connection still carries the message; only a cut could lose it now

    def _is_gone(self) -> bool:
        """Whether nothing reaches the client on this connection any more."""
        self._gone = self._gone or (self._leaving is not None and self._leaving.done())
        return self._gone

    async def _close(self) -> None:
        if not self._is_gone():
            self._gone = True
            with suppress(ClientDisconnected):
                await self._exchange.close()

    async def _open(self) -> None:
        name = f"p{secrets.token_hex(4)}"
        await self._exchange.open_stream()
        # Engines take what is written to a client that has left, and say nothing: only listening tells.
        self._leaving = asyncio.create_task(self._exchange.disconnected())
        self._name = name
        if self._session.protocol_version in PRIMED_STREAMS:
            # The stream is known from here on: a client may come back for one that has carried nothing yet.
            await self._keep(None, last=False)
            await self._exchange.write(sse.priming(f"{self._name}-0"))


async def listen(runtime: Runtime, exchange: Exchange, session: Session, stream: str, after: int | None) -> None:
    """Stream a session's messages, or the rest of a response stream, until nothing more can come."""
    if session.protocol_version in PRIMED_STREAMS:
        await exchange.write(sse.priming(f"{stream}-{after or 0}"))
    while True:
        try:
            deliveries = await runtime.sessions.take(session.id, stream, after, runtime.clock.wall())
        except StoreUnavailable:
            return  # its client comes back with Last-Event-ID, and hears then whether the session is still there
        if deliveries is None:
            return
        for delivery in deliveries:
            await exchange.write(sse.message(delivery.message, f"{stream}-{delivery.sequence}"))
        if deliveries:
            after = deliveries[-1].sequence
        else:
            await exchange.write(sse.KEEP_ALIVE)


def resumed(last_event_id: str | None) -> tuple[str, int | None]:
    """The stream to continue and the last event the client saw of it, or a new stream."""
    stream, _, sequence = (last_event_id or "").rpartition("-")
    if stream.isalnum() and sequence.isascii() and sequence.isdigit() and len(sequence) < MAX_SEQUENCE_DIGITS:
        return stream, int(sequence)
    return f"g{secrets.token_hex(4)}", None
