"""The wire: HTTP requests sent exactly as they are given, every answer kept as evidence.

Nothing is added, followed, retried or repaired: what a gateway does must stay visible. A fault on the way is an answer
too (``failure``); sending never raises because of what the other side does.
"""

import asyncio
import functools
import itertools
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

import httpx

from mcp_echo_core.client.answers import Answer, response_in
from mcp_echo_core.client.evidence import Exchange, shown_body, shown_headers
from mcp_echo_core.client.incoming import Clock, Incoming, Outgoing, decoded, explained
from mcp_echo_core.client.secrecy import NOTHING_SECRET, Secrecy
from mcp_echo_core.redaction import text as redacted
from mcp_echo_core.sse import Event

_AS_IT_IS = httpx.Auth()
"""Keeps the client from adding the ``Authorization`` that a URL's userinfo stands for."""

AFTERWARDS = 0.05
"""Seconds that an event stream may still take to end after its response, before the kept connection is given up."""


class Wire:
    """Sends requests and keeps the evidence; one connection is kept alive, ``fresh`` requests get one of their own.

    Attributes:
        timeout: Seconds for a whole answer.
        exchanges: The evidence by number.
        clock: Seconds that only ever grow.
        filed: Is told of every exchange when it is over.

    Args:
        timeout: Seconds for a whole answer.
        verify: Whether certificates are checked.
        clock: Seconds that only ever grow.
        secrecy: Masks in the evidence what the user has given.
    """

    def __init__(
        self,
        timeout: float,
        *,
        verify: bool = True,
        clock: Clock = time.monotonic,
        secrecy: Secrecy = NOTHING_SECRET,
    ) -> None:
        self.timeout = timeout
        self.exchanges: dict[int, Exchange] = {}
        self.clock = clock
        self.filed: Callable[[Incoming], None] = lambda _: None
        self._secrecy = secrecy
        self._began = clock()
        self._numbers = itertools.count(1)
        self._tls = _tls_context(verify=verify)
        self._kept = self._client()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._kept.aclose()

    async def send(self, request: Outgoing, *, fresh: bool = False) -> Answer:
        """Send a request and wait for the answer, of an event stream for the JSON-RPC response in it.

        Args:
            request: What to send.
            fresh: Use a new connection for it, and close it afterwards.
        """
        async with self.open(request, fresh=fresh) as incoming:
            await incoming.response()
            if not fresh:
                await incoming.end(AFTERWARDS)
        return self.answer(incoming)

    @asynccontextmanager
    async def open(
        self, request: Outgoing, *, fresh: bool = True, seconds: float | None = None
    ) -> AsyncIterator[Incoming]:
        """Send a request and watch its answer arrive; leaving the block closes a stream that has not ended.

        The evidence is filed when the block is left; ``answer`` makes an ``Answer`` of it.

        Args:
            request: What to send.
            fresh: Use a new connection for it, and close it afterwards.
            seconds: How long the answer may take, if not as long as usual.
        """
        timeout = self.timeout if seconds is None else seconds
        incoming = Incoming(next(self._numbers), request, self.clock, timeout)
        client = self._client() if fresh else self._kept
        try:
            response = await self._head(client, request, incoming)
            if response is None:
                yield incoming
                return
            pump = asyncio.create_task(incoming.pump(response))
            try:
                yield incoming
            finally:
                await _end(pump)
                await response.aclose()
        finally:
            self._file(incoming)
            if fresh:
                await client.aclose()

    @property
    def evidence(self) -> tuple[Exchange, ...]:
        """The exchanges in the order in which they began."""
        return tuple(self.exchanges[number] for number in sorted(self.exchanges))

    def answer(self, incoming: Incoming) -> Answer:
        """The answer, as far as it has arrived."""
        texts = [event.data for event in incoming.events if event.kind == "event"]
        bodies: list[str | bytes] = [*texts] or [incoming.body]
        found = [response for body in bodies if (response := response_in(body)) is not None]
        return Answer(
            exchange=self.exchanges[incoming.number],
            status=incoming.status,
            headers=incoming.headers,
            body=incoming.body,
            events=tuple(incoming.events),
            message=found[-1] if found else None,
            failure=self.exchanges[incoming.number].failure,
            timed_out=incoming.timed_out,
            secrecy=self._secrecy,
        )

    def _client(self) -> httpx.AsyncClient:
        timeout = httpx.Timeout(self.timeout, read=None)
        return httpx.AsyncClient(timeout=timeout, verify=self._tls, follow_redirects=False)

    async def _head(self, client: httpx.AsyncClient, request: Outgoing, incoming: Incoming) -> httpx.Response | None:
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
        try:
            async with asyncio.timeout(incoming.timeout):
                message = httpx.Request(request.method, request.url, headers=raw, content=request.body or None)
                incoming.sent = decoded(message.headers)
                response = await client.send(message, stream=True, auth=_AS_IT_IS)
        except TimeoutError:
            incoming.note_timeout(f"no answer within {incoming.timeout:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            incoming.failure = explained(error)
        else:
            incoming.status, incoming.headers, incoming.head_at = response.status_code, response.headers, self.clock()
            stream = response.extensions.get("network_stream")
            address = stream.get_extra_info("client_addr") if stream is not None else None
            incoming.connection = f"{address[0]}:{address[1]}" if address else None
            return response
        incoming.ended = True
        return None

    def _file(self, incoming: Incoming) -> None:
        request = incoming.request
        self.filed(incoming)
        body = b"\n\n".join(_line(event) for event in incoming.events) or incoming.body
        self.exchanges[incoming.number] = Exchange(
            number=incoming.number,
            purpose=request.purpose,
            method=request.method,
            url=self._secrecy.text(redacted(request.url)),
            request_headers=shown_headers(incoming.sent, self._secrecy),
            request_body=shown_body(request.body, self._secrecy),
            status=incoming.status,
            headers=shown_headers(decoded(incoming.headers), self._secrecy),
            body=shown_body(body, self._secrecy),
            failure=incoming.failure and self._secrecy.text(incoming.failure),
            connection=incoming.connection,
            at=round(incoming.started - self._began, 6),
            head_seconds=None if incoming.head_at is None else round(incoming.head_at - incoming.started, 6),
            seconds=round(self.clock() - incoming.started, 6),
        )


def _line(event: Event) -> bytes:
    if event.kind == "comment":
        return f": {event.data}".encode()
    parts = [f"event: {event.name}", *([f"id: {event.id}"] if event.id is not None else []), f"data: {event.data}"]
    return "\n".join(parts).encode()


@functools.cache
def _tls_context(*, verify: bool) -> ssl.SSLContext:
    """The same one for all connections: to read the system's certificates takes some 20 ms."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])  # unlike awaiting it, this lets an interrupt through
    if not task.cancelled():
        task.result()
