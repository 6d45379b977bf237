"""A request as it goes out, and its answer while it arrives, piece by piece and each with its time."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import Callable, Sequence

import httpx
from msgspec import Struct

from mcp_echo_core.client.answers import NO_HEADERS, is_stream, response_in
from mcp_echo_core.redaction import text as redacted
from mcp_echo_core.sse import Event, EventReader

MAX_ANSWER_MIB = 4
"""MiB of an answer that are read."""

Clock = Callable[[], float]


class Outgoing(Struct, frozen=True, kw_only=True):
    """A request as it will be on the wire; only ``Host`` and ``Content-Length`` are added when they are missing.

    Attributes:
        purpose: Why it is sent, for the evidence.
        method: Of HTTP.
        url: Absolute.
        headers: In their order and spelling, duplicates allowed.
        body: As it is.
    """

    purpose: str
    method: str
    url: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


class Incoming:
    """An answer that is still arriving.

    Attributes:
        number: Of its evidence.
        request: What was asked.
        sent: The header fields as they went out.
        status: HTTP status; ``None`` when no answer came.
        headers: As they arrived.
        failure: What went wrong on the way, if something did.
        timeout: Seconds that the whole answer may take.
        timed_out: It took longer.
        started: When the request was sent, by the wire's clock.
        head_at: When the head of the answer was there.
        connection: The local address it was asked from.
        ended: The other side has nothing more to send.
        events: What has arrived of an event stream so far.
        body: What has arrived of anything else.
    """

    def __init__(self, number: int, request: Outgoing, clock: Clock, timeout: float) -> None:
        self.number = number
        self.request = request
        self.timeout = timeout
        self.timed_out = False
        self.status: int | None = None
        self.sent: Sequence[tuple[str, str]] = request.headers
        self.headers = NO_HEADERS
        self.failure: str | None = None
        self.connection: str | None = None
        self.ended = False
        self.events: list[Event] = []
        self.body = b""
        self.started = clock()
        self.head_at: float | None = None
        self._clock = clock
        self._reader = EventReader()
        self._arrived = asyncio.Event()
        self._taken = 0
        self._size = 0

    async def event(self, seconds: float) -> Event | None:
        """The next event or comment of the stream.

        Args:
            seconds: How long to wait for it.

        Returns:
            The event; ``None`` when none came in time or the stream has ended (``ended`` tells which).
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._taken == len(self.events) and not self.ended:
                    self._arrived.clear()
                    await self._arrived.wait()
        if self._taken == len(self.events):
            return None
        self._taken += 1
        return self.events[self._taken - 1]

    async def response(self) -> None:
        """Read until the JSON-RPC response is there, the answer is complete, or the time is over."""
        deadline = self.started + self.timeout
        while not self.ended:
            left = deadline - self._clock()
            event = await self.event(left)
            if event is not None and event.kind == "event" and response_in(event.data) is not None:
                return
            if event is None and not self.ended:
                self.note_silence()
                return

    def note_silence(self) -> None:
        """Say that the answer took too long, unless it is known what went wrong."""
        if not self.ended and self.failure is None:
            self.note_timeout(f"the answer was not complete within {self.timeout:g} s")

    def note_timeout(self, failure: str) -> None:
        """Say that, and for what, the time was over."""
        self.failure, self.timed_out = failure, True

    async def end(self, seconds: float) -> None:
        """Wait until nothing more can come, so that the connection can be used again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.ended:
                    self._arrived.clear()
                    await self._arrived.wait()

    async def pump(self, response: httpx.Response) -> None:
        """Take in what arrives, each piece with its time, until the end."""
        streams = is_stream(response.headers)
        try:
            async for piece in response.aiter_bytes():
                self._size += len(piece)
                if self._size > MAX_ANSWER_MIB << 20:
                    self.failure = f"the answer has more than {MAX_ANSWER_MIB} MiB, as much as this client reads"
                    break
                if streams:
                    self.events.extend(self._reader.feed(piece, self._clock()))
                else:
                    self.body += piece
                self._arrived.set()
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            self.failure = explained(error)
        finally:
            self.ended = True
            self._arrived.set()


def decoded(headers: httpx.Headers) -> list[tuple[str, str]]:
    """Header fields in their order and spelling, duplicates kept."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw]


def explained(error: Exception) -> str:
    """A fault on the way, in words."""
    kinds: dict[type[Exception], str] = {
        httpx.ConnectError: "no connection",
        httpx.ConnectTimeout: "no connection in time",
        httpx.RemoteProtocolError: "the answer broke off or is not HTTP/1.1",
        httpx.LocalProtocolError: "the request cannot be sent",
        httpx.ReadError: "the connection broke",
        httpx.WriteError: "the connection broke",
        httpx.DecodingError: "the answer's content coding is broken",
    }
    kind, told = kinds.get(type(error), type(error).__name__), _reason(error) or str(error)
    hint = "; --insecure does without that check" if "CERTIFICATE_VERIFY_FAILED" in told else ""
    return redacted(f"{kind}: {told}{hint}" if told else kind)


def _reason(error: BaseException) -> str | None:
    """What the system said below an error that only says that all attempts failed."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.errno and not isinstance(below, ssl.SSLError):
            return os.strerror(below.errno) if below.errno > 0 else below.strerror  # the resolver's are below 0
        below = below.exceptions[0] if isinstance(below, BaseExceptionGroup) else below.__cause__ or below.__context__
    return None
